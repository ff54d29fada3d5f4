/*
 * consequences: what a plan means for what runs, in short sentences.
 *
 * "rolls 3 workloads (14 pods)"; "1 selector matches no pod"; "billing goes to 0
 * replicas"; "ConfigMap/flags changes, but no pod will notice". A pure function
 * of documents before and after, the unchanged ones among them, so that it says
 * the same of a diff against a cluster and of one between two commits.
 */
#ifndef CMX_RECONCILER_CONSEQUENCES_H
#define CMX_RECONCILER_CONSEQUENCES_H

#include "base/buf.h"
#include "manifest/resource.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One object of the set: created (no before), deleted (no after), changed, or both the same. */
struct object_change {
    const struct object_id *id;
    const struct value *before, *after;
    const struct value *live; /* as it is now, with what others set: to count pods; may be NULL */
    bool drift;               /* it comes back to what it was: the source did not change */
    bool replaced; /* deleted, and made anew only then: its pods stop before others start */
};

struct consequences {
    size_t rolled, started, stopped, replaced; /* workloads */
    int64_t rolled_pods, started_pods, stopped_pods, replaced_pods;
    size_t to_zero;             /* workloads scaled to no replicas                           */
    size_t unmatched;           /* selectors that from now on match no pod of the set        */
    size_t unnoticed;           /* configurations whose change no running pod will see       */
    struct text_list sentences; /* none where nothing changes */
};

/* Texts name objects without the namespace `home` (may be NULL). Order of `changes`: by identity.
 */
void consequences_of(struct arena *arena, const struct object_change *changes, size_t count,
                     const char *home, struct consequences *ret_consequences);

struct target_run;
struct change;

/* Does this change of a plan replace pods that run? What Project.maxRolling counts. */
bool change_rolls(const struct change *change);

/* The same of one target's plan. */
void plan_consequences(struct arena *arena, const struct target_run *target,
                       struct consequences *ret_consequences);

/* Appends them as one paragraph of that many columns; nothing where there are none. */
void report_consequences(struct buf *out, const struct target_run *target, size_t width);

#endif
