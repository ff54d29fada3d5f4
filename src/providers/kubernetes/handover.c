/* handover: see handover.h. */
#include "providers/kubernetes/handover.h"

#include "manifest/value_json.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/fields/pointer.h"

#include <string.h>

enum { TRIES = 3 };

void handover_needed(struct arena *arena, const struct value *live,
                     const struct text_list *left_out, struct text_list *ret_needed)
{
    struct manager_entry ours;
    *ret_needed = (struct text_list){ 0 };
    if (!manager_ours(live, &ours) || !ours.fields)
        return;
    for (size_t i = 0; i < left_out->count; i++) {
        struct text_list parts;
        pointer_split(arena, left_out->items[i], &parts);
        if (pointer_get(live, &parts, parts.count)
            && fields_hold(arena, ours.fields, live, left_out->items[i]))
            arena_push(arena, ret_needed->items, ret_needed->count, ret_needed->capacity,
                       left_out->items[i]);
    }
}

/* ----------------------------------------------------------- the document */

/* The "k:" node of the live element, and the map of its key members. */
static const struct value *keyed_node(struct arena *arena, const struct value *owned,
                                      const struct value *list, const struct value *item,
                                      const struct value **ret_key)
{
    struct error ignored;
    for (size_t i = 0; i < value_count(owned); i++) {
        const struct member *member = &owned->map.members[i];
        size_t at;
        if (member->key[0] == 'k' && fields_element(arena, member->key, list, false, &at) == item
            && json_parse(arena, member->key + 2, strlen(member->key + 2), ret_key, &ignored))
            return member->value;
    }
    return NULL;
}

/* The element of `list` that has the key's members, made where it is missing. */
static struct value *keyed_element(struct arena *arena, struct value *list, const struct value *key)
{
    for (size_t i = 0; i < value_count(list); i++) {
        bool same = true;
        for (size_t j = 0; j < value_count(key) && same; j++) {
            const struct value *mine = value_get(list->list.items[i], key->map.members[j].key);
            same = mine && value_equal(mine, key->map.members[j].value);
        }
        if (same)
            return list->list.items[i];
    }
    struct value *made = value_copy(arena, key);
    value_push(arena, list, made);
    return made;
}

static struct value *child_of(struct arena *arena, struct value *map, const char *key,
                              const struct value *like)
{
    struct value *child = (struct value *)value_get(map, key);
    if (!child) {
        child = like->kind == VALUE_LIST ? value_list(arena) : value_map(arena);
        value_set(arena, map, key, child);
    }
    return child;
}

/* Copies the live value at one pointer to the same place of `document`. */
static bool put(struct arena *arena, struct value *document, const struct value *live,
                const struct value *owned, const struct text_list *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        const char *part = parts->items[i];
        bool last = i + 1 == parts->count;
        const struct value *key, *next;
        if (value_count(owned) == 0)
            return false; /* owned whole above the pointer */
        if (live->kind == VALUE_LIST) {
            next = pointer_item(live, part);
            owned = next ? keyed_node(arena, owned, live, next, &key) : NULL;
            if (!owned)
                return false;
            document = keyed_element(arena, document, key);
        } else {
            next = value_get(live, part);
            owned = value_get(owned, arena_printf(arena, "f:%s", part));
            if (!next || !owned)
                return false;
            if (last || (next->kind != VALUE_MAP && next->kind != VALUE_LIST)) {
                value_set(arena, document, part, value_copy(arena, next));
                return last;
            }
            document = child_of(arena, document, part, next);
        }
        live = next;
    }
    return true;
}

struct value *handover_document(struct arena *arena, const struct value *live,
                                const struct text_list *needed)
{
    static const char *const identity[] = { "name", "namespace", "uid" };
    struct manager_entry ours;
    struct value *document = value_map(arena), *metadata = value_map(arena);
    if (!manager_ours(live, &ours) || !value_get(live, "apiVersion") || !value_get(live, "kind"))
        return NULL;
    value_set(arena, document, "apiVersion", value_copy(arena, value_get(live, "apiVersion")));
    value_set(arena, document, "kind", value_copy(arena, value_get(live, "kind")));
    value_set(arena, document, "metadata", metadata);
    for (size_t i = 0; i < sizeof identity / sizeof *identity; i++) {
        const struct value *text = value_at(live, "metadata", identity[i], NULL);
        if (text)
            value_set(arena, metadata, identity[i], value_copy(arena, text));
    }
    for (size_t i = 0; i < needed->count; i++) {
        struct text_list parts;
        pointer_split(arena, needed->items[i], &parts);
        if (!put(arena, document, live, ours.fields, &parts))
            return NULL;
    }
    return document;
}

/* ------------------------------------------------------------ the request */

/* Another has set the field meanwhile: then there is nothing to hand over. */
static bool try_once(struct session *session, struct arena *arena, const struct api_kind *kind,
                     const struct object_id *id, const struct value *document, bool *ret_again,
                     const struct wait *wait, struct error *err)
{
    struct apply_request apply = {
        .kind = kind, .id = id, .document = document, .manager = HANDOVER_MANAGER
    };
    struct api_answer answer;
    struct error failed = { 0 };
    *ret_again = false;
    if (request_apply(session, arena, &apply, &answer, wait, &failed))
        return true;
    *ret_again = failed.kind == ERROR_CONFLICT;
    if (!*ret_again)
        *err = failed;
    return *ret_again;
}

bool handover(struct session *session, struct arena *arena, const struct api_kind *kind,
              const struct object_id *id, const struct value **live,
              const struct text_list *left_out, const struct wait *wait, struct error *err)
{
    struct object_request object = { kind, id->namespace, id->name, false };
    for (int i = 0; i < TRIES; i++) {
        struct text_list needed;
        bool again;
        handover_needed(arena, *live, left_out, &needed);
        if (needed.count == 0)
            return true;
        struct value *document = handover_document(arena, *live, &needed);
        if (!document)
            return error_set(err, ERROR_REFUSED,
                             "%s: an ignored field stands inside a map or list that is set as a "
                             "whole, and that the manifest has no more: ignore the whole of it",
                             object_id_text(arena, id, NULL));
        if (!try_once(session, arena, kind, id, document, &again, wait, err))
            return false;
        if (!again)
            return true;
        if (!request_get(session, arena, &object, live, wait, err))
            return false;
    }
    return error_set(err, ERROR_CONFLICT, "%s: a field that is left alone keeps changing hands",
                     object_id_text(arena, id, NULL));
}
