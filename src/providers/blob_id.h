/*
 * blob_id: git's name of a file's content: SHA-1 of "blob SIZE", a NUL and the bytes; and of a
 * folder's, which is a list of names and such names.
 *
 * What is read from a disk is named by it, and what should be a commit's is known again.
 */
#ifndef CMX_PROVIDERS_BLOB_ID_H
#define CMX_PROVIDERS_BLOB_ID_H

#include "base/arena.h"

#include <stdint.h>

enum { BLOB_ID_BYTES = 20, BLOB_ID_HEX = 2 * BLOB_ID_BYTES };

struct blob_id; /* while it is made */

/* Of a content of that many bytes. The caller ends it. */
struct blob_id *blob_id_new(int64_t size) __attribute__((returns_nonnull, warn_unused_result));
void blob_id_add(struct blob_id *id, const char *data, size_t length);

/* The name of what was added; then only blob_id_free() is left to do. */
void blob_id_finish(struct blob_id *id, unsigned char ret[BLOB_ID_BYTES]);
void blob_id_free(struct blob_id *id);

/* Of bytes that are all at hand. */
void blob_id_of(const char *data, size_t length, unsigned char ret[BLOB_ID_BYTES]);

/* Of a folder: "MODE NAME", a NUL and the id's bytes for each entry, in git's order. */
void tree_id_of(const char *data, size_t length, unsigned char ret[BLOB_ID_BYTES]);

/* As git writes it, with a NUL behind. */
void blob_id_write(const unsigned char id[BLOB_ID_BYTES], char ret[BLOB_ID_HEX + 1]);
const char *blob_id_hex(struct arena *arena, const unsigned char id[BLOB_ID_BYTES]);

#endif
