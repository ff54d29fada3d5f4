/* produce: see produce.h. */
#include "reconciler/images/produce.h"

#include "base/cleanup.h"
#include "base/pool.h"
#include "oci/image.h"
#include "reconciler/images/images_inner.h"

#include <string.h>

enum { BUILDS_AT_ONCE = 2 };

/* What a task of the pool is given. */
struct producing {
    struct image_run *run;
    struct image_product *product;
    const struct image_output *output;
    const struct wait *wait;
};

static void tell(const struct producing *producing, const char *text)
{
    const struct image_output *output = producing->output;
    struct images *images = producing->run->images;
    if (!output->progress)
        return;
    pthread_mutex_lock(&images->lock);
    output->progress(output->context, producing->run, text);
    pthread_mutex_unlock(&images->lock);
}

static void note(void *context, const char *text)
{
    tell(context, text);
}

static void hear(void *context, const struct build_event *event)
{
    if (event->text && event->kind != BUILD_LAYER_DONE && event->kind != BUILD_LAYER_THERE)
        tell(context, event->text);
}

/* ----------------------------------------------------------------- into one store */

/* "registry.example/shop/api:1.4": several images may share a store. */
static bool put_tags(const struct producing *producing, struct image_store *store,
                     struct error *err)
{
    struct image_run *run = producing->run;
    struct descriptor descriptor;
    const char *bytes;
    if (!store->table->manifest(store, run->arena, run->image.digest, &descriptor, &bytes,
                                producing->wait, err))
        return false;
    for (size_t i = 0; i < run->tag_count || (i == 0 && !run->tag_count); i++) {
        const char *name = run->spec->repository;
        name += strncmp(name, "oci:", 4) == 0 ? 4 : 0;
        const char *tag =
            arena_printf(run->arena, "%s:%s", name, run->tag_count ? run->tags[i].text : "latest");
        if (!store->table->put_manifest(store, &descriptor, bytes, tag, producing->wait, err))
            return false;
        struct text_list *names = &producing->product->names;
        arena_push(run->arena, names->items, names->count, names->capacity, tag);
    }
    return true;
}

static bool build_into(const struct producing *producing, struct image_store *store,
                       struct error *err)
{
    struct image_run *run = producing->run;
    struct build_opener opener = { run, base_open };
    struct build_target target = { .store = store,
                                   .progress = hear,
                                   .progress_context = (void *)producing };
    struct build_result result;
    if (!build_resolve(run->build, &opener, producing->wait, err)
        || !image_choose(run, producing->wait, err)
        || !build_digest(run->build, run->arena, &run->source_digest, err)
        || !image_build_by(run, &target, &result, producing->wait, err))
        return false;
    run->image = result.descriptor;
    run->size = result.size;
    run->id = result.config_digest;
    run->computed = !producing->output->store;
    run->built_in = producing->output->store;
    return !producing->output->store || put_tags(producing, store, err);
}

static bool keep_nothing(const struct producing *producing, struct error *err)
{
    struct image_store *null = null_store_new();
    bool built = build_into(producing, null, err);
    null->table->close(null);
    return built;
}

/* One that is only pinned is never built. */
static bool produce(const struct producing *producing, struct error *err)
{
    struct image_run *run = producing->run;
    struct image_product *product = producing->product;
    product->status = run->state == IMAGE_THERE ? PRODUCT_THERE : PRODUCT_BUILT;
    if (run->state == IMAGE_FAILED) {
        *err = run->error;
        return false;
    }
    if (image_is_pinned(run->spec))
        return true;
    if (producing->output->push)
        return image_make(run, note, (void *)producing, producing->wait, err);
    product->status = PRODUCT_BUILT;
    return producing->output->store ? build_into(producing, producing->output->store, err)
                                    : keep_nothing(producing, err);
}

static void produce_one(void *context, struct arena *arena)
{
    struct producing *producing = context;
    struct error error = { 0 };
    int64_t started = clock_now();
    (void)arena;
    if (!produce(producing, &error)) {
        producing->product->status = PRODUCT_FAILED;
        producing->run->error = error;
        producing->run->state = IMAGE_FAILED;
    }
    producing->product->milliseconds = clock_now() - started;
    producing->run->produced = true;
}

