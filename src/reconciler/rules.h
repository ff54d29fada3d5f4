/*
 * rules: the Project's ignore rules in the record of a set.
 *
 * `status` needs no source, and yet tells no drift of fields that are left alone.
 */
#ifndef CMX_RECONCILER_RULES_H
#define CMX_RECONCILER_RULES_H

#include "reconciler/reconcile.h"

/* Fills the rules of a record that is about to be written. */
void rules_note(const struct run *run, const struct target_run *target, struct record *record);

/* Are they others than the recorded ones? */
bool rules_differ(const struct run *run, const struct target_run *target);

#endif
