/*
 * value: a document as a tree.
 *
 * One form for YAML manifests and for JSON from an API. A tree lives in an
 * arena and is immutable once it is published; the builders below are for the
 * code that makes one. Members are sorted by the bytes of their keys, without
 * duplicates, so that comparing two documents is a merge walk. A number is the
 * JSON text that the API server writes for it (see value_number.h): integers of
 * any size stay exact, and 1.0, 1 and 1e0 are the same.
 */
#ifndef CMX_MANIFEST_VALUE_H
#define CMX_MANIFEST_VALUE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind { VALUE_NULL, VALUE_BOOL, VALUE_NUMBER, VALUE_STRING, VALUE_LIST, VALUE_MAP };

/* Where a node stands in its file. Lines and columns from 1; 0: it came from no file. */
struct place {
    uint32_t line, column; /* the column counts characters, not bytes      */
    uint32_t start, end;   /* byte offsets, end exclusive; ceilings keep them in 32 bits */
};

struct value;

struct member {
    const char *key;
    struct value *value;
    struct place place; /* of the key */
};

struct value {
    enum value_kind kind;
    struct place place;
    bool filled; /* nobody wrote it: the default that a shape has for it */
    union {
        bool boolean;
        struct {
            const char *data; /* NUL behind it, may hold NULs */
            size_t length;
        } text; /* VALUE_STRING, VALUE_NUMBER */
        struct {
            struct value **items;
            size_t count, capacity;
        } list;
        struct {
            struct member *members;
            size_t count, capacity;
        } map;
    };
};

/* --- building (places stay 0 unless the maker sets them) --- */

struct value *value_null(struct arena *arena);

/* A key for value_set(): one of the usual ones, of which there is one copy, or a copy of its own.
 */
const char *value_key(struct arena *arena, const char *data, size_t length);

struct value *value_bool(struct arena *arena, bool boolean);
struct value *value_number(struct arena *arena, const char *canonical); /* copied */
struct value *value_integer(struct arena *arena, int64_t number);
struct value *value_string(struct arena *arena, const char *text); /* copied */
struct value *value_string_length(struct arena *arena, const char *data, size_t length);
struct value *value_list(struct arena *arena);
struct value *value_map(struct arena *arena);

/* Appends to a list. */
void value_push(struct arena *arena, struct value *list, struct value *item);

/* Sets a member at its sorted position, replacing one of that key. The key is not copied. */
void value_set(struct arena *arena, struct value *map, const char *key, struct value *value);

/* Sets a member to a copy of the text; NULL leaves it out, and so does "" in the second. */
void value_set_text(struct arena *arena, struct value *map, const char *key, const char *text);
void value_set_filled(struct arena *arena, struct value *map, const char *key, const char *text);

/* Removes a member; false where there was none. */
bool value_remove(struct value *map, const char *key);

/* A map with the same members, that can be written to; the values are shared. */
struct value *value_map_copy(struct arena *arena, const struct value *map);

/* A deep copy into the arena, places included. */
struct value *value_copy(struct arena *arena, const struct value *value);

/* --- reading: each is NULL-safe and answers NULL, false or the default on another kind --- */

/* The member of that key, or NULL. Binary search. */
const struct value *value_get(const struct value *map, const char *key);

/* The same with its key's place. */
const struct member *value_member(const struct value *map, const char *key);

/* Follows keys through maps: value_at(v, "metadata", "labels", NULL). */
const struct value *value_at(const struct value *value, ...) __attribute__((sentinel));

/* The text of a string, else NULL; value_text_at follows keys first. */
const char *value_text(const struct value *value);
const char *value_text_at(const struct value *value, ...) __attribute__((sentinel));

/* The number where it is an integer that fits, else `otherwise`. */
int64_t value_int(const struct value *value, int64_t otherwise);

/* The boolean, else `otherwise`. */
bool value_is_true(const struct value *value, bool otherwise);

/* Elements of a list or members of a map; 0 for everything else. */
size_t value_count(const struct value *value);

/* The i-th element of a list, NULL past its end. */
const struct value *value_item(const struct value *list, size_t index);

/* Same kind and same content, places aside. Numbers: the same canonical text. */
bool value_equal(const struct value *a, const struct value *b);

/* "null", "a boolean", "a number", "a string", "a list", "a map": for messages. */
const char *value_kind_name(enum value_kind kind);

#endif
