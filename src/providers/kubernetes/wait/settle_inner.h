/*
 * settle_inner: what settle.c (the contract, and following the object) shares
 * with settle_healthy.c (until it is healthy) and settle_gone.c (until it is gone).
 */
#ifndef CMX_KUBERNETES_SETTLE_INNER_H
#define CMX_KUBERNETES_SETTLE_INNER_H

#include "providers/kubernetes/health/health.h"
#include "providers/kubernetes/health/pods.h"
#include "providers/kubernetes/session.h"
#include "providers/kubernetes/wait/watch.h"

/* Without anything that changes or runs out, a look at least this often. */
enum { SETTLE_LOOK_MS = 60000 };

/* One wait for one object. */
struct settling {
    struct session *session;
    struct arena *arena; /* for as long as the wait */
    const struct subject *subject;
    struct watcher *watcher;
    size_t object; /* its query */
    struct api_kind kind;
    struct pods *pods;   /* NULL: it has none, or they were not needed yet */
    struct claim *claim; /* NULL: it is none, or all is well with it */
    settle_note *note;
    void *context;
    const char *said;                    /* the last note */
    struct health last;                  /* messages in `arena` */
    const char *uid;                     /* of the object waited for; NULL: not seen yet */
    bool changed;                        /* the run has just written it */
    int64_t healthy_since, failed_since; /* clock_now(); 0: it is not */
    const struct wait *wait;
};

/* Begins to follow the object. ERROR_NOT_FOUND: its kind is not served. */
bool settling_start(struct settling *settling, const struct value *known, struct error *err);

/* How the object is now; not seen at all counts as gone. */
struct watched settling_read(struct settling *settling, struct arena *arena);

/* The right to watch may be missing: waiting would never see anything. */
bool settling_watchable(struct settling *settling, struct error *err);

/* " (no connection to watch it: …)" where the connection is down just now, else "". */
const char *settling_connection(struct settling *settling);

/* Tells each thing once. */
void settling_say(struct settling *settling, const char *text);

/* settle_healthy.c and settle_gone.c: block until it is so, or say why it will not be. */
bool wait_until_healthy(struct settling *settling, struct error *err);
bool wait_until_gone(struct settling *settling, struct error *err);

/* Does its answer to the apply say all, so that nothing needs to be followed? */
bool settled_at_once(const struct settling *settling, const struct value *document);

#endif
