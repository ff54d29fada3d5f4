/*
 * registry_attached: what refers to an image that `registry rm` deletes (signatures, SBOMs, notes):
 * said to stay, or with --referrers deleted too. Private to cli/registry*.c.
 */
#ifndef CMX_CLI_REGISTRY_ATTACHED_H
#define CMX_CLI_REGISTRY_ATTACHED_H

#include "cli/registry.h"
#include "oci/attached.h"

struct rm_attached {
    struct attached *items;
    size_t count;
    const char *unknown; /* why nobody could look for it; NULL: it was looked for */
};

/* Looks for it. False only with --referrers: without, an image may go all the same. */
bool rm_attached_find(struct registry_run *run, struct image_store *store, const char *digest,
                      struct rm_attached *ret, struct error *err);

/* Refuses where a tag of somebody else names some of it (--referrers without --all-tags). */
bool rm_attached_refused(struct registry_run *run, struct image_store *store,
                         const struct rm_attached *attached, enum exit_code *ret_code);

/* Deletes it, the last ones first, and the list that a registry without the API kept of it. */
bool rm_attached_delete(struct registry_run *run, struct image_store *store, const char *digest,
                        const struct rm_attached *attached, struct error *err);

/* One line each, and its kind. */
void rm_attached_list(struct buf *out, const struct rm_attached *attached);

/* What was left, and how it goes; or what went along. */
void rm_attached_print(struct registry_run *run, struct buf *out, const char *name,
                       const char *digest, const struct rm_attached *attached);

/* "deletedReferrers" or "leftReferrers". */
void rm_attached_json(struct registry_run *run, struct value *map,
                      const struct rm_attached *attached);

#endif
