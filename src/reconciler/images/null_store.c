/*
 * null_store: an image store that keeps manifests in memory and nothing of blobs.
 *
 * A build into it tells the digest that the image will have, and leaves nothing behind.
 */
#include "base/cleanup.h"
#include "oci/verify.h"
#include "reconciler/images/images_inner.h"

#include <string.h>

enum { PIECE = 64 << 10 };

struct kept {
    struct descriptor descriptor;
    const char *bytes;
};

struct null_store {
    struct image_store store; /* first */
    struct arena *arena;
    pthread_mutex_t lock;
    struct kept *kept;
    size_t count, capacity;
};

static bool null_resolve(struct image_store *store, struct arena *arena, const char *digest,
                         struct descriptor *ret, const struct wait *wait, struct error *err)
{
    struct null_store *own = (struct null_store *)store;
    bool found = false;
    (void)arena;
    (void)wait;
    pthread_mutex_lock(&own->lock);
    for (size_t i = 0; i < own->count && !found; i++) {
        found = strcmp(own->kept[i].descriptor.digest, digest) == 0;
        if (found)
            *ret = own->kept[i].descriptor;
    }
    pthread_mutex_unlock(&own->lock);
    return found || error_set(err, ERROR_NOT_FOUND, "nothing is kept");
}

static bool null_manifest(struct image_store *store, struct arena *arena, const char *digest,
                          struct descriptor *ret, const char **ret_bytes, const struct wait *wait,
                          struct error *err)
{
    struct null_store *own = (struct null_store *)store;
    if (!null_resolve(store, arena, digest, ret, wait, err))
        return false;
    pthread_mutex_lock(&own->lock);
    for (size_t i = 0; i < own->count; i++)
        if (strcmp(own->kept[i].descriptor.digest, digest) == 0)
            *ret_bytes = own->kept[i].bytes;
    pthread_mutex_unlock(&own->lock);
    return true;
}

static bool null_blob(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                      void *context, const struct wait *wait, struct error *err)
{
    (void)store;
    (void)blob;
    (void)sink;
    (void)context;
    (void)wait;
    return error_set(err, ERROR_NOT_FOUND, "nothing is kept");
}

static bool null_has_blob(struct image_store *store, const struct descriptor *blob, bool *ret_there,
                          const struct wait *wait, struct error *err)
{
    (void)store;
    (void)blob;
    (void)wait;
    (void)err;
    *ret_there = false;
    return true;
}

/* Read to its end, since its maker learns its digest there. */
static bool null_put_blob(struct image_store *store, struct arena *arena,
                          const struct blob_source *source, struct descriptor *ret,
                          const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct verifier *verifier = verifier_new(source->digest, source->size, NULL, NULL);
    char *piece = arena_alloc(scratch, PIECE);
    size_t length = 1;
    bool fine = true;
    (void)store;
    while (fine && length > 0)
        fine = wait_check(wait, "the build", err)
               && source->read(source->context, piece, PIECE, &length, err)
               && verifier_feed(verifier, piece, length, err);
    fine = fine && verifier_end(verifier, err);
    if (fine)
        *ret = (struct descriptor){ .media_type = source->media_type,
                                    .digest = verifier_digest(verifier, arena),
                                    .size = verifier_size(verifier) };
    verifier_free(verifier);
    return fine;
}

static bool null_put_manifest(struct image_store *store, const struct descriptor *manifest,
                              const char *bytes, const char *tag, const struct wait *wait,
                              struct error *err)
{
    struct null_store *own = (struct null_store *)store;
    (void)tag;
    (void)wait;
    (void)err;
    pthread_mutex_lock(&own->lock);
    struct kept kept = { *manifest, arena_memdup(own->arena, bytes, (size_t)manifest->size) };
    kept.descriptor.media_type = arena_strdup(own->arena, manifest->media_type);
    kept.descriptor.digest = arena_strdup(own->arena, manifest->digest);
    arena_push(own->arena, own->kept, own->count, own->capacity, kept);
    pthread_mutex_unlock(&own->lock);
    return true;
}

static void null_close(struct image_store *store)
{
    struct null_store *own = (struct null_store *)store;
    pthread_mutex_destroy(&own->lock);
    arena_free(own->arena);
}

static const struct image_store_table table = {
    .name = "null",
    .resolve = null_resolve,
    .manifest = null_manifest,
    .blob = null_blob,
    .has_blob = null_has_blob,
    .put_blob = null_put_blob,
    .put_manifest = null_put_manifest,
    .close = null_close,
};

struct image_store *null_store_new(void)
{
    struct arena *arena = arena_new();
    struct null_store *own = arena_alloc(arena, sizeof *own);
    *own = (struct null_store){ .store = { .table = &table, .name = "nowhere" }, .arena = arena };
    pthread_mutex_init(&own->lock, NULL);
    return &own->store;
}
