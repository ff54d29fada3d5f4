/*
 * pack: a plain layer of an engine's archive as a gzip layer in a store.
 *
 * Compressed on all cores in members of 1 MiB, as the native builder's layers, into a temporary
 * file without a name: so its digest is known before anything is sent, and what the store
 * has already is not.
 */
#ifndef CMX_DOCKER_PACK_H
#define CMX_DOCKER_PACK_H

#include "oci/store.h"

struct pack_options {
    struct image_store *from, *to;
    unsigned threads; /* 0: one a core */
};

/*
 * `ret` is what it is in `to`; *ret_sent false: it was there already. One that is compressed
 * stays as it is.
 */
bool pack_layer(const struct pack_options *options, const struct descriptor *layer,
                struct arena *arena, struct descriptor *ret, bool *ret_sent,
                const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/*
 * The image that `name` means in `from` ("": the only one), its plain layers packed; `ret` is its
 * manifest in `to`.
 */
bool pack_image(const struct pack_options *options, const char *name, struct arena *arena,
                struct descriptor *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * The image in an archive of its own, its plain layers packed, which is the only one there. Its
 * file has no name ($TMPDIR, else /var/tmp) and is gone when *ret is closed; `from` may be closed.
 */
bool pack_apart(struct image_store *from, const char *name, struct image_store **ret,
                const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Has the image of that name a layer that is not compressed? */
bool pack_is_needed(struct image_store *from, const char *name, bool *ret_needed,
                    const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* The same layer as a manifest of OCI's names it: Docker has names of its own for the same bytes.
 */
struct descriptor pack_own_name(const struct descriptor *layer);

#endif
