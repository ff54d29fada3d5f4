/*
 * home: the namespace that holds the record of a set, where that set itself has made it.
 *
 * It can be deleted like others, but the record goes with it: so it goes last, and only with
 * the whole set.
 */
#ifndef CMX_RECONCILER_HOME_H
#define CMX_RECONCILER_HOME_H

#include "reconciler/reconcile.h"

/* The name of that namespace, or NULL where the provider keeps its record elsewhere. */
const char *home_of(const struct target_run *target);

/* Is this the Namespace `home` (which may be NULL)? */
bool home_is(const struct object_id *id, const char *home);

/* Refuses a plan that deletes its home and leaves members behind. */
void home_check(struct target_run *target);

#endif
