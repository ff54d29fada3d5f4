/*
 * indexed: what stores with an index.json have in common: a layout (layout.h), an archive
 * (archive.h). The functions stand in their tables; each brings its index and its blobs.
 */
#ifndef CMX_OCI_INDEXED_H
#define CMX_OCI_INDEXED_H

#include "oci/image.h"
#include "oci/store.h"

#include <stdbool.h>

#define ANNOTATION_CONTAINERD_NAME "io.containerd.image.name"

struct indexed_store {
    struct image_store store;
    /* The index as it is now. */
    bool (*index)(struct indexed_store *indexed, struct arena *arena, struct image_index *ret,
                  struct error *err);
    /* Bytes of a blob, -1 where it is not there. The digest is a valid one. */
    bool (*size)(struct indexed_store *indexed, const char *digest, int64_t *ret,
                 struct error *err);
};

bool indexed_resolve(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                     struct descriptor *ret, const struct wait *wait, struct error *err);
bool indexed_manifest(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                      struct descriptor *ret, const char **ret_bytes, const struct wait *wait,
                      struct error *err);
bool indexed_has_blob(struct image_store *store, const struct descriptor *blob, bool *ret_there,
                      const struct wait *wait, struct error *err);
bool indexed_tags(struct image_store *store, struct arena *arena, const char ***ret_tags,
                  size_t *ret_count, const struct wait *wait, struct error *err);
bool indexed_referrers(struct image_store *store, struct arena *arena, const char *digest,
                       const char *artifact_type, struct descriptor **ret, size_t *ret_count,
                       const struct wait *wait, struct error *err);

/*
 * Puts a manifest into the index of a store: under `tag`, in place of what had it; or (NULL)
 * without a name. What an index names itself is no longer listed without a name. Entries are
 * sorted by name and digest, so that the order in which they came makes no difference.
 */
void index_put(struct arena *arena, struct image_index *index, const struct descriptor *manifest,
               const char *bytes, const char *tag);

/* The name of an entry, or NULL. */
const char *entry_name(const struct descriptor *entry);

/* "sha256:…" as a path below the layout: "blobs/sha256/…". */
const char *blob_path(struct arena *arena, const char *digest);

#endif
