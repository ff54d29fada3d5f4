/*
 * history: what a run did, as an entry of the set's history (providers/history.h).
 */
#ifndef CMX_RECONCILER_HISTORY_H
#define CMX_RECONCILER_HISTORY_H

#include "providers/history.h"
#include "reconciler/reconcile.h"

/* Adds the run that was just carried out to the record that is about to be settled. */
void history_note(const struct run *run, const struct target_run *target, struct record *record);

/* The same for a run that carried out no plan but did something to these objects. */
void history_note_command(const struct run *run, const struct target_run *target,
                          const char *action, const struct object_id *ids, size_t count,
                          struct record *record);

#endif
