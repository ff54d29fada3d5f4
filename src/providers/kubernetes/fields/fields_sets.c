/* fields_sets: arithmetic of field sets, and cutting them out of documents; see fields.h. */
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/pointer.h"

#include <string.h>

static bool is_self(const char *name)
{
    return strcmp(name, ".") == 0;
}

struct value *fields_union(struct arena *arena, const struct value *a, const struct value *b)
{
    struct value *all = a ? value_copy(arena, a) : value_map(arena);
    for (size_t i = 0; i < value_count(b); i++) {
        const struct member *member = &b->map.members[i];
        const struct value *mine = value_get(all, member->key);
        value_set(arena, all, member->key,
                  mine ? fields_union(arena, mine, member->value)
                       : value_copy(arena, member->value));
    }
    return all;
}

/* A field that `b` holds, whole or in part, counts as held. */
struct value *fields_minus(struct arena *arena, const struct value *a, const struct value *b)
{
    struct value *rest = value_map(arena);
    for (size_t i = 0; i < value_count(a); i++) {
        const struct member *member = &a->map.members[i];
        const struct value *theirs = value_get(b, member->key);
        if (is_self(member->key) && b)
            continue;
        if (!theirs) {
            value_set(arena, rest, member->key, value_copy(arena, member->value));
            continue;
        }
        if (value_count(theirs) == 0 || value_count(member->value) == 0)
            continue;
        struct value *below = fields_minus(arena, member->value, theirs);
        if (value_count(below) > 0)
            value_set(arena, rest, member->key, below);
    }
    return rest;
}

/* The name of the child that `part` names, or NULL. */
static const char *child_name(struct arena *arena, const struct value *owned,
                              const struct value *live, const char *part)
{
    const struct value *child = fields_step(arena, owned, live, part);
    for (size_t i = 0; child && i < value_count(owned); i++)
        if (owned->map.members[i].value == child)
            return owned->map.members[i].key;
    return NULL;
}

static struct value *without(struct arena *arena, const struct value *owned,
                             const struct value *live, const struct text_list *parts, size_t depth)
{
    struct value *rest = value_copy(arena, owned);
    const char *name =
        depth < parts->count ? child_name(arena, owned, live, parts->items[depth]) : NULL;
    if (!name)
        return rest;
    const struct value *child = value_get(owned, name);
    struct text_list one = { .items = &parts->items[depth], .count = 1 };
    struct value *below = depth + 1 == parts->count
                              ? value_map(arena)
                              : without(arena, child, pointer_get(live, &one, 1), parts, depth + 1);
    bool hollow = name[0] == 'f' ? fields_count(below) == 0 : value_count(below) == 0;
    if (depth + 1 == parts->count || (hollow && value_count(child) > 0))
        value_remove(rest, name); /* that a map is there is nothing without what is in it */
    else
        value_set(arena, rest, name, below);
    return rest;
}

struct value *fields_without(struct arena *arena, const struct value *a, const struct value *live,
                             const char *pointer)
{
    struct text_list parts;
    pointer_split(arena, pointer, &parts);
    return a ? without(arena, a, live, &parts, 0) : value_map(arena);
}

bool fields_valid(const struct value *fields)
{
    if (!fields || fields->kind != VALUE_MAP)
        return false;
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct member *member = &fields->map.members[i];
        bool named = is_self(member->key)
                     || (strchr("fkv", member->key[0]) && member->key[0] && member->key[1] == ':');
        if (!named || !fields_valid(member->value))
            return false;
    }
    return true;
}

bool fields_empty(const struct value *fields)
{
    return value_count(fields) == 0;
}

size_t fields_count(const struct value *fields)
{
    size_t count = 0;
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct member *member = &fields->map.members[i];
        if (!is_self(member->key))
            count += value_count(member->value) ? fields_count(member->value) : 1;
    }
    return count;
}

/* "k:{"name":"web"}": the member f:name of the item says no more than that. */
static void drop_names(struct arena *arena, struct value *item, const char *name)
{
    const struct value *key;
    struct error ignored;
    if (name[0] != 'k' || !json_parse(arena, name + 2, strlen(name + 2), &key, &ignored)
        || key->kind != VALUE_MAP)
        return;
    for (size_t i = 0; i < value_count(key); i++)
        value_remove(item, arena_printf(arena, "f:%s", key->map.members[i].key));
}

