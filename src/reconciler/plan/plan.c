/* plan: builds a plan, step by step; see plan.h. Budgets are in budget.c. */
#include "reconciler/plan/plan.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "reconciler/hold.h"
#include "reconciler/inventory.h"
#include "reconciler/plan/budget.h"
#include "reconciler/plan/plan_inner.h"
#include "reconciler/plan/replace.h"
#include "reconciler/plan/restart.h"

#include <stdarg.h>
#include <string.h>

bool action_writes(enum action action)
{
    return action == ACTION_CREATE || action == ACTION_CHANGE || action == ACTION_REPLACE
           || action == ACTION_ADOPT || action == ACTION_DELETE;
}

bool plan_differs(const struct plan *plan)
{
    const struct plan_counts *counts = &plan->counts;
    return counts->create + counts->change + counts->replace + counts->adopt + counts->delete
               + counts->forget
           > 0;
}

void plan_refuse(struct plan *plan, const char *way_out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct refusal refusal = { arena_vprintf(plan->arena, format, args),
                               way_out ? arena_strdup(plan->arena, way_out) : NULL };
    va_end(args);
    arena_push(plan->arena, plan->refusals, plan->refusal_count, plan->refusal_capacity, refusal);
}

void plan_done(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        arena_free(plan->changes[i].arena);
    plan->count = 0;
}

/* Images first, then recorded ∪ desired: a merge walk over two sorted lists. */
static void merge_subjects(struct plan *plan, const struct resource *const *desired,
                           size_t desired_count, const struct record *record,
                           const struct plan_images *images)
{
    size_t i = 0, j = 0, first = images ? images->count : 0;
    plan->subjects =
        arena_array(plan->arena, first + desired_count + record->count, sizeof *plan->subjects);
    for (; plan->count < first; plan->count++)
        plan->subjects[plan->count] = (struct subject){ .id = images->wanted[plan->count]->id,
                                                        .desired = images->wanted[plan->count] };
    while (i < desired_count || j < record->count) {
        const struct record_member *member = j < record->count ? &record->members[j] : NULL;
        int order = i >= desired_count ? 1
                    : !member          ? -1
                                       : object_id_compare(&desired[i]->id, &member->id);
        struct subject *subject = &plan->subjects[plan->count++];
        subject->id = order <= 0 ? desired[i]->id : member->id;
        subject->desired = order <= 0 ? desired[i] : NULL;
        subject->recorded = order >= 0 ? member : NULL;
        i += order <= 0;
        j += order >= 0;
    }
}

const char *plan_failed_folder(const struct plan_options *options, const char *path)
{
    for (size_t i = 0; path && i < options->failed_count; i++) {
        const char *folder = options->failed[i].folder;
        size_t length = strlen(folder);
        if (strncmp(path, folder, length) == 0
            && (length == 0 || path[length] == '/' || path[length] == '\0'))
            return folder;
    }
    return NULL;
}

static bool protected(const struct builder *builder, struct change *change)
{
    struct object_options options;
    object_options_read(change->arena, change->subject->live.document, &options, NULL, NULL);
    (void)builder;
    return options.keep;
}

static const char *why_not_delete(const struct builder *builder, struct change *change)
{
    const struct record_member *recorded = change->subject->recorded;
    const char *folder = recorded ? plan_failed_folder(builder->options, recorded->path) : NULL;
    if (folder)
        return arena_printf(change->arena, "its folder %s did not load", *folder ? folder : ".");
    return builder->options->may_delete ? NULL : builder->options->why_not_delete;
}

static const char *owned_by(struct change *change, const char *why)
{
    const struct observation *live = &change->subject->live;
    bool named = live->owner_text && (live->owner == OWNER_OTHER_SET || live->owner == OWNER_TOOL);
    return named ? arena_printf(change->arena, "%s (%s)", why, live->owner_text) : why;
}

bool source_unchanged(const struct subject *subject)
{
    if (!subject->recorded || !subject->desired || !*subject->recorded->digest)
        return false;
    if (subject->live.as_recorded)
        return true;
    AUTO_ARENA arena = arena_new();
    return strcmp(subject->recorded->digest, resource_digest(arena, subject->desired)) == 0;
}

/* An Image is nobody's but ours: no record tells it, no owner, and it is never deleted. */
static void decide_image(const struct builder *builder, struct change *change)
{
    static const enum action actions[] = { [LIVE_UNKNOWN] = ACTION_UNKNOWN,
                                           [LIVE_ABSENT] = ACTION_CREATE,
                                           [LIVE_SAME] = ACTION_KEEP,
                                           [LIVE_DIFFERENT] = ACTION_CHANGE };
    const struct subject *subject = change->subject;
    change->provider = builder->options->images->provider;
    change->session = builder->options->images->session;
    change->action = actions[subject->live.state];
    change->why = subject->live.why;
    change->hold = hold_of(builder->record, subject);
}

