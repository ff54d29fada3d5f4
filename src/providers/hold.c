/* hold: see hold.h. */
#include "providers/hold.h"

#include "base/clock.h"

#include <string.h>

static const char *text_of(struct arena *arena, const struct value *map, const char *key)
{
    const char *text = value_text(value_get(map, key));
    return text ? arena_strdup(arena, text) : "";
}

/* Without such a member it has no end; a time that nobody can read is no end either. */
static bool read_time(const struct value *map, const char *key, int64_t *ret_time)
{
    const char *text = value_text(value_get(map, key));
    *ret_time = 0;
    return !value_get(map, key) || (text && time_parse(text, ret_time));
}

static bool read_hold(struct arena *arena, const struct value *map, struct hold *hold)
{
    *hold = (struct hold){
        .id = { text_of(arena, map, "group"), text_of(arena, map, "kind"),
                text_of(arena, map, "namespace"), text_of(arena, map, "name") },
        .purpose = text_of(arena, map, "hold"),
        .by = text_of(arena, map, "by"),
        .reason = text_of(arena, map, "reason"),
    };
    return *hold->id.kind && *hold->id.name && read_time(map, "since", &hold->since)
           && read_time(map, "until", &hold->until);
}

static bool has_ended(const struct hold *hold, int64_t now)
{
    return hold->until && hold->until <= now;
}

bool holds_read(struct arena *arena, const struct value *list, int64_t now, struct hold **ret_holds,
                size_t *ret_count, struct error *err)
{
    size_t count = 0;
    struct hold *holds = arena_array(arena, value_count(list) + 1, sizeof *holds);
    if (list && list->kind != VALUE_LIST)
        return error_set(err, ERROR_INPUT, "the holds are no list");
    for (size_t i = 0; i < value_count(list); i++) {
        if (!read_hold(arena, value_item(list, i), &holds[count]))
            return error_set(err, ERROR_INPUT, "a hold has no kind, no name or a wrong time");
        count += !has_ended(&holds[count], now);
    }
    *ret_holds = holds;
    *ret_count = count;
    return true;
}

static struct value *hold_value(struct arena *arena, const struct hold *hold)
{
    struct value *map = value_map(arena);
    value_set(arena, map, "group", value_string(arena, hold->id.group));
    value_set(arena, map, "kind", value_string(arena, hold->id.kind));
    value_set(arena, map, "namespace", value_string(arena, hold->id.namespace));
    value_set(arena, map, "name", value_string(arena, hold->id.name));
    value_set(arena, map, "hold", value_string(arena, hold->purpose));
    value_set(arena, map, "by", value_string(arena, hold->by));
    value_set(arena, map, "reason", value_string(arena, hold->reason));
    value_set(arena, map, "since", value_string(arena, time_text(arena, hold->since)));
    if (hold->until)
        value_set(arena, map, "until", value_string(arena, time_text(arena, hold->until)));
    return map;
}

bool holds_without(struct arena *arena, const struct value *list, const struct object_id *id,
                   int64_t now, struct value **ret_list, struct error *err)
{
    struct value *kept = value_list(arena);
    if (list && list->kind != VALUE_LIST)
        return error_set(err, ERROR_INPUT, "the holds are no list");
    for (size_t i = 0; i < value_count(list); i++) {
        struct hold hold;
        if (!read_hold(arena, value_item(list, i), &hold))
            return error_set(err, ERROR_INPUT, "a hold has no kind, no name or a wrong time");
        if (!has_ended(&hold, now) && object_id_compare(&hold.id, id) != 0)
            value_push(arena, kept, value_copy(arena, value_item(list, i)));
    }
    *ret_list = kept;
    return true;
}

bool holds_with(struct arena *arena, const struct value *list, const struct hold *hold, int64_t now,
                struct value **ret_list, struct error *err)
{
    struct value *kept;
    if (!holds_without(arena, list, &hold->id, now, &kept, err))
        return false;
    if (value_count(kept) >= HOLDS_MOST)
        return error_set(err, ERROR_REFUSED,
                         "the set has %d holds already, and takes no more: let one go first "
                         "(status shows them)",
                         HOLDS_MOST);
    value_push(arena, kept, hold_value(arena, hold));
    *ret_list = kept;
    return true;
}

struct hold *hold_of_document(struct arena *arena, const struct object_id *id,
                              const struct value *document)
{
    const char *reason = value_text_at(document, "metadata", "annotations", "cmx.dev/hold", NULL);
    if (!reason)
        return NULL;
    struct hold *hold = arena_alloc(arena, sizeof *hold);
    *hold = (struct hold){ .id = *id,
                           .purpose = HOLD_PURPOSE,
                           .by = "",
                           .reason = arena_strdup(arena, reason),
                           .on_object = true };
    return hold;
}

struct hold *hold_copy(struct arena *arena, const struct hold *hold)
{
    if (!hold)
        return NULL;
    struct hold *copy = arena_alloc(arena, sizeof *copy);
    *copy = *hold;
    copy->purpose = arena_strdup(arena, hold->purpose);
    copy->by = arena_strdup(arena, hold->by);
    copy->reason = arena_strdup(arena, hold->reason);
    return copy;
}
