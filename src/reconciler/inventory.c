/* inventory: see inventory.h. */
#include "reconciler/inventory.h"

#include "base/cleanup.h"
#include "providers/record.h"
#include "reconciler/plan/contest.h"

static void add_recorded(struct record *record, const struct change *change)
{
    struct record_member *member = &record->members[record->count++];
    *member = *change->subject->recorded;
    member->contest = contest_to_record(change);
}

/* Of what was written and not answered nobody knows it: a later run looks. */
static const char *mark_of(const struct change *change)
{
    if (change->outcome.mark)
        return change->outcome.mark;
    if (change->written)
        return "";
    if (change->prediction.mark && change->action == ACTION_KEEP)
        return change->prediction.mark;
    if (change->subject->live.mark && change->action == ACTION_KEEP)
        return change->subject->live.mark;
    return change->subject->recorded ? change->subject->recorded->mark : "";
}

/* Of a kept one what was known stays so: it may be gone, or its status be of an older run. */
static bool has_ended(const struct change *change)
{
    const struct subject *subject = change->subject;
    if (!subject->desired->vanishes)
        return false;
    if (change->action != ACTION_KEEP)
        return change->settled;
    return change->settled || subject->live.healthy
           || (subject->recorded && subject->recorded->ended);
}

/* Of thousands that stay as they are none is hashed twice. */
static const char *digest_of(struct arena *arena, const struct subject *subject)
{
    return subject->live.as_recorded ? subject->recorded->digest
                                     : resource_digest(arena, subject->desired);
}

static void add_desired(struct arena *arena, struct record *record, const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    record->members[record->count++] = (struct record_member){
        .id = desired->id,
        .path = desired->file ? desired->file->source : "",
        .digest = digest_of(arena, change->subject),
        .mark = mark_of(change),
        .ended = has_ended(change),
        .contest = contest_to_record(change),
        .rollback = change->rollback,
    };
}

/* The registry is the only memory of an Image. */
static bool is_elsewhere(const struct change *change)
{
    return image_is_id(&change->subject->id);
}

static void start(struct arena *arena, const struct plan *plan, const struct record_source *source,
                  struct record *record)
{
    *record = (struct record){
        .exists = true,
        .members = arena_array(arena, plan->count + plan->outside_count, sizeof *record->members),
        .source = *source,
    };
}

/* What the run could not reach stays as it was; members are sorted again behind it. */
static void add_outside(struct record *record, const struct plan *plan)
{
    for (size_t i = 0; i < plan->outside_count; i++)
        record->members[record->count++] = plan->outside[i];
    if (plan->outside_count)
        record_sort(record);
}

/* Not ours before, and nothing was done that could have made it ours. */
static bool never_ours(const struct change *change)
{
    return !change->subject->recorded && !change->written && change->action != ACTION_KEEP;
}

void inventory_widen(struct arena *arena, const struct plan *plan,
                     const struct record_source *source, struct record *ret_record)
{
    start(arena, plan, source, ret_record);
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->changes[i];
        if (is_elsewhere(change))
            continue;
        if (change->subject->recorded)
            add_recorded(ret_record, change);
        else if (action_writes(change->action))
            add_desired(arena, ret_record, change);
    }
    add_outside(ret_record, plan);
}

static bool is_gone(const struct change *change)
{
    return change->action == ACTION_FORGET
           || (change->action == ACTION_DELETE && change->progress == PROGRESS_DONE);
}

void inventory_settle(struct arena *arena, const struct plan *plan,
                      const struct record_source *source, const struct record *before,
                      bool complete, struct record *ret_record)
{
    start(arena, plan, source, ret_record);
    ret_record->applied = complete ? clock_unix() : before->applied;
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->changes[i];
        bool current =
            change->subject->desired && (change->written || change->action == ACTION_KEEP);
        if (is_elsewhere(change) || is_gone(change) || never_ours(change))
            continue;
        if (current)
            add_desired(arena, ret_record, change);
        else if (change->subject->recorded)
            add_recorded(ret_record, change);
    }
    add_outside(ret_record, plan);
}
