/* secret_diff: see secret_diff.h. */
#include "reconciler/plan/secret_diff.h"

#include <string.h>

static const char LAST_APPLIED[] = "kubectl.kubernetes.io/last-applied-configuration";
static const char LAST_APPLIED_POINTER[] =
    "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
static const char *const SECRET_MAPS[] = { "data", "stringData" };

static bool is_secret(const struct object_id *id)
{
    return *id->group == '\0' && strcmp(id->kind, "Secret") == 0;
}

static bool starts(const char *pointer, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(pointer, prefix, length) == 0
           && (pointer[length] == '/' || pointer[length] == '\0');
}

bool secret_field(const struct object_id *id, const char *pointer)
{
    if (starts(pointer, LAST_APPLIED_POINTER))
        return true;
    if (!is_secret(id))
        return false;
    return *pointer == '\0' || starts(pointer, "/data") || starts(pointer, "/stringData");
}

static struct value *note_for(struct arena *arena, const struct value *value,
                              const struct value *other)
{
    if (!other || value_equal(value, other))
        return value_string(arena, "(hidden)");
    return value_string(arena, "(hidden, this one differs)");
}

/* The map with every value hidden; `mark` tells the changed ones on the new side only. */
static void mask_map(struct arena *arena, struct value *document, const char *key,
                     const struct value *other, bool mark)
{
    const struct value *map = value_get(document, key);
    struct value *masked = value_map(arena);
    if (!map)
        return;
    for (size_t i = 0; i < value_count(map) && map->kind == VALUE_MAP; i++) {
        const struct member *member = &map->map.members[i];
        const struct value *counterpart =
            mark ? value_get(value_get(other, key), member->key) : NULL;
        value_set(arena, masked, member->key, note_for(arena, member->value, counterpart));
    }
    value_set(arena, document, key, masked);
}

static struct value *without_last_applied(struct arena *arena, const struct value *document)
{
    struct value *copy = value_copy(arena, document);
    const struct value *annotations = value_at(copy, "metadata", "annotations", NULL);
    if (value_get(annotations, LAST_APPLIED))
        value_set(arena, (struct value *)(uintptr_t)annotations, LAST_APPLIED,
                  value_string(arena, "(hidden)"));
    return copy;
}

static const struct value *mask(struct arena *arena, const struct object_id *id,
                                const struct value *document, const struct value *other, bool mark)
{
    bool secret = is_secret(id);
    if (!document
        || (!secret && !value_at(document, "metadata", "annotations", LAST_APPLIED, NULL)))
        return document;
    struct value *copy = without_last_applied(arena, document);
    for (size_t i = 0; secret && i < sizeof SECRET_MAPS / sizeof *SECRET_MAPS; i++)
        mask_map(arena, copy, SECRET_MAPS[i], other, mark);
    return copy;
}

void secret_mask_pair(struct arena *arena, const struct object_id *id, const struct value **before,
                      const struct value **after)
{
    const struct value *old = *before, *new = *after;
    *before = mask(arena, id, old, new, false);
    *after = mask(arena, id, new, old, true);
}
