/*
 * store_spy: a store in front of another one that notes what is asked of it, and fails, lies or
 * mounts where it is told to. It is read through blob(), as a registry is.
 */
#ifndef CMX_TESTS_STORE_SPY_H
#define CMX_TESTS_STORE_SPY_H

#include "base/cleanup.h"
#include "oci/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct spy {
    struct image_store store;
    struct image_store *inner;
    pthread_mutex_t lock;
    struct buf log;
    atomic_int calls;
    int fail_at; /* the call that fails; 0: none */
    bool lies;   /* blobs have a wrong byte      */
    bool mounts;
};

static bool note(struct spy *spy, const char *what, const char *digest, const char *tag,
                 struct error *err)
{
    pthread_mutex_lock(&spy->lock);
    buf_printf(&spy->log, "%s %.10s%s%s\n", what, digest + 7, tag ? " " : "", tag ? tag : "");
    pthread_mutex_unlock(&spy->lock);
    int call = atomic_fetch_add(&spy->calls, 1) + 1;
    return call != spy->fail_at || error_set(err, ERROR_UNREACHABLE, "cut at call %d", call);
}

static bool spy_resolve(struct image_store *store, struct arena *arena, const char *name,
                        struct descriptor *ret, const struct wait *wait, struct error *err)
{
    struct image_store *inner = ((struct spy *)store)->inner;
    return inner->table->resolve(inner, arena, name, ret, wait, err);
}

static bool spy_manifest(struct image_store *store, struct arena *arena, const char *name,
                         struct descriptor *ret, const char **ret_bytes, const struct wait *wait,
                         struct error *err)
{
    struct image_store *inner = ((struct spy *)store)->inner;
    return inner->table->manifest(inner, arena, name, ret, ret_bytes, wait, err);
}

struct lie {
    blob_sink *sink;
    void *context;
};

static bool spoil(void *context, const char *data, size_t length, struct error *err)
{
    struct lie *lie = context;
    AUTO_FREE char *copy = malloc(length);
    memcpy(copy, data, length);
    copy[length / 2] ^= 1;
    return lie->sink(lie->context, copy, length, err);
}

static bool spy_blob(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                     void *context, const struct wait *wait, struct error *err)
{
    struct spy *spy = (struct spy *)store;
    struct lie lie = { sink, context };
    if (!note(spy, "read", blob->digest, NULL, err))
        return false;
    return spy->inner->table->blob(spy->inner, blob, spy->lies ? spoil : sink,
                                   spy->lies ? (void *)&lie : context, wait, err);
}

static bool spy_has_blob(struct image_store *store, const struct descriptor *blob, bool *ret_there,
                         const struct wait *wait, struct error *err)
{
    struct spy *spy = (struct spy *)store;
    return note(spy, "has", blob->digest, NULL, err)
           && spy->inner->table->has_blob(spy->inner, blob, ret_there, wait, err);
}

static bool spy_put_blob(struct image_store *store, struct arena *arena,
                         const struct blob_source *source, struct descriptor *ret,
                         const struct wait *wait, struct error *err)
{
    struct spy *spy = (struct spy *)store;
    char byte[2];
    size_t length;
    /* A loss in its middle: from its beginning again. */
    if (!source->read(source->context, byte, 2, &length, err)
        || !source->seek(source->context, 0, err))
        return false;
    return spy->inner->table->put_blob(spy->inner, arena, source, ret, wait, err)
           && note(spy, "put", source->digest, NULL, err);
}

static bool spy_mount(struct image_store *store, const struct descriptor *blob,
                      const char *from_repository, bool *ret_mounted, const struct wait *wait,
                      struct error *err)
{
    struct spy *spy = (struct spy *)store;
    (void)wait;
    *ret_mounted = spy->mounts;
    return note(spy, "mount", blob->digest, from_repository, err);
}

static bool spy_put_manifest(struct image_store *store, const struct descriptor *manifest,
                             const char *bytes, const char *tag, const struct wait *wait,
                             struct error *err)
{
    struct spy *spy = (struct spy *)store;
    return note(spy, "manifest", manifest->digest, tag, err)
           && spy->inner->table->put_manifest(spy->inner, manifest, bytes, tag, wait, err);
}

static bool spy_referrers(struct image_store *store, struct arena *arena, const char *digest,
                          const char *artifact_type, struct descriptor **ret, size_t *ret_count,
                          const struct wait *wait, struct error *err)
{
    struct image_store *inner = ((struct spy *)store)->inner;
    return inner->table->referrers(inner, arena, digest, artifact_type, ret, ret_count, wait, err);
}

static const struct image_store_table spy_table = {
    .name = "spy",
    .resolve = spy_resolve,
    .manifest = spy_manifest,
    .blob = spy_blob,
    .has_blob = spy_has_blob,
    .put_blob = spy_put_blob,
    .mount = spy_mount,
    .put_manifest = spy_put_manifest,
    .referrers = spy_referrers,
};

static inline void spy_start(struct spy *spy, struct image_store *inner)
{
    *spy = (struct spy){ .store = { .table = &spy_table, .name = "spy" }, .inner = inner };
    spy->log = BUF_INIT(1 << 20);
    pthread_mutex_init(&spy->lock, NULL);
}

#endif
