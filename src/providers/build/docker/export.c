/* export: see export.h. */
#include "providers/build/docker/export.h"

#include "base/cleanup.h"
#include "oci/image.h"
#include "providers/build/native/transfer.h"
#include "providers/docker/docker_store.h"
#include "providers/docker/engine_image.h"
#include "providers/docker/pack.h"

#include <string.h>

enum { REMOVE_MS = 10000 };

struct exporting {
    struct build *build;
    struct image_store *from;
    const struct build_target *target;
    struct arena *arena; /* of the result */
    const struct wait *wait;
    struct image image;             /* as the builder made it */
    struct image_manifest manifest; /* ours */
    struct error *err;
};

static void tell(const struct exporting *all, int kind, const struct descriptor *layer)
{
    struct build_event event = { .text = layer->digest, .bytes = layer->size };
    event.kind = kind;
    if (all->target->progress)
        all->target->progress(all->target->progress_context, &event);
}

/* ------------------------------------------------------------------- layers of a base */

/* Does the image begin with all layers of the base? */
static bool begins_with(const struct image_config *config, const struct image_config *base)
{
    if (!base->diff_ids.count || base->diff_ids.count > config->diff_ids.count)
        return false;
    for (size_t i = 0; i < base->diff_ids.count; i++)
        if (strcmp(base->diff_ids.items[i], config->diff_ids.items[i]) != 0)
            return false;
    return true;
}

/* The base that the image begins with, the longest one; NULL: none of them. */
static struct build_base *find_base(struct exporting *all, struct image *ret)
{
    struct build_base *found = NULL;
    for (size_t i = 0; i < all->build->base_count; i++) {
        struct build_base *base = &all->build->bases[i];
        struct image image;
        struct error ignored;
        if (!base->store
            || !image_load(base->store, all->arena, base->descriptor.digest,
                           &all->build->plans[0].platform, &image, all->wait, &ignored)
            || image.manifest.layer_count != image.config.diff_ids.count
            || !begins_with(&all->image.config, &image.config)
            || (found && ret->manifest.layer_count >= image.manifest.layer_count))
            continue;
        found = base;
        *ret = image;
    }
    return found;
}

static bool add_base_layers(struct exporting *all)
{
    struct image image = { 0 };
    const struct build_base *base = find_base(all, &image);
    for (size_t i = 0; base && i < image.manifest.layer_count; i++) {
        const struct descriptor *layer = &image.manifest.layers[i];
        bool sent = false;
        if (media_role(layer->media_type) != MEDIA_FOREIGN
            && !transfer_blob(base->store, all->target->store, layer, &sent, all->wait, all->err))
            return error_prefix(all->err, "layer %s of %s", layer->digest, base->reference);
        tell(all, sent ? BUILD_BASE : BUILD_LAYER_THERE, layer);
        all->manifest.layers[all->manifest.layer_count++] = pack_own_name(layer);
    }
    return true;
}

/* ---------------------------------------------------------------------- own layers */

static bool add_layer(struct exporting *all, const struct descriptor *layer, struct descriptor *ret)
{
    const struct pack_options options = { .from = all->from,
                                          .to = all->target->store,
                                          .threads = all->target->threads };
    bool sent = false;
    if (!pack_layer(&options, layer, all->arena, ret, &sent, all->wait, all->err))
        return false;
    tell(all, sent ? BUILD_LAYER_DONE : BUILD_LAYER_THERE, ret);
    return true;
}

static bool add_own_layers(struct exporting *all)
{
    const struct image_manifest *made = &all->image.manifest;
    while (all->manifest.layer_count < made->layer_count) {
        size_t at = all->manifest.layer_count;
        if (!add_layer(all, &made->layers[at], &all->manifest.layers[at]))
            return error_prefix(all->err, "layer %zu of %zu", at + 1, made->layer_count);
        all->manifest.layer_count++;
    }
    return true;
}

/* ------------------------------------------------------------------------ documents */

static bool put_documents(struct exporting *all, struct build_platform *ret)
{
    AUTO_BUF bytes = BUF_INIT(OCI_MANIFEST_CEILING);
    struct image_store *store = all->target->store;
    if (!image_put(store, all->arena, MEDIA_OCI_CONFIG, all->image.config_bytes,
                   all->image.config_length, &all->manifest.config, all->wait, all->err))
        return false;
    image_manifest_write(all->arena, &bytes, &all->manifest);
    ret->manifest = descriptor_of(all->arena, MEDIA_OCI_MANIFEST, bytes.data, bytes.length);
    ret->manifest.platform = all->image.config.platform;
    ret->platform = all->image.config.platform;
    ret->config = all->manifest.config;
    ret->size = ret->manifest.size + ret->config.size;
    for (size_t i = 0; i < all->manifest.layer_count; i++)
        ret->size += all->manifest.layers[i].size;
    return store->table->put_manifest(store, &ret->manifest, buf_text(&bytes), NULL, all->wait,
                                      all->err);
}

/* An image of another platform than was asked for is not what the manifest promised. */
static bool check_platform(struct exporting *all)
{
    const struct platform *wanted = &all->build->plans[0].platform;
    if (platform_fits(wanted, &all->image.config.platform))
        return true;
    return error_set(all->err, ERROR_INVALID, "the builder made an image for %s, not for %s",
                     platform_text(all->arena, &all->image.config.platform),
                     platform_text(all->arena, wanted));
}

bool build_export(struct build *build, struct image_store *from, const struct build_target *target,
                  struct arena *arena, struct build_result *ret, const struct wait *wait,
                  struct error *err)
{
    struct exporting all = {
        .build = build, .from = from, .target = target, .arena = arena, .wait = wait, .err = err
    };
    struct build_platform *made = arena_alloc(arena, sizeof *made);
    if (!image_load(from, arena, "", NULL, &all.image, wait, err) || !check_platform(&all))
        return false;
    all.manifest = (struct image_manifest){
        .media_type = MEDIA_OCI_MANIFEST,
        .layers = arena_array(arena, all.image.manifest.layer_count + 1, sizeof(struct descriptor)),
    };
    if (!add_base_layers(&all) || !add_own_layers(&all) || !put_documents(&all, made))
        return false;
    *ret = (struct build_result){ .descriptor = made->manifest,
                                  .config_digest = made->config.digest,
                                  .size = made->size,
                                  .platforms = made,
                                  .platform_count = 1 };
    return true;
}

bool build_export_engine(struct build *build, struct engine *engine, const char *id,
                         const struct build_target *target, struct arena *arena,
                         struct build_result *ret, const struct wait *wait, struct error *err)
{
    struct image_store *made;
    if (!docker_store_open(engine, id, DOCKER_LAYERS_PLAIN, &made, wait, err))
        return false;
    bool done = build_export(build, made, target, arena, ret, wait, err);
    made->table->close(made);
    return done;
}

void build_forget(struct engine *engine, const char *id)
{
    AUTO_ARENA arena = arena_new();
    struct wait wait = wait_for(REMOVE_MS, NULL);
    struct engine_image image;
    struct error ignored;
    bool removed = engine_image_find(engine, arena, id, &image, &wait, &ignored) && image.tags == 0
                   && engine_image_remove(engine, id, &wait, &ignored);
    (void)removed;
}
