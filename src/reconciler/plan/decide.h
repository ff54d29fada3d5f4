/*
 * decide: the one table that says what becomes of an object.
 *
 * A pure function of what is recorded, desired and live, tested exhaustively in
 * tests/reconciler/cases/decide.txt. Whether a change really changes something
 * is found out later, by a prediction (plan.c).
 */
#ifndef CMX_RECONCILER_DECIDE_H
#define CMX_RECONCILER_DECIDE_H

#include "manifest/set.h"
#include "providers/provider.h"

enum action {
    ACTION_KEEP, /* it is what is wanted                                        */
    ACTION_CREATE,
    ACTION_CHANGE,
    ACTION_REPLACE, /* it cannot be changed in place, or is a hook: delete, then create (replace.h)
                     */
    ACTION_ADOPT,   /* it was there, not ours: take it over, then as ACTION_CHANGE */
    ACTION_DELETE,
    ACTION_FORGET,  /* recorded, but gone or somebody else's: only the record      */
    ACTION_RETAIN,  /* no longer wanted, but not to be deleted now                 */
    ACTION_REFUSE,  /* wanted, but must not be touched                             */
    ACTION_UNKNOWN, /* could not look: nothing is done, nothing is forgotten       */
    ACTION_HOLD,    /* held: what decide() said waits (hold.h); never said by it   */
};

struct situation {
    bool desired, recorded;
    enum live_state live;
    enum owner_kind owner;
    enum adopt_policy adopt; /* the object's own annotation counts as ADOPT_ALL */
    bool may_delete;         /* false: not a whole source, pruning is off, its folder failed… */
    bool ended;              /* it ran to its end as it is wanted, and may be gone since */
    bool protected; /* cmx.dev/prune: disabled, in the record's or the live object's view */
};

/* *ret_why is a clause for people where the action refuses, retains or forgets, else NULL. */
enum action decide(const struct situation *situation, const char **ret_why);

/* "keep", "create", "change", "replace", "adopt", "delete", "forget", "retain", "refuse",
 * "unknown", "hold". */
const char *action_name(enum action action);

#endif
