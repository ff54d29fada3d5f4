/*
 * value_json: the incremental JSON reader; see value_json.h. Writers are in
 * value_write.c.
 *
 * A push parser: a state machine with a stack of open containers. Tokens that
 * are cut by the end of a chunk go on in `scratch`. What is handed over lives in
 * `part`, which is emptied behind the handler; in JSON_ITEMS mode the rest of
 * the document lives in `keep`.
 */
#include "manifest/value_json.h"

#include "base/cleanup.h"
#include "manifest/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum state {
    WANT_VALUE,
    WANT_VALUE_OR_END, /* behind [ */
    WANT_KEY,
    WANT_KEY_OR_END, /* behind { */
    WANT_COLON,
    WANT_COMMA_OR_END,
    IN_STRING,
    IN_ESCAPE,
    IN_UNICODE,
    IN_NUMBER,
    IN_WORD,
    AT_END, /* a JSON_ITEMS document is whole: only blanks may follow */
};

struct frame {
    struct value *container;
    const char *key; /* of the member that is being read */
    bool unsorted;
};

struct json_reader {
    enum json_mode mode;
    size_t ceiling, part_bytes;
    json_handler *handler;
    void *context;
    struct arena *part, *keep;
    struct frame stack[JSON_NESTING_CEILING];
    size_t depth;
    enum state state;
    bool string_is_key, started;
    unsigned unicode, unicode_digits, high_surrogate;
    struct buf scratch;
    struct value *root; /* JSON_ITEMS: the document, once it is whole */
    uint64_t offset;    /* of the byte that is looked at, for messages */
};

struct json_reader *json_reader_new(enum json_mode mode, size_t ceiling, json_handler *handler,
                                    void *context)
{
    struct json_reader *reader = memory_alloc(sizeof *reader);
    memset(reader, 0, sizeof *reader);
    reader->mode = mode;
    reader->ceiling = ceiling;
    reader->handler = handler;
    reader->context = context;
    reader->part = arena_new();
    reader->keep = arena_new();
    reader->scratch = BUF_INIT(ceiling);
    return reader;
}

void json_reader_free(struct json_reader *reader)
{
    if (!reader)
        return;
    arena_free(reader->part);
    arena_free(reader->keep);
    buf_done(&reader->scratch);
    free(reader);
}

static bool wrong(const struct json_reader *reader, struct error *err, const char *what)
{
    return error_set(err, ERROR_INPUT, "not valid JSON at byte %llu: %s",
                     (unsigned long long)reader->offset, what);
}

/* ------------------------------------------------------------ where values go */

/* The list whose elements are handed over one by one. */
static bool is_items_frame(const struct json_reader *reader, size_t depth)
{
    return reader->mode == JSON_ITEMS && depth == 2 && reader->stack[0].key
           && strcmp(reader->stack[0].key, "items") == 0
           && reader->stack[1].container->kind == VALUE_LIST;
}

static bool inside_part(const struct json_reader *reader)
{
    return reader->mode == JSON_STREAM || (reader->depth >= 2 && is_items_frame(reader, 2));
}

static struct arena *arena_of(const struct json_reader *reader)
{
    return inside_part(reader) ? reader->part : reader->keep;
}

static bool hand_over(struct json_reader *reader, struct value *value, struct error *err)
{
    bool go_on = reader->handler(reader->context, reader->part, value, err);
    arena_clear(reader->part);
    reader->part_bytes = 0;
    return go_on;
}

/* A value is whole: it goes into its container, to the handler, or becomes the document. */
static bool add_value(struct json_reader *reader, struct value *value, struct error *err)
{
    struct arena *arena = arena_of(reader);
    reader->state = WANT_COMMA_OR_END;
    if (reader->depth == 0) {
        reader->state = reader->mode == JSON_STREAM ? WANT_VALUE : AT_END;
        reader->root = value;
        return reader->mode == JSON_ITEMS || hand_over(reader, value, err);
    }
    if (is_items_frame(reader, reader->depth))
        return hand_over(reader, value, err);
    struct frame *frame = &reader->stack[reader->depth - 1];
    struct value *container = frame->container;
    if (container->kind == VALUE_LIST) {
        value_push(arena, container, value);
        return true;
    }
    struct member member = { .key = frame->key, .value = value };
    size_t count = container->map.count;
    frame->unsorted |= count && strcmp(container->map.members[count - 1].key, frame->key) >= 0;
    arena_push(arena, container->map.members, container->map.count, container->map.capacity,
               member);
    return true;
}

