/* diff: the walk that finds what differs. Lines for people are in diff_lines.c. */
#include "reconciler/plan/diff.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <string.h>

/* Tried in this order; a key counts when every element of both lists has it, each once. */
static const char *const LIST_KEYS[] = { "name",       "mountPath", "containerPort", "port",
                                         "devicePath", "ip",        "topologyKey",   "uid",
                                         "type",       "key",       "path",          "id" };

/* Elements are looked up one by one: a list of a million would take days. */
enum { KEYED_MOST = 4096 };

struct walk {
    struct arena *arena;
    struct field_changes *changes;
};

static void walk_values(struct walk *walk, const char *path, const char *pointer,
                        const struct value *before, const struct value *after);

static const char *pointer_add(struct arena *arena, const char *pointer, const char *key)
{
    AUTO_BUF escaped = BUF_INIT(BUF_OUTPUT_CEILING);
    for (; *key; key++)
        if (*key == '~')
            buf_puts(&escaped, "~0");
        else if (*key == '/')
            buf_puts(&escaped, "~1");
        else
            buf_putc(&escaped, *key);
    return arena_printf(arena, "%s/%s", pointer, buf_text(&escaped));
}

static const char *path_add(struct arena *arena, const char *path, const char *key)
{
    if (strpbrk(key, "./[]\" "))
        return arena_printf(arena, "%s[\"%s\"]", path, key);
    return arena_printf(arena, "%s%s%s", path, *path ? "." : "", key);
}

static void report(struct walk *walk, const char *path, const char *pointer,
                   const struct value *before, const struct value *after)
{
    struct field_changes *changes = walk->changes;
    struct field_change change = { path, pointer, before, after };
    arena_push(walk->arena, changes->items, changes->count, changes->capacity, change);
}

static void walk_maps(struct walk *walk, const char *path, const char *pointer,
                      const struct value *before, const struct value *after)
{
    size_t i = 0, j = 0;
    while (i < value_count(before) || j < value_count(after)) {
        const struct member *b = i < value_count(before) ? &before->map.members[i] : NULL;
        const struct member *a = j < value_count(after) ? &after->map.members[j] : NULL;
        int order = !b ? 1 : !a ? -1 : strcmp(b->key, a->key);
        const char *key = order <= 0 ? b->key : a->key;
        walk_values(walk, path_add(walk->arena, path, key), pointer_add(walk->arena, pointer, key),
                    order <= 0 ? b->value : NULL, order >= 0 ? a->value : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}

static bool key_values_unique(const struct value *list, const char *key)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *mine = value_get(value_item(list, i), key);
        if (!mine || (mine->kind != VALUE_STRING && mine->kind != VALUE_NUMBER))
            return false;
        for (size_t j = 0; j < i; j++)
            if (value_equal(mine, value_get(value_item(list, j), key)))
                return false;
    }
    return true;
}

const char *diff_list_key(const struct value *a, const struct value *b)
{
    if (value_count(a) + value_count(b) == 0 || value_count(a) + value_count(b) > KEYED_MOST)
        return NULL;
    for (size_t k = 0; k < sizeof LIST_KEYS / sizeof *LIST_KEYS; k++)
        if (key_values_unique(a, LIST_KEYS[k]) && key_values_unique(b, LIST_KEYS[k]))
            return LIST_KEYS[k];
    return NULL;
}

static const struct value *find_by_key(const struct value *list, const char *key,
                                       const struct value *wanted, size_t *index)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_get(value_item(list, i), key), wanted)) {
            *index = i;
            return value_item(list, i);
        }
    return NULL;
}

static const char *element_path(struct walk *walk, const char *path, const struct value *key)
{
    return arena_printf(walk->arena, "%s[%s]", path, key->text.data);
}

static void walk_keyed(struct walk *walk, const char *key, const char *path, const char *pointer,
                       const struct value *before, const struct value *after)
{
    for (size_t i = 0; i < value_count(before); i++) {
        const struct value *item = value_item(before, i), *mine = value_get(item, key);
        size_t at;
        walk_values(walk, element_path(walk, path, mine),
                    arena_printf(walk->arena, "%s/%zu", pointer, i), item,
                    find_by_key(after, key, mine, &at));
    }
    for (size_t i = 0; i < value_count(after); i++) {
        const struct value *item = value_item(after, i), *mine = value_get(item, key);
        size_t at;
        if (!find_by_key(before, key, mine, &at))
            report(walk, element_path(walk, path, mine),
                   arena_printf(walk->arena, "%s/%zu", pointer, i), NULL, item);
    }
}

static bool all_scalars(const struct value *list)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_item(list, i)->kind >= VALUE_LIST)
            return false;
    return true;
}

static void walk_positions(struct walk *walk, const char *path, const char *pointer,
                           const struct value *before, const struct value *after)
{
    size_t count =
        value_count(before) > value_count(after) ? value_count(before) : value_count(after);
    for (size_t i = 0; i < count; i++)
        walk_values(walk, arena_printf(walk->arena, "%s[%zu]", path, i),
                    arena_printf(walk->arena, "%s/%zu", pointer, i), value_item(before, i),
                    value_item(after, i));
}

static void walk_lists(struct walk *walk, const char *path, const char *pointer,
                       const struct value *before, const struct value *after)
{
    const char *key = diff_list_key(before, after);
    if (key)
        walk_keyed(walk, key, path, pointer, before, after);
    else if (all_scalars(before) && all_scalars(after))
        report(walk, path, pointer, before, after);
    else
        walk_positions(walk, path, pointer, before, after);
}

static void walk_values(struct walk *walk, const char *path, const char *pointer,
                        const struct value *before, const struct value *after)
{
    if (before && after && value_equal(before, after))
        return;
    if (before && after && before->kind == VALUE_MAP && after->kind == VALUE_MAP)
        walk_maps(walk, path, pointer, before, after);
    else if (before && after && before->kind == VALUE_LIST && after->kind == VALUE_LIST)
        walk_lists(walk, path, pointer, before, after);
    else if (before || after)
        report(walk, path, pointer, before, after);
}

void diff_fields(struct arena *arena, const struct value *before, const struct value *after,
                 struct field_changes *ret_changes)
{
    struct walk walk = { arena, ret_changes };
    *ret_changes = (struct field_changes){ 0 };
    walk_values(&walk, "", "", before, after);
}

const char *diff_value_text(struct arena *arena, const struct value *value, size_t width)
{
    if (!value)
        return "nothing";
    if (value->kind == VALUE_MAP && value_count(value) > 2)
        return arena_printf(arena, "{%zu members}", value_count(value));
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    json_write(&text, value);
    bool plain = value->kind == VALUE_STRING && value->text.length
                 && text.length == value->text.length + 2 && !strchr(value->text.data, ' ');
    if (plain) { /* nothing had to be escaped: no quotes are needed */
        buf_clear(&text);
        buf_add(&text, value->text.data, value->text.length);
    }
    if (text.length <= width)
        return arena_memdup(arena, buf_text(&text), text.length);
    size_t cut = width > 1 ? width - 1 : 0;
    while (cut > 0 && ((unsigned char)text.data[cut] & 0xC0) == 0x80)
        cut--;
    return arena_printf(arena, "%.*s…", (int)cut, text.data);
}
