/*
 * write: what is written to a repository. The second half of the table in store.c. Private
 * to registry/.
 */
#ifndef CMX_OCI_REGISTRY_WRITE_H
#define CMX_OCI_REGISTRY_WRITE_H

#include "oci/registry/exchange.h"

bool registry_has_blob(struct image_store *store, const struct descriptor *blob, bool *ret_there,
                       const struct wait *wait, struct error *err);
bool registry_put_blob(struct image_store *store, struct arena *arena,
                       const struct blob_source *source, struct descriptor *ret,
                       const struct wait *wait, struct error *err);
bool registry_mount(struct image_store *store, const struct descriptor *blob,
                    const char *from_repository, bool *ret_mounted, const struct wait *wait,
                    struct error *err);
bool registry_put_manifest(struct image_store *store, const struct descriptor *manifest,
                           const char *bytes, const char *tag, const struct wait *wait,
                           struct error *err);

/* Makes a manifest known as a referrer of its subject at a registry that does not do it. */
bool fallback_add(struct repository *repository, const char *subject,
                  const struct descriptor *referrer, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));
bool fallback_remove(struct repository *repository, const char *subject, const char *digest,
                     const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