/* ----------------------------------------------------------------- containers */

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static bool sort_members(const struct json_reader *reader, struct value *map, struct error *err)
{
    struct member *members = map->map.members;
    qsort(members, map->map.count, sizeof *members, compare_members);
    for (size_t i = 1; i < map->map.count; i++)
        if (strcmp(members[i - 1].key, members[i].key) == 0)
            return wrong(reader, err, "a key stands twice in one object");
    return true;
}

static bool open_container(struct json_reader *reader, enum value_kind kind, struct error *err)
{
    if (reader->depth == JSON_NESTING_CEILING)
        return wrong(reader, err, "nested more than 256 deep");
    struct arena *arena = arena_of(reader);
    struct value *container = kind == VALUE_MAP ? value_map(arena) : value_list(arena);
    reader->stack[reader->depth++] = (struct frame){ .container = container };
    reader->state = kind == VALUE_MAP ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
    return true;
}

static bool close_container(struct json_reader *reader, enum value_kind kind, struct error *err)
{
    if (reader->depth == 0 || reader->stack[reader->depth - 1].container->kind != kind)
        return wrong(reader, err, "a bracket closes what was not opened");
    struct frame frame = reader->stack[--reader->depth];
    if (frame.unsorted && !sort_members(reader, frame.container, err))
        return false;
    return add_value(reader, frame.container, err);
}

/* --------------------------------------------------------------------- tokens */

static bool end_string(struct json_reader *reader, struct error *err)
{
    const char *text = buf_text(&reader->scratch);
    size_t length = reader->scratch.length;
    struct arena *arena = arena_of(reader);
    if (reader->high_surrogate || !utf8_valid(text, length))
        return wrong(reader, err, "a string is not valid UTF-8");
    if (!reader->string_is_key)
        return add_value(reader, value_string_length(arena, text, length), err);
    if (memchr(text, '\0', length))
        return wrong(reader, err, "a key holds a NUL");
    reader->stack[reader->depth - 1].key = arena_memdup(arena, text, length);
    reader->state = WANT_COLON;
    return true;
}

static bool number_is_valid(const char *text)
{
    const char *at = text + (*text == '-');
    size_t digits = strspn(at, "0123456789");
    if (digits == 0 || (*at == '0' && digits > 1))
        return false;
    at += digits;
    if (*at == '.') {
        digits = strspn(at + 1, "0123456789");
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '+' || at[1] == '-');
        digits = strspn(at, "0123456789");
        if (digits == 0)
            return false;
        at += digits;
    }
    return *at == '\0';
}

static bool end_number(struct json_reader *reader, struct error *err)
{
    if (!number_is_valid(buf_text(&reader->scratch)))
        return wrong(reader, err, "a number is malformed");
    return add_value(reader, value_number(arena_of(reader), buf_text(&reader->scratch)), err);
}

static bool end_word(struct json_reader *reader, struct error *err)
{
    const char *word = buf_text(&reader->scratch);
    struct arena *arena = arena_of(reader);
    if (strcmp(word, "null") == 0)
        return add_value(reader, value_null(arena), err);
    if (strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
        return add_value(reader, value_bool(arena, *word == 't'), err);
    return wrong(reader, err, "expected a value");
}

static void start_token(struct json_reader *reader, enum state state, bool is_key)
{
    reader->state = state;
    reader->string_is_key = is_key;
    reader->high_surrogate = 0;
    buf_clear(&reader->scratch);
}

static bool escape(struct json_reader *reader, char c, struct error *err)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = c ? strchr(from, c) : NULL;
    reader->state = IN_STRING;
    if (c == 'u') {
        reader->state = IN_UNICODE;
        reader->unicode = reader->unicode_digits = 0;
        return true;
    }
    if (!at || reader->high_surrogate)
        return wrong(reader, err, "an escape is malformed");
    return buf_putc(&reader->scratch, to[at - from]);
}

