/*
 * What names objects, labels, fields and times on the command line, in annotations and in a
 * Project: selectors, names of objects (also with * and ?), JSON pointers, amounts, durations.
 * What was read whole is written and read as the same; nothing takes for ever.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "manifest/names.h"
#include "manifest/options.h"
#include "manifest/resource.h"
#include "manifest/selector.h"
#include "providers/kubernetes/fields/pointer.h"
#include "providers/kubernetes/fields/quantity.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct value *labels_of(struct arena *arena)
{
    struct value *labels = value_map(arena);
    value_set(arena, labels, "app", value_string(arena, "web"));
    value_set(arena, labels, "tier", value_string(arena, ""));
    return labels;
}

static void try_selector(struct arena *arena, const char *text)
{
    struct selector selector = { 0 };
    struct error err = { 0 };
    if (!selector_parse(arena, text, &selector, &err)) {
        require(*err.message);
        return;
    }
    selector_matches(&selector, labels_of(arena));
    selector_matches(&selector, NULL);
}

static void try_object(struct arena *arena, const char *text)
{
    static const struct object_id some = {
        "apps", "Deployment", "shop", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"
    };
    struct object_id id, back;
    if (!object_id_parse(arena, text, &id))
        return;
    require(id.kind && id.name);
    object_id_matches(&id, &some);
    if (!id.group || !id.namespace)
        return;
    require(object_id_parse(arena, object_id_full(arena, &id), &back));
    back.group = back.group ? back.group : ""; /* the core group has no name to be written */
    require(object_id_compare(&id, &back) == 0);
}

static void try_pointer(struct arena *arena, const char *text)
{
    struct text_list parts = { 0 };
    struct value *document = value_map(arena), *spec = value_map(arena);
    value_set(arena, document, "spec", spec);
    value_set(arena, spec, "a/b", labels_of(arena));
    json_pointer_ignorable(text);
    pointer_split(arena, text, &parts);
    const struct value *there = pointer_get(document, &parts, parts.count);
    bool put = pointer_put(arena, document, &parts, value_string(arena, "x"));
    if (put && parts.count)
        require(value_text(pointer_get(document, &parts, parts.count)) != NULL);
    require(!put || !there || pointer_remove(document, &parts));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    const char *text = arena_memdup(arena, (const char *)data, size);
    int64_t milliseconds, seconds;
    try_selector(arena, text);
    try_object(arena, text);
    try_pointer(arena, text);
    name_is_label(text);
    name_is_subdomain(text);
    name_is_qualified(text);
    if (duration_parse(text, &milliseconds))
        require(milliseconds >= 0);
    if (time_parse(text, &seconds))
        require(*time_text(arena, seconds));
    quantity_equal(value_string(arena, text), value_string(arena, "1Gi"));
    return 0;
}
