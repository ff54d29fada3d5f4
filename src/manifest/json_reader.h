/*
 * json_reader: what the parts of the JSON reader share. value_json.c holds the
 * interface and the grammar, json_token.c strings, numbers and words,
 * json_build.c what becomes of them.
 */
#ifndef CMX_MANIFEST_JSON_READER_H
#define CMX_MANIFEST_JSON_READER_H

#include "manifest/value_json.h"

#include <stdint.h>

enum json_state {
    WANT_VALUE,
    WANT_VALUE_OR_END, /* behind [ */
    WANT_KEY,
    WANT_KEY_OR_END, /* behind { */
    WANT_COLON,
    WANT_COMMA_OR_END,
    AT_END, /* a JSON_ITEMS document is whole: only blanks may follow */
    IN_STRING,
    IN_ESCAPE,
    IN_UNICODE,
    IN_NUMBER,
    IN_WORD,
};

/* An open list or object: its elements are the reader's members from `first` on. */
struct json_frame {
    enum value_kind kind;
    size_t first;
    uint64_t offset;        /* of its bracket                    */
    const char *key;        /* of the member that is being read  */
    struct place key_place; /* where `placed`                    */
    bool unsorted;
};

#define NO_PART_DEPTH SIZE_MAX

struct json_reader {
    enum json_mode mode;
    enum json_state state;
    size_t ceiling;
    json_handler *handler;
    void *context;
    struct arena *part, *keep;  /* of what is handed over, and of the rest */
    bool part_stays;            /* `part` is the caller's: neither emptied nor freed */
    bool placed;                /* values and keys get their offsets as places       */
    size_t values, values_most; /* of a part; of the whole stream where parts stay   */
    size_t depth;
    size_t part_depth; /* a value at this depth is handed over */
    struct member *members;
    size_t member_count, member_capacity;
    struct value *root; /* JSON_ITEMS: the document, once it is whole */
    uint64_t offset;    /* of the byte that is looked at */
    uint64_t token_offset, part_offset;
    uint64_t part_end;     /* behind the last part                                   */
    uint64_t handed_bytes; /* of all parts that were handed over, and between them   */
    struct buf scratch;    /* a token that was cut or holds escapes */
    uint64_t high_bits;    /* of a string's bytes: is it ASCII?                      */
    bool string_is_key;
    unsigned unicode, unicode_digits, high_surrogate;
    struct json_frame stack[JSON_NESTING_CEILING]; /* last: a new reader does not clear it */
};

/* "not valid JSON at byte N: …"; false. */
bool json_wrong(uint64_t offset, struct error *err, const char *what);

/*
 * A reader of a stream of documents that all stay in the caller's arena, with the
 * start and the end of each value and key, from the first byte that is fed (which
 * ceilings keep within 32 bits), but without lines. `values_most`: in all documents.
 */
struct json_reader *json_reader_new_placed(struct arena *arena, size_t ceiling, size_t values_most,
                                           json_handler *handler, void *context)
    __attribute__((warn_unused_result));

/* --- json_build.c --- */

/* Where the value that is being read will live. */
struct arena *json_arena(const struct json_reader *reader);

bool json_open(struct json_reader *reader, enum value_kind kind, struct error *err);
bool json_close(struct json_reader *reader, enum value_kind kind, struct error *err);

/* A value is whole: it goes into its container, to the handler, or becomes the document. */
bool json_add(struct json_reader *reader, struct value *value, struct error *err);

/* From the first byte of the token, list or object that was read last to the one read now. */
struct place json_token_place(const struct json_reader *reader);

/* --- json_token.c --- */

/* A string, number or word begins at `data`. *ret_used: how many bytes of it were taken. */
bool json_token_start(struct json_reader *reader, const char *data, size_t length, bool is_key,
                      size_t *ret_used, struct error *err);

/* It goes on. */
bool json_token_continue(struct json_reader *reader, const char *data, size_t length,
                         size_t *ret_used, struct error *err);

/* The input ended behind a number or a word. */
bool json_token_end(struct json_reader *reader, struct error *err);

#endif
