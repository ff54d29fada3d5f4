/*
 * value_json: the incremental JSON reader; see value_json.h. Writers are in
 * value_write.c.
 *
 * A push parser: a state machine with a stack of open containers. Here are the
 * interface and the grammar; see json_reader.h for the other parts.
 */
#include "manifest/value_json.h"

#include "base/cleanup.h"
#include "manifest/json_reader.h"

#include <stdlib.h>
#include <string.h>

struct json_reader *json_reader_new(enum json_mode mode, size_t ceiling, json_handler *handler,
                                    void *context)
{
    struct json_reader *reader = memory_alloc(sizeof *reader);
    memset(reader, 0, offsetof(struct json_reader, stack)); /* frames are filled when opened */
    reader->mode = mode;
    reader->ceiling = ceiling;
    reader->values_most = JSON_VALUES_CEILING;
    reader->handler = handler;
    reader->context = context;
    reader->part_depth = mode == JSON_STREAM ? 0 : NO_PART_DEPTH;
    reader->part = arena_new();
    reader->keep = arena_new();
    reader->scratch = BUF_INIT(ceiling);
    return reader;
}

/* A stream whose parts stay in the caller's arena. */
static struct json_reader *reader_keeping(struct arena *arena, size_t ceiling,
                                          json_handler *handler, void *context)
{
    struct json_reader *reader = json_reader_new(JSON_STREAM, ceiling, handler, context);
    arena_free(reader->part);
    reader->part = arena;
    reader->part_stays = true;
    return reader;
}

struct json_reader *json_reader_new_placed(struct arena *arena, size_t ceiling, size_t values_most,
                                           json_handler *handler, void *context)
{
    struct json_reader *reader = reader_keeping(arena, ceiling, handler, context);
    reader->placed = true;
    reader->values_most = values_most;
    return reader;
}

void json_reader_free(struct json_reader *reader)
{
    if (!reader)
        return;
    if (!reader->part_stays)
        arena_free(reader->part);
    arena_free(reader->keep);
    buf_done(&reader->scratch);
    free(reader->members);
    free(reader);
}

bool json_wrong(uint64_t offset, struct error *err, const char *what)
{
    return error_set(err, ERROR_INPUT, "not valid JSON at byte %llu: %s",
                     (unsigned long long)offset, what);
}

/* --------------------------------------------------------------------- grammar */

static bool want_value(struct json_reader *reader, const char *data, size_t length,
                       size_t *ret_used, struct error *err)
{
    if (reader->depth == reader->part_depth)
        reader->part_offset = reader->offset;
    if (*data == '{' || *data == '[')
        return json_open(reader, *data == '{' ? VALUE_MAP : VALUE_LIST, err);
    return json_token_start(reader, data, length, false, ret_used, err);
}

static bool want_key(struct json_reader *reader, const char *data, size_t length, size_t *ret_used,
                     struct error *err)
{
    if (*data == '}' && reader->state == WANT_KEY_OR_END)
        return json_close(reader, VALUE_MAP, err);
    if (*data != '"')
        return json_wrong(reader->offset, err, "expected a key in quotes");
    return json_token_start(reader, data, length, true, ret_used, err);
}

static bool after_value(struct json_reader *reader, char c, struct error *err)
{
    if (c == ',') {
        bool in_map = reader->stack[reader->depth - 1].kind == VALUE_MAP;
        reader->state = in_map ? WANT_KEY : WANT_VALUE;
        return true;
    }
    if (c == '}' || c == ']')
        return json_close(reader, c == '}' ? VALUE_MAP : VALUE_LIST, err);
    return json_wrong(reader->offset, err, "expected a comma or the end of the list or object");
}

