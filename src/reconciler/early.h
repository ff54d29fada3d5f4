/*
 * early: the cluster is asked while manifests are still being read.
 *
 * As soon as the Project is found, a thread connects to its target, reads the
 * record and begins to look at what that names. Nothing is decided by it: once the
 * set is loaded, the target is told as always, and what was begun is taken only
 * where it is the same one. It is dropped when the manifests are wrong.
 */
#ifndef CMX_RECONCILER_EARLY_H
#define CMX_RECONCILER_EARLY_H

#include "reconciler/reconcile.h"

struct early;

/* A project_hint: begins with the target of this Project. */
struct early_hint {
    struct run *run;
    const struct wait *wait;
};
void early_start(void *hint, const struct project *project, const struct cluster *cluster);

/*
 * Is it this target that was begun with? Then it is connected and its record read, or
 * `target->error` says why not. False: nothing was begun, or of another one.
 */
bool early_take(struct run *run, struct target_run *target, const struct wait *wait);

/* Ends what nobody took, and what it is made of: behind the sessions. */
void early_done(struct run *run);

#endif
