/* report_result: what became of an apply, and the order of a plan; see report.h. */
#include "base/cleanup.h"
#include "reconciler/report.h"

#include <string.h>

static const char *verb_of(const struct change *change)
{
    switch (change->action) {
    case ACTION_CREATE: return "create";
    case ACTION_DELETE: return "delete";
    case ACTION_ADOPT: return "take over";
    case ACTION_CHANGE: return "change";
    default: return "";
    }
}

static void add_indented(struct buf *out, const char *text)
{
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        buf_printf(out, "%s%.*s\n", at == text ? "" : "    ", (int)length, at);
        at += length + (at[length] == '\n');
    }
}

static void add_failure(struct buf *out, const struct target_run *target,
                        const struct change *change, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    buf_printf(out, "%s!%s %s: ", report_colour(style, COLOUR_BAD), report_plain(style),
               report_name(arena, target, &change->subject->id));
    add_indented(out, change->error.message);
    if (change->subject->desired && change->subject->desired->file)
        buf_printf(out, "    from %s:%u\n", change->subject->desired->file->path,
                   change->subject->desired->place.line);
}

static void add_names(struct buf *out, const struct target_run *target, enum progress progress,
                      const char *title)
{
    AUTO_ARENA arena = arena_new();
    size_t found = 0;
    for (size_t i = 0; i < target->plan.count; i++) {
        const struct change *change = &target->plan.changes[i];
        if (change->progress != progress)
            continue;
        buf_printf(out, "%s%s", found++ ? ", " : title,
                   report_name(arena, target, &change->subject->id));
        if (progress == PROGRESS_BLOCKED)
            buf_printf(out, " (%s)", change->error.message + strcspn(change->error.message, ":")
                                         + (strchr(change->error.message, ':') ? 2 : 0));
    }
    if (found)
        buf_putc(out, '\n');
}

struct tally {
    size_t created, changed, adopted, deleted, healthy;
};

static struct tally count_done(const struct plan *plan)
{
    struct tally tally = { 0 };
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->changes[i];
        if (change->progress != PROGRESS_DONE)
            continue;
        tally.created += change->action == ACTION_CREATE;
        tally.changed += change->action == ACTION_CHANGE;
        tally.adopted += change->action == ACTION_ADOPT;
        tally.deleted += change->action == ACTION_DELETE;
        tally.healthy += change->action != ACTION_DELETE;
    }
    return tally;
}

static void add_count(struct buf *line, size_t count, const char *word)
{
    if (count)
        buf_printf(line, "%s%zu %s", line->length ? ", " : "", count, word);
}

static void add_tally(struct buf *out, const struct run *run, const struct target_run *target,
                      const struct report_style *style)
{
    struct tally tally = count_done(&target->plan);
    AUTO_ARENA arena = arena_new();
    AUTO_BUF line = BUF_INIT(BUF_OUTPUT_CEILING);
    add_count(&line, tally.created, "created");
    add_count(&line, tally.changed, "changed");
    add_count(&line, tally.adopted, "taken over");
    add_count(&line, tally.deleted, "deleted");
    add_count(&line, target->plan.counts.keep, "unchanged");
    add_count(&line, target->result.failed, "failed");
    add_count(&line, target->result.blocked, "not started because of that");
    add_count(&line, target->result.skipped, "not reached");
    add_count(&line, target->plan.counts.refuse, "refused");
    add_count(&line, target->plan.counts.unknown, "could not be looked at");
    buf_puts(out, line.length ? buf_text(&line) : "nothing to do");
    if (style->times)
        buf_printf(out, "    %s", duration_text(arena, clock_now() - run->started));
    buf_putc(out, '\n');
}

static void add_stop(struct buf *out, const struct target_run *target)
{
    if (target->result.interrupted)
        buf_puts(out, "Interrupted: what was being written is finished, nothing new was started.\n");
    if (target->result.not_pruned)
        buf_printf(out, "Not pruned (%zu objects): %s.\n", target->plan.counts.delete,
                   target->result.not_pruned);
}

void report_result(struct buf *out, const struct run *run, const struct target_run *target,
                   const struct report_style *style)
{
    for (size_t i = 0; i < target->plan.count; i++)
        if (target->plan.changes[i].progress == PROGRESS_FAILED)
            add_failure(out, target, &target->plan.changes[i], style);
    add_names(out, target, PROGRESS_BLOCKED, "Not started: ");
    add_names(out, target, PROGRESS_SKIPPED, "Not done: ");
    add_stop(out, target);
    add_tally(out, run, target, style);
    if (target->result.failed && style->arguments && !style->quiet)
        buf_printf(out, "Next: mend it and commit, then  cmx-reconcile apply %s\n",
                   style->arguments);
}

/* -------------------------------------------------------------- the order */

static int compare_order(const void *a, const void *b)
{
    const struct change *x = *(const struct change *const *)a, *y = *(const struct change *const *)b;
    bool x_deletes = x->action == ACTION_DELETE, y_deletes = y->action == ACTION_DELETE;
    if (x_deletes != y_deletes)
        return x_deletes ? 1 : -1;
    if (x->rank != y->rank)
        return (x->rank < y->rank ? -1 : 1) * (x_deletes ? -1 : 1);
    return object_id_compare(&x->subject->id, &y->subject->id);
}

static void add_waits(struct buf *out, const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    for (size_t i = 0; desired && i < desired->options.depends_on.count; i++)
        buf_printf(out, "%s%s", i ? ", " : "  after ", desired->options.depends_on.items[i]);
    if (change->prediction.kind == PREDICT_LATER && change->prediction.until)
        buf_printf(out, "  decided once %s is there", change->prediction.until);
}

void report_order(struct buf *out, const struct run *run, const struct target_run *target,
                  const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    const struct plan *plan = &target->plan;
    const struct change **ordered = arena_array(arena, plan->count, sizeof *ordered);
    size_t count = 0;
    (void)run;
    for (size_t i = 0; i < plan->count; i++)
        if (action_writes(plan->changes[i].action))
            ordered[count++] = &plan->changes[i];
    if (count == 0)
        return;
    qsort(ordered, count, sizeof *ordered, compare_order);
    buf_printf(out, "%sIn this order:%s\n", report_colour(style, COLOUR_BOLD), report_plain(style));
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%4zu  %-9s %s", i + 1, verb_of(ordered[i]),
                   report_name(arena, target, &ordered[i]->subject->id));
        add_waits(out, ordered[i]);
        buf_putc(out, '\n');
    }
    buf_putc(out, '\n');
}
