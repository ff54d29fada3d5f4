/*
 * reconcile_inner: what the parts of the flow share: reconcile.c (loading, applying), planning.c
 * and run_images.c.
 */
#ifndef CMX_RECONCILER_RECONCILE_INNER_H
#define CMX_RECONCILER_RECONCILE_INNER_H

#include "reconciler/reconcile.h"

/* Why what was named is only a part of a source; NULL: it is the whole of it. */
const char *run_part_of_source(const struct run *run);

/* Are both one repository and one folder? */
bool run_same_source(const struct record_source *a, const struct record_source *b);

/* Reads what the Images of a loaded set are made of; what is wrong goes to run->problems. */
void run_open_images(struct run *run);

/* Looks the Images up that this run needs. False: interrupted. */
bool run_resolve_images(struct run *run, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Binds the objects of a target to digests, and makes steps of its Images. */
void run_join_images(struct run *run, struct target_run *target, const struct wait *wait);

#endif
