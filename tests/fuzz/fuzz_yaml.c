/*
 * The YAML reader: no input crashes, hangs or grows it; what it reads and writes
 * again is the same value.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "manifest/value_yaml.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_text(struct arena *arena, const char *data, size_t size,
                      struct yaml_documents *documents)
{
    struct problems problems;
    struct source_file *file = arena_alloc(arena, sizeof *file);
    *file = (struct source_file){ .path = "input", .length = size, .quotable = true };
    file->data = arena_memdup(arena, data, size);
    problems_start(&problems, arena);
    AUTO_BUF printed = BUF_INIT(1 << 20);
    bool read = yaml_read(arena, file, documents, &problems);
    problems_print(&problems, &printed, true, true);
    return read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    struct yaml_documents first, second;
    if (!read_text(arena, (const char *)data, size, &first))
        return 0;
    for (size_t i = 0; i < first.count; i++) {
        AUTO_BUF text = BUF_INIT(16 << 20);
        if (!first.items[i].root)
            continue;
        yaml_write(&text, first.items[i].root);
        if (text.overflowed)
            continue;
        if (!read_text(arena, buf_text(&text), text.length, &second) || second.count != 1
            || !value_equal(first.items[i].root, second.items[0].root))
            abort();
    }
    return 0;
}
