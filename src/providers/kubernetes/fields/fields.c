/* fields: the walk over wanted, owned and live; see fields.h. Arithmetic of sets is in
 * fields_sets.c. */
#include "providers/kubernetes/fields/fields.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/pointer.h"
#include "providers/kubernetes/fields/quantity.h"

#include <string.h>

static bool whole(const struct value *owned)
{
    return value_count(owned) == 0;
}

static bool is_self(const char *name)
{
    return strcmp(name, ".") == 0;
}

/* ----------------------------------------------------- elements of lists */

static bool key_fits(const struct value *key, const struct value *item, bool partly)
{
    size_t found = 0;
    for (size_t i = 0; i < value_count(key); i++) {
        const struct member *member = &key->map.members[i];
        const struct value *value = value_get(item, member->key);
        if (!value && !partly)
            return false;
        if (value && !value_equal(value, member->value))
            return false;
        found += value != NULL;
    }
    return found > 0;
}

static bool element_fits(char sort, const struct value *key, const struct value *item, bool partly)
{
    return sort == 'v' ? value_equal(key, item)
                       : item->kind == VALUE_MAP && key_fits(key, item, partly);
}

const struct value *fields_element(struct arena *arena, const char *name, const struct value *list,
                                   bool partly, size_t *ret_index)
{
    const struct value *key, *found = NULL;
    struct error ignored;
    if ((name[0] != 'k' && name[0] != 'v') || name[1] != ':' || !list || list->kind != VALUE_LIST
        || !json_parse(arena, name + 2, strlen(name + 2), &key, &ignored)
        || (name[0] == 'k' && key->kind != VALUE_MAP))
        return NULL;
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *item = value_item(list, i);
        if (!element_fits(name[0], key, item, partly))
            continue;
        if (found)
            return NULL;
        found = item;
        *ret_index = i;
    }
    return found;
}

/* --------------------------------------------------------------- the walk */

/* What the server drops when it is written out: then it is owned, but not there. */
static bool is_zero(const struct value *wanted)
{
    switch (wanted->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return !wanted->boolean;
    case VALUE_NUMBER:
        return strcmp(wanted->text.data, "0") == 0;
    case VALUE_STRING:
        return wanted->text.length == 0;
    case VALUE_LIST:
    case VALUE_MAP:
        return value_count(wanted) == 0;
    }
    return false;
}

/* Could the server have written `wanted` so? */
bool fields_alike_value(const struct value *wanted, const struct value *live)
{
    if (wanted->kind == VALUE_NULL || !live || live->kind == VALUE_NULL)
        return is_zero(wanted);
    if (value_equal(wanted, live) || quantity_equal(wanted, live))
        return true;
    if (wanted->kind != live->kind)
        return false;
    for (size_t i = 0; wanted->kind == VALUE_MAP && i < value_count(wanted); i++)
        if (!fields_alike_value(wanted->map.members[i].value,
                                value_get(live, wanted->map.members[i].key)))
            return false;
    for (size_t i = 0; wanted->kind == VALUE_LIST && i < value_count(wanted); i++)
        if (i >= value_count(live)
            || !fields_alike_value(value_item(wanted, i), value_item(live, i)))
            return false;
    return wanted->kind == VALUE_MAP
           || (wanted->kind == VALUE_LIST && value_count(wanted) == value_count(live));
}

/* How a walk compares values. */
enum strictness { EXACT, ALIKE };

static bool walk(struct arena *arena, enum strictness how, const struct value *wanted,
                 const struct value *owned, const struct value *live);

/* May it be wanted and not held? `creationTimestamp: null`; an empty list that is keyed. */
static bool says_nothing(enum strictness how, const struct value *wanted, const struct value *live)
{
    return how == EXACT ? wanted->kind == VALUE_NULL && !live : is_zero(wanted);
}

static bool same_map(struct arena *arena, enum strictness how, const struct value *wanted,
                     const struct value *owned, const struct value *live)
{
    size_t fields = 0, nothings = 0;
    for (size_t i = 0; i < value_count(owned); i++) {
        const struct member *member = &owned->map.members[i];
        if (is_self(member->key))
            continue;
        const struct value *child = value_get(wanted, member->key + 2);
        if (strncmp(member->key, "f:", 2) != 0 || !child
            || !walk(arena, how, child, member->value, value_get(live, member->key + 2)))
            return false;
        fields++;
    }
    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct member *member = &wanted->map.members[i];
        if (!says_nothing(how, member->value, value_get(live, member->key)))
            continue;
        AUTO_BUF name = BUF_INIT(BUF_OUTPUT_CEILING);
        buf_printf(&name, "f:%s", member->key);
        nothings += value_get(owned, buf_text(&name)) == NULL;
    }
    return fields + nothings == value_count(wanted);
}

