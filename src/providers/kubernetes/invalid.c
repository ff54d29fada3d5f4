/* invalid: see invalid.h. */
#include "providers/kubernetes/invalid.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MOST = 1024, LINES_MOST = 32, TEXT_MOST = 1 << 16 };

/* ------------------------------------------------------------ a field's place */

/* Does the item have the members that `keys` ("port=80,protocol=\"TCP\"") names? */
static bool has_keys(const struct value *item, const char *keys, size_t length)
{
    const char *end = keys + length;
    while (keys < end) {
        const char *equals = memchr(keys, '=', (size_t)(end - keys));
        if (!equals)
            return false;
        char key[PATH_MOST];
        size_t named = (size_t)(equals - keys);
        if (named >= sizeof key)
            return false;
        memcpy(key, keys, named);
        key[named] = '\0';
        const struct value *value = named ? value_get(item, key) : item;
        const char *wanted = equals + 1;
        size_t quoted = wanted < end && *wanted == '"';
        wanted += quoted;
        const char *stop = memchr(wanted, quoted ? '"' : ',', (size_t)(end - wanted));
        stop = stop ? stop : end;
        if (!value || (value->kind != VALUE_STRING && value->kind != VALUE_NUMBER)
            || value->text.length != (size_t)(stop - wanted)
            || memcmp(value->text.data, wanted, value->text.length) != 0)
            return false;
        keys = stop + quoted;
        keys += keys < end && *keys == ',';
    }
    return true;
}

/* What stands between brackets: an index, the key of a map, or the keys of an item. */
static const struct value *bracketed(const struct value *value, const char *text, size_t length)
{
    char key[PATH_MOST];
    if (!value || !length || length >= sizeof key)
        return NULL;
    memcpy(key, text, length);
    key[length] = '\0';
    if (value->kind == VALUE_MAP)
        return value_get(value, key);
    if (length && strspn(key, "0123456789") == length)
        return value_item(value, strtoul(key, NULL, 10));
    for (size_t i = 0; i < value_count(value); i++)
        if (has_keys(value_item(value, i), text, length))
            return value_item(value, i);
    return NULL;
}

/* The longest of the next dotted names that is a member: a label's key has dots of its own. */
static const struct member *dotted(const struct value *map, const char *path, size_t length,
                                   size_t *ret_used)
{
    char key[PATH_MOST];
    for (size_t used = length; used > 0; used--) {
        if (used < length && path[used] != '.' && path[used] != '[')
            continue;
        if (used >= sizeof key)
            continue;
        memcpy(key, path, used);
        key[used] = '\0';
        const struct member *member = value_member(map, key);
        *ret_used = used;
        if (member)
            return member;
    }
    return NULL;
}

/* Its length: up to the first ": " outside of brackets and quotes. */
static size_t path_length(const char *path)
{
    bool quoted = false;
    size_t depth = 0, i = 0;
    for (; path[i]; i++) {
        if (path[i] == '"')
            quoted = !quoted;
        else if (!quoted && path[i] == '[')
            depth++;
        else if (!quoted && path[i] == ']' && depth)
            depth--;
        else if (!quoted && !depth && (isspace((unsigned char)path[i]) || path[i] == ':'))
            break;
    }
    return i;
}

struct place invalid_place(const struct value *document, const char *path)
{
    size_t left = path_length(path);
    struct place place = document ? document->place : (struct place){ 0 };
    for (size_t used; document && left > 0; path += used, left -= used) {
        used = 1;
        if (*path == '.')
            continue;
        if (*path == '[') {
            const char *end = memchr(path, ']', left);
            used = end ? (size_t)(end - path) + 1 : left;
            document = bracketed(document, path + 1, end ? used - 2 : used - 1);
        } else {
            const struct member *member = dotted(document, path, left, &used);
            document = member ? member->value : NULL;
        }
        if (document && document->place.line)
            place = document->place;
    }
    return place;
}

/* ---------------------------------------------------------------- the lines */

struct line {
    struct place place;
    const char *path, *words;
    size_t path_length, words_length;
};

struct lines {
    struct arena *arena;
    const struct resource *desired;
    struct line items[LINES_MOST];
    size_t count; /* of all, also those that found no room */
};

/*
 * "expected string, got &value.valueUnstructured{Value:true}" is what the server
 * says of `y`, `8080` and `1.10`, the traps of YAML: they want quotes.
 */