static bool unicode_done(struct json_reader *reader, struct error *err)
{
    unsigned code = reader->unicode;
    bool high = code >= 0xD800 && code < 0xDC00, low = code >= 0xDC00 && code < 0xE000;
    reader->state = IN_STRING;
    if (low != (reader->high_surrogate != 0))
        return wrong(reader, err, "a surrogate stands alone");
    if (high) {
        reader->high_surrogate = code;
        return true;
    }
    if (low)
        code = 0x10000 + ((reader->high_surrogate - 0xD800) << 10) + (code - 0xDC00);
    reader->high_surrogate = 0;
    utf8_add(&reader->scratch, code);
    return true;
}

static bool unicode_digit(struct json_reader *reader, char c, struct error *err)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    if (!at)
        return wrong(reader, err, "an escape is malformed");
    unsigned value = (unsigned)(at - digits);
    reader->unicode = reader->unicode * 16 + (value > 15 ? value - 6 : value);
    return ++reader->unicode_digits < 4 || unicode_done(reader, err);
}

/* ------------------------------------------------------------------ the states */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool start_value(struct json_reader *reader, char c, struct error *err)
{
    if (c == '{' || c == '[')
        return open_container(reader, c == '{' ? VALUE_MAP : VALUE_LIST, err);
    if (c == '"') {
        start_token(reader, IN_STRING, false);
        return true;
    }
    bool number = c == '-' || (c >= '0' && c <= '9');
    if (!number && !(c >= 'a' && c <= 'z'))
        return wrong(reader, err, "expected a value");
    start_token(reader, number ? IN_NUMBER : IN_WORD, false);
    return buf_putc(&reader->scratch, c);
}

static bool after_value(struct json_reader *reader, char c, struct error *err)
{
    bool in_map = reader->stack[reader->depth - 1].container->kind == VALUE_MAP;
    if (c == ',') {
        reader->state = in_map ? WANT_KEY : WANT_VALUE;
        return true;
    }
    if (c == '}' || c == ']')
        return close_container(reader, c == '}' ? VALUE_MAP : VALUE_LIST, err);
    return wrong(reader, err, "expected a comma or the end of the list or object");
}

static bool want_key(struct json_reader *reader, char c, struct error *err)
{
    if (c == '}' && reader->state == WANT_KEY_OR_END)
        return close_container(reader, VALUE_MAP, err);
    if (c != '"')
        return wrong(reader, err, "expected a key");
    start_token(reader, IN_STRING, true);
    return true;
}

static bool structure(struct json_reader *reader, char c, struct error *err)
{
    switch (reader->state) {
    case WANT_VALUE_OR_END:
        if (c == ']')
            return close_container(reader, VALUE_LIST, err);
        return start_value(reader, c, err);
    case WANT_VALUE: return start_value(reader, c, err);
    case WANT_KEY:
    case WANT_KEY_OR_END: return want_key(reader, c, err);
    case WANT_COLON:
        if (c != ':')
            return wrong(reader, err, "expected a colon");
        reader->state = WANT_VALUE;
        return true;
    case WANT_COMMA_OR_END: return after_value(reader, c, err);
    default: return wrong(reader, err, "something stands behind the document");
    }
}

/* The run of bytes that goes into the token as it is. */
static size_t plain_run(const struct json_reader *reader, const char *data, size_t length)
{
    size_t used = 0;
    if (reader->state == IN_STRING)
        while (used < length && data[used] != '"' && data[used] != '\\'
               && (unsigned char)data[used] >= 0x20)
            used++;
    else if (reader->state == IN_NUMBER)
        while (used < length && data[used] && strchr("0123456789+-.eE", data[used]))
            used++;
    else
        while (used < length && data[used] >= 'a' && data[used] <= 'z')
            used++;
    return used;
}

