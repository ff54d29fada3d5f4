/* document: see document.h. */
#include "oci/document.h"

#include "manifest/json_reader.h"

enum { VALUES_CEILING = 400000 }; /* an index of 10000 entries has a third of it */

static bool keep_first(void *context, struct arena *arena, const struct value *value,
                       struct error *err)
{
    const struct value **kept = context;
    (void)arena;
    if (*kept)
        return error_set(err, ERROR_INPUT, "more than one document");
    *kept = value;
    return true;
}

static bool parse(struct arena *arena, const char *bytes, size_t length, enum value_kind kind,
                  const struct value **ret, struct error *err)
{
    const struct value *value = NULL;
    struct json_reader *reader =
        json_reader_new_placed(arena, length + 1, VALUES_CEILING, keep_first, &value);
    bool read =
        json_reader_feed(reader, bytes, length, err) && json_reader_end(reader, arena, NULL, err);
    json_reader_free(reader);
    if (!read) {
        err->kind = ERROR_INVALID;
        return false;
    }
    if (!value || value->kind != kind)
        return error_set(err, ERROR_INVALID, "expected %s in JSON, got %s", value_kind_name(kind),
                         value ? value_kind_name(value->kind) : "nothing");
    *ret = value;
    return true;
}

bool document_parse(struct arena *arena, const char *bytes, size_t length, const struct value **ret,
                    struct error *err)
{
    return parse(arena, bytes, length, VALUE_MAP, ret, err);
}

bool document_parse_list(struct arena *arena, const char *bytes, size_t length,
                         const struct value **ret, struct error *err)
{
    return parse(arena, bytes, length, VALUE_LIST, ret, err);
}

static const struct value *present(const struct value *map, const char *key)
{
    const struct value *value = value_get(map, key);
    return value && value->kind != VALUE_NULL ? value : NULL;
}

static bool not_a(struct error *err, const char *key, const char *what)
{
    return error_set(err, ERROR_INVALID, "\"%s\" is not %s", key, what);
}

bool document_text(const struct value *map, const char *key, const char **ret, struct error *err)
{
    const struct value *value = present(map, key);
    if (value && value->kind != VALUE_STRING)
        return not_a(err, key, "a string");
    const char *text = value_text(value);
    *ret = text && *text ? text : NULL;
    return true;
}

bool document_texts(struct arena *arena, const struct value *map, const char *key,
                    struct text_list *ret, struct error *err)
{
    const struct value *list = present(map, key);
    *ret = (struct text_list){ 0 };
    if (!list)
        return true;
    if (list->kind != VALUE_LIST)
        return not_a(err, key, "a list of strings");
    for (size_t i = 0; i < list->list.count; i++) {
        const char *text = value_text(list->list.items[i]);
        if (!text)
            return not_a(err, key, "a list of strings");
        arena_push(arena, ret->items, ret->count, ret->capacity, text);
    }
    return true;
}

bool document_map(const struct value *map, const char *key, const struct value **ret,
                  struct error *err)
{
    const struct value *value = present(map, key);
    *ret = NULL;
    if (!value)
        return true;
    if (value->kind != VALUE_MAP)
        return not_a(err, key, "a map of strings");
    for (size_t i = 0; i < value->map.count; i++)
        if (value->map.members[i].value->kind != VALUE_STRING)
            return not_a(err, key, "a map of strings");
    *ret = value->map.count ? value : NULL;
    return true;
}

void document_set_text(struct arena *arena, struct value *map, const char *key, const char *text)
{
    if (text)
        value_set(arena, map, key, value_string(arena, text));
}

struct value *document_list(struct arena *arena, const struct text_list *list)
{
    struct value *items = value_list(arena);
    for (size_t i = 0; i < list->count; i++)
        value_push(arena, items, value_string(arena, list->items[i]));
    return items;
}

void document_set_texts(struct arena *arena, struct value *map, const char *key,
                        const struct text_list *list)
{
    if (list->count)
        value_set(arena, map, key, document_list(arena, list));
}

void document_set_map(struct arena *arena, struct value *map, const char *key,
                      const struct value *value)
{
    if (value_count(value))
        value_set(arena, map, key, value_copy(arena, value));
}
