/* lock_take: takes the set for one run; see lock.h. */
#include "providers/kubernetes/record/lock_inner.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/who.h"
#include "providers/kubernetes/request.h"

#include <openssl/rand.h>
#include <string.h>

enum { LOOK_MS = 500, ID_BYTES = 8 };

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

/* Members or holds that came since the record was read make the plan one of yesterday. */
static bool unchanged(const struct lock *lock, const struct parent *parent)
{
    return !lock->read
           || (text_same(lock->data_read, parent->data)
               && text_same(lock->holds_read, parent->holds));
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

/*
 * The parent as it is now; the first time as it was read, since a write says whether it still is.
 * Who was seen to run has to be looked at.
 */
static bool look(struct lock *lock, struct arena *arena, struct parent *ret_parent,
                 const struct wait *wait, struct error *err)
{
    struct parent known = lock->read_first;
    lock->read_first = (struct parent){ 0 };
    if (!known.exists)
        return parent_read(lock->session, arena, false, ret_parent, wait, err);
    known.now += (clock_now() - lock->read_at) / 1000;
    known.data = lock->data_read;
    known.holds = lock->holds_read;
    *ret_parent = known;
    return true;
}

static bool write_mark(struct lock *lock, struct arena *arena, struct parent *parent,
                       struct parent_content content, const struct wait *wait, struct error *err)
{
    lock->started = parent->now;
    content.run = lock_mark(lock, arena, parent->now);
    return parent->exists ? parent_write(lock->session, arena, parent, &content, parent, wait, err)
                          : parent_create(lock->session, arena, &content, parent, wait, err);
}

/* Somebody was quicker, or what was read is not there any more: look again. */
static bool is_stale(const struct parent *parent, bool read, const struct error *failed)
{
    return failed->kind == ERROR_CONFLICT
           || (read && parent->exists
               && (failed->kind == ERROR_NOT_FOUND || failed->kind == ERROR_INVALID));
}

/* Tries to take it once. *ret_busy: another run is alive, `mark` tells which. */
static bool take(struct lock *lock, struct arena *arena, const struct parent_content *content,
                 bool *ret_busy, struct run_mark *mark, const struct wait *wait, struct error *err)
{
    struct parent parent;
    struct error failed = { 0 };
    bool read = lock->read_first.exists;
    *ret_busy = false;
    if (!look(lock, arena, &parent, wait, err))
        return false;
    if (parent.exists && lock_is_ours(lock, arena, &parent)) /* taken, though the answer got lost */
        return lock_start(lock, &parent, err);
    if (parent.run) {
        lock_read_mark(arena, &parent, mark);
        *ret_busy = is_alive(lock, parent.run, mark, parent.now);
        if (*ret_busy)
            return false;
    }
    if (!unchanged(lock, &parent))
        return error_set(err, ERROR_CONFLICT,
                         "another run has changed the set meanwhile: run again");
    if (write_mark(lock, arena, &parent, *content, wait, &failed))
        return lock_start(lock, &parent, err);
    if (failed.kind == ERROR_NOT_FOUND && !parent.exists && !lock->made_namespace)
        *ret_busy = make_namespace(lock, arena, wait, err);
    else if (is_stale(&parent, read, &failed))
        *ret_busy = true;
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

bool kubernetes_record_lock(struct session *session, int64_t lock_wait, const struct record *wide,
                            settle_note *on_wait, void *context, const struct wait *wait,
                            struct error *err)
{
    struct lock *lock = session->lock;
    AUTO_ARENA packed = arena_new();
    struct parent_content content = { 0 };
    if (wide && !lock_content(session, packed, wide, &content, err))
        return false;
    struct wait patience = wait_for(lock_wait, wait);
    patience.soft = true; /* nothing is written while it waits */
    lock->id = new_id(lock->arena);
    lock->holder = who_runs(lock->arena);
    for (bool told = false;;) {
        AUTO_ARENA arena = arena_new();
        struct run_mark mark = { 0 };
        bool busy;
        pthread_mutex_lock(&lock->mutex);
        bool taken = take(lock, arena, &content, &busy, &mark, wait, err);
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
