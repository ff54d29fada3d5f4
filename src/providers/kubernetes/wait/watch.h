/*
 * watch: the hub through which everybody waits for objects to change.
 *
 * One watch a kind and namespace, however many wait: each follower names the
 * objects that it wants, and only these are kept (watch_store.h). A watch runs
 * while anybody follows it, in a thread of its own that blocks on the stream.
 * It begins at the version of what its first follower read, so no change in
 * between is missed; it connects anew where the server closes it, and reads
 * the whole LIST again where its version is too old (410).
 *
 *   watcher = one who waits = some queries, each upon a watch of the hub
 *
 * A watcher belongs to one thread; the hub may be used from many.
 */
#ifndef CMX_KUBERNETES_WATCH_H
#define CMX_KUBERNETES_WATCH_H

#include "providers/kubernetes/session.h"

struct watcher;

/* Which objects to follow. What it points to outlives the watcher, but for `kind`. */
struct watch_query {
    const struct api_kind *kind;
    const char *namespace; /* "" for cluster-scoped */
    const char *name;      /* one object; NULL: all that `wanted` says */
    const char *narrow;    /* "labelSelector=app%3Dweb": for the first LIST only; or NULL */
    /* Called from other threads under the hub's lock: it only looks. */
    bool (*wanted)(const void *context, const struct value *document);
    const void *context;
};

struct watcher *watcher_new(struct watches *watches) __attribute__((warn_unused_result));
void watcher_free(struct watcher *watcher);

/*
 * Follows some more objects and reads how they are now. `known` (may be NULL) is
 * the one object as an apply has just answered it. *ret_index names the query in
 * watcher_read(). False with what the server said (ERROR_DENIED: no right to
 * list or watch); the watcher then goes on without.
 */
bool watcher_follow(struct watcher *watcher, const struct watch_query *query,
                    const struct value *known, size_t *ret_index, const struct wait *wait,
                    struct error *err) __attribute__((warn_unused_result));

/*
 * Blocks until anything followed has changed since the last call, or until
 * `milliseconds` have passed. False when the wait is over: ERROR_TIMEOUT, or
 * ERROR_CANCELLED (also for a soft cancel: nobody waits on after it).
 */
bool watcher_wait(struct watcher *watcher, int64_t milliseconds, const struct wait *wait,
                  struct error *err) __attribute__((warn_unused_result));

/* One object followed. */
struct watched {
    const struct value *document; /* its newest form, a copy; NULL: it was never seen */
    bool gone;                    /* it surely does not exist any more */
};

/* Copies what a query has found into the arena, in no particular order. */
size_t watcher_read(struct watcher *watcher, size_t index, struct arena *arena,
                    struct watched **ret_objects);

/* True while the query's watch cannot be kept up; *ret_error says why (ERROR_DENIED: for good). */
bool watcher_trouble(struct watcher *watcher, size_t index, struct error *ret_error);

#endif
