/*
 * attached: what stands in a repository for the sake of one image: manifests that name it as
 * their subject (signatures, SBOMs, build notes), what names those, and what cosign keeps under
 * tags that are made of a digest.
 */
#ifndef CMX_OCI_ATTACHED_H
#define CMX_OCI_ATTACHED_H

#include "oci/store.h"

enum { ATTACHED_CEILING = 10000 };

/* The endings of cosign's tags: "sig", "att", "sbom"; NULL-terminated. */
extern const char *const attached_endings[];

/* "sha256-….sig"; without an ending the tag of a list of referrers (OCI distribution spec 1.1). */
const char *attached_tag(struct arena *arena, const char *digest, const char *ending);

struct attached {
    struct descriptor descriptor;
    const char *tag; /* cosign's, or NULL: a referrer */
};

/*
 * All of it, each once, to any depth: what a manifest is attached to comes before it. The store has
 * tags (a registry, a layout).
 */
bool attached_find(struct image_store *store, struct arena *arena, const char *digest,
                   struct attached **ret, size_t *ret_count, const struct wait *wait,
                   struct error *err) __attribute__((warn_unused_result));

#endif
