/* decide: see decide.h. */
#include "reconciler/plan/decide.h"

const char *action_name(enum action action)
{
    static const char *const names[] = {
        [ACTION_KEEP] = "keep",       [ACTION_CREATE] = "create", [ACTION_CHANGE] = "change",
        [ACTION_REPLACE] = "replace", [ACTION_ADOPT] = "adopt",   [ACTION_DELETE] = "delete",
        [ACTION_FORGET] = "forget",   [ACTION_RETAIN] = "retain", [ACTION_REFUSE] = "refuse",
        [ACTION_UNKNOWN] = "unknown", [ACTION_HOLD] = "hold",
    };
    return names[action];
}

static enum action answer(enum action action, const char *why, const char **ret_why)
{
    *ret_why = why;
    return action;
}

static bool another_owns(enum owner_kind owner)
{
    return owner == OWNER_OTHER_SET || owner == OWNER_TOOL;
}

/* Wanted and there, but never ours so far. */
static enum action decide_adoption(const struct situation *s, const char **ret_why)
{
    if (s->adopt == ADOPT_NEVER)
        return answer(ACTION_REFUSE, "it exists and is not ours (adopt: never)", ret_why);
    if (another_owns(s->owner) && s->adopt != ADOPT_ALL)
        return answer(ACTION_REFUSE, "it belongs to another", ret_why);
    return ACTION_ADOPT;
}

static enum action decide_desired(const struct situation *s, const char **ret_why)
{
    if (s->live == LIVE_ABSENT)
        return s->ended ? ACTION_KEEP : ACTION_CREATE;
    if (s->owner == OWNER_CONTROLLER)
        return answer(ACTION_REFUSE, "a controller made it and owns it", ret_why);
    if (!s->recorded)
        return decide_adoption(s, ret_why);
    if (another_owns(s->owner) && s->adopt != ADOPT_ALL)
        return answer(ACTION_REFUSE, "it was ours and now belongs to another", ret_why);
    return s->live == LIVE_SAME ? ACTION_KEEP : ACTION_CHANGE;
}

static enum action decide_unwanted(const struct situation *s, const char **ret_why)
{
    if (s->live == LIVE_ABSENT)
        return ACTION_FORGET;
    if (s->owner == OWNER_CONTROLLER)
        return answer(ACTION_FORGET, "a controller made it and owns it", ret_why);
    if (another_owns(s->owner))
        return answer(ACTION_FORGET, "it now belongs to another", ret_why);
    if (s->protected)
        return answer(ACTION_RETAIN, "cmx.dev/prune: disabled", ret_why);
    if (!s->may_delete)
        return answer(ACTION_RETAIN, "this run deletes nothing", ret_why);
    return ACTION_DELETE;
}

enum action decide(const struct situation *situation, const char **ret_why)
{
    *ret_why = NULL;
    if (situation->live == LIVE_UNKNOWN)
        return answer(ACTION_UNKNOWN, "could not look", ret_why);
    if (situation->desired)
        return decide_desired(situation, ret_why);
    if (situation->recorded)
        return decide_unwanted(situation, ret_why);
    return ACTION_KEEP;
}
