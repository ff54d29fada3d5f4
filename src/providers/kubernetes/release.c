/* release: takes every mark of ours off an object and leaves it; see apply.h. */
#include "providers/kubernetes/apply.h"

#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/request.h"
#include "providers/kubernetes/target_kind.h"

#include <string.h>

enum { TRIES = 5 };

static const char OWN_PREFIX[] = "cmx.dev/";

/* A key as a part of a JSON pointer. */
static const char *escaped(struct arena *arena, const char *key)
{
    char *text = arena_alloc(arena, 2 * strlen(key) + 1), *out = text;
    for (; *key; key++) {
        if (*key == '~' || *key == '/') {
            *out++ = '~';
            *out++ = *key == '~' ? '0' : '1';
        } else
            *out++ = *key;
    }
    return text;
}

static void remove_marks(struct arena *arena, struct value *operations, const struct value *live)
{
    const struct value *annotations = value_at(live, "metadata", "annotations", NULL);
    if (value_at(live, "metadata", "labels", PART_OF_LABEL, NULL))
        value_push(arena, operations,
                   patch_operation(
                       arena, "remove",
                       arena_printf(arena, "/metadata/labels/%s", escaped(arena, PART_OF_LABEL)),
                       NULL));
    for (size_t i = 0; i < value_count(annotations); i++) {
        const char *key = annotations->map.members[i].key;
        if (strncmp(key, OWN_PREFIX, strlen(OWN_PREFIX)) == 0)
            value_push(arena, operations,
                       patch_operation(
                           arena, "remove",
                           arena_printf(arena, "/metadata/annotations/%s", escaped(arena, key)),
                           NULL));
    }
}

/* The managedFields without us; [{}] is how the server is told "none at all". */
static struct value *others(struct arena *arena, const struct value *live)
{
    const struct value *list = value_at(live, "metadata", "managedFields", NULL);
    struct value *kept = value_list(arena);
    struct manager_entry entry;
    for (size_t i = 0; manager_entry(live, i, &entry); i++)
        if (!manager_is_us(&entry))
            value_push(arena, kept, value_copy(arena, value_item(list, i)));
    if (value_count(kept) == 0)
        value_push(arena, kept, value_map(arena));
    return kept;
}

static const struct value *operations_for(struct arena *arena, const struct value *live)
{
    struct value *operations = value_list(arena);
    remove_marks(arena, operations, live);
    value_push(arena, operations,
               patch_operation(arena, "replace", "/metadata/managedFields", others(arena, live)));
    value_push(arena, operations,
               patch_operation(arena, "replace", "/metadata/resourceVersion",
                               value_at(live, "metadata", "resourceVersion", NULL)));
    return operations;
}

bool kubernetes_release(struct session *session, struct arena *arena, const struct subject *subject,
                        const struct wait *wait, struct error *err)
{
    struct api_kind kind;
    struct object_request object = { &kind, subject->id.namespace, subject->id.name, false };
    if (!target_kind_needed(session, arena, subject, &kind, wait, err))
        return false;
    for (int i = 0; i < TRIES; i++) {
        const struct value *live;
        struct api_answer answer;
        struct error failed = { 0 };
        if (!request_get(session, arena, &object, &live, wait, &failed)) {
            *err = failed;
            return failed.kind == ERROR_NOT_FOUND;
        }
        if (request_patch(session, arena, &object, operations_for(arena, live), false, &answer,
                          wait, &failed))
            return true;
        *err = failed;
        if (failed.kind != ERROR_CONFLICT)
            return false;
    }
    return error_prefix(err, "%s is changed all the time",
                        object_id_text(arena, &subject->id, NULL));
}
