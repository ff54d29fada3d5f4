/*
 * report_order: the order of a plan for people; see report.h.
 *
 * From the very schedule that the executor follows, which is freer than this list: what
 * nothing waits for runs side by side.
 */
#include "base/cleanup.h"
#include "reconciler/execute/order.h"
#include "reconciler/home.h"
#include "reconciler/report/report.h"

struct listing {
    struct buf *out;
    struct arena *arena;
    const struct target_run *target;
    const struct report_style *style;
    size_t place;
};

static const char *verb_of(const struct change *change)
{
    if (image_is_id(&change->subject->id))
        return change->action != ACTION_CREATE ? "tag"
               : change->prediction.renews     ? "rebuild"
                                               : "build";
    switch (change->action) {
    case ACTION_CREATE:
        return "create";
    case ACTION_DELETE:
        return "delete";
    case ACTION_ADOPT:
        return "take over";
    case ACTION_CHANGE:
        return "change";
    case ACTION_REPLACE:
        return change->reruns ? "run again" : "replace";
    default:
        return "";
    }
}

/* What joins an Image to its objects names it in full; people call it "Image/api". */
static const char *dependency_text(struct arena *arena, const char *text)
{
    struct object_id id;
    bool image = object_id_parse(arena, text, &id) && id.name && id.kind && id.group
                 && image_is_id(&(struct object_id){ id.group, id.kind, "", id.name });
    return image ? arena_printf(arena, "%s/%s", id.kind, id.name) : text;
}

static void add_waits(const struct listing *listing, const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    const struct prediction *p = &change->prediction;
    if (desired && change->action != ACTION_DELETE)
        buf_puts(listing->out, desired->options.hook == HOOK_PRE    ? "  before the rest"
                               : desired->options.hook == HOOK_POST ? "  after the rest"
                                                                    : "");
    for (size_t i = 0; desired && i < desired->options.depends_on.count; i++)
        buf_printf(listing->out, "%s%s", i ? ", " : "  after ",
                   dependency_text(listing->arena, desired->options.depends_on.items[i]));
    if (p->kind == PREDICT_LATER && p->until && !report_is_folded(&listing->target->plan, change))
        buf_printf(listing->out, "\n      decided once %s",
                   report_until(listing->arena, listing->target, p->until));
}

static void list_change(struct listing *listing, const struct change *change)
{
    if (!listing->place)
        buf_printf(listing->out, "\n%sIn this order:%s\n",
                   report_colour(listing->style, COLOUR_BOLD), report_plain(listing->style));
    buf_printf(listing->out, "%4zu  %-9s %s", ++listing->place, verb_of(change),
               report_name(listing->arena, listing->target, &change->subject->id));
    add_waits(listing, change);
    buf_putc(listing->out, '\n');
}

/* As if each step were done before the next may start. */
static void list_phase(struct listing *listing, bool deleting)
{
    const struct plan *plan = &listing->target->plan;
    struct change **changes = arena_array(listing->arena, plan->count, sizeof *changes);
    size_t count = order_phase(plan, deleting, changes), step;
    struct schedule *schedule =
        order_schedule(listing->arena, changes, count, deleting, home_of(listing->target));
    while (schedule_next(schedule, &step)) {
        if (action_writes(changes[step]->action))
            list_change(listing, changes[step]);
        schedule_done(schedule, step);
    }
}

void report_order(struct buf *out, const struct target_run *target,
                  const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    struct listing listing = { .out = out, .arena = arena, .target = target, .style = style };
    list_phase(&listing, false);
    list_phase(&listing, true);
    if (listing.place)
        buf_putc(out, '\n');
}
