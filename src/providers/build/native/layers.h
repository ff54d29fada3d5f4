/*
 * layers: what an instruction changed, as an ordered list, and as the bytes of a layer.
 *
 * Entries stand in the order of the bytes of their paths, each folder above a changed file with
 * them, as it is. The tar is cut every 1 MiB and each piece becomes a gzip member of its own, so
 * that pieces are compressed side by side and the bytes hang on neither threads nor machine.
 */
#ifndef CMX_BUILD_LAYERS_H
#define CMX_BUILD_LAYERS_H

#include "base/pool.h"
#include "oci/store.h"
#include "providers/build/native/spool.h"

enum { LAYER_PIECE = 1 << 20, LAYER_LEVEL = 4, LAYER_THREADS_MOST = 8 };

struct layer_entry {
    const char *path;
    struct node node; /* as it was when the instruction was done */
};

struct layer_list {
    struct layer_entry *entries;
    size_t count, capacity;
    const char *fingerprint; /* two lists of one have the same bytes */
};

/* What has the number `layer` in a tree. Empty where nothing was changed. */
void layer_collect(struct arena *arena, const struct tree *tree, unsigned layer,
                   struct layer_list *ret);

/* A layer on its way into a store. */
struct packer;

struct packer_options {
    const struct layer_list *list;
    const struct spool *spool;
    struct pool *pool; /* that compresses */
    unsigned threads;  /* of the pool     */
    const struct wait *wait;
};

/* Starts to read and compress. The caller frees it, done or not. */
struct packer *packer_new(const struct packer_options *options) __attribute__((warn_unused_result));
void packer_free(struct packer *packer);

/* Its bytes, to be put into a store. They can be sought: then it starts anew. */
struct blob_source packer_source(struct packer *packer);

/*
 * The digest of what is compressed, as soon as all files were read: the last pieces may still be
 * on their way. NULL: reading failed, or whoever took the bytes left before.
 */
const char *packer_diff_id(struct packer *packer, struct arena *arena);

/* Nobody will take any more bytes. */
void packer_is_left(struct packer *packer);

/* --- sending.c --- */

/* A layer that is stored by a thread of its own, while what follows it is made. */
struct sending;

/* Starts; the caller ends it in any case. The store outlives it. */
struct sending *sending_start(const struct packer_options *options, struct image_store *store)
    __attribute__((returns_nonnull, warn_unused_result));

/* As packer_diff_id(): why there is none sending_end() tells. */
const char *sending_diff_id(struct sending *sending, struct arena *arena);

/* Waits until it is stored; `ret` lives in the arena. */
bool sending_end(struct sending *sending, struct arena *arena, struct descriptor *ret,
                 struct error *err) __attribute__((warn_unused_result));

#endif
