/*
 * watch_store: the objects that one follower waits for, in their newest form.
 *
 * What arrives comes from several places at once (a read at the start, a watch,
 * a LIST after a gap), so each object is kept only where it is newer than what
 * is there. No locks: the hub (watch.c) holds its own.
 */
#ifndef CMX_KUBERNETES_WATCH_STORE_H
#define CMX_KUBERNETES_WATCH_STORE_H

#include "manifest/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects that one follower may keep; further ones are not taken in. */
enum { STORE_CEILING = 5000 };

struct stored {
    const char *name; /* in `arena` */
    uint64_t version; /* metadata.resourceVersion */
    bool gone;        /* deleted; the document is its last form, or NULL */
    unsigned mark;    /* of the LIST that saw it last */
    struct arena *arena;
    const struct value *document; /* without managedFields */
};

struct watch_store {
    struct stored *items;
    size_t count, capacity;
    unsigned mark;
};

void store_done(struct watch_store *store);

/* Takes an object in, or its end. True when that changed anything. */
bool store_put(struct watch_store *store, const struct value *document, bool gone);

/* An object that a read did not find. True when that changed anything. */
bool store_absent(struct watch_store *store, const char *name);

/*
 * A whole LIST: what is put between begin and end is there; everything else that
 * is not newer than the LIST is gone. True when that changed anything.
 */
void store_list_begin(struct watch_store *store);
bool store_list_end(struct watch_store *store, uint64_t version);

/* "12345" to its number; 0 for anything else. (Comparable by KEP-5504.) */
uint64_t version_number(const char *text);
uint64_t version_of(const struct value *document);

#endif