static void decide_change(const struct builder *builder, struct change *change)
{
    const struct subject *subject = change->subject;
    const char *not_deleted = why_not_delete(builder, change);
    struct situation situation = {
        .desired = subject->desired != NULL,
        .recorded = subject->recorded != NULL,
        .live = subject->live.state,
        .owner = subject->live.owner,
        .adopt = subject->desired && subject->desired->options.adopt ? ADOPT_ALL
                                                                     : builder->options->adopt,
        .may_delete = not_deleted == NULL,
        .ended = subject->recorded && subject->recorded->ended && source_unchanged(subject),
        .protected = subject->live.document && protected(builder, change),
    };
    change->action = decide(&situation, &change->why);
    if (change->action == ACTION_UNKNOWN)
        change->why = subject->live.why;
    else if (change->action == ACTION_RETAIN && not_deleted && !situation.protected)
        change->why = not_deleted;
    else if (change->why)
        change->why = owned_by(change, change->why);
    bool hook = subject->desired && subject->desired->options.hook != HOOK_NONE
                && (change->action == ACTION_KEEP || change->action == ACTION_CHANGE);
    const char *again = hook ? hook_runs_again(change, source_unchanged(subject)) : NULL;
    if (again) {
        change->action = ACTION_REPLACE;
        change->reruns = true;
        change->why = again;
    }
    if (change->action == ACTION_REFUSE && subject->live.owner != OWNER_CONTROLLER)
        change->way_out = "annotate it with cmx.dev/adopt: \"true\", or use --adopt";
    restart_check(change, builder->options);
    change->hold = hold_of(builder->record, subject);
    bool asked = change->action == ACTION_CREATE || change->action == ACTION_CHANGE
                 || change->action == ACTION_REPLACE
                 || change->action == ACTION_ADOPT; /* held back once it is known what it is */
    if (!asked && change->action != ACTION_UNKNOWN)
        hold_back(change, builder->options->removal, builder->options->home);
}

static void count_change(struct plan_counts *counts, const struct change *change)
{
    size_t *const by_action[] = {
        [ACTION_KEEP] = &counts->keep,     [ACTION_CREATE] = &counts->create,
        [ACTION_CHANGE] = &counts->change, [ACTION_REPLACE] = &counts->replace,
        [ACTION_ADOPT] = &counts->adopt,   [ACTION_DELETE] = &counts->delete,
        [ACTION_FORGET] = &counts->forget, [ACTION_RETAIN] = &counts->retain,
        [ACTION_REFUSE] = &counts->refuse, [ACTION_UNKNOWN] = &counts->unknown,
        [ACTION_HOLD] = &counts->hold,
    };
    ++*by_action[change->action];
    counts->reruns += change->reruns && change->action == ACTION_REPLACE;
    counts->builds += change->action == ACTION_CREATE && image_is_id(&change->subject->id);
    counts->unconfirmed +=
        action_writes(change->action) && change->prediction.kind == PREDICT_LOCAL;
    counts->foreign_fields += change->subject->live.foreign_fields;
}

bool plan_build(struct plan *plan, struct arena *arena, const struct provider *provider,
                struct session *session, const struct resource *const *desired,
                size_t desired_count, const struct record *record,
                const struct plan_options *options, const struct wait *wait, struct error *err)
{
    struct builder builder = { plan, provider, session, options, record, wait };
    const struct plan_images *images = options->images;
    size_t first = images ? images->count : 0;
    *plan = (struct plan){ .arena = arena };
    merge_subjects(plan, desired, desired_count, record, images);
    size_t count = plan->count;
    plan->count = 0; /* so that plan_done() is right whatever happens below */
    if (first
        && !images->provider->observe(images->session, arena, plan->subjects, first, wait, err))
        return false;
    if (!provider->observe(session, arena, plan->subjects + first, count - first, wait, err))
        return false;
    plan->changes = arena_array(arena, count, sizeof *plan->changes);
    for (; plan->count < count; plan->count++) {
        struct change *change = &plan->changes[plan->count];
        change->subject = &plan->subjects[plan->count];
        change->arena = arena_new();
        change->rank = rank_of(&change->subject->id);
        if (plan->count < first)
            decide_image(&builder, change);
        else
            decide_change(&builder, change);
        plan->subjects[plan->count].leaving = change->action == ACTION_DELETE;
    }
    if (!predict_all(&builder, err))
        return false;
    if (replace_always(plan) && !predict_all(&builder, err))
        return false;
    for (size_t i = 0; i < plan->count; i++)
        count_change(&plan->counts, &plan->changes[i]);
    if (!options->removal)
        budget_check(plan, desired_count, record->count, options);
    return true;
}