static bool structure(struct json_reader *reader, const char *data, size_t length, size_t *ret_used,
                      struct error *err)
{
    switch (reader->state) {
    case WANT_VALUE_OR_END:
        if (*data == ']')
            return json_close(reader, VALUE_LIST, err);
        return want_value(reader, data, length, ret_used, err);
    case WANT_VALUE:
        return want_value(reader, data, length, ret_used, err);
    case WANT_KEY:
    case WANT_KEY_OR_END:
        return want_key(reader, data, length, ret_used, err);
    case WANT_COLON:
        reader->state = WANT_VALUE;
        return *data == ':' || json_wrong(reader->offset, err, "expected a colon");
    case WANT_COMMA_OR_END:
        return after_value(reader, *data, err);
    default:
        return json_wrong(reader->offset, err, "something stands behind the document");
    }
}

static bool is_token(const struct json_reader *reader)
{
    return reader->state >= IN_STRING;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Of what is unfinished: the part, or all that is kept beside the parts. */
static bool within_ceiling(const struct json_reader *reader, struct error *err)
{
    bool in_part = reader->part_depth != NO_PART_DEPTH
                   && (reader->depth > reader->part_depth
                       || (reader->depth == reader->part_depth && is_token(reader)));
    bool between = reader->depth == reader->part_depth && !in_part;
    uint64_t bytes = reader->offset - (in_part ? reader->part_offset : reader->handed_bytes);
    if (between || bytes <= reader->ceiling)
        return true;
    return error_set(err, ERROR_INPUT, "one JSON document is larger than %zu bytes",
                     reader->ceiling);
}

bool json_reader_feed(struct json_reader *reader, const char *data, size_t length,
                      struct error *err)
{
    uint64_t base = reader->offset;
    for (size_t at = 0, used; at < length; at += used) {
        used = 1;
        if (is_token(reader)) {
            if (!json_token_continue(reader, data + at, length - at, &used, err))
                return false;
        } else if (!is_blank(data[at]) && !structure(reader, data + at, length - at, &used, err)) {
            return false;
        }
        reader->offset = base + at + used;
        if (!within_ceiling(reader, err))
            return false;
    }
    return true;
}

const struct value *json_reader_member(const struct json_reader *reader, const char *key)
{
    bool in_items = reader->mode == JSON_ITEMS && reader->part_depth != NO_PART_DEPTH;
    size_t end = in_items ? reader->stack[1].first : 0;
    for (size_t i = in_items ? reader->stack[0].first : 0; i < end; i++)
        if (strcmp(reader->members[i].key, key) == 0)
            return reader->members[i].value;
    return NULL;
}

bool json_reader_end(struct json_reader *reader, struct arena *arena, const struct value **ret_rest,
                     struct error *err)
{
    bool open_end = reader->state == IN_NUMBER || reader->state == IN_WORD;
    if (open_end && reader->depth == 0 && !json_token_end(reader, err))
        return false;
    enum json_state whole = reader->mode == JSON_STREAM ? WANT_VALUE : AT_END;
    if (reader->depth || reader->state != whole)
        return json_wrong(reader->offset, err, "it ends in the middle of a document");
    if (reader->mode == JSON_ITEMS && ret_rest)
        *ret_rest = value_copy(arena, reader->root);
    return true;
}

/* -------------------------------------------------------------- one document */

static bool keep_document(void *context, struct arena *arena, const struct value *value,
                          struct error *err)
{
    const struct value **kept = context;
    (void)arena;
    if (*kept)
        return error_set(err, ERROR_INPUT, "not valid JSON: more than one document");
    *kept = value;
    return true;
}

bool json_parse(struct arena *arena, const char *data, size_t length, const struct value **ret,
                struct error *err)
{
    const struct value *value = NULL;
    struct json_reader *reader = reader_keeping(arena, length + 1, keep_document, &value);
    bool read =
        json_reader_feed(reader, data, length, err) && json_reader_end(reader, arena, NULL, err);
    json_reader_free(reader);
    if (!read)
        return false;
    if (!value)
        return error_set(err, ERROR_INPUT, "not valid JSON: it is empty");
    *ret = value;
    return true;
}
