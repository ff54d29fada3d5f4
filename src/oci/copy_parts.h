/* copy_parts: what the parts of copy share; see copy.h. */
#ifndef CMX_OCI_COPY_PARTS_H
#define CMX_OCI_COPY_PARTS_H

#include "oci/copy.h"
#include "oci/image.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#define uthash_fatal(message) abort()
#include <uthash.h>

/* A manifest or an index that is to be stored. */
struct copy_node {
    struct descriptor descriptor;
    const char *bytes;
    bool there;      /* with all that it names */
    const char *tag; /* that it keeps at the destination, or NULL */
};

/* Digests that were met. */
struct copy_seen {
    const char *digest;
    UT_hash_handle hh;
};

struct copy {
    struct image_store *from, *to;
    const struct copy_options *options;
    const struct wait *wait;
    struct arena *arena;     /* of the thread that gathers                            */
    struct copy_node *nodes; /* children before their index, referrers behind         */
    size_t node_count, node_capacity;
    int64_t node_bytes;
    size_t top; /* which node                                            */
    struct copy_blob *blobs;
    size_t blob_count, blob_capacity;
    struct copy_seen *seen;
    pthread_mutex_t lock; /* of what follows, and of the caller's progress */
    struct copy_result result;
    atomic_bool failed; /* the others stop at the next piece */
    struct error error;
};

struct copy_blob {
    struct copy *copy;
    struct descriptor descriptor;
};

/* --- copy_gather.c --- */

/* Finds all that is to be copied. */
bool copy_gather(struct copy *copy, const char *name, struct error *err);

/* --- copy_blob.c --- */

/* Sends one blob: a pool_task of a struct copy_blob. */
void copy_blob_task(void *blob, struct arena *arena);

/* Tells the caller, one at a time. */
void copy_tell(struct copy *copy, enum copy_event event, const struct descriptor *what,
               int64_t bytes);

#endif
