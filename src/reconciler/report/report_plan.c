/* report_plan: a plan for people; see report.h. One change is in report_text.c, what became of an
 * apply in report_result.c. */
#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "reconciler/elsewhere.h"
#include "reconciler/hold.h"
#include "reconciler/plan/consequences.h"
#include "reconciler/strays.h"

#include <string.h>

enum { LEAST_SUBJECT = 16, MOST_SUBJECT = 50 }; /* columns; 50 is what git asks for */

void report_title(struct buf *out, const struct report_style *style, const char *name,
                  const char *revision, const char *subject, const char *where)
{
    AUTO_ARENA arena = arena_new();
    size_t used = text_columns(name) + text_columns(revision) + text_columns(where) + 6;
    size_t room = style->width > used + LEAST_SUBJECT ? style->width - used : LEAST_SUBJECT;
    const char *plain = printable_text(arena, subject);
    buf_printf(out, "%s%s%s", report_colour(style, COLOUR_BOLD), name, report_plain(style));
    if (*revision)
        buf_printf(out, " @ %s", revision);
    if (room > MOST_SUBJECT)
        room = MOST_SUBJECT;
    if (*plain && text_columns(plain) > room)
        buf_printf(out, " \"%.*s…\"", (int)text_fit(plain, room - 1), plain);
    else if (*plain)
        buf_printf(out, " \"%s\"", plain);
    buf_printf(out, "%s\n", where);
}

void report_header(struct buf *out, const struct run *run, const struct target_run *target,
                   const struct report_style *style)
{
    const struct record_source *commit = &run->source.commit;
    AUTO_ARENA arena = arena_new();
    const char *where =
        arena_printf(arena, "%s %s, namespace %s", style->between ? "," : " →",
                     target->description ? target->description : "?", target->target.set_namespace);
    report_title(out, style, run->set.project.name, run->source.revision,
                 commit->subject ? commit->subject : "", where);
}

static bool is_shown(const struct change *change, const struct report_style *style)
{
    if (change->action == ACTION_KEEP)
        return false;
    if (style->quiet)
        return change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN;
    return true;
}

enum section {
    SECTION_WANTED,
    SECTION_GOES,
    SECTION_LEFT,
    SECTION_UNKNOWN,
    SECTION_REFUSED,
    SECTIONS
};

static enum section section_of(const struct change *change)
{
    switch (change->action) {
    case ACTION_DELETE:
        return SECTION_GOES;
    case ACTION_FORGET:
    case ACTION_RETAIN:
    case ACTION_HOLD:
        return SECTION_LEFT;
    case ACTION_UNKNOWN:
        return SECTION_UNKNOWN;
    case ACTION_REFUSE:
        return SECTION_REFUSED;
    default:
        return SECTION_WANTED;
    }
}

/*
 * At a terminal the eye rests at the end: what is refused stands there. A reviewer reads two
 * commits from the top: what is refused and what goes comes first.
 */
static enum section section_at(size_t place, const struct report_style *style)
{
    static const enum section forward[] = { SECTION_WANTED, SECTION_GOES, SECTION_LEFT,
                                            SECTION_UNKNOWN, SECTION_REFUSED };
    static const enum section review[] = { SECTION_REFUSED, SECTION_UNKNOWN, SECTION_GOES,
                                           SECTION_WANTED, SECTION_LEFT };
    return style->between ? review[place] : forward[place];
}

static void add_count(struct buf *out, size_t count, const char *word)
{
    if (count)
        buf_printf(out, "%s%zu %s", out->length ? ", " : "", count, word);
}

/* Why there is nothing to be counted. */
static const char *nothing_text(struct arena *arena, const struct run *run)
{
    if (run->options->selector)
        return arena_printf(arena, "no object of the source matches -l %s", run->options->selector);
    if (run->options->namespace)
        return arena_printf(arena, "no object of the source is in the namespace %s",
                            run->options->namespace);
    return "the source holds no object, and nothing was applied from it";
}

