/* lock: its life, and writing while it is held; see lock.h. The mark itself is in run_mark.c. */
#include "providers/kubernetes/record/lock_inner.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <signal.h>
#include <string.h>
#include <time.h>

enum {
    TRIES = 12,                  /* holds are written beside a run */
    RENEW_REQUEST_MS = 5 * 1000, /* so that several fit into a lease */
    RENEW_AGAIN_MS = 2 * 1000,
};

struct lock *lock_new(struct session *session)
{
    struct lock *lock = memory_alloc(sizeof *lock);
    pthread_condattr_t attributes;
    *lock = (struct lock){ .session = session, .arena = arena_new() };
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lock->ending, &attributes);
    pthread_condattr_destroy(&attributes);
    return lock;
}

void lock_let_go(struct lock *lock)
{
    atomic_store(&lock->ending_now.level, CANCEL_HARD);
    pthread_mutex_lock(&lock->mutex);
    bool was_held = lock->held;
    lock->held = false;
    lock->stop = true;
    pthread_cond_signal(&lock->ending);
    pthread_mutex_unlock(&lock->mutex);
    if (was_held)
        pthread_join(lock->thread, NULL);
    atomic_store(&lock->ending_now.level, CANCEL_NONE);
}

void lock_free(struct lock *lock)
{
    if (!lock)
        return;
    lock_let_go(lock);
    pthread_cond_destroy(&lock->ending);
    pthread_mutex_destroy(&lock->mutex);
    arena_free(lock->arena);
    free(lock);
}

bool lock_held(struct lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    bool held = lock->held;
    pthread_mutex_unlock(&lock->mutex);
    return held;
}

bool lock_made_namespace(struct lock *lock)
{
    return lock->made_namespace;
}

/* ------------------------------------------------------------ the run mark */

const char *lock_mark(struct lock *lock, struct arena *arena, int64_t now)
{
    struct run_mark mark = { lock->id, lock->holder, lock->started, now };
    return run_mark_text(arena, &mark);
}

bool lock_is_ours(struct lock *lock, struct arena *arena, const struct parent *parent)
{
    struct run_mark mark;
    return parent->run && run_mark_parse(arena, parent->run, &mark)
           && strcmp(mark.id, lock->id) == 0;
}

void lock_read_mark(struct arena *arena, const struct parent *parent, struct run_mark *ret_mark)
{
    if (!run_mark_parse(arena, parent->run, ret_mark))
        *ret_mark = (struct run_mark){ "", "somebody (its mark " RUN_ANNOTATION " cannot be read)",
                                       parent->now, parent->now };
}

bool lock_taken_over(struct arena *arena, const struct parent *parent, struct error *err)
{
    struct run_mark mark;
    if (!parent->exists)
        return error_set(err, ERROR_REFUSED,
                         "somebody deleted the record of the set meanwhile: run again");
    if (!parent->run)
        return error_set(err, ERROR_CONFLICT, "taken over by another run, which has ended");
    lock_read_mark(arena, parent, &mark);
    return error_set(err, ERROR_CONFLICT, "taken over by %s since %s", mark.holder,
                     time_text(arena, mark.started));
}

struct parent lock_keep(struct lock *lock, const struct parent *parent)
{
    struct parent kept = { .exists = parent->exists, .now = parent->now };
    kept.uid = parent->uid ? arena_strdup(lock->arena, parent->uid) : NULL;
    kept.version = parent->version ? arena_strdup(lock->arena, parent->version) : NULL;
    return kept;
}

/* --------------------------------------------------------------- writing */

/* The last write of a run was carried out, though its answer got lost. */
static bool is_written(const struct parent *parent, const struct parent_content *content)
{
    return parent->exists && !parent->run && parent->data && content->data
           && strcmp(parent->data, content->data) == 0;
}

bool lock_write(struct lock *lock, struct parent_content *content, const struct wait *wait,
                struct error *err)
{
    AUTO_ARENA arena = arena_new();
    for (int i = 0; i < TRIES; i++) {
        struct parent parent;
        struct error failed = { 0 };
        if (parent_write(lock->session, arena, &lock->seen, content, &parent, wait, &failed)) {
            lock->seen = lock_keep(lock, &parent);
            return true;
        }
        if (failed.kind != ERROR_CONFLICT && failed.kind != ERROR_NOT_FOUND
            && failed.kind != ERROR_INVALID) {
            *err = failed;
            return false;
        }
        bool last = content->run && !*content->run;
        if (!parent_read(lock->session, arena, !last, &parent, wait, err))
            return false;
        if (last && is_written(&parent, content))
            return true;
        content->holds = parent.exists ? NULL : lock->holds_read;
        if (!parent.exists && last)
            return parent_create(lock->session, arena, content, &parent, wait, err);
        if (!parent.exists || !lock_is_ours(lock, arena, &parent))
            return lock_taken_over(arena, &parent, err);
        lock->seen = lock_keep(lock, &parent);
        *err = failed;
    }
    return error_prefix(err, "the record of the set is changed all the time");
}

/* Called with the mutex held. */
static bool renew_once(struct lock *lock)
{
    AUTO_ARENA arena = arena_new();
    struct wait outer = { INT64_MAX, &lock->ending_now, false };
    struct wait wait = wait_for(RENEW_REQUEST_MS, &outer);
    struct error error = { 0 };
    int64_t now = lock->seen.now + LOCK_RENEW_MS / 1000;
    struct parent parent;
    if (parent_read(lock->session, arena, true, &parent, &wait, &error))
        now = parent.now;
    struct parent_content content = { .run = lock_mark(lock, arena, now) };
    if (lock_write(lock, &content, &wait, &error))
        return true;
    log_debug("the run id could not be renewed: %s", error.message);
    return false;
}

static void *renew(void *context)
{
    struct lock *lock = context;
    int64_t pause = LOCK_RENEW_MS;
    pthread_mutex_lock(&lock->mutex);
    while (!lock->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += pause / 1000;
        if (pthread_cond_timedwait(&lock->ending, &lock->mutex, &until) == 0 || lock->stop)
            continue;
        pause = renew_once(lock) ? LOCK_RENEW_MS : RENEW_AGAIN_MS;
    }
    pthread_mutex_unlock(&lock->mutex);
    return NULL;
}

bool lock_start(struct lock *lock, const struct parent *parent, struct error *err)
{
    sigset_t all, before;
    lock->seen = lock_keep(lock, parent);
    lock->stop = false;
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&lock->thread, NULL, renew, lock) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lock->held = started;
    lock->proven_at = clock_now();
    return started || error_set(err, ERROR_LOCAL, "cannot start a thread");
}
