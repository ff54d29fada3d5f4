/*
 * transfer: a blob of a base from its store into ours: there already, mounted, or streamed
 * across. It is never stored on the way.
 */
#ifndef CMX_BUILD_TRANSFER_H
#define CMX_BUILD_TRANSFER_H

#include "oci/store.h"

/* *ret_sent false: none of its bytes had to pass. */
bool transfer_blob(struct image_store *from, struct image_store *to, const struct descriptor *blob,
                   bool *ret_sent, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
