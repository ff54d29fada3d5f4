/* home: see home.h. */
#include "reconciler/home.h"

#include <string.h>

const char *home_of(const struct target_run *target)
{
    return target->provider->record_in_namespace ? target->target.set_namespace : NULL;
}

bool home_is(const struct object_id *id, const char *home)
{
    return home && strcmp(id->kind, "Namespace") == 0 && *id->group == '\0'
           && strcmp(id->name, home) == 0;
}

static bool goes(const struct change *change)
{
    return change->action == ACTION_DELETE || change->action == ACTION_FORGET;
}

void home_check(struct target_run *target)
{
    struct plan *plan = &target->plan;
    const char *home = home_of(target);
    size_t left = plan->outside_count;
    bool leaves = false;
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->changes[i];
        leaves |= change->action == ACTION_DELETE && home_is(&change->subject->id, home);
        left += !goes(change);
    }
    if (leaves && left)
        plan_refuse(plan, NULL,
                    "Namespace/%s holds the record of this set, which would go with it, and %zu "
                    "object%s stay%s: keep its manifest, or annotate it with "
                    "cmx.dev/prune: disabled",
                    home, left, left == 1 ? "" : "s", left == 1 ? "s" : "");
}