static void add_counts(struct buf *out, const struct run *run, const struct target_run *target,
                       const struct report_style *style)
{
    const struct plan_counts *c = &target->plan.counts;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF line = BUF_INIT(BUF_OUTPUT_CEILING);
    add_count(&line, c->builds, "build");
    add_count(&line, c->create - c->builds, "create");
    add_count(&line, c->change, "change");
    add_count(&line, c->replace - c->reruns, "replace");
    add_count(&line, c->reruns, "run again");
    add_count(&line, c->adopt, "taken over");
    add_count(&line, c->delete, "delete");
    add_count(&line, c->forget, "forgotten");
    add_count(&line, c->retain, "not pruned");
    add_count(&line, c->hold, "held");
    add_count(&line, c->refuse, "refused");
    add_count(&line, c->unknown, "could not be looked at");
    add_count(&line, c->keep, "unchanged");
    buf_puts(out, line.length ? buf_text(&line) : nothing_text(arena, run));
    if (style->times && !style->between)
        buf_printf(out, "    %s", duration_text(arena, clock_now() - run->started));
    buf_putc(out, '\n');
    if (c->unconfirmed)
        buf_printf(out, "%zu of them not confirmed by the server: this account may not dry-run.\n",
                   c->unconfirmed);
    if (c->foreign_fields && style->verbose)
        buf_printf(out, "%zu field%s of other managers %s left alone.\n", c->foreign_fields,
                   c->foreign_fields == 1 ? "" : "s", c->foreign_fields == 1 ? "is" : "are");
}

struct waited_for {
    const char *until;
    size_t count;
};

/* "16 of them are known in full once Namespace/shop is there." */
static void add_folded(struct buf *out, const struct target_run *target)
{
    const struct plan *plan = &target->plan;
    AUTO_ARENA arena = arena_new();
    struct waited_for *steps = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const char *until = plan->changes[i].prediction.until;
        size_t at = 0;
        if (!report_is_folded(plan, &plan->changes[i]))
            continue;
        while (at < count && strcmp(steps[at].until, until) != 0)
            at++;
        if (at == count)
            arena_push(arena, steps, count, capacity, ((struct waited_for){ until, 0 }));
        steps[at].count++;
    }
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%zu of them are known in full once %s.\n", steps[i].count,
                   report_until(arena, target, steps[i].until));
}

/* Only where somebody will have to wait. */
static void add_rolling(struct buf *out, const struct run *run, const struct plan *plan)
{
    size_t most = run->set.project.max_rolling, rolling = 0;
    for (size_t i = 0; i < plan->count; i++)
        rolling += change_rolls(&plan->changes[i]);
    if (most && rolling > most)
        buf_printf(out, "At most %zu of them roll%s at once (Project.maxRolling).\n", most,
                   most == 1 ? "s" : "");
}

void report_hints(struct buf *out, const struct target_run *target,
                  const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    if (style->quiet || style->applying || !style->hint || !plan_differs(&target->plan))
        return;
    if (!style->full)
        buf_printf(out, "Details: %s --full\n",
                   style->hint(style->hint_context, arena, "diff", NULL));
    if (target->plan.refusal_count == 0 && !style->between)
        buf_printf(out, "Do it:   %s\n", style->hint(style->hint_context, arena, "apply", NULL));
}

static bool is_option(const char *way_out)
{
    return way_out && strncmp(way_out, "--", 2) == 0;
}

/* The whole command for the ways out that are options; an old value of one of them is left out. */
static const char *options_command(struct arena *arena, const struct plan *plan,
                                   const struct report_style *style)
{
    AUTO_BUF options = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *name = NULL;
    for (size_t i = 0; i < plan->refusal_count; i++) {
        const char *way_out = plan->refusals[i].way_out;
        if (!is_option(way_out))
            continue;
        name = arena_memdup(arena, way_out + 2, strcspn(way_out + 2, " ,"));
        buf_printf(&options, " %.*s", (int)strcspn(way_out, ","), way_out);
    }
    return arena_printf(arena, "%s%s", style->hint(style->hint_context, arena, "apply", name),
                        buf_text(&options));
}

