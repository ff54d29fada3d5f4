/*
 * native: builds an image without a daemon, into any store; see build.h.
 *
 * Each platform's stages are carried out in memory (stage.h), then their layers are written, one
 * after the other, each on all cores. Layers that two platforms share are made once. While the
 * last of a platform is still on its way, its config is.
 */
#include "providers/build/native/stage.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "providers/build/native/transfer.h"

#include <string.h>
#include <unistd.h>

struct made_layer {
    const char *fingerprint, *diff_id;
    struct descriptor blob;
    struct sending *sending; /* while it is on its way */
};

/* What all platforms of one build share. */
struct making {
    struct build *build;
    const struct build_target *target;
    struct arena *arena; /* of the result */
    const struct wait *wait;
    struct spool spool;
    struct pool *pool;
    unsigned threads;
    struct tree *context;
    struct made_layer *layers;
    size_t layer_count, layer_capacity;
    struct descriptor *blobs; /* that count for the size, each once */
    size_t blob_count, blob_capacity;
    int64_t size;
    const char *manifest; /* the last one that was stored */
    struct error *err;
};

static void tell(const struct making *all, int kind, const char *text, int64_t bytes)
{
    struct build_event event = { .text = text, .bytes = bytes };
    event.kind = kind;
    if (all->target->progress)
        all->target->progress(all->target->progress_context, &event);
}

/* ---------------------------------------------------------------------------- layers */

/* Bytes of blobs that were not counted yet. */
static int64_t count_blob(struct making *all, const struct descriptor *blob)
{
    for (size_t i = 0; i < all->blob_count; i++)
        if (strcmp(all->blobs[i].digest, blob->digest) == 0)
            return 0;
    arena_push(all->arena, all->blobs, all->blob_count, all->blob_capacity, *blob);
    return blob->size;
}

static bool take_contents(struct making *all, const struct layer_list *list)
{
    AUTO_FREE struct content **contents = memory_alloc((list->count + 1) * sizeof *contents);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->entries[i].node.content)
            contents[count++] = list->entries[i].node.content;
    return spool_take(&all->spool, contents, count, all->wait, all->err);
}

/* Until all of its files are read. Where that fails the end of sending tells why. */
static bool begin_layer(struct making *all, const struct layer_list *list)
{
    struct made_layer made = { .fingerprint = arena_strdup(all->arena, list->fingerprint) };
    const struct packer_options options = { .list = list,
                                            .spool = &all->spool,
                                            .pool = all->pool,
                                            .threads = all->threads,
                                            .wait = all->wait };
    if (!take_contents(all, list))
        return false;
    made.sending = sending_start(&options, all->target->store);
    made.diff_id = sending_diff_id(made.sending, all->arena);
    arena_push(all->arena, all->layers, all->layer_count, all->layer_capacity, made);
    return true;
}

/* Only the last one can be on its way. */
static bool end_layer(struct making *all)
{
    struct made_layer *last = all->layer_count ? &all->layers[all->layer_count - 1] : NULL;
    if (!last || !last->sending)
        return true;
    bool stored = sending_end(last->sending, all->arena, &last->blob, all->err);
    last->sending = NULL;
    last->blob.media_type = MEDIA_OCI_LAYER_GZIP;
    if (stored)
        tell(all, BUILD_LAYER_DONE, last->blob.digest, last->blob.size);
    return stored;
}

static bool layer_of(struct making *all, const struct layer_list *list, size_t *ret_index)
{
    for (size_t i = 0; i < all->layer_count; i++)
        if (strcmp(all->layers[i].fingerprint, list->fingerprint) == 0) {
            *ret_index = i;
            return true;
        }
    if (!end_layer(all) || !begin_layer(all, list))
        return false;
    *ret_index = all->layer_count - 1;
    bool read = all->layers[*ret_index].diff_id != NULL;
    return (read && !all->target->store->in_turn) || end_layer(all);
}

/* Docker's names of the same bytes are OCI's in an OCI manifest. */
static struct descriptor base_layer(const struct descriptor *layer)
{
    struct descriptor own = { .digest = layer->digest,
                              .size = layer->size,
                              .media_type = layer->media_type };
    if (strcmp(layer->media_type, MEDIA_DOCKER_LAYER_GZIP) == 0)
        own.media_type = MEDIA_OCI_LAYER_GZIP;
    return own;
}

