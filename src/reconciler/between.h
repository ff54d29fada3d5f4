/*
 * between: what changes from one commit to another, with no cluster.
 *
 * The plan that an apply of `after` would make where `before` runs unchanged.
 */
#ifndef CMX_RECONCILER_BETWEEN_H
#define CMX_RECONCILER_BETWEEN_H

#include "reconciler/reconcile.h"

/* Gives `after` one target whose plan leads from the set of `before` to its own. Both are loaded. */
void run_between(struct run *before, struct run *after);

#endif
