/*
 * store: one repository of images, whatever holds it.
 *
 * A registry's repository (registry/), an OCI layout folder (layout.h), an archive
 * file (archive.h) and later a Docker engine are read and written through this one
 * table, so that building, copying, scanning and signing know none of them.
 *
 * Everything streams: a layer is never whole in memory. Every digest and size is
 * checked while the bytes pass; on a mismatch the call fails, and what was passed on is
 * to be discarded: a sink's owner keeps nothing until the call has returned true.
 *
 * Calls block, may be made from many threads at once, and return what lives in the
 * arena that they were given.
 */
#ifndef CMX_OCI_STORE_H
#define CMX_OCI_STORE_H

#include "base/clock.h"
#include "oci/descriptor.h"

#include <stddef.h>

struct image_store;

/* Bytes of a blob as they arrive. False (with err) ends the transfer. */
typedef bool blob_sink(void *context, const char *data, size_t length, struct error *err);

/*
 * A blob that is to be stored, read piece by piece on the calling thread. Digest and
 * size may be known only once its end was read.
 */
struct blob_source {
    void *context;
    /* Up to `capacity` bytes; *ret_length 0 is its end. */
    bool (*read)(void *context, char *data, size_t capacity, size_t *ret_length, struct error *err);
    /* Goes back to byte `offset`, to send it again after a loss. NULL: it cannot. */
    bool (*seek)(void *context, int64_t offset, struct error *err);
    const char *media_type;
    const char *digest; /* NULL: not known before its end */
    int64_t size;       /* -1: not known */
    /*
     * read() itself fails at the end where the bytes are not those of `digest` and `size`, so
     * that a store that is told the digest, and checks it on its side, need not sum up again.
     */
    bool checked;
    void (*close)(void *context); /* of what open_blob() gave; or NULL */
};

struct image_store_table {
    const char *name; /* "registry", "layout", "archive" */

    /*
     * What a tag or a digest names. ERROR_NOT_FOUND: surely nothing (not: could not look).
     * A registry is asked with HEAD.
     */
    bool (*resolve)(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                    struct descriptor *ret, const struct wait *wait, struct error *err);

    /* The bytes of a manifest or an index, NUL behind them; `ret` is what they truly are. */
    bool (*manifest)(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                     struct descriptor *ret, const char **ret_bytes, const struct wait *wait,
                     struct error *err);

    /* The bytes of a config or a layer, in order. */
    bool (*blob)(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                 void *context, const struct wait *wait, struct error *err);

    /*
     * The same bytes to be pulled, of a store that has them at hand (a folder, a file): no
     * thread stands between it and what takes them. They are not checked: who takes them
     * checks against the descriptor. The caller calls ret->close. May be NULL: there is `blob`.
     */
    bool (*open_blob)(struct image_store *store, const struct descriptor *blob,
                      struct blob_source *ret, struct error *err);

    /* The rest writes; NULL in a store that is only read. */

    bool (*has_blob)(struct image_store *store, const struct descriptor *blob, bool *ret_there,
                     const struct wait *wait, struct error *err);

    /* Stores a blob that is not there; `ret` tells its digest and size. */
    bool (*put_blob)(struct image_store *store, struct arena *arena,
                     const struct blob_source *source, struct descriptor *ret,
                     const struct wait *wait, struct error *err);

    /*
     * Takes a blob of another repository of the same registry without its bytes. May be
     * NULL; *ret_mounted false: it is to be sent.
     */
    bool (*mount)(struct image_store *store, const struct descriptor *blob,
                  const char *from_repository, bool *ret_mounted, const struct wait *wait,
                  struct error *err);

    /* Stores a manifest or an index whose parts are all there, by digest, and under `tag` too
     * (NULL: none). */
    bool (*put_manifest)(struct image_store *store, const struct descriptor *manifest,
                         const char *bytes, const char *tag, const struct wait *wait,
                         struct error *err);

    /* Tags of the repository, sorted by bytes. */
    bool (*tags)(struct image_store *store, struct arena *arena, const char ***ret_tags,
                 size_t *ret_count, const struct wait *wait, struct error *err);

    /* Manifests that name `digest` as their subject (signatures, SBOMs, build notes). */
    bool (*referrers)(struct image_store *store, struct arena *arena, const char *digest,
                      const char *artifact_type, struct descriptor **ret, size_t *ret_count,
                      const struct wait *wait, struct error *err);

    /*
     * Writes what stands at the end of an archive and puts the file under its name. NULL: what
     * was stored is whole at once. Call it by store_finish().
     */
    bool (*finish)(struct image_store *store, const struct wait *wait, struct error *err);

    /* Ends it. What an archive was given since it was opened is lost without `finish`. */
    void (*close)(struct image_store *store);
};

/* Each kind of store begins with this and adds what is its own. */
struct image_store {
    const struct image_store_table *table;
    const char *name;              /* for messages: "ghcr.io/acme/api", "folder out/" */
    const char *host, *repository; /* of a registry, for mounts; NULL elsewhere */
    bool in_turn;                  /* takes one blob at a time (an archive)     */
};

/* To be called once all that was to be stored is stored. */
static inline bool store_finish(struct image_store *store, const struct wait *wait,
                                struct error *err)
{
    return !store->table->finish || store->table->finish(store, wait, err);
}

#endif
