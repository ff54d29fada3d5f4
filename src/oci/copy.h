/*
 * copy: an image from one store to another.
 *
 * The manifest or the index with all that it names: blobs first, a few at a time and only
 * those that are not there (mounted where both are of one registry), then manifests, each
 * index behind its children, then what refers to them, and the tag last of all. A cut at any
 * point leaves no tag on an incomplete image, and a second run sends what is left. A layer
 * passes through a small window of memory.
 */
#ifndef CMX_OCI_COPY_H
#define CMX_OCI_COPY_H

#include "oci/descriptor.h"
#include "oci/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    COPY_BLOBS_AT_ONCE = 4,
    COPY_MANIFESTS_CEILING = 10000, /* of one copy, referrers included */
    COPY_DEPTH_CEILING = 8,         /* of indexes within indexes       */
    COPY_MANIFEST_BYTES = 64 << 20, /* of all manifests of one copy    */
};

enum copy_event {
    COPY_BLOB_BEGIN, /* `bytes` 0                               */
    COPY_BLOB_BYTES, /* `bytes` more of it were read            */
    COPY_BLOB_SENT,  /* all of it is stored                     */
    COPY_BLOB_MOUNTED,
    COPY_BLOB_THERE, /* it was there already                    */
    COPY_MANIFEST,   /* a manifest or an index was stored       */
};

/* Called from several threads, one at a time. */
typedef void copy_progress(void *context, enum copy_event event, const struct descriptor *what,
                           int64_t bytes);

struct copy_options {
    /*
     * None: all of an index, and its digest stays. One: that image alone. Several: a new index
     * of these entries.
     */
    const struct platform *platforms;
    size_t platform_count;
    bool referrers;          /* also what names a copied manifest as its subject, to any depth */
    const char *tag;         /* at the destination; NULL: stored by digest alone              */
    unsigned blobs;          /* at once; 0: COPY_BLOBS_AT_ONCE                                */
    copy_progress *progress; /* or NULL */
    void *progress_context;
};

struct copy_result {
    struct descriptor top;       /* what now stands at the destination */
    size_t sent, mounted, there; /* blobs                              */
    int64_t sent_bytes;
    size_t manifests;
};

/* Copies what `tag_or_digest` names in `from`. The caller calls store_finish(to). */
bool image_copy(struct image_store *from, const char *tag_or_digest, struct image_store *to,
                const struct copy_options *options, struct arena *arena, struct copy_result *ret,
                const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
