/* lock: see lock.h. The mark itself is in run_mark.c. */
#include "providers/kubernetes/record/lock.h"
#include "providers/history.h"
#include "providers/record.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/who.h"
#include "providers/kubernetes/record/applyset.h"
#include "providers/kubernetes/record/holds.h"
#include "providers/kubernetes/record/parent.h"
#include "providers/kubernetes/request.h"

#include <openssl/rand.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum {
    LOOK_MS = 500,
    TRIES = 12, /* holds are written beside a run */
    ID_BYTES = 8,
    RENEW_REQUEST_MS = 5 * 1000, /* so that several fit into a lease */
    RENEW_AGAIN_MS = 2 * 1000,
};

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
    struct parent seen;       /* version by which the next write is guarded */
    struct cancel ending_now; /* ends a renewal on its way */
    const char *other;        /* another run's mark, as it was seen last */
    int64_t other_since;      /* clock_now() at which it was seen first  */
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

/* Ends the renewing thread. */
static void let_go(struct lock *lock)
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
    let_go(lock);
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

static const char *new_id(struct arena *arena)
{
    unsigned char bytes[ID_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        abort();
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < sizeof bytes; i++)
        buf_printf(&text, "%02x", bytes[i]);
    return arena_strdup(arena, buf_text(&text));
}

static const char *mark_now(struct lock *lock, struct arena *arena, int64_t now)
{
    struct run_mark mark = { lock->id, lock->holder, lock->started, now };
    return run_mark_text(arena, &mark);
}

static bool is_ours(struct lock *lock, struct arena *arena, const struct parent *parent)
{
    struct run_mark mark;
    return parent->run && run_mark_parse(arena, parent->run, &mark)
           && strcmp(mark.id, lock->id) == 0;
}

/* A mark that is there says that somebody runs, readable or not. */
static void read_mark(struct arena *arena, const struct parent *parent, struct run_mark *ret_mark)
{
    if (!run_mark_parse(arena, parent->run, ret_mark))
        *ret_mark = (struct run_mark){ "", "somebody (its mark " RUN_ANNOTATION " cannot be read)",
                                       parent->now, parent->now };
}

static bool taken_over(struct arena *arena, const struct parent *parent, struct error *err)
{
    struct run_mark mark;
    if (!parent->exists)
        return error_set(err, ERROR_REFUSED,
                         "somebody deleted the record of the set meanwhile: run again");
    if (!parent->run)
        return error_set(err, ERROR_CONFLICT, "taken over by another run, which has ended");
    read_mark(arena, parent, &mark);
    return error_set(err, ERROR_CONFLICT, "taken over by %s since %s", mark.holder,
                     time_text(arena, mark.started));
}

/* Remembers what was seen, in the lock's own memory. */
static void remember(struct lock *lock, const struct parent *parent)
{
    struct parent kept = { .exists = parent->exists, .now = parent->now };
    kept.uid = parent->uid ? arena_strdup(lock->arena, parent->uid) : NULL;
    kept.version = parent->version ? arena_strdup(lock->arena, parent->version) : NULL;
    lock->seen = kept;
}

/* --------------------------------------------------------------- writing */

/* The last write of a run was carried out, though its answer got lost. */
static bool is_written(const struct parent *parent, const struct parent_content *content)
{
    return parent->exists && !parent->run && parent->data && content->data
           && strcmp(parent->data, content->data) == 0;
}

/*
 * Writes while the run is ours. A parent that somebody deleted is made anew at the end. Where the
 * parent was changed by somebody who left the run id alone, it is tried again. Called with the
 * mutex held.
 */
