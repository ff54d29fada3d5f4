/* pointer: see pointer.h. */
#include "providers/kubernetes/fields/pointer.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <stdlib.h>
#include <string.h>

static char *unescape(struct arena *arena, const char *text, size_t length)
{
    char *part = arena_memdup(arena, text, length), *out = part;
    for (const char *in = part; *in; in++) {
        if (in[0] == '~' && (in[1] == '0' || in[1] == '1'))
            *out++ = *++in == '0' ? '~' : '/';
        else
            *out++ = *in;
    }
    *out = '\0';
    return part;
}

void pointer_split(struct arena *arena, const char *pointer, struct text_list *ret_parts)
{
    *ret_parts = (struct text_list){ 0 };
    while (*pointer == '/') {
        size_t length = strcspn(++pointer, "/");
        arena_push(arena, ret_parts->items, ret_parts->count, ret_parts->capacity,
                   unescape(arena, pointer, length));
        pointer += length;
    }
}

static bool has_members(const struct value *item, const struct value *key)
{
    size_t found = 0;
    for (size_t i = 0; i < value_count(key); i++) {
        const struct value *value = value_get(item, key->map.members[i].key);
        if (value && !value_equal(value, key->map.members[i].value))
            return false;
        found += value != NULL; /* a manifest leaves out `protocol: TCP` */
    }
    return found > 0;
}

static bool position_of_key(const struct value *list, const char *part, size_t *ret_index)
{
    AUTO_ARENA arena = arena_new();
    const struct value *key;
    struct error ignored;
    size_t found = 0;
    if (!json_parse(arena, part, strlen(part), &key, &ignored) || key->kind != VALUE_MAP)
        return false;
    for (size_t i = 0; i < value_count(list); i++)
        if (value_item(list, i)->kind == VALUE_MAP && has_members(value_item(list, i), key)) {
            *ret_index = i;
            found++;
        }
    return found == 1;
}

static bool position(const struct value *list, const char *part, size_t *ret_index)
{
    char *end;
    if (*part == '{')
        return position_of_key(list, part, ret_index);
    unsigned long index = strtoul(part, &end, 10);
    if (!*part || *end || *part == '-' || *part == '+' || index >= value_count(list))
        return false;
    *ret_index = index;
    return true;
}

const struct value *pointer_item(const struct value *list, const char *part)
{
    size_t index;
    return position(list, part, &index) ? value_item(list, index) : NULL;
}

static const struct value *step(const struct value *value, const char *part)
{
    if (value && value->kind == VALUE_LIST)
        return pointer_item(value, part);
    return value_get(value, part);
}

const struct value *pointer_get(const struct value *document, const struct text_list *parts,
                                size_t count)
{
    for (size_t i = 0; document && i < count; i++)
        document = step(document, parts->items[i]);
    return document;
}

/* The map or list that holds the last part. The caller owns the document and may change it. */
static struct value *holder(struct value *document, const struct text_list *parts)
{
    return parts->count ? (struct value *)pointer_get(document, parts, parts->count - 1) : NULL;
}

static bool remove_item(struct value *list, const char *part)
{
    size_t index;
    if (!position(list, part, &index))
        return false;
    struct value **items = list->list.items;
    memmove(&items[index], &items[index + 1],
            (list->list.count - index - 1) * sizeof(struct value *));
    list->list.count--;
    return true;
}

bool pointer_remove(struct value *document, const struct text_list *parts)
{
    struct value *above = holder(document, parts);
    if (!above)
        return false;
    const char *last = parts->items[parts->count - 1];
    if (above->kind == VALUE_LIST)
        return remove_item(above, last);
    return above->kind == VALUE_MAP && value_remove(above, last);
}

bool pointer_put(struct arena *arena, struct value *document, const struct text_list *parts,
                 const struct value *value)
{
    struct value *above = holder(document, parts);
    size_t index;
    if (!above)
        return false;
    const char *last = parts->items[parts->count - 1];
    if (above->kind == VALUE_LIST && position(above, last, &index))
        above->list.items[index] = value_copy(arena, value);
    else if (above->kind == VALUE_MAP)
        value_set(arena, above, last, value_copy(arena, value));
    else
        return false;
    return true;
}
