/*
 * read: what is read from a repository: manifests, blobs, and lists. The first half of the
 * table in store.c. Private to registry/.
 */
#ifndef CMX_OCI_REGISTRY_READ_H
#define CMX_OCI_REGISTRY_READ_H

#include "oci/registry/exchange.h"

bool registry_resolve(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                      struct descriptor *ret, const struct wait *wait, struct error *err);
bool registry_manifest(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                       struct descriptor *ret, const char **ret_bytes, const struct wait *wait,
                       struct error *err);
bool registry_blob(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                   void *context, const struct wait *wait, struct error *err);
bool registry_tags(struct image_store *store, struct arena *arena, const char ***ret_tags,
                   size_t *ret_count, const struct wait *wait, struct error *err);
bool registry_referrers(struct image_store *store, struct arena *arena, const char *digest,
                        const char *artifact_type, struct descriptor **ret, size_t *ret_count,
                        const struct wait *wait, struct error *err);

/*
 * The manifest of one server, its mirrors aside. A tag that surely names nothing is
 * ERROR_NOT_FOUND.
 */
bool manifest_get(struct server *server, const char *repository, struct arena *arena,
                  const char *tag_or_digest, struct descriptor *ret, const char **ret_bytes,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* The tag under which a registry without the referrers API keeps them: "sha256-<hex>". */
const char *fallback_tag(struct arena *arena, const char *digest);

/* Does the registry's own referrers API list it? False too where nobody could look. */
bool referrer_known(struct repository *repository, const char *subject, const char *digest,
                    const struct wait *wait);

/* "manifests/TAG" as a path; NULL: it is neither a tag nor a digest. */
const char *manifest_path(struct arena *arena, const char *tag_or_digest);

/* Is it a tag by the specification's grammar? */
bool tag_valid(const char *text);

/*
 * Asks the mirrors first, then the server itself: `ask` is called until it answers true, with
 * the same context, and with the repository as it is called there (it lives as long as the call).
 * What the last one says is the error.
 */
typedef bool ask_server(void *context, struct server *server, const char *repository,
                        const struct wait *wait, struct error *err);
bool ask_mirrors_first(struct repository *repository, ask_server *ask, void *context,
                       const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
