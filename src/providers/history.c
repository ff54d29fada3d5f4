/* history: see history.h. */
#include "providers/history.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "manifest/value_json.h"

#include <string.h>

/* The counts by the names that they have in the text. */
static const struct {
    const char *name;
    size_t offset;
} counts[] = {
    { "built", offsetof(struct history_counts, built) },
    { "created", offsetof(struct history_counts, created) },
    { "changed", offsetof(struct history_counts, changed) },
    { "replaced", offsetof(struct history_counts, replaced) },
    { "adopted", offsetof(struct history_counts, adopted) },
    { "deleted", offsetof(struct history_counts, deleted) },
    { "held", offsetof(struct history_counts, held) },
    { "unchanged", offsetof(struct history_counts, unchanged) },
    { "failed", offsetof(struct history_counts, failed) },
    { "blocked", offsetof(struct history_counts, blocked) },
    { "refused", offsetof(struct history_counts, refused) },
    { "restored", offsetof(struct history_counts, restored) },
};
enum { COUNTS = sizeof counts / sizeof *counts };

static size_t *count_at(struct history_counts *all, size_t i)
{
    return (size_t *)(void *)((char *)all + counts[i].offset);
}

/* ------------------------------------------------------------------------- writing */

static void set_flag(struct arena *arena, struct value *map, const char *key, bool flag)
{
    if (flag)
        value_set(arena, map, key, value_bool(arena, true));
}

static struct value *counts_value(struct arena *arena, const struct history_counts *all)
{
    struct value *map = value_map(arena);
    struct history_counts copy = *all;
    for (size_t i = 0; i < COUNTS; i++)
        if (*count_at(&copy, i))
            value_set(arena, map, counts[i].name,
                      value_integer(arena, (int64_t)*count_at(&copy, i)));
    return map;
}

static struct value *object_value(struct arena *arena, const struct history_object *object)
{
    struct value *map = value_map(arena);
    value_set_filled(arena, map, "name", object->name);
    value_set_filled(arena, map, "action", object->action);
    value_set_filled(arena, map, "result", object->result);
    value_set_filled(arena, map, "note", object->note);
    if (object->drift)
        value_set(arena, map, "drift", value_string(arena, object->drift));
    if (object->hook)
        value_set(arena, map, "hook",
                  value_string(arena, object->reversible ? "reversible" : "ran"));
    return map;
}

struct value *history_value(struct arena *arena, const struct history_entry *entry)
{
    struct value *map = value_map(arena), *objects = value_list(arena);
    value_set_filled(arena, map, "time", time_text(arena, entry->time));
    value_set(arena, map, "milliseconds", value_integer(arena, entry->milliseconds));
    value_set_filled(arena, map, "command", entry->command);
    value_set_filled(arena, map, "by", entry->by);
    value_set_filled(arena, map, "commit", entry->commit);
    value_set_filled(arena, map, "subject", entry->subject);
    set_flag(arena, map, "dirty", entry->dirty);
    value_set_filled(arena, map, "result", entry->result);
    set_flag(arena, map, "waited", entry->waited);
    set_flag(arena, map, "partial", entry->partial);
    value_set(arena, map, "counts", counts_value(arena, &entry->counts));
    for (size_t i = 0; i < entry->object_count; i++)
        value_push(arena, objects, object_value(arena, &entry->objects[i]));
    value_set(arena, map, "objects", objects);
    if (entry->more)
        value_set(arena, map, "more", value_integer(arena, (int64_t)entry->more));
    return map;
}

/* ------------------------------------------------------------------------- reading */

static const char *text_of(struct arena *arena, const struct value *map, const char *key)
{
    const char *text = value_text(value_get(map, key));
    return text ? arena_strdup(arena, text) : "";
}

static size_t count_of(const struct value *map, const char *key)
{
    int64_t count = value_int(value_get(map, key), 0);
    return count > 0 ? (size_t)count : 0;
}

static bool read_object(struct arena *arena, const struct value *map, struct history_object *object)
{
    const char *hook = text_of(arena, map, "hook");
    *object = (struct history_object){
        .name = text_of(arena, map, "name"),
        .action = text_of(arena, map, "action"),
        .result = text_of(arena, map, "result"),
        .note = text_of(arena, map, "note"),
        .drift = value_get(map, "drift") ? text_of(arena, map, "drift") : NULL,
        .hook = *hook != '\0',
        .reversible = strcmp(hook, "reversible") == 0,
    };
    return *object->name != '\0';
}

