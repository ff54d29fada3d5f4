/* restart: see restart.h. */
#include "reconciler/plan/restart.h"

static const struct record_member *find_member(const struct record *record,
                                               const struct object_id *id)
{
    size_t low = 0, high = record->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = object_id_compare(&record->members[middle].id, id);
        if (order == 0)
            return &record->members[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Why it is not known what the pods read of this one; NULL: it is not there any more. */
static const char *why_unknown(const struct plan_options *options, const struct object_id *id)
{
    const struct record_member *member = find_member(options->whole, id);
    if (member && plan_failed_folder(options, member->path))
        return "did not load: mend that first";
    return member && options->part_of_source
               ? "is not in this part of the source: apply the whole source"
               : NULL;
}

void restart_check(struct change *change, const struct plan_options *options)
{
    const struct resource *desired = change->subject->desired;
    if (!desired || !options->whole || !action_writes(change->action))
        return;
    for (size_t i = 0; i < desired->lacks_count; i++) {
        const char *why = why_unknown(options, &desired->lacks[i]);
        if (!why)
            continue;
        change->action = ACTION_REFUSE;
        change->why =
            arena_printf(change->arena, "it restarts with %s, which %s",
                         object_id_text(change->arena, &desired->lacks[i], options->home), why);
        change->way_out = NULL;
        return;
    }
}