static bool add_base_layers(struct making *all, struct stage *stage,
                            struct image_manifest *manifest)
{
    for (size_t i = 0; stage->base && i < stage->image.manifest.layer_count; i++) {
        const struct descriptor *layer = &stage->image.manifest.layers[i];
        bool sent = false;
        if (media_role(layer->media_type) != MEDIA_FOREIGN
            && !transfer_blob(stage->base->store, all->target->store, layer, &sent, all->wait,
                              all->err))
            return error_prefix(all->err, "layer %s of %s", layer->digest, stage->base->reference);
        tell(all, sent ? BUILD_BASE : BUILD_LAYER_THERE, layer->digest, layer->size);
        manifest->layers[manifest->layer_count++] = base_layer(layer);
    }
    return true;
}

/* Which layers these are, in all->layers; the last may still be on its way. */
static bool make_own_layers(struct making *all, struct stage *stage, size_t *ret_indices)
{
    struct text_list *diff_ids = &stage->config.diff_ids;
    for (size_t i = 0; i < stage->layer_count; i++) {
        if (!layer_of(all, &stage->layers[i], &ret_indices[i]))
            return false;
        arena_push(stage->native->arena, diff_ids->items, diff_ids->count, diff_ids->capacity,
                   all->layers[ret_indices[i]].diff_id);
    }
    return true;
}

/* ------------------------------------------------------------------------ documents */

/* `whole`: it is all of the image, and not one of its platforms. */
static bool put_manifest(struct making *all, const char *media_type, const struct buf *bytes,
                         bool whole, struct descriptor *ret)
{
    const char *tag = whole ? all->target->tag : NULL;
    struct image_store *store = all->target->store;
    *ret = descriptor_of(all->arena, media_type, bytes->data, bytes->length);
    all->manifest = arena_memdup(all->arena, bytes->data, bytes->length);
    return store->table->put_manifest(store, ret, bytes->data, tag, all->wait, all->err);
}

/* The platform that was asked for; a variant that only the base names stays. */
static void set_platform(struct image_config *config, const struct platform *wanted)
{
    const char *variant = config->platform.variant, *version = config->platform.os_version;
    bool same = config->platform.architecture
                && strcmp(config->platform.architecture, wanted->architecture) == 0;
    config->platform = *wanted;
    if (!config->platform.variant && same)
        config->platform.variant = variant;
    if (!config->platform.os_version && same)
        config->platform.os_version = version;
}

static bool put_config(struct making *all, struct stage *stage, struct descriptor *ret)
{
    AUTO_BUF bytes = BUF_INIT(OCI_CONFIG_CEILING);
    struct image_config *config = &stage->config;
    set_platform(config, &stage->native->plan->platform);
    config->created = time_text(stage->native->arena, build_epoch(all->build));
    image_config_write(stage->native->arena, &bytes, config);
    if (bytes.overflowed)
        return error_set(all->err, ERROR_INPUT, "a config of more than %d bytes",
                         OCI_CONFIG_CEILING);
    return image_put(all->target->store, all->arena, MEDIA_OCI_CONFIG, bytes.data, bytes.length,
                     ret, all->wait, all->err);
}

/* Behind the last platform's steps there are layers, whose ends nobody notes. */
static void tell_storing(const struct making *all, const struct stage *stage)
{
    const struct build *build = all->build;
    if (stage->native->plan == &build->plans[build->plan_count - 1])
        tell(all, BUILD_STORING, NULL, 0);
}

/* Layers and config; a failure of the one must not leave the other behind. */
static bool put_parts(struct making *all, struct stage *stage, struct image_manifest *manifest)
{
    size_t *indices = arena_array(stage->native->arena, stage->layer_count + 1, sizeof *indices);
    struct error config_error = { 0 }, *err = all->err;
    if (!add_base_layers(all, stage, manifest))
        return false;
    tell_storing(all, stage);
    if (!make_own_layers(all, stage, indices))
        return false;
    all->err = &config_error;
    bool config = put_config(all, stage, &manifest->config);
    all->err = err;
    if (!end_layer(all))
        return false;
    for (size_t i = 0; i < stage->layer_count; i++)
        manifest->layers[manifest->layer_count++] = all->layers[indices[i]].blob;
    if (!config)
        *err = config_error;
    return config;
}

