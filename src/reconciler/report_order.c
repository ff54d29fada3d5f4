/*
 * report_order: the order of a plan for people; see report.h.
 *
 * By rank, and what an object depends on before it. The executor is freer than this list: what
 * nothing waits for runs side by side.
 */
#include "base/cleanup.h"
#include "reconciler/report.h"

#include <string.h>

enum { NESTING_CEILING = 200 }; /* of a chain of dependencies; a longer one is listed by rank */

struct listing {
    struct buf *out;
    struct arena *arena;
    const struct target_run *target;
    const struct change **changes; /* sorted by rank and name */
    bool *listed;
    size_t count, place, nesting;
};

static const char *verb_of(const struct change *change)
{
    switch (change->action) {
    case ACTION_CREATE:
        return "create";
    case ACTION_DELETE:
        return "delete";
    case ACTION_ADOPT:
        return "take over";
    case ACTION_CHANGE:
        return "change";
    default:
        return "";
    }
}

static int compare_order(const void *a, const void *b)
{
    const struct change *x = *(const struct change *const *)a,
                        *y = *(const struct change *const *)b;
    bool x_deletes = x->action == ACTION_DELETE, y_deletes = y->action == ACTION_DELETE;
    if (x_deletes != y_deletes)
        return x_deletes ? 1 : -1;
    if (x->rank != y->rank)
        return (x->rank < y->rank ? -1 : 1) * (x_deletes ? -1 : 1);
    return object_id_compare(&x->subject->id, &y->subject->id);
}

static void add_waits(const struct listing *listing, const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    const struct prediction *p = &change->prediction;
    for (size_t i = 0; desired && i < desired->options.depends_on.count; i++)
        buf_printf(listing->out, "%s%s", i ? ", " : "  after ",
                   desired->options.depends_on.items[i]);
    if (p->kind == PREDICT_LATER && p->until && !report_is_folded(&listing->target->plan, change))
        buf_printf(listing->out, "\n      decided once %s",
                   report_until(listing->arena, listing->target, p->until));
}

static void list_change(struct listing *listing, size_t at);

/* A name without a namespace means the object's own. Cycles were refused at load. */
static void list_needed(struct listing *listing, const char *name)
{
    struct object_id pattern;
    if (listing->nesting == NESTING_CEILING || !object_id_parse(listing->arena, name, &pattern))
        return;
    listing->nesting++;
    for (size_t i = 0; i < listing->count; i++)
        if (object_id_matches(&pattern, &listing->changes[i]->subject->id))
            list_change(listing, i);
    listing->nesting--;
}

static void list_change(struct listing *listing, size_t at)
{
    const struct change *change = listing->changes[at];
    const struct resource *desired = change->subject->desired;
    if (listing->listed[at])
        return;
    listing->listed[at] = true;
    for (size_t i = 0; desired && i < desired->options.depends_on.count; i++)
        list_needed(listing, desired->options.depends_on.items[i]);
    buf_printf(listing->out, "%4zu  %-9s %s", ++listing->place, verb_of(change),
               report_name(listing->arena, listing->target, &change->subject->id));
    add_waits(listing, change);
    buf_putc(listing->out, '\n');
}

void report_order(struct buf *out, const struct target_run *target,
                  const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    const struct plan *plan = &target->plan;
    struct listing listing = { .out = out, .arena = arena, .target = target };
    listing.changes = arena_array(arena, plan->count, sizeof *listing.changes);
    listing.listed = arena_array(arena, plan->count, sizeof *listing.listed);
    for (size_t i = 0; i < plan->count; i++)
        if (action_writes(plan->changes[i].action))
            listing.changes[listing.count++] = &plan->changes[i];
    if (listing.count == 0)
        return;
    qsort(listing.changes, listing.count, sizeof *listing.changes, compare_order);
    buf_printf(out, "\n%sIn this order:%s\n", report_colour(style, COLOUR_BOLD),
               report_plain(style));
    for (size_t i = 0; i < listing.count; i++)
        list_change(&listing, i);
    buf_putc(out, '\n');
}
