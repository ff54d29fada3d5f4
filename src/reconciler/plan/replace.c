/* replace: see replace.h. */
#include "reconciler/plan/replace.h"

const char *hook_runs_again(const struct change *change, bool unchanged)
{
    const struct subject *subject = change->subject;
    bool there = subject->live.state == LIVE_SAME || subject->live.state == LIVE_DIFFERENT;
    if (!there || !subject->desired || subject->desired->options.hook == HOOK_NONE)
        return NULL;
    if (!unchanged)
        return HOOK_CHANGED;
    return subject->live.failed ? "it failed the last time" : NULL;
}

static void refuse(struct change *change, const char *way_out)
{
    const struct prediction *p = &change->prediction;
    change->action = ACTION_REFUSE;
    change->why =
        arena_printf(change->arena, "%s cannot be changed in place%s%s",
                     p->field ? p->field : "a field", p->why ? ": " : "", p->why ? p->why : "");
    change->way_out = way_out;
}

/* What somebody else made is not deleted for a field. */
static bool is_ours(const struct change *change)
{
    return change->action == ACTION_CHANGE;
}

void replace_or_refuse(struct change *change, const char *home)
{
    const struct resource *desired = change->subject->desired;
    const struct prediction *p = &change->prediction;
    const char *never = object_never_replaced(&change->subject->id);
    if (desired->options.replace && is_ours(change) && !never) {
        change->action = ACTION_REPLACE;
        change->why =
            arena_printf(change->arena, "%s is immutable", p->field ? p->field : "a field");
        return;
    }
    refuse(change, never ? arena_printf(change->arena,
                                        "keep the old value: it is never replaced, since %s", never)
                   : is_ours(change)
                       ? "keep the old value, or annotate it with cmx.dev/replace: \"true\": "
                         "it is then deleted and made anew"
                       : arena_printf(change->arena,
                                      "keep the old value, or delete the object first: "
                                      "kubectl delete %s",
                                      object_id_text(change->arena, &change->subject->id, home)));
}

static bool is_always(const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    return desired && desired->options.hook != HOOK_NONE && desired->options.hook_always;
}

static bool writes_anything(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (action_writes(plan->changes[i].action))
            return true;
    return false;
}

size_t replace_always(struct plan *plan)
{
    size_t count = 0;
    if (!writes_anything(plan))
        return 0;
    for (size_t i = 0; i < plan->count; i++) {
        struct change *change = &plan->changes[i];
        if (change->action != ACTION_KEEP || change->hold || !is_always(change))
            continue;
        bool gone = change->subject->live.state == LIVE_ABSENT;
        change->action = gone ? ACTION_CREATE : ACTION_REPLACE;
        change->reruns = true;
        change->asked = false;
        change->why = "it runs in every run that changes anything";
        count++;
    }
    return count;
}