static void read_objects(struct arena *arena, const struct value *list, struct history_entry *entry)
{
    struct history_object *objects = arena_array(arena, value_count(list) + 1, sizeof *objects);
    for (size_t i = 0; value_item(list, i); i++)
        entry->object_count +=
            read_object(arena, value_item(list, i), &objects[entry->object_count]);
    entry->objects = objects;
}

static bool read_entry(struct arena *arena, const struct value *map, struct history_entry *entry)
{
    const char *time = value_text(value_get(map, "time"));
    *entry = (struct history_entry){
        .milliseconds = value_int(value_get(map, "milliseconds"), 0),
        .command = text_of(arena, map, "command"),
        .by = text_of(arena, map, "by"),
        .commit = text_of(arena, map, "commit"),
        .subject = text_of(arena, map, "subject"),
        .dirty = value_is_true(value_get(map, "dirty"), false),
        .result = text_of(arena, map, "result"),
        .waited = value_is_true(value_get(map, "waited"), false),
        .partial = value_is_true(value_get(map, "partial"), false),
        .more = count_of(map, "more"),
    };
    for (size_t i = 0; i < COUNTS; i++)
        *count_at(&entry->counts, i) = count_of(value_get(map, "counts"), counts[i].name);
    read_objects(arena, value_get(map, "objects"), entry);
    return time && time_parse(time, &entry->time);
}

/* The list; NULL where there is none that can be read. */
static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *list;
    struct error why = { .message = "it is no list" };
    if (!text || !*text)
        return NULL;
    if (json_parse(arena, text, strlen(text), &list, &why) && list->kind == VALUE_LIST)
        return list;
    log_warning("the history of the set cannot be read, and begins anew: %s", why.message);
    return NULL;
}

void history_read(struct arena *arena, const char *text, struct history_entry **ret_entries,
                  size_t *ret_count)
{
    AUTO_ARENA scratch = arena_new();
    const struct value *list = parse(scratch, text);
    size_t count = 0;
    struct history_entry *entries = arena_array(arena, value_count(list) + 1, sizeof *entries);
    for (size_t i = 0; value_item(list, i); i++)
        count += read_entry(arena, value_item(list, i), &entries[count]);
    *ret_entries = entries;
    *ret_count = count;
}

/* ------------------------------------------------------------------------- adding */

/* A single run that names too much: it says how much was left out. */
static void shorten(struct arena *arena, struct buf *text, const struct history_entry *entry)
{
    struct history_entry shorter = *entry;
    while (text->length > HISTORY_BYTES && shorter.object_count) {
        shorter.more += shorter.object_count - shorter.object_count / 2;
        shorter.object_count /= 2;
        buf_clear(text);
        json_write(text, history_value(arena, &shorter));
    }
}

const char *history_add(struct arena *arena, const char *text, const struct history_entry *entry)
{
    AUTO_ARENA scratch = arena_new();
    AUTO_BUF last = BUF_INIT(BUF_OUTPUT_CEILING), out = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct value *list = parse(scratch, text);
    size_t first = value_count(list), room;
    json_write(&last, history_value(scratch, entry));
    shorten(scratch, &last, entry);
    room = HISTORY_BYTES > last.length ? HISTORY_BYTES - last.length : 0;
    while (first > 0 && value_count(list) - first + 1 < HISTORY_MOST) {
        AUTO_BUF older = BUF_INIT(BUF_OUTPUT_CEILING);
        json_write(&older, value_item(list, first - 1));
        if (older.length + 2 > room)
            break;
        room -= older.length + 1;
        first--;
    }
    buf_putc(&out, '[');
    for (size_t i = first; i < value_count(list); i++) {
        json_write(&out, value_item(list, i));
        buf_putc(&out, ',');
    }
    buf_puts(&out, buf_text(&last));
    buf_putc(&out, ']');
    return arena_strdup(arena, buf_text(&out));
}

const struct history_object *history_find(const struct history_entry *entry, const char *name)
{
    for (size_t i = 0; i < entry->object_count; i++)
        if (strcmp(entry->objects[i].name, name) == 0)
            return &entry->objects[i];
    return NULL;
}
