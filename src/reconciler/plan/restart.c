/* restart: see restart.h. */
#include "reconciler/plan/restart.h"

#include "providers/record.h"

/* Why it is not known what the pods read of this one; NULL: it is not there any more. */
static const char *why_unknown(const struct plan_options *options, const struct object_id *id)
{
    const struct record_member *member = record_find(options->whole, id);
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
