/*
 * watch_hub: what watch.c (who waits for what) and watch_stream.c (the thread
 * that reads from the server) share. One lock guards all of it, but for what
 * says otherwise.
 */
#ifndef CMX_KUBERNETES_WATCH_HUB_H
#define CMX_KUBERNETES_WATCH_HUB_H

#include "providers/kubernetes/wait/watch.h"
#include "providers/kubernetes/wait/watch_store.h"

#include <pthread.h>

/* One query of one watcher upon one watch. */
struct follower {
    struct watch_query query; /* `kind` is the watch's own copy */
    struct watch_store store;
    struct watcher *watcher;
    struct watch *watch;
    struct error error;    /* ERROR_NONE: all is well */
    struct follower *next; /* on the same watch */
};

/* One stream from the server: a kind in a namespace. */
struct watch {
    struct watches *hub;
    struct arena *arena; /* of kind and namespace; immutable once made */
    struct api_kind kind;
    const char *namespace;
    struct follower *followers;
    bool started;         /* `version` is set and the thread runs */
    bool ended;           /* the thread is about to return */
    struct cancel cancel; /* set: nobody follows any more */
    pthread_t thread;
    struct watch *next;

    /* only of the thread, once started */
    char *version;        /* resourceVersion to go on from; NULL: a LIST is needed */
    bool progress;        /* something was read since it connected */
    bool troubled;        /* the followers were told of an error   */
    bool worked;          /* it was allowed before                 */
    int64_t denied_since; /* clock_now(); 0: it is not      */
};

struct watches {
    struct session *session;
    pthread_mutex_t lock;
    struct watch *watches;
};

struct watcher {
    struct watches *hub;
    pthread_cond_t changed; /* on the monotonic clock */
    bool news;              /* something changed since the last watcher_wait() */
    struct follower **followers;
    size_t count, capacity;
};

/* Takes the lock by itself: the thread of one watch. */
void *watch_run(void *watch);

/* Under the lock: gives a document to a follower, where it wants it, and wakes who waits. */
void follower_offer(struct follower *follower, const struct value *document, bool gone);
void watcher_wake(struct watcher *watcher);

#endif
