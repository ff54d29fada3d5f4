/* merge: see merge.h. */
#include "providers/kubernetes/merge.h"

#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"

#include <string.h>

struct merger {
    struct arena *arena;
    bool as_live; /* what the server may have written its own way stays as it is */
};

static const struct value *child_fields(struct arena *arena, const struct value *fields,
                                        const char *key)
{
    return value_get(fields, arena_printf(arena, "f:%s", key));
}

static struct value *merge(const struct merger *merger, const struct value *wanted,
                           struct value *live, const struct value *fields);

static struct value *merge_map(const struct merger *merger, const struct value *wanted,
                               struct value *live, const struct value *fields)
{
    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct member *member = &wanted->map.members[i];
        struct value *there = (struct value *)value_get(live, member->key);
        bool nothing = member->value->kind == VALUE_NULL
                       || (merger->as_live && fields_alike_value(member->value, NULL));
        if (nothing && !there)
            continue;
        value_set(
            merger->arena, live, member->key,
            merge(merger, member->value, there, child_fields(merger->arena, fields, member->key)));
    }
    return live;
}

static bool is_keyed(const struct value *fields)
{
    for (size_t i = 0; i < value_count(fields); i++)
        if (fields->map.members[i].key[0] == 'k')
            return true;
    return false;
}

/* The "k:" node whose element in `live` the wanted item is; *ret_index is its position there. */
static const struct value *match(struct arena *arena, const struct value *fields,
                                 const struct value *item, const struct value *live,
                                 size_t *ret_index)
{
    struct value *alone = value_list(arena);
    value_push(arena, alone, value_copy(arena, item));
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct member *member = &fields->map.members[i];
        size_t at;
        if (member->key[0] == 'k' && fields_element(arena, member->key, alone, true, &at)
            && fields_element(arena, member->key, live, true, ret_index))
            return member->value;
    }
    return NULL;
}

static struct value *merge_list(const struct merger *merger, const struct value *wanted,
                                struct value *live, const struct value *fields)
{
    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct value *item = value_item(wanted, i);
        size_t at;
        const struct value *below = match(merger->arena, fields, item, live, &at);
        if (below)
            live->list.items[at] = merge(merger, item, live->list.items[at], below);
        else
            value_push(merger->arena, live, value_copy(merger->arena, item));
    }
    return live;
}

static struct value *merge(const struct merger *merger, const struct value *wanted,
                           struct value *live, const struct value *fields)
{
    if (live && wanted->kind == VALUE_MAP && live->kind == VALUE_MAP
        && (value_count(fields) > 0 || value_count(wanted) == 0))
        return merge_map(merger, wanted, live, fields);
    if (live && wanted->kind == VALUE_LIST && live->kind == VALUE_LIST && is_keyed(fields))
        return merge_list(merger, wanted, live, fields);
    if (live && merger->as_live && fields_alike_value(wanted, live))
        return live;
    return value_copy(merger->arena, wanted);
}

struct value *merge_locally(struct arena *arena, const struct value *wanted,
                            const struct value *live, bool as_live)
{
    const struct merger merger = { arena, as_live };
    struct manager_entry entry, ours = { .fields = NULL };
    struct value *base = value_copy(arena, live);
    if (manager_ours(live, &ours) && ours.fields) {
        struct value *lost = fields_given_up(arena, ours.fields, wanted);
        for (size_t i = 0; manager_entry(live, i, &entry); i++)
            if (!manager_is_us(&entry))
                lost = fields_minus(arena, lost, entry.fields);
        base = fields_cut(arena, base, lost);
    }
    return merge_map(&merger, wanted, base, manager_all_fields(arena, live));
}

struct value *merge_over(struct arena *arena, const struct value *top, struct value *base,
                         const struct value *fields)
{
    const struct merger merger = { arena, false };
    return merge_map(&merger, top, base, fields);
}