static const char *plainly(struct arena *arena, const char *words)
{
    static const char mark[] = "got &value.valueUnstructured{Value:";
    const char *start = strstr(words, mark);
    const char *end = start ? strpbrk(start, "}\n") : NULL;
    if (!end || *end != '}')
        return words;
    const char *value = start + sizeof mark - 1;
    bool text = strncmp(words, "expected string", strlen("expected string")) == 0;
    return arena_printf(arena, "%.*sgot %.*s%s", (int)(start - words), words, (int)(end - value),
                        value, text ? ": put it in quotes" : "");
}

static void add_line(struct lines *lines, const char *path, const char *words)
{
    if (lines->count++ >= LINES_MOST)
        return;
    path += *path == '.';
    words = plainly(lines->arena, words);
    lines->items[lines->count - 1] = (struct line){
        .place = invalid_place(lines->desired->document, path),
        .path = path,
        .path_length = path_length(path),
        .words = words,
        .words_length = strcspn(words, "\n"),
    };
}

/* In the order of the file: the server's is another each time. */
static int compare_lines(const void *a, const void *b)
{
    const struct line *left = a, *right = b;
    if (left->place.start != right->place.start)
        return left->place.start < right->place.start ? -1 : 1;
    return strcmp(left->path, right->path);
}

static const char *lines_text(struct lines *lines)
{
    struct buf out = BUF_INIT(TEXT_MOST);
    size_t shown = lines->count < LINES_MOST ? lines->count : LINES_MOST;
    qsort(lines->items, shown, sizeof *lines->items, compare_lines);
    for (size_t i = 0; i < shown; i++) {
        const struct line *line = &lines->items[i];
        buf_printf(&out, "\n%s:%u:%u: %.*s: %.*s", lines->desired->file->path, line->place.line,
                   line->place.column, (int)line->path_length, line->path, (int)line->words_length,
                   line->words);
    }
    if (lines->count > shown)
        buf_printf(&out, "\nand %zu more", lines->count - shown);
    const char *text = arena_printf(lines->arena, "the server finds it invalid:%s", buf_text(&out));
    buf_done(&out);
    return text;
}

/* ".spec.replicas: expected numeric (int or float), got string" */
static void add_typed(struct lines *lines, const char *text)
{
    while (text && *text) {
        text += strspn(text, " \n");
        size_t length = path_length(text);
        if (*text != '.' || strncmp(text + length, ": ", 2) != 0)
            return;
        add_line(lines, text, text + length + 2);
        text = strchr(text, '\n');
    }
}

/* Structured-merge-diff's words: "failed to create typed patch object (…): [errors:]…". */
static bool typed_errors(struct lines *lines, const char *message)
{
    const char *start = strstr(message, "failed to create typed patch object (");
    const char *text = start ? strstr(start, "): ") : NULL;
    if (!text)
        return false;
    text += strlen("): ");
    if (strncmp(text, "errors:", strlen("errors:")) == 0)
        text += strlen("errors:");
    add_typed(lines, text);
    return lines->count > 0;
}

static bool causes_told(struct lines *lines, const struct value *status, struct client *client)
{
    const struct value *causes = value_at(status, "details", "causes", NULL);
    for (size_t i = 0; i < value_count(causes); i++) {
        const struct value *cause = value_item(causes, i);
        const char *field = value_text_at(cause, "field", NULL);
        const char *text = value_text_at(cause, "message", NULL);
        if (field && *field && text)
            add_line(lines, field, client_redact(client, lines->arena, text));
    }
    return lines->count > 0;
}

/* "… unable to convert unstructured object to v1, Kind=LimitRange: quantities must …": no field. */
static const char *unconvertible(struct lines *lines, const char *message)
{
    static const char start[] = "unable to convert unstructured object to ";
    const char *at = strstr(message, start);
    const char *words = at ? strstr(at, ": ") : NULL;
    return words ? arena_printf(lines->arena, "the server finds it invalid:\n%s:%u:%u: %s",
                                lines->desired->file->path, lines->desired->place.line,
                                lines->desired->place.column, words + strlen(": "))
                 : NULL;
}

const char *invalid_text(struct arena *arena, const struct resource *desired,
                         const struct value *status, const char *message, struct client *client)
{
    struct lines lines = { .arena = arena, .desired = desired };
    if (!desired || !desired->file)
        return NULL;
    if (typed_errors(&lines, message) || causes_told(&lines, status, client))
        return lines_text(&lines);
    return unconvertible(&lines, message);
}
