/*
 * lock_inner: what the files of lock.h share: lock.c (its life, writing under it),
 * lock_take.c (taking it), lock_record.c (the record of the contract).
 */
#ifndef CMX_KUBERNETES_LOCK_INNER_H
#define CMX_KUBERNETES_LOCK_INNER_H

#include "providers/kubernetes/record/lock.h"
#include "providers/kubernetes/record/parent.h"

struct lock {
    struct session *session;
    pthread_mutex_t mutex; /* of all below, and of writes to the parent */
    pthread_cond_t ending;
    pthread_t thread;
    struct arena *arena;
    bool held, stop, read, made_namespace;
    const char *data_read;  /* the members when the record was read; NULL: there was none */
    const char *holds_read; /* the holds then; NULL: none */
    const char *id, *holder;
    int64_t started;
    struct parent read_first; /* as the record was read, but for what it holds, at `read_at` */
    int64_t read_at;          /* clock_now() */
    int64_t proven_at;        /* clock_now() at which the set was taken; 0: told already */
    struct parent seen;       /* version by which the next write is guarded */
    struct cancel ending_now; /* ends a renewal on its way */
    const char *other;        /* another run's mark, as it was seen last */
    int64_t other_since;      /* clock_now() at which it was seen first  */
};

/* Does the parent's mark name this run? */
bool lock_is_ours(struct lock *lock, struct arena *arena, const struct parent *parent);

/* A mark that is there says that somebody runs, readable or not. */
void lock_read_mark(struct arena *arena, const struct parent *parent, struct run_mark *ret_mark);

/* The mark of this run, renewed `now`. */
const char *lock_mark(struct lock *lock, struct arena *arena, int64_t now);

/* Says who has the set instead of us. Always false. */
bool lock_taken_over(struct arena *arena, const struct parent *parent, struct error *err);

/* What guards the next write, in the lock's own memory. */
struct parent lock_keep(struct lock *lock, const struct parent *parent);

/* The set is ours as it stands in `parent`: begins to renew it. Ends that. */
bool lock_start(struct lock *lock, const struct parent *parent, struct error *err);
void lock_let_go(struct lock *lock);

/*
 * Writes while the run is ours. A parent that somebody deleted is made anew at the end. Where the
 * parent was changed by somebody who left the run id alone, it is tried again. Called with the
 * mutex held.
 */
bool lock_write(struct lock *lock, struct parent_content *content, const struct wait *wait,
                struct error *err);

/* What a record is written as; the texts live in the arena. */
bool lock_content(const struct session *session, struct arena *arena, const struct record *record,
                  struct parent_content *content, struct error *err);

#endif
