/* layer: see layer.h. Store → unpacker → verifier of the diff_id → sink. */
#include "oci/layer.h"

#include "base/cleanup.h"
#include "oci/verify.h"

CLEANUP_FUNCTION(struct unpacker *, unpacker_free)
CLEANUP_FUNCTION(struct verifier *, verifier_free)
CLEANUP_FUNCTION(struct tar_reader *, tar_reader_free)

static bool name_it(const struct image_store *store, const struct descriptor *layer,
                    struct error *err)
{
    return error_prefix(err, "%s: layer %.19s", store->name, layer->digest);
}

bool layer_read(struct image_store *store, struct arena *arena, const struct descriptor *layer,
                const char *diff_id, int64_t ceiling, blob_sink *sink, void *context,
                const char **ret_diff_id, const struct wait *wait, struct error *err)
{
    if (media_role(layer->media_type) == MEDIA_FOREIGN) {
        if (ret_diff_id)
            *ret_diff_id = NULL;
        return true;
    }
    CLEANUP(verifier_free_at) struct verifier *verifier = verifier_new(diff_id, -1, sink, context);
    CLEANUP(unpacker_free_at)
    struct unpacker *unpacker = unpacker_new(ceiling, verifier_feed, verifier);
    if (!store->table->blob(store, layer, unpacker_feed, unpacker, wait, err))
        return false;
    if (!unpacker_end(unpacker, err))
        return name_it(store, layer, err);
    if (!verifier_end(verifier, err)) {
        error_prefix(err, "unpacked, it is not what the config says");
        return name_it(store, layer, err);
    }
    if (ret_diff_id)
        *ret_diff_id = verifier_digest(verifier, arena);
    return true;
}

bool layer_read_tar(struct image_store *store, struct arena *arena, const struct descriptor *layer,
                    const char *diff_id, const struct tar_limits *limits,
                    const struct tar_handler *handler, void *context, const struct wait *wait,
                    struct error *err)
{
    CLEANUP(tar_reader_free_at)
    struct tar_reader *reader = tar_reader_new(limits, handler, context);
    if (!layer_read(store, arena, layer, diff_id, 0, tar_reader_feed, reader, NULL, wait, err))
        return false;
    return tar_reader_end(reader, err) || name_it(store, layer, err);
}
