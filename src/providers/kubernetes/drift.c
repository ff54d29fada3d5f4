/* drift: see drift.h. */
#include "providers/kubernetes/drift.h"

#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/leftover.h"
#include "providers/kubernetes/merge.h"
#include "providers/kubernetes/rivals.h"

#include <string.h>

static bool is_identity(const char *key)
{
    return strcmp(key, "apiVersion") == 0 || strcmp(key, "kind") == 0
           || strcmp(key, "metadata") == 0 || strcmp(key, "status") == 0;
}

/* Operations that make members of `from` those of `to`. */
static void change_members(struct arena *arena, struct value *operations, const char *prefix,
                           const struct value *from, const struct value *to)
{
    for (size_t i = 0; i < value_count(to); i++) {
        const struct member *member = &to->map.members[i];
        if (!is_identity(member->key) && value_count(from)
            && !(value_get(from, member->key)
                 && value_equal(value_get(from, member->key), member->value)))
            value_push(arena, operations,
                       patch_operation(arena, "add",
                                       arena_printf(arena, "%s/%s", prefix, member->key),
                                       member->value));
    }
    for (size_t i = 0; i < value_count(from); i++) {
        const char *key = from->map.members[i].key;
        if (!is_identity(key) && !value_get(to, key))
            value_push(
                arena, operations,
                patch_operation(arena, "remove", arena_printf(arena, "%s/%s", prefix, key), NULL));
    }
}

/* Members of metadata that people set. */
static struct value *own_metadata(struct arena *arena, const struct value *document)
{
    static const char *const names[] = { "labels", "annotations", "finalizers" };
    struct value *map = value_map(arena);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct value *member = value_at(document, "metadata", names[i], NULL);
        if (member)
            value_set(arena, map, names[i], value_copy(arena, member));
    }
    return map;
}

/* What only kubectl* holds of the document, ignored fields aside. */
static const struct value *extras_of(struct arena *arena, const struct object_change *change,
                                     const struct value *document)
{
    const struct value *extras = manager_kubectl_extras(arena, document, change->live);
    for (size_t i = 0; i < change->wanted.left_out.count; i++)
        extras = fields_without(arena, extras, document, change->wanted.left_out.items[i]);
    return extras;
}

/* What the server makes of the live object become `document`; NULL: it refuses, or nothing to ask.
 */
static const struct value *confirmed(struct session *session, struct arena *arena,
                                     const struct object_change *change,
                                     const struct value *document, const struct wait *wait)
{
    struct value *operations = value_list(arena);
    struct error ignored = { 0 };
    struct api_answer answer;
    struct object_request object = { &change->kind,
                                     value_text_at(document, "metadata", "namespace", NULL),
                                     value_text_at(document, "metadata", "name", NULL), false };
    change_members(arena, operations, "", change->live, document);
    change_members(arena, operations, "/metadata", own_metadata(arena, change->live),
                   own_metadata(arena, document));
    if (value_count(operations) > 0
        && request_patch(session, arena, &object, operations, true, &answer, wait, &ignored))
        return answer.document;
    return NULL;
}

const struct value *drift_removed(struct session *session, struct arena *arena,
                                  const struct object_change *change, const struct value *after,
                                  const struct wait *wait)
{
    if (!change->live)
        return after;
    const struct value *extras =
        fields_union(arena, extras_of(arena, change, after),
                     leftover_fields(arena, change->wanted.document, change->live));
    if (fields_empty(extras))
        return after;
    const struct value *cut = fields_cut(arena, after, extras);
    const struct value *answer = confirmed(session, arena, change, cut, wait);
    return answer ? answer : cut;
}

const struct value *drift_replaced(struct session *session, struct arena *arena,
                                   const struct object_change *change, const struct wait *wait)
{
    const struct value *wanted = change->wanted.document;
    if (!change->live)
        return NULL;
    const struct value *extras =
        fields_given_up(arena, extras_of(arena, change, change->live), wanted);
    extras = fields_union(arena, extras, leftover_fields(arena, wanted, change->live));
    extras = fields_union(arena, extras, rivals_fields(arena, &change->wanted.rivals));
    if (fields_empty(extras))
        return NULL;
    const struct value *merged = merge_locally(arena, wanted, change->live, false);
    return confirmed(session, arena, change, fields_cut(arena, merged, extras), wait);
}
