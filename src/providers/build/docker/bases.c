/* bases: see bases.h. */
#include "providers/build/docker/bases.h"

#include "base/cleanup.h"
#include "manifest/reference.h"
#include "oci/copy.h"
#include "oci/image.h"
#include "oci/registry/credentials.h"
#include "providers/docker/docker_store.h"
#include "providers/docker/engine_image.h"

#include <string.h>

struct bringing {
    struct build *build;
    struct engine *engine;
    struct credentials *credentials;
    struct arena *arena;
    const struct wait *wait;
    struct error *err;
};

/* FROM may ask for another platform than the image's; COPY --from takes the image's. */
static const struct platform *platform_of(const struct build *build, const char *reference)
{
    const struct build_plan *plan = &build->plans[0];
    for (size_t i = 0; i < build->dockerfile.stage_count; i++)
        if (plan->needed[i] && strcmp(plan->from[i], reference) == 0)
            return &plan->platforms[i];
    return &plan->platform;
}

static bool fits(const struct platform *wanted, const struct engine_image *image)
{
    return image->platform.os && image->platform.architecture
           && platform_fits(wanted, &image->platform);
}

/* --------------------------------------------------------------- from a registry */

static bool log_in(struct bringing *all, const struct reference *reference,
                   struct engine_login *ret)
{
    struct credential credential = { 0 };
    if (!credentials_load(all->credentials, all->err)
        || !credentials_find(all->credentials, all->arena, reference->registry,
                             reference->repository, &credential, all->wait, all->err))
        return false;
    *ret = (struct engine_login){ .server = reference->registry,
                                  .user = credential.user,
                                  .password = credential.password,
                                  .identity = credential.identity };
    return true;
}

static bool pull(struct bringing *all, const struct reference *pinned,
                 const struct platform *platform)
{
    struct engine_login login;
    return log_in(all, pinned, &login)
           && engine_image_pull(all->engine, reference_text(all->arena, pinned),
                                platform_text(all->arena, platform), &login, all->wait, all->err);
}

static bool bring_pulled(struct bringing *all, const struct build_base *base)
{
    const struct platform *platform = platform_of(all->build, base->reference);
    struct reference named, pinned;
    struct engine_image image;
    struct error absent = { 0 };
    if (!reference_parse(all->arena, base->reference, &named, all->err))
        return false;
    pinned = named;
    pinned.tag = NULL;
    pinned.digest = base->descriptor.digest;
    const char *name = reference_text(all->arena, &pinned);
    bool there = engine_image_find(all->engine, all->arena, name, &image, all->wait, &absent);
    if (!there && absent.kind != ERROR_NOT_FOUND) {
        *all->err = absent;
        return false;
    }
    if ((!there || !fits(platform, &image)) && !pull(all, &pinned, platform))
        return false;
    return named.digest
           || engine_image_tag(all->engine, name, base->reference, all->wait, all->err);
}

/* ------------------------------------------------------------- from anything else */

static bool load(struct bringing *all, const struct build_base *base,
                 const struct platform *platform)
{
    struct image_store *store;
    struct copy_options options = { .platforms = platform, .platform_count = 1 };
    struct copy_result result;
    if (!docker_store_create(all->engine, base->reference, &store, all->err))
        return false;
    bool done = image_copy(base->store, base->descriptor.digest, store, &options, all->arena,
                           &result, all->wait, all->err)
                && store_finish(store, all->wait, all->err);
    store->table->close(store);
    return done;
}

static bool bring_loaded(struct bringing *all, const struct build_base *base)
{
    const struct platform *platform = platform_of(all->build, base->reference);
    struct engine_image there;
    struct image image;
    struct error ignored;
    if (!image_load(base->store, all->arena, base->descriptor.digest, platform, &image, all->wait,
                    all->err))
        return false;
    if (engine_image_find(all->engine, all->arena, base->reference, &there, all->wait, &ignored)
        && strcmp(there.id, image.manifest.config.digest) == 0)
        return true;
    return load(all, base, platform);
}

bool build_docker_bases(struct build *build, const struct build_engines *engines,
                        struct engine *engine, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct bringing all = { .build = build,
                            .engine = engine,
                            .credentials = engines->credentials,
                            .arena = arena,
                            .wait = wait,
                            .err = err };
    for (size_t i = 0; i < build->base_count; i++) {
        const struct build_base *base = &build->bases[i];
        if (!base->store)
            return error_set(err, ERROR_BUG, "%s: built before it was resolved", base->reference);
        if (!(base->store->host ? bring_pulled(&all, base) : bring_loaded(&all, base)))
            return error_prefix(err, "%s:%u:%u: %s", build->dockerfile.file->path, base->place.line,
                                base->place.column, base->reference);
    }
    return true;
}
