/* value: building and reading of documents; see value.h. */
#include "manifest/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct value *new_value(struct arena *arena, enum value_kind kind)
{
    struct value *value = arena_alloc(arena, sizeof *value);
    value->kind = kind;
    return value;
}

struct value *value_null(struct arena *arena)
{
    return new_value(arena, VALUE_NULL);
}

struct value *value_bool(struct arena *arena, bool boolean)
{
    struct value *value = new_value(arena, VALUE_BOOL);
    value->boolean = boolean;
    return value;
}

static struct value *new_text(struct arena *arena, enum value_kind kind, const char *data,
                              size_t length)
{
    struct value *value = arena_alloc(arena, sizeof *value + length + 1);
    char *text = (char *)(value + 1); /* behind it, NUL included */
    if (length)
        memcpy(text, data, length);
    value->kind = kind;
    value->text.data = text;
    value->text.length = length;
    return value;
}

struct value *value_number(struct arena *arena, const char *canonical)
{
    return new_text(arena, VALUE_NUMBER, canonical, strlen(canonical));
}

struct value *value_integer(struct arena *arena, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)number);
    return value_number(arena, text);
}

struct value *value_string(struct arena *arena, const char *text)
{
    return new_text(arena, VALUE_STRING, text, strlen(text));
}

struct value *value_string_length(struct arena *arena, const char *data, size_t length)
{
    return new_text(arena, VALUE_STRING, data, length);
}

struct value *value_list(struct arena *arena)
{
    return new_value(arena, VALUE_LIST);
}

struct value *value_map(struct arena *arena)
{
    return new_value(arena, VALUE_MAP);
}

void value_push(struct arena *arena, struct value *list, struct value *item)
{
    arena_push(arena, list->list.items, list->list.count, list->list.capacity, item);
}

