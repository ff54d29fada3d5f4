/*
 * plan: what a run would do to one target, and why.
 *
 * Made from what is desired, recorded and live, in this order: every object is
 * looked at (the provider's observe), decided (decide.h), predicted where it may
 * differ, and compared (diff.h); each difference is told with its cause. What a
 * run may not do as a whole stands in `refusals`. A plan is read by the report,
 * and carried out by execute.c. It does not depend on the order of its inputs.
 */
#ifndef CMX_RECONCILER_PLAN_H
#define CMX_RECONCILER_PLAN_H

#include "base/clock.h"
#include "manifest/references.h"
#include "manifest/set.h"
#include "providers/provider.h"
#include "reconciler/plan/decide.h"
#include "reconciler/plan/diff.h"

#include <stdbool.h>
#include <stddef.h>

enum cause {
    CAUSE_COMMIT,   /* the source changed since the last run                  */
    CAUSE_DRIFT,    /* somebody else changed it, or removed it                */
    CAUSE_ADOPTION, /* it was there before us                                 */
};

struct planned_field {
    struct field_change change;
    enum cause cause;
    const char *manager; /* who, for drift; NULL: not known */
    int64_t time;        /* when, seconds; 0: not known     */
    int64_t after;       /* seconds since our last apply then; -1: not known */
};

/* How far the execution of one change has come. */
enum progress {
    PROGRESS_NONE, /* nothing to do, or not begun */
    PROGRESS_APPLYING,
    PROGRESS_SETTLING,
    PROGRESS_DONE,
    PROGRESS_FAILED,  /* `error` says why                         */
    PROGRESS_BLOCKED, /* what it stands behind failed: `error`    */
    PROGRESS_SKIPPED, /* the run was stopped before it            */
};

struct change {
    struct subject *subject;
    const struct provider *provider; /* who acts on it, where that is not the target: the images */
    struct session *session;         /* with that one; NULL: the target's */
    struct arena *arena; /* its own, so that threads can predict and apply side by side */
    enum action action;
    const struct hold *hold; /* on this object, or NULL */
    enum action held_back;   /* ACTION_HOLD: what would be done without it */
    bool reruns;             /* a hook that runs though it ran before: `why` */
    bool asked;              /* predicted, and where it deletes, guarded */
    bool unasked;            /* to be made without having asked the target: see creates_unasked */
    const char *why;         /* why refused, retained, unknown, forgotten, replaced */
    const char *way_out;     /* what to do about it, or NULL */
    struct prediction prediction;
    struct planned_field *fields;
    size_t field_count;
    enum cause cause;
    struct record_contest contest; /* of a change that is known field by field */
    enum rank rank;
    const struct record_rollback *rollback; /* what the record is to say of it once it is done */

    /* written by execute.c */
    enum progress progress;
    bool written;        /* the target was changed, or may have been */
    bool settled;        /* it was waited for, and is healthy: of a Job, it has ended */
    bool held_meanwhile; /* ACTION_HOLD since the run began: the plan did not show it */
    bool rolling;        /* it counts among the workloads that roll, from its start to its end */
    int64_t milliseconds;
    struct outcome outcome;
    struct error *error; /* why it failed or was blocked; NULL where it was not */
};

/* Why the run as a whole may not act. */
struct refusal {
    const char *what;
    const char *way_out;
};

struct plan_counts {
    size_t create, change, replace, adopt, delete, forget, keep, retain, refuse, unknown, hold;
    size_t reruns;         /* of those replaced: hooks that run again */
    size_t builds;         /* of those created: images */
    size_t unconfirmed;    /* differences that the server did not confirm */
    size_t foreign_fields; /* of others, left alone */
};

struct plan {
    struct arena *arena;
    struct subject *subjects; /* Images first, then sorted by identity */
    struct change *changes;   /* one a subject, in the same order */
    size_t count;
    const struct record_member
        *outside; /* recorded, but out of this run's reach (-l, -n, -f FILE) */
    size_t outside_count;
    const struct stray *strays; /* no members, see strays.h */
    size_t stray_count;
    struct refusal *refusals;
    size_t refusal_count, refusal_capacity;
    struct plan_counts counts;
};

/*
 * The Images that go before a target's objects: steps of its plan, which others act on.
 * Documents that hold a digest which is not known yet say so (resource.until).
 */
struct plan_images {
    const struct resource *const *wanted;
    size_t count;
    const struct provider *provider;
    struct session *session;

    /*
     * The resource with the digests that are known by now, in the arena. ERROR_REFUSED: one of
     * them still is not. Called from many threads.
     */
    bool (*bind)(struct session *session, struct arena *arena, const struct resource *resource,
                 const struct resource **ret_bound, struct error *err);
};

/* What the command line and the Project say about this run. */
struct plan_options {
    enum adopt_policy adopt;
    bool may_delete; /* false: `why_not_delete` */
    const char *why_not_delete;
    size_t source_count; /* objects of the whole source, other targets' too: 0 is an empty source */
    struct budget budget;
    const char *budget_origin; /* "Project.pruneBudget: 50%", "--prune-budget 5", "the default" */
    const char *const *allow_delete; /* KIND/NAME… */
    size_t allow_delete_count;
    unsigned concurrency;
    const struct failed_scope *failed; /* folders that did not load */
    size_t failed_count;
    const struct record *whole;       /* the record, with what is out of this run's reach */
    bool force_conflicts;             /* also against one who sets a field again after each apply */
    bool part_of_source;              /* files were named, or a folder below the Project */
    const char *home;                 /* the set's namespace: left out of names */
    const struct plan_images *images; /* NULL: none */
    bool creates_unasked;             /* of built-in kinds: the apply itself says what is refused */
    bool removal; /* `delete`: deleting is what was asked for, no budget holds it back */
};

/*
 * Makes the plan for the resources of one target. Everything lives in the arena.
 * False only when nothing at all could be looked at, or the run was cancelled.
 */
bool plan_build(struct plan *plan, struct arena *arena, const struct provider *provider,
                struct session *session, const struct resource *const *desired,
                size_t desired_count, const struct record *record,
                const struct plan_options *options, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Frees what the changes own beyond the arena. */
void plan_done(struct plan *plan);

/* Adds a refusal of the whole run; texts are copied. */
void plan_refuse(struct plan *plan, const char *way_out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Asks anew what would become of one change, once the step it waited for has run: binds what
 * is known by now into what is wanted, and decides again.
 */
bool change_predict(struct change *change, const struct provider *provider, struct session *session,
                    const struct plan_options *options, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * May it be deleted, by --allow-delete or by what the provider's guard sees now? Asked for
 * the plan, and again right before the deletion: a claim may have come in between.
 */
bool change_may_delete(const struct change *change, const struct provider *provider,
                       struct session *session, const struct plan_options *options,
                       const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* The folder that did not load and that this path is in, or NULL. */
const char *plan_failed_folder(const struct plan_options *options, const char *path);

/* Does carrying it out write to the target? */
bool action_writes(enum action action);

/* Would `apply` do anything, refuse anything, or not know? What makes `diff` answer 1. */
bool plan_differs(const struct plan *plan);

#endif