struct value *fields_beside_names(struct arena *arena, const struct value *fields)
{
    struct value *rest = value_map(arena);
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct member *member = &fields->map.members[i];
        if (is_self(member->key))
            continue;
        struct value *below = fields_beside_names(arena, member->value);
        drop_names(arena, below, member->key);
        if (value_count(member->value) == 0 || value_count(below) > 0)
            value_set(arena, rest, member->key, below);
    }
    return rest;
}

/* ------------------------------------------------------- out of documents */

static struct value *cut(struct arena *arena, struct value *node, const struct value *fields);

static void cut_element(struct arena *arena, struct value *list, const struct member *member)
{
    size_t at;
    const struct value *item = fields_element(arena, member->key, list, true, &at);
    if (!item)
        return;
    bool all =
        member->key[0] == 'v' || value_count(member->value) == 0 || value_get(member->value, ".");
    struct value *rest = all ? NULL : cut(arena, (struct value *)item, member->value);
    if (rest)
        return;
    memmove(&list->list.items[at], &list->list.items[at + 1],
            (list->list.count - at - 1) * sizeof *list->list.items);
    list->list.count--;
}

static void cut_member(struct arena *arena, struct value *map, const struct member *member)
{
    const char *key = member->key + 2;
    struct value *child = (struct value *)value_get(map, key);
    if (child && (value_count(member->value) == 0 || !cut(arena, child, member->value)))
        value_remove(map, key);
}

/* The node without the fields; NULL where nothing is left of one that the set made itself. */
static struct value *cut(struct arena *arena, struct value *node, const struct value *fields)
{
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct member *member = &fields->map.members[i];
        if (is_self(member->key))
            continue;
        if (node->kind == VALUE_LIST)
            cut_element(arena, node, member);
        else if (node->kind == VALUE_MAP && strncmp(member->key, "f:", 2) == 0)
            cut_member(arena, node, member);
    }
    return value_count(node) == 0 && value_count(fields) > 0 ? NULL : node;
}

struct value *fields_cut(struct arena *arena, const struct value *document,
                         const struct value *fields)
{
    struct value *copy = value_copy(arena, document);
    cut(arena, copy, fields);
    return copy;
}

static bool cut_different_element(struct arena *arena, struct value *list,
                                  const struct member *member, const struct value *live)
{
    size_t at, live_at;
    const struct value *item = fields_element(arena, member->key, list, true, &at);
    const struct value *there = fields_element(arena, member->key, live, true, &live_at);
    return item && there && member->key[0] == 'k'
           && fields_cut_different(arena, (struct value *)item, member->value, there);
}

static bool cut_different_member(struct arena *arena, struct value *map,
                                 const struct member *member, const struct value *live)
{
    const char *key = member->key + 2;
    struct value *child = (struct value *)value_get(map, key);
    const struct value *there = value_get(live, key);
    if (!child)
        return false;
    if (value_count(member->value) > 0)
        return there && fields_cut_different(arena, child, member->value, there);
    if (there && value_equal(child, there))
        return false;
    return value_remove(map, key);
}

bool fields_cut_different(struct arena *arena, struct value *document, const struct value *fields,
                          const struct value *live)
{
    bool less = false;
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct member *member = &fields->map.members[i];
        if (is_self(member->key))
            continue;
        if (document->kind == VALUE_LIST)
            less |= cut_different_element(arena, document, member, live);
        else if (document->kind == VALUE_MAP && strncmp(member->key, "f:", 2) == 0)
            less |= cut_different_member(arena, document, member, live);
    }
    return less;
}

struct value *fields_given_up(struct arena *arena, const struct value *owned,
                              const struct value *wanted)
{
    struct value *rest = value_map(arena);
    for (size_t i = 0; i < value_count(owned); i++) {
        const struct member *member = &owned->map.members[i];
        size_t at;
        if (is_self(member->key))
            continue;
        const struct value *child = member->key[0] == 'f'
                                        ? value_get(wanted, member->key + 2)
                                        : fields_element(arena, member->key, wanted, true, &at);
        if (!child) {
            value_set(arena, rest, member->key, value_copy(arena, member->value));
            continue;
        }
        struct value *below = fields_given_up(arena, member->value, child);
        if (value_count(below) > 0)
            value_set(arena, rest, member->key, below);
    }
    return rest;
}
