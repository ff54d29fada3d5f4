/*
 * Annotations and names: whatever a value says, it is read or reported, and what
 * was read is well-formed. The first byte chooses the annotation.
 */
#include "base/cleanup.h"
#include "manifest/options.h"
#include "manifest/resource.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_options(struct arena *arena, const struct object_options *options)
{
    struct object_id id;
    for (size_t i = 0; i < options->depends_on.count; i++)
        require(object_id_parse(arena, options->depends_on.items[i], &id));
    for (size_t i = 0; i < options->ignore.count; i++)
        require(json_pointer_ignorable(options->ignore.items[i]));
    require(options->timeout >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    struct object_options options, live;
    struct problems problems;
    size_t count = 0;
    while (annotation_at(count))
        count++;
    if (size == 0)
        return 0;
    const struct annotation *annotation = annotation_at(data[0] % count);
    struct value *annotations = value_map(arena), *metadata = value_map(arena);
    struct value *root = value_map(arena);
    value_set(arena, annotations, arena_printf(arena, "cmx.dev/%s", annotation->name),
              value_string_length(arena, (const char *)data + 1, size - 1));
    value_set(arena, metadata, "annotations", annotations);
    value_set(arena, root, "metadata", metadata);
    problems_start(&problems, arena);
    object_options_read(arena, root, &options, NULL, &problems);
    object_options_read(arena, root, &live, NULL, NULL);
    require(live.depends_on.count == options.depends_on.count && live.keep == options.keep);
    check_options(arena, &options);
    return 0;
}
