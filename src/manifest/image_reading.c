/* image_reading: see image_reading.h. */
#include "manifest/image_reading.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------- plain members */

const char *reading_text(const struct value *map, const char *name)
{
    return value_text(value_get(map, name));
}

int64_t reading_duration(const struct value *map, const char *name)
{
    int64_t milliseconds = 0;
    const char *text = reading_text(map, name);
    return text && duration_parse(text, &milliseconds) ? milliseconds : 0;
}

void reading_texts(struct image_reading *reading, const struct value *list, struct text_list *ret)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const char *text = value_text(value_item(list, i));
        arena_push(reading->arena, ret->items, ret->count, ret->capacity, text);
    }
}

/* NULL where it was not given: that is something else than none. */
struct text_list *reading_words(struct image_reading *reading, const struct value *list)
{
    if (!list)
        return NULL;
    struct text_list *words = arena_alloc(reading->arena, sizeof *words);
    *words = (struct text_list){ 0 };
    reading_texts(reading, list, words);
    return words;
}

static int by_place(const void *a, const void *b)
{
    const struct member *const *x = a, *const *y = b;
    return (*x)->place.start < (*y)->place.start   ? -1
           : (*x)->place.start > (*y)->place.start ? 1
                                                   : strcmp((*x)->key, (*y)->key);
}

/* A map of strings in the order of the file: one variable may be made of those before it. */
void reading_pairs(struct image_reading *reading, const struct value *map, struct image_pairs *ret)
{
    size_t count = value_count(map);
    const struct member **members = arena_array(reading->arena, count + 1, sizeof *members);
    for (size_t i = 0; i < count; i++)
        members[i] = &map->map.members[i];
    qsort(members, count, sizeof(struct member *), by_place);
    for (size_t i = 0; i < count; i++) {
        struct image_pair pair = { members[i]->key, value_text(members[i]->value) };
        arena_push(reading->arena, ret->items, ret->count, ret->capacity, pair);
    }
}

/* ------------------------------------------------------------------ paths */

const char *reading_plain_path(struct arena *arena, const char *path)
{
    char *plain = arena_alloc(arena, strlen(path) + 1);
    size_t length = 0;
    if (*path == '/')
        return NULL;
    for (const char *part = path; *part;) {
        size_t size = strcspn(part, "/");
        if (size == 2 && part[0] == '.' && part[1] == '.')
            return NULL;
        if (size && !(size == 1 && *part == '.')) {
            if (length)
                plain[length++] = '/';
            memcpy(plain + length, part, size);
            length += size;
        }
        part += size + (part[size] == '/');
    }
    plain[length] = '\0';
    return plain;
}

bool reading_is_gits(const char *path)
{
    for (const char *at = path; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
        if (strncasecmp(at, ".git", 4) == 0 && (at[4] == '/' || at[4] == '\0'))
            return true;
    return false;
}

const char *reading_path_below(struct image_reading *reading, const struct value *value,
                               const char *where, const char *what)
{
    const char *plain = reading_plain_path(reading->arena, value_text(value));
    if (!plain)
        WRONG(reading, value, "%s: expected a path below %s, without \"..\", got \"%.100s\"", where,
              what, value_text(value));
    return plain;
}

void reading_check_absolute(struct image_reading *reading, const struct value *value,
                            const char *where)
{
    const char *text = value_text(value);
    if (text && *text != '/')
        WRONG(reading, value, "%s: expected an absolute path, got \"%.100s\"", where, text);
}
