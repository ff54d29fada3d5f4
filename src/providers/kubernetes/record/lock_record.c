/* lock_record: the record of the contract, read and written under the lock; see lock.h. */
#include "providers/history.h"
#include "providers/kubernetes/observe.h"
#include "providers/kubernetes/record/applyset.h"
#include "providers/kubernetes/record/holds.h"
#include "providers/kubernetes/record/lock_inner.h"
#include "providers/record.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <string.h>

enum { PROOF_MS = 1000 };

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
    log_warning("the history of the set cannot be read, and begins anew: %s", why.message);
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
    bool ahead = session->target->whole
                 && observe_ahead_of_kinds(session, parent.kinds, parent.namespaces, wait);
    if (!unpack(session, arena, &parent, &record, err))
        return false;
    if (session->target->whole && !ahead)
        observe_ahead(session, &record, wait);
    lock->read = true;
    lock->read_at = clock_now();
    lock->read_first = parent.run ? (struct parent){ 0 } : lock_keep(lock, &parent);
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

bool lock_content(const struct session *session, struct arena *arena, const struct record *record,
                  struct parent_content *content, struct error *err)
{
    content->kinds = applyset_kinds(arena, record);
    content->namespaces = applyset_namespaces(arena, record, session->target->set_namespace);
    return applyset_pack(arena, record, &content->data, err);
}

static bool write_record(struct session *session, const struct record *record, bool last,
                         const struct wait *wait, struct error *err)
{
    struct lock *lock = session->lock;
    AUTO_ARENA arena = arena_new();
    struct parent_content content = { .run = last ? "" : NULL };
    if (!lock_content(session, arena, record, &content, err))
        return false;
    if (last && record->history)
        content.history = applyset_pack_text(arena, record->history, strlen(record->history));
    pthread_mutex_lock(&lock->mutex);
    bool written = lock->held ? lock_write(lock, &content, wait, err)
                              : error_set(err, ERROR_BUG, "the set is not locked");
    pthread_mutex_unlock(&lock->mutex);
    return written;
}

bool kubernetes_record_widen(struct session *session, const struct record *record,
                             const struct wait *wait, struct error *err)
{
    return write_record(session, record, false, wait, err);
}

/* Just now the set was taken with the holds that were read: the first look would say the same. */
static bool is_proven(struct lock *lock, int64_t *ret_now)
{
    pthread_mutex_lock(&lock->mutex);
    *ret_now = lock->seen.now;
    bool proven =
        lock->held && lock->read && lock->proven_at && clock_now() - lock->proven_at < PROOF_MS;
    lock->proven_at = 0;
    pthread_mutex_unlock(&lock->mutex);
    return proven;
}

bool kubernetes_record_check(struct session *session, struct arena *arena,
                             const struct hold **ret_holds, size_t *ret_count,
                             const struct wait *wait, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct record record = { 0 };
    struct parent parent = { .exists = true, .holds = session->lock->holds_read };
    bool proven = is_proven(session->lock, &parent.now);
    if (!proven && !parent_read(session, scratch, true, &parent, wait, err))
        return false;
    if (!proven && (!parent.exists || !lock_is_ours(session->lock, scratch, &parent)))
        return lock_taken_over(scratch, &parent, err);
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
    lock_let_go(session->lock);
    if (written || (failed.kind == ERROR_NOT_FOUND && record->count == 0))
        return true; /* a set that is gone whole took the namespace of its record along */
    *err = failed;
    return false;
}

bool kubernetes_record_remove(struct session *session, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct parent parent;
    lock_let_go(session->lock);
    if (!parent_read(session, arena, true, &parent, wait, err))
        return false;
    return !parent.exists || parent_delete(session, arena, &parent, wait, err);
}
