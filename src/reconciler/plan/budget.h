/*
 * budget: no mass deletion by surprise. Part of planning; see plan.h.
 */
#ifndef CMX_RECONCILER_BUDGET_H
#define CMX_RECONCILER_BUDGET_H

#include "reconciler/plan/plan.h"

/* How many of `recorded` objects one run may delete under a budget; no budget given: the default.
 */
size_t budget_limit(const struct budget *budget, size_t recorded);

/* Adds a refusal where the plan deletes more than it may, or the source is empty. */
void budget_check(struct plan *plan, size_t desired, size_t recorded,
                  const struct plan_options *options);

/* Reads "10" or "20%". */
bool budget_parse(const char *text, struct budget *ret_budget) __attribute__((warn_unused_result));

#endif
