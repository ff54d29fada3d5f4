/*
 * removal: runs that start from the record alone: delete, release, status.
 *
 * The same flow as an apply with nothing desired: record → live → plan →
 * execute. Needs no source, only the name of the set.
 */
#ifndef CMX_RECONCILER_REMOVAL_H
#define CMX_RECONCILER_REMOVAL_H

#include "reconciler/reconcile.h"

/* A run on the set of that name, without a source. */
void run_without_source(struct run *run, const char *name, const char *namespace);

/* Opens one target, where that has not happened, and reads its record. ERROR_NOT_FOUND: there is no
 * such set. */
bool set_open(struct run *run, struct target_run *target, const struct wait *wait,
              struct error *err) __attribute__((warn_unused_result));

/*
 * The one member that fits, in whichever target of the run it is; *ret_target is where
 * (hold_set.c). ERROR_NOT_FOUND: there is no such set or member.
 */
bool set_find(struct run *run, const struct object_id *pattern, struct target_run **ret_target,
              const struct record_member **ret_member, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* "the set shop has no such object" */
const char *set_lacks(struct arena *arena, const struct target_run *target);

/*
 * Plans the deletion of a whole set, or (pattern not NULL) of the one member that
 * fits. ERROR_NOT_FOUND: there is no such set or member.
 */
bool run_plan_removal(struct run *run, const struct object_id *pattern, const struct wait *wait,
                      struct error *err) __attribute__((warn_unused_result));

/* Carries it out, and removes the record where nothing is left. */
void run_remove(struct run *run, struct target_run *target, const struct execute_events *events,
                const struct wait *wait);

/* Gives up the marks on every planned member and leaves the objects. *ret_count: how many. */
bool run_release(struct run *run, struct target_run *target, size_t *ret_count,
                 const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Looks at every recorded member; target->plan.subjects hold what was seen. */
bool run_look(struct run *run, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
