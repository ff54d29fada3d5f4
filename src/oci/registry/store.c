/* store: a repository as an image store; and what is asked of a registry as a whole. */
#include "oci/registry/read.h"

#include "base/cleanup.h"
#include "oci/registry/write.h"

#include <stdlib.h>
#include <string.h>

static void close_repository(struct image_store *store)
{
    struct repository *repository = (struct repository *)store;
    pthread_mutex_destroy(&repository->lock);
    arena_free(repository->arena);
    free(repository);
}

static const struct image_store_table table = {
    .name = "registry",
    .resolve = registry_resolve,
    .manifest = registry_manifest,
    .blob = registry_blob,
    .has_blob = registry_has_blob,
    .put_blob = registry_put_blob,
    .mount = registry_mount,
    .put_manifest = registry_put_manifest,
    .tags = registry_tags,
    .referrers = registry_referrers,
    .close = close_repository,
};

bool registry_open(struct registries *registries, const struct reference *reference,
                   struct image_store **ret_store, struct error *err)
{
    struct server *server;
    if (!credentials_load(registries->credentials, err)
        || !server_find(registries, reference->registry, &server, err))
        return false;
    struct repository *repository = memory_alloc(sizeof *repository);
    *repository = (struct repository){ .arena = arena_new(), .server = server };
    struct arena *arena = repository->arena;
    pthread_mutex_init(&repository->lock, NULL);
    struct reference name = { .registry = arena_strdup(arena, reference->registry),
                              .repository = arena_strdup(arena, reference->repository) };
    repository->store = (struct image_store){ .table = &table,
                                              .name = reference_short(arena, &name),
                                              .host = name.registry,
                                              .repository = name.repository };
    *ret_store = &repository->store;
    return true;
}

bool registry_ping(struct registries *registries, const char *registry, const struct wait *wait,
                   struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct server *server;
    struct answer answer;
    struct call call = { .method = "GET", .path = "", .what = "ping" };
    if (!credentials_load(registries->credentials, err)
        || !server_find(registries, registry, &server, err)
        || !exchange(server, NULL, arena, &call, &answer, wait, err))
        return false;
    if (answer.response.status == 404)
        return error_set(err, ERROR_UNREACHABLE, "%s: it is not a registry (no /v2/)", registry);
    if (answer.response.status != 200)
        return answer_refused(server, NULL, &call, &answer, err);
    return true;
}
