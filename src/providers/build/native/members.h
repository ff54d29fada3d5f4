/*
 * members: what a tar archive does to a tree: the layers of a base, and what ADD unpacks.
 *
 * Headers only; where a file's bytes are is noted, and taken from there when they are wanted.
 */
#ifndef CMX_BUILD_MEMBERS_H
#define CMX_BUILD_MEMBERS_H

#include "providers/build/native/tree.h"

struct members {
    struct tree *tree;
    struct node *folder;   /* where the archive is unpacked; NULL: the root */
    unsigned layer;        /* of what it makes; 0 of a base                 */
    struct content origin; /* store and layer, or files and entry         */
    bool owned;            /* all of it belongs to these (--chown)          */
    int64_t uid, gid;
    struct arena *scratch;
};

/* For a tar reader; its context is a struct members. */
extern const struct tar_handler members_handler;

/* Lays the layers of an image over an empty tree. */
bool members_of_image(struct tree *tree, struct image_store *store, const struct descriptor *layers,
                      const char *const *diff_ids, size_t count, const struct wait *wait,
                      struct error *err) __attribute__((warn_unused_result));

/*
 * Is a file of the context a tar archive, plain or gzip or zstd? ERROR_REFUSED: it is one that
 * only other builders unpack (bzip2, xz).
 */
bool members_is_archive(const struct content *content, bool *ret_archive, const struct wait *wait,
                        struct error *err) __attribute__((warn_unused_result));

/* Unpacks it into `members->folder`; members->origin is its content. */
bool members_unpack(struct members *members, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Feeds the bytes of a content's file (not of a member) to a sink. */
bool content_feed(const struct content *content, blob_sink *sink, void *context,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
