/*
 * blob_ahead: the first bytes of a blob whose digest nobody knows before its end.
 *
 * They are read while the registry is asked for a place. A blob that ends within them has a digest
 * by then and goes there by one request, where any other needs PATCH and then PUT. Private to
 * registry/.
 */
#ifndef CMX_OCI_REGISTRY_BLOB_AHEAD_H
#define CMX_OCI_REGISTRY_BLOB_AHEAD_H

#include "oci/store.h"

enum { AHEAD_MOST = 4 << 20 }; /* bytes that are held */

struct blob_ahead {
    struct blob_source source; /* gives all of it: with a digest where the end has come */
    struct blob_source rest;   /* as it was given */
    char *data;
    size_t length, at;
};

/* Reads. The caller ends it, also after a failure; what was given outlives it. */
bool blob_ahead_read(struct blob_ahead *ahead, const struct blob_source *source,
                     struct arena *arena, struct error *err) __attribute__((warn_unused_result));
void blob_ahead_done(struct blob_ahead *ahead);

#endif