static size_t count_options(const struct plan *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->refusal_count; i++)
        count += is_option(plan->refusals[i].way_out);
    return count;
}

/* A way out that is an option or a command becomes a whole command, to be copied. */
static void add_way_out(struct buf *out, const struct plan *plan, const char *way_out,
                        const struct report_style *style)
{
    static const char program[] = "cmx-reconcile ";
    AUTO_ARENA arena = arena_new();
    const char *besides = ""; /* on a line of its own: the command is to be copied as it stands */
    if (style->hint && strncmp(way_out, program, sizeof program - 1) == 0)
        way_out = style->hint(style->hint_context, arena, way_out + sizeof program - 1, NULL);
    else if (style->hint && is_option(way_out) && count_options(plan) == 1) {
        besides = way_out + strcspn(way_out, ",");
        way_out = options_command(arena, plan, style);
    }
    buf_printf(out, "  If this is meant: %s\n", way_out);
    if (*besides)
        buf_printf(out, "  (%s)\n", besides + 2);
}

static void add_refusals(struct buf *out, const struct target_run *target,
                         const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    const struct plan *plan = &target->plan;
    for (size_t i = 0; i < plan->refusal_count; i++) {
        const struct refusal *refusal = &plan->refusals[i];
        buf_printf(out, "%s!%s %s.\n", report_colour(style, COLOUR_BAD), report_plain(style),
                   printable_text(arena, refusal->what));
        if (refusal->way_out)
            add_way_out(out, plan, refusal->way_out, style);
    }
    if (style->hint && count_options(plan) > 1)
        buf_printf(out, "If all of this is meant: %s\n", options_command(arena, plan, style));
    if (plan->refusal_count)
        buf_printf(out, "Nothing %s changed.\n", style->applying ? "was" : "would be");
}

/* Pods that are put there would not start. */
static void add_misfits(struct buf *out, const struct target_run *target,
                        const struct report_style *style)
{
    for (size_t i = 0; i < target->misfits.count; i++) {
        buf_printf(out, "%s!%s ", report_colour(style, COLOUR_BAD), report_plain(style));
        text_wrap(out, target->misfits.items[i], 2, style->width, 4);
        buf_puts(out, ".\n");
    }
}

static void add_partial(struct buf *out, const struct run *run, const struct target_run *target,
                        const struct report_style *style)
{
    if (run->partial && !style->quiet && target->record.exists)
        buf_printf(out, "Nothing is deleted: %s.\n", run->partial);
}

static void add_changes(struct buf *out, const struct target_run *target,
                        const struct report_style *style)
{
    const struct plan *plan = &target->plan;
    size_t start = out->length;
    for (size_t place = 0; place < SECTIONS; place++)
        for (size_t i = 0; i < plan->count; i++) {
            const struct change *change = &plan->changes[i];
            if (section_of(change) == section_at(place, style) && is_shown(change, style))
                report_change(out, target, change, report_is_folded(plan, change), style);
        }
    if (out->length > start)
        buf_putc(out, '\n');
}

/* Where nothing is to be done, the result of an apply says so: not twice. */
static bool goes_without_saying(const struct target_run *target, const struct report_style *style)
{
    return style->applying && !plan_differs(&target->plan) && target->plan.count > 0;
}

void report_plan(struct buf *out, const struct run *run, const struct target_run *target,
                 const struct report_style *style)
{
    if (style->between) {
        add_counts(out, run, target, style);
        buf_puts(out, style->quiet ? "" : "\n");
    }
    add_changes(out, target, style);
    if (!style->quiet) {
        report_consequences(out, target, style->width);
        if (!style->between)
            add_rolling(out, run, &target->plan);
        add_folded(out, target);
    }
    if (!style->between && !goes_without_saying(target, style))
        add_counts(out, run, target, style);
    holds_report(out, target, style);
    strays_report(out, target, style);
    elsewhere_report(out, run, target, style);
    add_misfits(out, target, style);
    add_partial(out, run, target, style);
    add_refusals(out, target, style);
}