/* The position of the key, or where it would be put. */
static size_t find(const struct value *map, const char *key, bool *ret_found)
{
    size_t low = 0, high = map->map.count;
    *ret_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(map->map.members[middle].key, key);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void value_set(struct arena *arena, struct value *map, const char *key, struct value *value)
{
    bool found;
    struct member member = { .key = key, .value = value, .place = value->place };
    size_t at = find(map, key, &found);
    if (found) {
        map->map.members[at].value = value;
        return;
    }
    arena_push(arena, map->map.members, map->map.count, map->map.capacity, member);
    struct member *members = map->map.members;
    memmove(members + at + 1, members + at, (map->map.count - 1 - at) * sizeof *members);
    members[at] = member;
}

void value_set_text(struct arena *arena, struct value *map, const char *key, const char *text)
{
    if (text)
        value_set(arena, map, key, value_string(arena, text));
}

void value_set_filled(struct arena *arena, struct value *map, const char *key, const char *text)
{
    if (text && *text)
        value_set(arena, map, key, value_string(arena, text));
}

bool value_remove(struct value *map, const char *key)
{
    bool found;
    if (!map || map->kind != VALUE_MAP)
        return false;
    size_t at = find(map, key, &found);
    if (!found)
        return false;
    struct member *members = map->map.members;
    memmove(members + at, members + at + 1, (--map->map.count - at) * sizeof *members);
    return true;
}

static void copy_list(struct arena *arena, struct value *copy, const struct value *value)
{
    copy->list.items = arena_array(arena, value->list.count, sizeof *copy->list.items);
    copy->list.capacity = value->list.count;
    for (size_t i = 0; i < value->list.count; i++)
        copy->list.items[i] = value_copy(arena, value->list.items[i]);
}

static void copy_map(struct arena *arena, struct value *copy, const struct value *value)
{
    copy->map.members = arena_array(arena, value->map.count, sizeof *copy->map.members);
    copy->map.capacity = value->map.count;
    for (size_t i = 0; i < value->map.count; i++) {
        const struct member *member = &value->map.members[i];
        copy->map.members[i] = (struct member){ value_key(arena, member->key, strlen(member->key)),
                                                value_copy(arena, member->value), member->place };
    }
}

struct value *value_map_copy(struct arena *arena, const struct value *map)
{
    struct value *copy = arena_alloc(arena, sizeof *copy);
    *copy = *map;
    copy->map.capacity = map->map.count + 2;
    copy->map.members = arena_array(arena, copy->map.capacity, sizeof *copy->map.members);
    if (map->map.count)
        memcpy(copy->map.members, map->map.members, map->map.count * sizeof *copy->map.members);
    return copy;
}

struct value *value_copy(struct arena *arena, const struct value *value)
{
    struct value *copy = arena_alloc(arena, sizeof *copy);
    *copy = *value;
    if (value->kind == VALUE_LIST)
        copy_list(arena, copy, value);
    else if (value->kind == VALUE_MAP)
        copy_map(arena, copy, value);
    else if (value->kind == VALUE_STRING || value->kind == VALUE_NUMBER)
        copy->text.data = arena_memdup(arena, value->text.data, value->text.length);
    return copy;
}

const struct member *value_member(const struct value *map, const char *key)
{
    bool found;
    if (!map || map->kind != VALUE_MAP)
        return NULL;
    size_t at = find(map, key, &found);
    return found ? &map->map.members[at] : NULL;
}

const struct value *value_get(const struct value *map, const char *key)
{
    const struct member *member = value_member(map, key);
    return member ? member->value : NULL;
}

static const struct value *follow(const struct value *value, va_list keys)
{
    const char *key;
    while (value && (key = va_arg(keys, const char *)))
        value = value_get(value, key);
    return value;
}

const struct value *value_at(const struct value *value, ...)
{
    va_list keys;
    va_start(keys, value);
    const struct value *found = follow(value, keys);
    va_end(keys);
    return found;
}

const char *value_text(const struct value *value)
{
    return value && value->kind == VALUE_STRING ? value->text.data : NULL;
}

const char *value_text_at(const struct value *value, ...)
{
    va_list keys;
    va_start(keys, value);
    const struct value *found = follow(value, keys);
    va_end(keys);
    return value_text(found);
}

int64_t value_int(const struct value *value, int64_t otherwise)
{
    char *end;
    if (!value || value->kind != VALUE_NUMBER)
        return otherwise;
    errno = 0;
    long long number = strtoll(value->text.data, &end, 10);
    return errno || *end ? otherwise : number;
}

bool value_is_true(const struct value *value, bool otherwise)
{
    return value && value->kind == VALUE_BOOL ? value->boolean : otherwise;
}

size_t value_count(const struct value *value)
{
    if (!value)
        return 0;
    return value->kind == VALUE_LIST  ? value->list.count
           : value->kind == VALUE_MAP ? value->map.count
                                      : 0;
}

const struct value *value_item(const struct value *list, size_t index)
{
    return list && list->kind == VALUE_LIST && index < list->list.count ? list->list.items[index]
                                                                        : NULL;
}

static bool lists_equal(const struct value *a, const struct value *b)
{
    if (a->list.count != b->list.count)
        return false;
    for (size_t i = 0; i < a->list.count; i++)
        if (!value_equal(a->list.items[i], b->list.items[i]))
            return false;
    return true;
}

static bool maps_equal(const struct value *a, const struct value *b)
{
    if (a->map.count != b->map.count)
        return false;
    for (size_t i = 0; i < a->map.count; i++)
        if (strcmp(a->map.members[i].key, b->map.members[i].key) != 0
            || !value_equal(a->map.members[i].value, b->map.members[i].value))
            return false;
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_NUMBER:
    case VALUE_STRING:
        return a->text.length == b->text.length
               && memcmp(a->text.data, b->text.data, a->text.length) == 0;
    case VALUE_LIST:
        return lists_equal(a, b);
    case VALUE_MAP:
        return maps_equal(a, b);
    }
    return false;
}

const char *value_kind_name(enum value_kind kind)
{
    static const char *const names[] = { "null",     "a boolean", "a number",
                                         "a string", "a list",    "a map" };
    return names[kind];
}