/* Applying puts the elements that it names in its own order: `order` has their live positions. */
static bool in_order(const size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (order[i] == 0 || (i > 0 && order[i] <= order[i - 1]))
            return false;
    return true;
}

static bool same_list(struct arena *arena, enum strictness how, const struct value *wanted,
                      const struct value *owned, const struct value *live)
{
    size_t *order = arena_array(arena, value_count(wanted) + 1, sizeof *order);
    for (size_t i = 0; i < value_count(owned); i++) {
        const struct member *member = &owned->map.members[i];
        size_t at, live_at;
        if (is_self(member->key))
            continue;
        const struct value *item = fields_element(arena, member->key, wanted, true, &at);
        const struct value *there = fields_element(arena, member->key, live, false, &live_at);
        if (!item || !there || order[at])
            return false;
        if (member->key[0] == 'k' && !walk(arena, how, item, member->value, there))
            return false;
        order[at] = live_at + 1;
    }
    return in_order(order, value_count(wanted));
}

static bool walk(struct arena *arena, enum strictness how, const struct value *wanted,
                 const struct value *owned, const struct value *live)
{
    if (!owned || !wanted)
        return false;
    if (!live)
        return is_zero(wanted) && whole(owned);
    if (whole(owned))
        return how == EXACT ? value_equal(wanted, live) : fields_alike_value(wanted, live);
    if (wanted->kind != live->kind)
        return false;
    if (wanted->kind == VALUE_MAP)
        return same_map(arena, how, wanted, owned, live);
    return wanted->kind == VALUE_LIST && same_list(arena, how, wanted, owned, live);
}

bool fields_same(struct arena *arena, const struct value *wanted, const struct value *owned,
                 const struct value *live)
{
    return walk(arena, EXACT, wanted, owned, live);
}

bool fields_alike(struct arena *arena, const struct value *wanted, const struct value *owned,
                  const struct value *live)
{
    return walk(arena, ALIKE, wanted, owned, live);
}

static struct value *values(struct arena *arena, const struct value *owned, struct value *document);

/* The elements that the set holds, each beside its name, as they stand in the list. */
static struct value *list_values(struct arena *arena, const struct value *owned,
                                 const struct value *list)
{
    const struct member **held = arena_array(arena, value_count(list) + 1, sizeof *held);
    struct value *out = value_list(arena);
    for (size_t i = 0; i < value_count(owned); i++) {
        size_t at;
        if (fields_element(arena, owned->map.members[i].key, list, false, &at))
            held[at] = &owned->map.members[i];
    }
    for (size_t i = 0; i < value_count(list); i++) {
        struct value *element = value_map(arena);
        if (!held[i])
            continue;
        value_set(arena, element, held[i]->key, values(arena, held[i]->value, list->list.items[i]));
        value_push(arena, out, element);
    }
    return out;
}

/* What is held whole is shared with the document. */
static struct value *values(struct arena *arena, const struct value *owned, struct value *document)
{
    if (whole(owned) || document->kind < VALUE_LIST)
        return document;
    if (document->kind == VALUE_LIST)
        return list_values(arena, owned, document);
    struct value *out = value_map(arena);
    for (size_t i = 0; i < value_count(owned); i++) {
        const struct member *member = &owned->map.members[i];
        const struct value *child =
            is_self(member->key) ? NULL : value_get(document, member->key + 2);
        if (child)
            value_set(arena, out, member->key + 2,
                      values(arena, member->value, (struct value *)child));
    }
    return out;
}

const struct value *fields_values(struct arena *arena, const struct value *owned,
                                  const struct value *document)
{
    return values(arena, owned, (struct value *)document);
}

/* --------------------------------------------------------------- stepping */

const struct value *fields_step(struct arena *arena, const struct value *owned,
                                const struct value *live, const char *part)
{
    if (live && live->kind == VALUE_LIST) {
        const struct value *item = pointer_item(live, part);
        for (size_t i = 0; item && i < value_count(owned); i++) {
            const struct member *member = &owned->map.members[i];
            size_t at;
            if (fields_element(arena, member->key, live, false, &at) == item)
                return member->value;
        }
        return NULL;
    }
    return value_get(owned, arena_printf(arena, "f:%s", part));
}

bool fields_hold(struct arena *arena, const struct value *owned, const struct value *live,
                 const char *pointer)
{
    struct text_list parts;
    pointer_split(arena, pointer, &parts);
    for (size_t i = 0; i < parts.count && owned; i++) {
        if (i > 0 && whole(owned))
            return true;
        owned = fields_step(arena, owned, live, parts.items[i]);
        live = pointer_get(live, &(struct text_list){ .items = &parts.items[i], .count = 1 }, 1);
    }
    return owned != NULL;
}
