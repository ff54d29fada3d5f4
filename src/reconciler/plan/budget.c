/* budget: see budget.h. */
#include "reconciler/plan/budget.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_COUNT = 10, DEFAULT_PERCENT = 20, ALWAYS_ALLOWED = 3, LONGEST_NUMBER = 9 };

static size_t share(int64_t percent, size_t recorded)
{
    size_t limit = recorded * (size_t)percent / 100;
    return limit > ALWAYS_ALLOWED ? limit : ALWAYS_ALLOWED;
}

size_t budget_limit(const struct budget *budget, size_t recorded)
{
    if (budget->count >= 0)
        return (size_t)budget->count;
    if (budget->percent >= 0)
        return recorded * (size_t)budget->percent / 100;
    size_t limit = share(DEFAULT_PERCENT, recorded);
    return limit < DEFAULT_COUNT ? limit : DEFAULT_COUNT;
}

bool budget_parse(const char *text, struct budget *ret_budget)
{
    size_t digits = strspn(text, "0123456789");
    bool percent = text[digits] == '%';
    if (digits == 0 || digits > LONGEST_NUMBER || text[digits + percent] != '\0')
        return false;
    int64_t number = strtoll(text, NULL, 10);
    if (percent && number > 100)
        return false;
    *ret_budget = (struct budget){ percent ? -1 : number, percent ? number : -1 };
    return true;
}

void budget_check(struct plan *plan, size_t desired, size_t recorded,
                  const struct plan_options *options)
{
    const struct plan_counts *counts = &plan->counts;
    size_t replaced = counts->replace - counts->reruns;
    size_t deletes = counts->delete + replaced, limit = budget_limit(&options->budget, recorded);
    if (deletes == 0)
        return;
    if (options->source_count == 0 && counts->delete) {
        plan_refuse(plan, "cmx-reconcile delete",
                    "the source holds no object at all, the last run had %zu: an empty source "
                    "is never applied",
                    recorded);
        return;
    }
    if (deletes <= limit)
        return;
    const char *way_out = arena_printf(plan->arena, "--prune-budget %zu", deletes);
    plan_refuse(plan, way_out,
                "%zu of %zu objects would be deleted%s; the budget is %zu (%s). "
                "The source holds %zu objects now",
                deletes, recorded,
                replaced ? arena_printf(plan->arena, ", %zu of them to be made anew", replaced)
                         : "",
                limit, options->budget_origin, desired);
}