/* What it stands on has been produced, well or not. */
static bool is_next(const struct image_run *run)
{
    for (size_t i = 0; i < run->bases.count; i++)
        if (!images_find(run->images, run->bases.items[i])->produced)
            return false;
    return !run->produced;
}

static size_t next_wave(struct images *images, const bool *chosen,
                        const struct image_output *output, struct image_product *products,
                        const struct wait *wait, struct producing *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < images->set->image_count; i++)
        if (chosen[i] && is_next(&images->runs[i]))
            ret[count++] = (struct producing){ &images->runs[i], &products[i], output, wait };
    return count;
}

/* A store that was given nothing has no end: what each image failed of is told. */
static bool any_built(const struct image_product *products, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (products[i].status == PRODUCT_BUILT)
            return true;
    return false;
}

bool images_produce(struct images *images, const bool *chosen, const struct image_output *output,
                    struct image_product *ret_products, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    size_t count = images->set->image_count, wave;
    const struct images_options *options = images->options;
    bool one_by_one = output->store && output->store->in_turn;
    unsigned threads = one_by_one                   ? 1
                       : options->build_concurrency ? options->build_concurrency
                                                    : BUILDS_AT_ONCE;
    struct producing *producing = arena_array(arena, count + 1, sizeof *producing);
    bool *all = arena_array(arena, count + 1, sizeof *all);
    memcpy(all, chosen, count * sizeof *all);
    images_choose_bases(images, all);
    if (output->push && !images_resolve(images, all, wait, err))
        return false;
    if (!output->push)
        images_name_tags(images, all);
    while ((wave = next_wave(images, all, output, ret_products, wait, producing)) > 0) {
        pool_each(threads, produce_one, producing, wave, sizeof *producing);
        if (wait_cancelled(wait))
            return error_set(err, ERROR_CANCELLED, "interrupted");
    }
    return !output->store || !any_built(ret_products, count)
           || store_finish(output->store, wait, err);
}

/* -------------------------------------------------------------------------- facts */

static bool add_manifest(struct image_store *store, struct arena *arena, const char *digest,
                         struct image_facts *facts, const struct wait *wait, struct error *err)
{
    struct image_manifest manifest;
    struct descriptor descriptor;
    const char *bytes;
    if (!store->table->manifest(store, arena, digest, &descriptor, &bytes, wait, err)
        || !image_manifest_read(arena, bytes, (size_t)descriptor.size, &manifest, err))
        return false;
    facts->id = facts->id ? facts->id : manifest.config.digest;
    facts->size += descriptor.size + manifest.config.size;
    for (size_t i = 0; i < manifest.layer_count; i++)
        facts->size += manifest.layers[i].size;
    return true;
}

static bool add_index(struct image_store *store, struct arena *arena, const char *bytes,
                      const struct descriptor *descriptor, struct image_facts *facts,
                      const struct wait *wait, struct error *err)
{
    struct image_index index;
    if (!image_index_read(arena, bytes, (size_t)descriptor->size, &index, err))
        return false;
    facts->size += descriptor->size;
    for (size_t i = 0; i < index.count; i++)
        if (media_role(index.manifests[i].media_type) == MEDIA_MANIFEST
            && !add_manifest(store, arena, index.manifests[i].digest, facts, wait, err))
            return false;
    return true;
}

bool image_inspect(struct image_run *run, struct arena *arena, struct image_facts *ret,
                   const struct wait *wait, struct error *err)
{
    struct image_store *store = run->store;
    struct descriptor descriptor;
    const char *bytes;
    *ret = (struct image_facts){ 0 };
    if (!store->table->manifest(store, arena, run->image.digest, &descriptor, &bytes, wait, err))
        return false;
    if (media_role(descriptor.media_type) == MEDIA_INDEX)
        return add_index(store, arena, bytes, &descriptor, ret, wait, err);
    return add_manifest(store, arena, run->image.digest, ret, wait, err);
}