static bool write_held(struct lock *lock, struct parent_content *content, const struct wait *wait,
                       struct error *err)
{
    AUTO_ARENA arena = arena_new();
    for (int i = 0; i < TRIES; i++) {
        struct parent parent;
        struct error failed = { 0 };
        if (parent_write(lock->session, arena, &lock->seen, content, &parent, wait, &failed)) {
            remember(lock, &parent);
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
        if (!parent.exists || !is_ours(lock, arena, &parent))
            return taken_over(arena, &parent, err);
        remember(lock, &parent);
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
    struct parent_content content = { .run = mark_now(lock, arena, now) };
    if (write_held(lock, &content, &wait, &error))
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

static bool start(struct lock *lock, const struct parent *parent, struct error *err)
{
    sigset_t all, before;
    remember(lock, parent);
    lock->stop = false;
    sigfillset(&all); /* signals are for the main thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&lock->thread, NULL, renew, lock) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lock->held = started;
    return started || error_set(err, ERROR_LOCAL, "cannot start a thread");
}

/* ---------------------------------------------------------------- taking */

/* The set's own namespace, where the Project or the set itself wants it. */
static bool make_namespace(struct lock *lock, struct arena *arena, const struct wait *wait,
                           struct error *err)
{
    struct session *session = lock->session;
    struct object_id id = { "", "Namespace", "", session->target->set_namespace };
    const struct subject *subject = session_subject(session, &id);
    bool wanted = subject && subject->desired;
    struct api_kind kind = {
        .group = "", .version = "v1", .kind = "Namespace", .plural = "namespaces"
    };
    if (!session->target->create_namespace && !wanted)
        return error_set(err, ERROR_NOT_FOUND,
                         "the namespace %s does not exist: make it, or set createNamespace: true "
                         "in the Project",
                         id.name);
    struct value *document = value_map(arena), *metadata = value_map(arena);
    value_set(arena, document, "apiVersion", value_string(arena, "v1"));
    value_set(arena, document, "kind", value_string(arena, "Namespace"));
    value_set(arena, document, "metadata", metadata);
    value_set(arena, metadata, "name", value_string(arena, id.name));
    struct apply_request apply = {
        .kind = &kind, .id = &id, .document = document, .manager = FIELD_MANAGER
    };
    struct api_answer answer;
    lock->made_namespace = true;
    return request_apply(session, arena, &apply, &answer, wait, err);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Members or holds that came since the record was read make the plan one of yesterday. */
static bool unchanged(const struct lock *lock, const struct parent *parent)
{
    return !lock->read
           || (same_text(lock->data_read, parent->data)
               && same_text(lock->holds_read, parent->holds));
}

/*
 * Is the run that this mark tells of still going on? By the server's clock; and,
 * where several API servers' clocks differ or one was set back, by our own: a
 * mark that stood unchanged before our eyes for a whole lease is dead.
 */
static bool is_alive(struct lock *lock, const char *text, const struct run_mark *mark, int64_t now)
{
    if (!lock->other || strcmp(lock->other, text) != 0) {
        lock->other = arena_strdup(lock->arena, text);
        lock->other_since = clock_now();
    }
    return !run_mark_expired(mark, now) && clock_now() - lock->other_since <= LOCK_LEASE * 1000;
}

/* Tries to take it once. *ret_busy: another run is alive, `mark` tells which. */
static bool take(struct lock *lock, struct arena *arena, bool *ret_busy, struct run_mark *mark,
                 const struct wait *wait, struct error *err)
{
    struct session *session = lock->session;
    struct parent parent;
    struct error failed = { 0 };
    *ret_busy = false;
    if (!parent_read(session, arena, false, &parent, wait, err))
        return false;
    if (parent.exists && is_ours(lock, arena, &parent)) /* taken, though the answer got lost */
        return start(lock, &parent, err);
    if (parent.run) {
        read_mark(arena, &parent, mark);
        *ret_busy = is_alive(lock, parent.run, mark, parent.now);
        if (*ret_busy)
            return false;
    }
    if (!unchanged(lock, &parent))
        return error_set(err, ERROR_CONFLICT,
                         "another run has changed the set meanwhile: run again");
    lock->started = parent.now;
    struct parent_content content = { .run = mark_now(lock, arena, parent.now) };
    bool done = parent.exists
                    ? parent_write(session, arena, &parent, &content, &parent, wait, &failed)
                    : parent_create(session, arena, &content, &parent, wait, &failed);
    if (done)
        return start(lock, &parent, err);
    if (failed.kind == ERROR_NOT_FOUND && !parent.exists && !lock->made_namespace)
        *ret_busy = make_namespace(lock, arena, wait, err);
    else if (failed.kind == ERROR_CONFLICT)
        *ret_busy = true; /* somebody was quicker: look again */
    else
        *err = failed;
    *mark = (struct run_mark){ 0 };
    return false;
}

static void tell_wait(struct arena *arena, const struct run_mark *mark, settle_note *on_wait,
                      void *context)
{
    if (on_wait && mark->holder)
        on_wait(context, arena_printf(arena, "waits for the run of %s, begun %s", mark->holder,
                                      time_text(arena, mark->started)));
}

bool kubernetes_record_lock(struct session *session, int64_t lock_wait, settle_note *on_wait,
                            void *context, const struct wait *wait, struct error *err)
{
    struct lock *lock = session->lock;
    struct wait patience = wait_for(lock_wait, wait);
    patience.soft = true; /* nothing is written while it waits */
    lock->id = new_id(lock->arena);
    lock->holder = who_runs(lock->arena);
    for (bool told = false;;) {
        AUTO_ARENA arena = arena_new();
        struct run_mark mark = { 0 };
        bool busy;
        pthread_mutex_lock(&lock->mutex);
        bool taken = take(lock, arena, &busy, &mark, wait, err);
        pthread_mutex_unlock(&lock->mutex);
        if (taken || !busy)
            return taken;
        if (mark.holder && !told)
            tell_wait(arena, &mark, on_wait, context);
        told |= mark.holder != NULL;
        if (mark.holder && !wait_sleep(&patience, LOOK_MS)) {
            if (wait_cancelled(&patience))
                return error_set(err, ERROR_CANCELLED, "interrupted");
            return error_set(err, ERROR_REFUSED,
                             "the set is held by the run of %s, begun %s: wait for it, or longer "
                             "(--lock-timeout)",
                             mark.holder, time_text(arena, mark.started));
        }
    }
}

/* -------------------------------------------------------------- the record */

static bool unpack(const struct session *session, struct arena *arena, const struct parent *parent,
                   struct record *ret_record, struct error *err)
{
    const struct target *target = session->target;
    bool robbed = !parent->data && parent->kinds && *parent->kinds;
    if (robbed)
        error_set(err, ERROR_UNREACHABLE, "its list of members is missing");
    else if (!parent->data || applyset_unpack(arena, parent->data, ret_record, err))
        return true;
    /* no manifest is wrong: nobody can tell what is ours */
    return error_set(
        err, ERROR_UNREACHABLE,
        "the record of the set, ConfigMap %s/%s, is damaged: %s. Restore it; or delete "
        "it, and the next apply takes over what its source names and forgets the rest",
        target->set_namespace, applyset_parent(arena, target->set_name),
        arena_strdup(arena, err->message));
}

static bool rules_changed(const struct session *session, const struct record *record)
{
    const struct project *project = session->target->project;
    if (!project)
        return false;
    struct record wanted = { .ignore = project->ignore, .ignore_count = project->ignore_count };
    return !record_rules_equal(record, &wanted);
}

/* One that nobody can read begins anew: nothing but `history` and `rollback` needs it. */
static const char *unpack_history(struct arena *arena, const char *packed)
{
    struct error why;
    char *text;
    size_t length;
    if (!packed)
        return NULL;
    if (applyset_unpack_text(arena, packed, 2 * HISTORY_BYTES, &text, &length, &why))
        return text;
    log_debug("the history of the set: %s", why.message);
    return NULL;
}

bool kubernetes_record_read(struct session *session, struct arena *arena, struct record *ret_record,
                            const struct wait *wait, struct error *err)
{
    struct lock *lock = session->lock;
    struct parent parent;
    struct record record = { 0 };
    if (!parent_read_first(session, arena, &parent, wait, err))
        return false;
    if (!unpack(session, arena, &parent, &record, err))
        return false;
    lock->read = true;
    lock->data_read = parent.data ? arena_strdup(lock->arena, parent.data) : NULL;
    lock->holds_read = parent.holds ? arena_strdup(lock->arena, parent.holds) : NULL;
    if (!holds_parse(session, arena, &parent, &record, err))
        return false;
    record.history = unpack_history(arena, parent.history);
    session->recorded_rules = record.ignore;
    session->recorded_rule_count = record.ignore_count;
    session->rules_changed = rules_changed(session, &record);
    *ret_record = record;
    return true;
}

static bool write_record(struct session *session, const struct record *record, bool last,
                         const struct wait *wait, struct error *err)
{
    struct lock *lock = session->lock;
    AUTO_ARENA arena = arena_new();
    struct parent_content content = {
        .run = last ? "" : NULL,
        .kinds = applyset_kinds(arena, record),
        .namespaces = applyset_namespaces(arena, record, session->target->set_namespace),
    };
    if (!applyset_pack(arena, record, &content.data, err))
        return false;
    if (last && record->history)
        content.history = applyset_pack_text(arena, record->history, strlen(record->history));
    pthread_mutex_lock(&lock->mutex);
    bool written = lock->held ? write_held(lock, &content, wait, err)
                              : error_set(err, ERROR_BUG, "the set is not locked");
    pthread_mutex_unlock(&lock->mutex);
    return written;
}

bool kubernetes_record_widen(struct session *session, const struct record *record,
                             const struct wait *wait, struct error *err)
{
    return write_record(session, record, false, wait, err);
}

bool kubernetes_record_check(struct session *session, struct arena *arena,
                             const struct hold **ret_holds, size_t *ret_count,
                             const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct record record = { 0 };
    struct parent parent;
    if (!parent_read(session, scratch, true, &parent, wait, err))
        return false;
    if (!parent.exists || !is_ours(session->lock, scratch, &parent))
        return taken_over(scratch, &parent, err);
    if (!holds_parse(session, arena, &parent, &record, err))
        return false;
    *ret_holds = record.holds;
    *ret_count = record.hold_count;
    return true;
}

bool kubernetes_record_settle(struct session *session, const struct record *record,
                              const struct wait *wait, struct error *err)
{
    struct error failed = { 0 };
    bool written = write_record(session, record, true, wait, &failed);
    let_go(session->lock);
    if (written || (failed.kind == ERROR_NOT_FOUND && record->count == 0))
        return true; /* a set that is gone whole took the namespace of its record along */
    *err = failed;
    return false;
}

bool kubernetes_record_remove(struct session *session, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct parent parent;
    let_go(session->lock);
    if (!parent_read(session, arena, true, &parent, wait, err))
        return false;
    return !parent.exists || parent_delete(session, arena, &parent, wait, err);
}
