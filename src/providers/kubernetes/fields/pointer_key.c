/* pointer_key: see pointer_key.h. */
#include "providers/kubernetes/fields/pointer_key.h"

#include "base/cleanup.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/fields/pointer.h"

#include <string.h>

/* Where a pointer has come to, in both documents and in what anybody holds of the live one. */
struct step {
    const struct value *wanted, *live, *fields;
};

static bool is_position(const char *part)
{
    return *part && part[strspn(part, "0123456789")] == '\0';
}

static bool has_position(const struct text_list *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        if (is_position(parts->items[i]))
            return true;
    return false;
}

static const struct value *element(struct arena *arena, const char *name, const struct value *list)
{
    size_t at;
    return fields_element(arena, name, list, true, &at);
}

/* Steps to the element that `part` counts to; answers its key, or NULL: no keyed list. */
static const char *step_into_list(struct arena *arena, struct step *at, const char *part)
{
    const struct value *item = at->wanted ? pointer_item(at->wanted, part) : NULL;
    const struct value *list = item ? at->wanted : at->live;
    item = item ? item : pointer_item(at->live, part);
    for (size_t i = 0; item && i < value_count(at->fields); i++) {
        const struct member *member = &at->fields->map.members[i];
        if (member->key[0] != 'k' || element(arena, member->key, list) != item)
            continue;
        *at = (struct step){ element(arena, member->key, at->wanted),
                             element(arena, member->key, at->live), member->value };
        return member->key + 2;
    }
    return NULL;
}

/* Is what stands there live an element that the manifest has elsewhere, and that is not meant? */
static bool is_another(struct arena *arena, const struct step *at, const char *part)
{
    const struct value *item = pointer_item(at->live, part);
    if (!at->wanted || !item || pointer_item(at->wanted, part))
        return false;
    for (size_t i = 0; i < value_count(at->fields); i++) {
        const char *key = at->fields->map.members[i].key;
        if (key[0] == 'k' && element(arena, key, at->live) == item
            && element(arena, key, at->wanted))
            return true;
    }
    return false;
}

static bool is_list(const struct value *value)
{
    return value && value->kind == VALUE_LIST;
}

static void add_part(struct buf *out, const char *part)
{
    buf_putc(out, '/');
    for (; *part; part++)
        if (*part == '~' || *part == '/')
            buf_puts(out, *part == '~' ? "~0" : "~1");
        else
            buf_putc(out, *part);
}

const char *pointer_by_key(struct arena *arena, const char *pointer, const struct value *wanted,
                           const struct value *live)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct text_list parts;
    pointer_split(arena, pointer, &parts);
    if (!has_position(&parts))
        return pointer;
    struct step at = { wanted, live, manager_all_fields(arena, live) };
    for (size_t i = 0; i < parts.count; i++) {
        const char *part = parts.items[i], *key;
        if (is_list(at.live) || is_list(at.wanted)) {
            if (is_another(arena, &at, part))
                return NULL;
            key = step_into_list(arena, &at, part);
            if (!key) /* owned whole, or not there: positions are all there is */
                return pointer;
            add_part(&text, key);
            continue;
        }
        add_part(&text, part);
        at = (struct step){ value_get(at.wanted, part), value_get(at.live, part),
                            value_get(at.fields, arena_printf(arena, "f:%s", part)) };
    }
    return arena_strdup(arena, buf_text(&text));
}

/* Of a pointer with stars: its parts from `index` on, below `value`, behind `prefix`. */
struct stars {
    struct arena *arena;
    struct text_list parts, *list;
};

static void expand(const struct stars *stars, size_t index, const struct value *value,
                   const char *prefix)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&text, prefix);
    for (; index < stars->parts.count; index++) {
        const char *part = stars->parts.items[index];
        if (strcmp(part, "*") == 0)
            break;
        add_part(&text, part);
        value = pointer_get(value, &(struct text_list){ .items = &part, .count = 1 }, 1);
    }
    if (index == stars->parts.count) {
        const char *pointer = arena_strdup(stars->arena, buf_text(&text));
        arena_push(stars->arena, stars->list->items, stars->list->count, stars->list->capacity,
                   pointer);
        return;
    }
    for (size_t i = 0; i < value_count(value); i++) {
        AUTO_BUF below = BUF_INIT(BUF_OUTPUT_CEILING);
        bool is_map = value->kind == VALUE_MAP;
        buf_puts(&below, buf_text(&text));
        add_part(&below, is_map ? value->map.members[i].key : arena_printf(stars->arena, "%zu", i));
        expand(stars, index + 1, is_map ? value->map.members[i].value : value_item(value, i),
               buf_text(&below));
    }
}

void pointer_expand(struct arena *arena, const char *pointer, const struct value *document,
                    struct text_list *list)
{
    struct stars stars = { .arena = arena, .list = list };
    if (!strchr(pointer, '*')) {
        arena_push(arena, list->items, list->count, list->capacity, pointer);
        return;
    }
    pointer_split(arena, pointer, &stars.parts);
    expand(&stars, 0, document, "");
}

/* How many parts a set of fields names; *ret_ends: and then it holds all that is below. */
static size_t parts_named(struct arena *arena, const struct value *fields, const struct value *live,
                          const struct text_list *parts, bool *ret_ends)
{
    *ret_ends = false;
    for (size_t i = 0; i < parts->count; i++) {
        *ret_ends = i > 0 && fields && value_count(fields) == 0;
        if (*ret_ends || !fields)
            return i;
        fields = fields_step(arena, fields, live, parts->items[i]);
        live = pointer_get(live, &(struct text_list){ .items = &parts->items[i], .count = 1 }, 1);
    }
    return parts->count;
}

const char *pointer_whole(struct arena *arena, const char *pointer, const struct value *live)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    struct text_list parts;
    struct manager_entry entry;
    size_t whole = 0, deepest = 0;
    pointer_split(arena, pointer, &parts);
    for (size_t i = 0; manager_entry(live, i, &entry); i++) {
        bool ends;
        size_t named = parts_named(arena, entry.fields, live, &parts, &ends);
        if (named > deepest)
            deepest = named;
        if (ends && named > whole)
            whole = named;
    }
    if (!whole || whole < deepest) /* an empty map of one, with members of another in it */
        return NULL;
    for (size_t i = 0; i < whole; i++)
        add_part(&text, parts.items[i]);
    return arena_strdup(arena, buf_text(&text));
}
