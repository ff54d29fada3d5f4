/*
 * lock: one run a set.
 *
 * The run id stands in an annotation of the parent, with its holder and the
 * time of its last renewal, which a thread writes anew while the run lasts.
 * Times are the API server's own (its Date header), so that no two clocks are
 * compared. A run that has not been renewed for LOCK_LEASE seconds is dead. All
 * writes carry the parent's resourceVersion; a lock does not fence, so the run
 * id is read again before each batch of writes.
 */
#ifndef CMX_KUBERNETES_LOCK_H
#define CMX_KUBERNETES_LOCK_H

#include "providers/kubernetes/session.h"

enum { LOCK_LEASE = 30, LOCK_RENEW_MS = 10 * 1000 };

struct lock *lock_new(struct session *session);

/* Ends the renewing thread. The run id stays as it is: settle removes it, or it expires. */
void lock_free(struct lock *lock);

/* Is a run of ours going on? */
bool lock_held(struct lock *lock);

/* Did record_lock() make the set's namespace? */
bool lock_made_namespace(struct lock *lock);

/* Of the contract, see provider.h. */
bool kubernetes_record_read(struct session *session, struct arena *arena, struct record *ret_record,
                            const struct wait *wait, struct error *err);
bool kubernetes_record_lock(struct session *session, int64_t lock_wait, const struct record *wide,
                            settle_note *on_wait, void *context, const struct wait *wait,
                            struct error *err);
bool kubernetes_record_widen(struct session *session, const struct record *record,
                             const struct wait *wait, struct error *err);
bool kubernetes_record_check(struct session *session, struct arena *arena,
                             const struct hold **ret_holds, size_t *ret_count,
                             const struct wait *wait, struct error *err);
bool kubernetes_record_settle(struct session *session, const struct record *record,
                              const struct wait *wait, struct error *err);
bool kubernetes_record_remove(struct session *session, const struct wait *wait, struct error *err);

/* What the annotation says. */
struct run_mark {
    const char *id, *holder;
    int64_t started, renewed;
};
bool run_mark_parse(struct arena *arena, const char *text, struct run_mark *ret_mark);
const char *run_mark_text(struct arena *arena, const struct run_mark *mark);

/* Has a run of which this is told ended without saying so? `now` by the same clock. */
bool run_mark_expired(const struct run_mark *mark, int64_t now);

#endif
