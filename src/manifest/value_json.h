/*
 * value_json: JSON in and out.
 *
 * The reader is fed bytes as they arrive and hands over each part as soon as it
 * is whole: every element of a top-level "items" list (a LIST of an API), or
 * every document of a stream of documents (a watch). What was handed over is
 * dropped behind the call, so that a LIST of any length needs the memory of one
 * object. Integers stay exact; other numbers get the form of value_number.h.
 * Where the bytes are cut makes no difference. (RFC 8259; invalid UTF-8 and
 * duplicate keys are errors.)
 */
#ifndef CMX_MANIFEST_VALUE_JSON_H
#define CMX_MANIFEST_VALUE_JSON_H

#include "base/buf.h"
#include "base/error.h"
#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    JSON_NESTING_CEILING = 256,
    JSON_VALUES_CEILING = 2 << 20, /* of one document or element of "items": a few bytes of JSON
                                      take a hundred of memory */
};

struct json_reader;

/*
 * One element of "items", or one document of the stream. The value lives in
 * `arena`, which is emptied behind the call: copy what is to stay. Returning
 * false (with err set) ends the reading.
 */
typedef bool json_handler(void *context, struct arena *arena, const struct value *value,
                          struct error *err);

enum json_mode {
    JSON_STREAM, /* each top-level document goes to the handler                            */
    JSON_ITEMS,  /* one document; each element of its "items" goes to the handler, the rest
                    of the document is kept and returned by json_reader_end()              */
};

/*
 * `ceiling`: bytes that one handed-over part may have, and in JSON_ITEMS mode all that is kept
 * beside the parts. The caller owns the reader.
 */
struct json_reader *json_reader_new(enum json_mode mode, size_t ceiling, json_handler *handler,
                                    void *context) __attribute__((warn_unused_result));
void json_reader_free(struct json_reader *reader);

/* Reads some more bytes. False: not JSON, over a ceiling, or the handler said no. */
bool json_reader_feed(struct json_reader *reader, const char *data, size_t length,
                      struct error *err) __attribute__((warn_unused_result));

/*
 * In JSON_ITEMS mode, while "items" is being read: a member of the document that stood
 * before it, or NULL. It lives as long as the reader.
 */
const struct value *json_reader_member(const struct json_reader *reader, const char *key);

/*
 * The input has ended. False where a document is unfinished. In JSON_ITEMS mode
 * *ret_rest is the document in `arena`, its "items" empty; ret_rest may be NULL.
 */
bool json_reader_end(struct json_reader *reader, struct arena *arena, const struct value **ret_rest,
                     struct error *err) __attribute__((warn_unused_result));

/* Reads one whole document into the arena. */
bool json_parse(struct arena *arena, const char *data, size_t length, const struct value **ret,
                struct error *err) __attribute__((warn_unused_result));

/* Appends compact JSON, members in key order: the same value gives the same bytes. */
void json_write(struct buf *out, const struct value *value);

/* The same with two spaces a level, for people. */
void json_write_pretty(struct buf *out, const struct value *value);

/* Appends a JSON string with its quotes. */
void json_write_string(struct buf *out, const char *data, size_t length);

/* Appends one YAML document in block style, members in key order, without "---". */
void yaml_write(struct buf *out, const struct value *value);

#endif
