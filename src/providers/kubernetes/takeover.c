/* takeover: see takeover.h. */
#include "providers/kubernetes/takeover.h"

#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/leftover.h"
#include "providers/kubernetes/rivals.h"

#include <string.h>

enum { TRIES = 5 };

static const struct value *without_left_out(struct arena *arena, const struct value *live,
                                            const struct value *fields, const struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->left_out.count; i++)
        fields = fields_without(arena, fields, live, wanted->left_out.items[i]);
    return fields;
}

/* What of a kubectl* entry is handed over: all but the restart annotation and ignored fields. */
static const struct value *taken_fields(struct arena *arena, const struct value *live,
                                        const struct manager_entry *entry,
                                        const struct wanted *wanted)
{
    return without_left_out(arena, live, manager_drift_fields(arena, live, live, entry), wanted);
}

static struct value *our_entry(struct arena *arena, const char *api_version,
                               const struct manager_entry *ours, const struct value *fields)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "manager", value_string(arena, FIELD_MANAGER));
    value_set(arena, map, "operation", value_string(arena, "Apply"));
    value_set(arena, map, "apiVersion",
              value_string(arena, ours->fields ? ours->api_version : api_version));
    value_set(arena, map, "fieldsType", value_string(arena, "FieldsV1"));
    value_set(arena, map, "fieldsV1", value_copy(arena, fields));
    if (ours->fields && *ours->time)
        value_set(arena, map, "time", value_string(arena, ours->time));
    return map;
}

struct value *takeover_fields(struct arena *arena, const struct value *live,
                              const char *api_version, const struct wanted *wanted)
{
    const struct value *rivals = rivals_fields(arena, &wanted->rivals);
    const struct value *leftover = without_left_out(
        arena, live, fields_union(arena, leftover_fields(arena, wanted->document, live), rivals),
        wanted);
    const struct value *list = value_at(live, "metadata", "managedFields", NULL);
    struct value *kept = value_list(arena);
    struct manager_entry entry, ours = { .fields = NULL };
    bool any = !fields_empty(leftover);
    manager_ours(live, &ours);
    struct value *all = fields_union(arena, ours.fields, leftover);
    for (size_t i = 0; manager_entry(live, i, &entry); i++) {
        struct value *copy = value_copy(arena, value_item(list, i));
        if (manager_is_kubectl(&entry)) {
            const struct value *taken = taken_fields(arena, live, &entry, wanted);
            struct value *rest = fields_minus(arena, entry.fields, taken);
            any |= !fields_empty(taken);
            all = fields_union(arena, all, taken);
            if (fields_empty(rest))
                continue;
            value_set(arena, copy, "fieldsV1", rest);
        } else if (entry.apply && !*entry.subresource && strcmp(entry.manager, FIELD_MANAGER) == 0)
            continue;
        else if (!fields_empty(rivals) && entry.fields)
            value_set(arena, copy, "fieldsV1", fields_minus(arena, entry.fields, rivals));
        value_push(arena, kept, copy);
    }
    if (!any)
        return NULL;
    value_push(arena, kept, our_entry(arena, api_version, &ours, all));
    return kept;
}

static struct value *operations(struct arena *arena, const struct value *live,
                                const struct value *fields)
{
    struct value *list = value_list(arena);
    value_push(arena, list, patch_operation(arena, "replace", "/metadata/managedFields", fields));
    value_push(arena, list,
               patch_operation(arena, "replace", "/metadata/resourceVersion",
                               value_at(live, "metadata", "resourceVersion", NULL)));
    return list;
}

bool takeover(struct session *session, struct arena *arena, const struct api_kind *kind,
              const struct value **live, const struct wanted *wanted, const struct wait *wait,
              struct error *err)
{
    struct object_request object = { kind, value_text_at(*live, "metadata", "namespace", NULL),
                                     value_text_at(*live, "metadata", "name", NULL), false };
    for (int i = 0; i < TRIES; i++) {
        struct api_answer answer;
        struct error failed = { 0 };
        const struct value *fields =
            takeover_fields(arena, *live, kind_api_version(arena, kind), wanted);
        if (!fields)
            return true;
        if (request_patch(session, arena, &object, operations(arena, *live, fields), false, &answer,
                          wait, &failed)) {
            *live = answer.document;
            return true;
        }
        if (failed.kind != ERROR_CONFLICT) {
            *err = failed;
            return false;
        }
        if (!request_get(session, arena, &object, live, wait, err))
            return false;
    }
    return error_set(err, ERROR_CONFLICT, "%s/%s is changed faster than it can be taken over",
                     kind->kind, object.name);
}