/* Behind the plain run: what ends or interrupts the token. *ret_used: 0, the byte is not ours. */
static bool end_run(struct json_reader *reader, char c, size_t *ret_used, struct error *err)
{
    *ret_used = 0;
    if (reader->state == IN_NUMBER)
        return end_number(reader, err);
    if (reader->state == IN_WORD)
        return end_word(reader, err);
    *ret_used = 1;
    if (c == '"')
        return end_string(reader, err);
    if (c != '\\')
        return wrong(reader, err, "a control character in a string");
    reader->state = IN_ESCAPE;
    return true;
}

static bool token(struct json_reader *reader, const char *data, size_t length, size_t *ret_used,
                  struct error *err)
{
    *ret_used = 1;
    if (reader->state == IN_ESCAPE)
        return escape(reader, *data, err);
    if (reader->state == IN_UNICODE)
        return unicode_digit(reader, *data, err);
    size_t run = plain_run(reader, data, length);
    if (run && reader->high_surrogate)
        return wrong(reader, err, "a surrogate stands alone");
    if (!buf_add(&reader->scratch, data, run))
        return wrong(reader, err, "a value is too long");
    *ret_used = run;
    if (run == length)
        return true;
    size_t more;
    bool done = end_run(reader, data[run], &more, err);
    *ret_used += more;
    return done;
}

static bool is_token(enum state state)
{
    return state >= IN_STRING && state <= IN_WORD;
}

static bool step(struct json_reader *reader, const char *data, size_t length, size_t *ret_used,
                 struct error *err)
{
    if (is_token(reader->state))
        return token(reader, data, length, ret_used, err);
    *ret_used = 1;
    if (is_blank(*data))
        return true;
    reader->started = true;
    return structure(reader, *data, err);
}

bool json_reader_feed(struct json_reader *reader, const char *data, size_t length,
                      struct error *err)
{
    for (size_t at = 0, used; at < length; at += used) {
        if (!step(reader, data + at, length - at, &used, err))
            return false;
        reader->offset += used;
        reader->part_bytes += used;
        if (reader->part_bytes > reader->ceiling && inside_part(reader) && reader->depth)
            return error_set(err, ERROR_INPUT, "one JSON document is larger than %zu bytes",
                             reader->ceiling);
    }
    return true;
}

bool json_reader_end(struct json_reader *reader, struct arena *arena, const struct value **ret_rest,
                     struct error *err)
{
    size_t used;
    if (reader->state == IN_NUMBER || reader->state == IN_WORD)
        if (!end_run(reader, ' ', &used, err))
            return false;
    bool whole = reader->depth == 0
                 && (reader->mode == JSON_STREAM ? reader->state == WANT_VALUE
                                                 : reader->state == AT_END);
    if (!whole)
        return wrong(reader, err, "it ends in the middle of a document");
    if (reader->mode == JSON_ITEMS && ret_rest)
        *ret_rest = value_copy(arena, reader->root);
    return true;
}

struct parsed {
    struct arena *arena;
    struct value *value;
    size_t count;
};

static bool keep_document(void *context, struct arena *arena, const struct value *value,
                          struct error *err)
{
    struct parsed *parsed = context;
    (void)arena;
    if (parsed->count++)
        return error_set(err, ERROR_INPUT, "not valid JSON: more than one document");
    parsed->value = value_copy(parsed->arena, value);
    return true;
}

bool json_parse(struct arena *arena, const char *data, size_t length, const struct value **ret,
                struct error *err)
{
    struct parsed parsed = { .arena = arena };
    struct json_reader *reader = json_reader_new(JSON_STREAM, length + 1, keep_document, &parsed);
    bool read = json_reader_feed(reader, data, length, err)
                && json_reader_end(reader, arena, NULL, err);
    json_reader_free(reader);
    if (!read)
        return false;
    if (!parsed.value)
        return error_set(err, ERROR_INPUT, "not valid JSON: it is empty");
    *ret = parsed.value;
    return true;
}
