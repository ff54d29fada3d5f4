/*
 * claim: why a PersistentVolumeClaim is not bound, and whether that matters.
 *
 * A claim whose storage class binds with the first pod that uses it is fine as
 * it is while no pod does: waiting for it would never end. What else it waits
 * for stands in no status, only in its events.
 */
#ifndef CMX_KUBERNETES_CLAIM_H
#define CMX_KUBERNETES_CLAIM_H

#include "providers/kubernetes/wait/watch.h"

struct storage_classes;

struct storage_classes *storage_classes_new(void);
void storage_classes_free(struct storage_classes *classes);

/* Lists the classes, once a session. Without the right to, none is known. */
void storage_classes_look(struct session *session, const struct wait *wait);

/* What is told of it then. */
#define CLAIM_UNUSED "not bound until a pod uses it"

/* Pending until a pod uses it, by what storage_classes_look() has found? Asks nobody. */
bool claim_unused(const struct session *session, const struct value *document);

struct claim;

/* One claim that is waited for; in the arena. */
struct claim *claim_new(struct session *session, struct arena *arena, struct watcher *watcher,
                        const struct object_id *id, const struct value *document);

struct claim_found {
    bool unused;         /* fine as it is: it is bound with the first pod that uses it */
    const char *waiting; /* the newest of its events, or NULL                          */
    const char *stuck;   /* why waiting on is useless, or NULL                         */
    int64_t look_again;  /* ms after which a period of grace is over; INT64_MAX: none  */
};

/* Blocks only for the first reads. */
void claim_look(struct claim *claim, struct arena *arena, const struct value *document,
                struct claim_found *ret_found, const struct wait *wait);

#endif
