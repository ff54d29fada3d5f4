/*
 * order: which change waits for which. Between plan.c and schedule.c: objects
 * on one side, steps on the other.
 */
#ifndef CMX_RECONCILER_ORDER_H
#define CMX_RECONCILER_ORDER_H

#include "reconciler/execute/schedule.h"
#include "reconciler/plan/plan.h"

/*
 * The changes of one phase, what is wanted or what goes, into `ret_changes` (room for all of
 * the plan), in its order. Returns how many.
 */
size_t order_phase(const struct plan *plan, bool deleting, struct change **ret_changes);

/*
 * The schedule of these changes: wanted ones by their manifests, deletions by
 * what the live objects say and in reverse. Cycles were reported at load; what a
 * live object says wrongly is left out. The Namespace `home` (home.h; may be NULL) goes behind
 * everything else.
 */
struct schedule *order_schedule(struct arena *arena, struct change *const *changes, size_t count,
                                bool deleting, const char *home);

#endif