static bool put_image(struct making *all, struct stage *stage, struct build_platform *ret)
{
    AUTO_BUF bytes = BUF_INIT(OCI_MANIFEST_CEILING);
    struct arena *arena = stage->native->arena;
    size_t most = stage->layer_count + (stage->base ? stage->image.manifest.layer_count : 0);
    struct image_manifest manifest = {
        .media_type = MEDIA_OCI_MANIFEST,
        .layers = arena_array(arena, most + 1, sizeof *manifest.layers),
    };
    if (!put_parts(all, stage, &manifest))
        return false;
    image_manifest_write(arena, &bytes, &manifest);
    ret->config = manifest.config;
    ret->platform = stage->native->plan->platform;
    bool whole = all->build->plan_count == 1;
    if (!put_manifest(all, MEDIA_OCI_MANIFEST, &bytes, whole, &ret->manifest))
        return false;
    ret->manifest.platform = ret->platform;
    ret->size = ret->config.size + ret->manifest.size;
    all->size += count_blob(all, &ret->config) + count_blob(all, &ret->manifest);
    for (size_t i = 0; i < manifest.layer_count; i++) {
        ret->size += manifest.layers[i].size;
        all->size += count_blob(all, &manifest.layers[i]);
    }
    return true;
}

/* -------------------------------------------------------------------------- platforms */

static bool build_platform(struct making *all, const struct build_plan *plan,
                           struct build_platform *ret)
{
    struct build *build = all->build;
    struct native native = { .build = build,
                             .plan = plan,
                             .target = all->target,
                             .arena = build->arena,
                             .wait = all->wait,
                             .spool = &all->spool,
                             .context = &all->context };
    native.stages = arena_array(build->arena, build->dockerfile.stage_count, sizeof *native.stages);
    if (!stage_run(&native, plan->target, all->err))
        return false;
    struct stage *stage = &native.stages[plan->target];
    if (build->has_settings && !stage_more(stage, &build->settings, all->err))
        return false;
    return put_image(all, stage, ret);
}

static bool build_platforms(struct making *all, struct build_result *ret)
{
    struct build *build = all->build;
    ret->platform_count = build->plan_count;
    ret->platforms = arena_array(all->arena, build->plan_count, sizeof *ret->platforms);
    for (size_t i = 0; i < build->plan_count; i++)
        if (!build_platform(all, &build->plans[i], &ret->platforms[i]))
            return build->plan_count > 1
                   && error_prefix(all->err, "%s",
                                   platform_text(all->arena, &build->plans[i].platform));
    return true;
}

static bool put_index(struct making *all, struct build_result *ret)
{
    AUTO_BUF bytes = BUF_INIT(OCI_MANIFEST_CEILING);
    struct image_index index = { .media_type = MEDIA_OCI_INDEX, .count = ret->platform_count };
    index.manifests = arena_array(all->arena, index.count, sizeof *index.manifests);
    for (size_t i = 0; i < index.count; i++)
        index.manifests[i] = ret->platforms[i].manifest;
    image_index_write(all->arena, &bytes, &index);
    return put_manifest(all, MEDIA_OCI_INDEX, &bytes, true, &ret->descriptor);
}

static bool make(struct making *all, struct build_result *ret)
{
    if (!build_platforms(all, ret))
        return false;
    ret->config_digest = ret->platforms[0].config.digest;
    ret->descriptor = ret->platforms[0].manifest;
    if (ret->platform_count > 1 && !put_index(all, ret))
        return false;
    ret->bytes = all->manifest;
    ret->tagged = all->target->tag != NULL;
    ret->size = all->size + (ret->platform_count > 1 ? ret->descriptor.size : 0);
    return true;
}

bool build_native(struct build *build, const struct build_target *target, struct arena *arena,
                  struct build_result *ret, const struct wait *wait, struct error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct making all = { .build = build,
                          .target = target,
                          .arena = arena,
                          .wait = wait,
                          .spool = SPOOL_INIT,
                          .err = err };
    struct build_result result = { 0 };
    const char *why = build_not_native(build, arena);
    if (why)
        return error_set(err, ERROR_REFUSED, "it cannot be built natively: %s", why);
    all.threads = target->threads ? target->threads : (unsigned)(cores > 0 ? cores : 1);
    if (all.threads > LAYER_THREADS_MOST)
        all.threads = LAYER_THREADS_MOST;
    all.pool = pool_new(all.threads);
    bool done = make(&all, &result);
    pool_free(all.pool);
    spool_done(&all.spool);
    if (done)
        *ret = result;
    return done;
}
