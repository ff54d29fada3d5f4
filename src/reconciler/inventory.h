/*
 * inventory: what the record of a set holds before and after a run.
 *
 * Widened before anything acts (recorded ∪ desired), narrowed after: what was
 * not confirmed to be gone stays. Reading and writing it is the provider's.
 */
#ifndef CMX_RECONCILER_INVENTORY_H
#define CMX_RECONCILER_INVENTORY_H

#include "providers/provider.h"
#include "reconciler/plan/plan.h"

/* The record for a run that is about to carry out the plan. */
void inventory_widen(struct arena *arena, const struct plan *plan,
                     const struct record_source *source, struct record *ret_record);

/* The record behind it. `complete`: every change was carried out and is healthy. */
void inventory_settle(struct arena *arena, const struct plan *plan,
                      const struct record_source *source, const struct record *before,
                      bool complete, struct record *ret_record);

#endif
