/* between: see between.h. A merge walk over two sorted sets. */
#include "reconciler/between.h"

static void fill_update(struct change *change, const struct value *before,
                        const struct value *after)
{
    struct field_changes changes;
    diff_fields(change->arena, before, after, &changes);
    change->action = changes.count ? ACTION_CHANGE : ACTION_KEEP;
    change->prediction = (struct prediction){ .kind = PREDICT_CHANGE, .before = before, .after = after };
    change->fields = arena_array(change->arena, changes.count, sizeof *change->fields);
    change->field_count = changes.count;
    for (size_t i = 0; i < changes.count; i++)
        change->fields[i] = (struct planned_field){ .change = changes.items[i],
                                                    .cause = CAUSE_COMMIT };
}

static void fill(struct change *change, const struct resource *before,
                 const struct resource *after)
{
    change->cause = CAUSE_COMMIT;
    change->subject->id = before ? before->id : after->id;
    change->subject->desired = after;
    change->subject->live = (struct observation){ .state = before ? LIVE_DIFFERENT : LIVE_ABSENT,
                                                  .document = before ? before->document : NULL };
    change->rank = rank_of(&change->subject->id);
    if (before && after)
        fill_update(change, before->document, after->document);
    else if (after) {
        change->action = ACTION_CREATE;
        change->prediction = (struct prediction){ .kind = PREDICT_CREATE, .after = after->document };
    } else
        change->action = ACTION_DELETE;
}

static void count(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        switch (plan->changes[i].action) {
        case ACTION_CREATE: plan->counts.create++; break;
        case ACTION_CHANGE: plan->counts.change++; break;
        case ACTION_DELETE: plan->counts.delete++; break;
        default: plan->counts.keep++; break;
        }
}

static void merge(struct plan *plan, const struct set *before, const struct set *after)
{
    size_t i = 0, j = 0;
    while (i < before->count || j < after->count) {
        const struct resource *old = i < before->count ? &before->resources[i] : NULL;
        const struct resource *new = j < after->count ? &after->resources[j] : NULL;
        int order = !old ? 1 : !new ? -1 : object_id_compare(&old->id, &new->id);
        struct change *change = &plan->changes[plan->count];
        change->subject = &plan->subjects[plan->count++];
        change->arena = arena_new();
        fill(change, order <= 0 ? old : NULL, order >= 0 ? new : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}

void run_between(struct run *before, struct run *after)
{
    struct target_run *target = arena_alloc(after->arena, sizeof *target);
    size_t most = before->set.count + after->set.count;
    *target = (struct target_run){ .provider = &provider_directory, .planned = true };
    target->target.set_name = after->set.project.name;
    target->target.set_namespace = after->set.project.namespace;
    target->description = arena_printf(after->arena, "compared with %s",
                                       *before->source.revision ? before->source.revision
                                                                : "before");
    target->plan = (struct plan){ .arena = after->arena };
    target->plan.subjects = arena_array(after->arena, most, sizeof *target->plan.subjects);
    target->plan.changes = arena_array(after->arena, most, sizeof *target->plan.changes);
    merge(&target->plan, &before->set, &after->set);
    count(&target->plan);
    after->targets = target;
    after->target_count = 1;
}
