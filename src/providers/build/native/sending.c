/*
 * sending: a layer on its way into a store; see layers.h.
 *
 * Its diff id is known when all files were read, which is before the last of it is compressed
 * and stored: the config that names it is made and sent meanwhile.
 */
#include "providers/build/native/layers.h"

#include "base/cleanup.h"

#include <pthread.h>
#include <stdlib.h>

struct sending {
    struct packer *packer;
    struct image_store *store;
    const struct wait *wait;
    struct arena *arena;
    pthread_t thread;
    bool running, stored;
    struct descriptor blob;
    struct error err;
};

static void *store_layer(void *context)
{
    struct sending *sending = context;
    struct image_store *store = sending->store;
    struct blob_source source = packer_source(sending->packer);
    sending->stored = store->table->put_blob(store, sending->arena, &source, &sending->blob,
                                             sending->wait, &sending->err);
    packer_is_left(sending->packer);
    return NULL;
}

struct sending *sending_start(const struct packer_options *options, struct image_store *store)
{
    struct arena *arena = arena_new();
    struct sending *sending = arena_alloc(arena, sizeof *sending);
    *sending = (struct sending){
        .packer = packer_new(options), .store = store, .wait = options->wait, .arena = arena
    };
    sending->running = pthread_create(&sending->thread, NULL, store_layer, sending) == 0;
    if (!sending->running) {
        error_set(&sending->err, ERROR_LOCAL, "cannot start a thread");
        packer_is_left(sending->packer);
    }
    return sending;
}

const char *sending_diff_id(struct sending *sending, struct arena *arena)
{
    return packer_diff_id(sending->packer, arena);
}

bool sending_end(struct sending *sending, struct arena *arena, struct descriptor *ret,
                 struct error *err)
{
    if (sending->running)
        pthread_join(sending->thread, NULL);
    bool stored = sending->stored;
    if (stored)
        *ret = descriptor_copy(arena, &sending->blob);
    else
        *err = sending->err;
    packer_free(sending->packer);
    arena_free(sending->arena);
    return stored;
}
