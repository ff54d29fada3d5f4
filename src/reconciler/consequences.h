/*
 * consequences: what a plan means for what runs, in a few words.
 *
 * "rolls 3 workloads (14 pods); billing goes to 0 replicas; 1 selector matches no
 * pod". A pure function of the documents before and after.
 */
#ifndef CMX_RECONCILER_CONSEQUENCES_H
#define CMX_RECONCILER_CONSEQUENCES_H

#include "base/buf.h"
#include "reconciler/reconcile.h"

struct consequences {
    size_t rolls, pods;         /* workloads whose pods are replaced, and how many pods that is */
    struct text_list sentences; /* everything else worth a word */
};

/* Works on every change of the plan that would be carried out. Lives in the arena. */
void consequences_find(struct arena *arena, const struct target_run *target,
                       struct consequences *ret_consequences);

/* Appends one line, or nothing where nothing runs or changes. */
void report_consequences(struct buf *out, const struct target_run *target);

#endif
