/*
 * rollback: what ran before runs again, by hand or because its pods did not become healthy.
 *
 * By hand (manual.c) it is a run of its own, on one object of the set: the revision is chosen
 * from the history and read from git, planned, shown and applied like a part of a source.
 * Automatically (automatic.c) it is the last step of an apply, before the record is settled.
 */
#ifndef CMX_RECONCILER_ROLLBACK_H
#define CMX_RECONCILER_ROLLBACK_H

#include "reconciler/rollback/restore.h"

/* May, and can, what failed be put back? */
enum attempt {
    ATTEMPT_NONE,    /* nobody asked for it                                        */
    ATTEMPT_GO,      /* it is put back                                             */
    ATTEMPT_FIRST,   /* it did not run before                                      */
    ATTEMPT_STOPPED, /* somebody stopped the run, or the set is not ours any more  */
    ATTEMPT_UNKNOWN, /* nobody knows what ran before, or git does not have it      */
    ATTEMPT_HOOK,    /* a hook ran in between                                      */
    ATTEMPT_SHARED,  /* what it reads is read by another, which works              */
};
struct attempt_sight {
    bool automatic; /* cmx.dev/rollback, else the Project                          */
    bool workload;  /* it runs pods, and is no hook                                */
    bool unhealthy; /* this run changed it, and then it did not become healthy     */
    bool existed;   /* before this run                                             */
    bool stopped, known, hook, shared;
};

/* A pure table: tests/reconciler/cases/rollback_attempt.txt. */
enum attempt rollback_attempt(const struct attempt_sight *sight);

/* What became of one that failed. */
struct restored {
    struct object_id id;
    enum attempt attempt;
    const char *why;              /* where it was not put back           */
    const char *commit, *subject; /* to which it was                     */
    const char *companions;       /* what was put back with it, or ""    */
    bool done;                    /* it runs again, and is healthy       */
    const struct error *error;    /* why it is not                       */
    const char *const *tags;      /* sentences about the tags of its Images (tags.c) */
    size_t tag_count;
};

/* Puts back what failed in the run that was just carried out, and notes it in the record. */
void rollback_automatic(struct run *run, struct target_run *target,
                        const struct execute_events *events, const struct wait *wait,
                        struct record *record);

/*
 * Moves the tags back that this run moved to images which everything that runs them was put
 * back from, and tells it in target->restored. Part of rollback_automatic(): tags.c.
 */
void rollback_tags(struct run *run, struct target_run *target, const struct wait *wait);

/*
 * By hand no tag is moved: a rollback needs no access to registries but to read. Tells those of
 * the Images that the resource runs in its revision which mean another one by now.
 */
void rollback_tags_elsewhere(const struct revision *revision, const struct resource *resource,
                             struct arena *arena, struct text_list *ret);

/*
 * Holds the Images of the set that nothing runs but what is held by a rollback, where their tags
 * point elsewhere: `held` flags the members of target->record. *ret_holds: their count;
 * part of rollbacks_judge().
 */
const struct hold *rollback_image_holds(const struct run *run, const struct target_run *target,
                                        const bool *held, size_t *ret_count);

/*
 * Plans a rollback of the one member that fits, to a commit (`to`), or (NULL) to what ran
 * before; run_apply() carries it out. *ret_target: where. *ret_others: a workload that works
 * and reads what is put back, or NULL; *ret_hook: a hook that ran in between, or NULL.
 */
struct rollback_plan {
    struct target_run *target;
    struct object_id id;
    const char *from, *to, *subject;
    const char *others, *hook;
    struct text_list tags;      /* of its Images, that stay on what is refused: sentences */
    struct revisions revisions; /* ended with rollback_plan_done() */
};
bool run_plan_rollback(struct run *run, const struct object_id *pattern, const char *to,
                       struct rollback_plan *ret_plan, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));
void rollback_plan_done(struct rollback_plan *plan);

/*
 * Ends the rollback of the one member that fits: the next apply applies what git wants.
 * ERROR_NOT_FOUND: there is none; ERROR_CONFLICT: another run came between, look again.
 */
bool run_release_rollback(struct run *run, const struct object_id *pattern,
                          struct object_id *ret_id, settle_note *note, void *context,
                          const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
