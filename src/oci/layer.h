/*
 * layer: the content of a layer, out of any store.
 *
 * The bytes of the blob are unpacked as they arrive (plain, gzip of one or many members, zstd;
 * told by their first bytes, since media types lie), within a ceiling, and pass on to a sink:
 * mostly a tar reader (tar.h). Digest and size of the blob are checked by its store, the
 * digest of what was unpacked (the diff_id of the config) here.
 */
#ifndef CMX_OCI_LAYER_H
#define CMX_OCI_LAYER_H

#include "oci/descriptor.h"
#include "oci/store.h"
#include "oci/tar.h"

#include <stdbool.h>
#include <stdint.h>

#define LAYER_UNPACKED_CEILING ((int64_t)64 << 30)

/*
 * Unpacks one layer into the sink. `diff_id` NULL: not known, not checked; *ret_diff_id (may be
 * NULL) is what it truly is. `ceiling` 0: LAYER_UNPACKED_CEILING. A foreign layer is not
 * read: true, and *ret_diff_id NULL. ERROR_INVALID: broken, over the ceiling, or not what the
 * config says; then what the sink got is to be discarded.
 */
bool layer_read(struct image_store *store, struct arena *arena, const struct descriptor *layer,
                const char *diff_id, int64_t ceiling, blob_sink *sink, void *context,
                const char **ret_diff_id, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* The same into the handler of a tar reader. */
bool layer_read_tar(struct image_store *store, struct arena *arena, const struct descriptor *layer,
                    const char *diff_id, const struct tar_limits *limits,
                    const struct tar_handler *handler, void *context, const struct wait *wait,
                    struct error *err) __attribute__((warn_unused_result));

/* --- unpacking alone --- */

struct unpacker;

/* Unpacks into the sink what it is fed. The caller owns it. `ceiling`: bytes that come out. */
struct unpacker *unpacker_new(int64_t ceiling, blob_sink *sink, void *context)
    __attribute__((warn_unused_result));
void unpacker_free(struct unpacker *unpacker);

/* A blob_sink whose context is the unpacker. */
bool unpacker_feed(void *unpacker, const char *data, size_t length, struct error *err)
    __attribute__((warn_unused_result));

/* The input has ended. False where a member is cut short. */
bool unpacker_end(struct unpacker *unpacker, struct error *err) __attribute__((warn_unused_result));

/* How the input was compressed, once some of it was fed. */
enum compression unpacker_compression(const struct unpacker *unpacker);

#endif
