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

/* What neither we nor kubectl are to give up of the document: of others, ignored, or passing. */
static const struct value *kept_of(struct arena *arena, const struct object_change *change,
                                   const struct value *document)
{
    struct value *kept = value_map(arena), *given = value_map(arena);
    struct manager_entry entry;
    for (size_t i = 0; manager_entry(document, i, &entry); i++) {
        const struct value *ours = manager_is_us(&entry) ? entry.fields : NULL;
        if (manager_is_kubectl(&entry))
            ours = manager_drift_fields(arena, document, change->live, &entry);
        given = fields_union(arena, given, ours);
        kept = fields_union(arena, kept, fields_minus(arena, entry.fields, ours));
    }
    const struct value *left = given;
    for (size_t i = 0; i < change->wanted.left_out.count; i++)
        left = fields_without(arena, left, document, change->wanted.left_out.items[i]);
    return fields_union(arena, kept, fields_minus(arena, given, left));
}

static const struct value *child_of(struct arena *arena, const struct value *wanted,
                                    const char *name)
{
    size_t index;
    return *name == 'f' ? value_get(wanted, name + 2)
                        : fields_element(arena, name, wanted, true, &index);
}

/*
 * What is given up takes along what nobody holds beside it, its defaults, as it does in the server:
 * of a probe's `httpGet` with a port, also the scheme.
 */
static struct value *with_defaults(struct arena *arena, const struct value *set,
                                   const struct value *wanted, const struct value *kept)
{
    struct value *wide = value_map(arena);
    for (size_t i = 0; set && set->kind == VALUE_MAP && i < value_count(set); i++) {
        const struct member *member = &set->map.members[i];
        const struct value *theirs = value_get(kept, member->key);
        const struct value *there =
            *member->key == '.' ? NULL : child_of(arena, wanted, member->key);
        bool whole = !theirs && !there;
        value_set(arena, wide, member->key,
                  whole ? value_map(arena) : with_defaults(arena, member->value, there, theirs));
    }
    return wide;
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
    extras = with_defaults(arena, extras, change->wanted.document, kept_of(arena, change, after));
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
    extras = with_defaults(arena, extras, wanted, kept_of(arena, change, change->live));
    const struct value *merged = merge_locally(arena, wanted, change->live, false);
    return confirmed(session, arena, change, fields_cut(arena, merged, extras), wait);
}
