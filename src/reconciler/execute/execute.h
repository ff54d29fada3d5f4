/*
 * execute: carries out a plan.
 *
 * First what is wanted, in the order of dependencies, each applied and then
 * waited for; then, when all of that succeeded, the deletions in reverse. An
 * independent branch goes on when one fails; what stands behind a failure is
 * blocked, with the reason. The run id is read again before each batch of
 * writes. A soft cancel starts nothing new and stops waiting; what is being
 * written is finished. After too many failures nothing new is started either,
 * but what was begun is waited for.
 */
#ifndef CMX_RECONCILER_EXECUTE_H
#define CMX_RECONCILER_EXECUTE_H

#include "reconciler/plan/plan.h"

struct execution;

/* What happens, as it happens; called from any thread, one at a time. */
struct execute_events {
    void *context;
    /* The progress of a change has become another (change->progress). */
    void (*progress)(void *context, const struct change *change);
    /* What a change that settles or waits says: "1 of 3 pods ready", "waits for Job/migrate". */
    void (*note)(void *context, const struct change *change, const char *text);
    /* What the whole run waits for before it begins: another run on the same set. */
    void (*waiting)(void *context, const char *text);
};

struct execute_options {
    const struct plan_options *plan;
    const struct execute_events *events; /* may be NULL */
    int64_t wait_timeout;                /* ms, for one object to become healthy */
    const char *home;                    /* home.h: its Namespace goes last; or NULL */
    bool no_wait;                        /* apply only */
    size_t max_rolling;                  /* workloads that roll at once; 0: no limit */
    size_t max_failures;                 /* after which nothing new starts; 0: no limit */
    unsigned concurrency;
};

struct execute_result {
    size_t failed, blocked, skipped;
    bool lost; /* the set is not ours any more, or nobody can tell: nothing more was written */
    bool interrupted;       /* cancelled before the end                              */
    bool exhausted;         /* something was left out after max_failures             */
    const char *not_pruned; /* why deletions were left out, or NULL             */
    struct error error;     /* where lost: to whom (ERROR_CONFLICT), or why nobody can tell */
};

/* Carries the plan out; the result of each change is in it. */
void plan_execute(struct plan *plan, const struct provider *provider, struct session *session,
                  const struct execute_options *options, const struct wait *wait,
                  struct execute_result *ret_result);

#endif
