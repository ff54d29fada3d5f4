/* report_text: plans for people; see report.h. Results of an apply are in report_result.c. */
#include "base/cleanup.h"
#include "base/printable.h"
#include "manifest/value_json.h"
#include "reconciler/consequences.h"
#include "reconciler/elsewhere.h"
#include "reconciler/report.h"
#include "reconciler/secret_diff.h"
#include "reconciler/strays.h"

#include <string.h>
#include <wchar.h>

enum { NAME_COLUMNS = 22, FIELDS_SHOWN = 4, VALUE_COLUMNS = 28 };

const char *report_colour(const struct report_style *style, enum report_colour colour)
{
    static const char *const codes[] = {
        [COLOUR_ADD] = "\033[32m", [COLOUR_CHANGE] = "\033[33m", [COLOUR_DELETE] = "\033[31m",
        [COLOUR_BAD] = "\033[1;31m", [COLOUR_DIM] = "\033[2m", [COLOUR_BOLD] = "\033[1m",
    };
    return style->colour ? codes[colour] : "";
}

const char *report_plain(const struct report_style *style)
{
    return style->colour ? "\033[0m" : "";
}

/* Every character but the continuation bytes of UTF-8: names and signs here are one column wide. */
size_t report_columns(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += ((unsigned char)*text & 0xC0) != 0x80;
    return columns;
}

const char *report_name(struct arena *arena, const struct target_run *target,
                        const struct object_id *id)
{
    return printable_text(arena, object_id_text(arena, id, target->target.set_namespace));
}

void report_header(struct buf *out, const struct run *run, const struct target_run *target,
                   const struct report_style *style)
{
    const struct record_source *commit = &run->source.commit;
    buf_printf(out, "%s%s%s", report_colour(style, COLOUR_BOLD), run->set.project.name,
               report_plain(style));
    if (*run->source.revision)
        buf_printf(out, " @ %s", run->source.revision);
    if (commit->subject && *commit->subject)
        buf_printf(out, " \"%s\"", commit->subject);
    buf_printf(out, " → %s, namespace %s\n", target->description ? target->description : "?",
               target->target.set_namespace);
}

/* ---------------------------------------------------------------- one change */

struct sign {
    const char *text;
    enum report_colour colour;
};

static struct sign sign_of(const struct change *change)
{
    switch (change->action) {
    case ACTION_CREATE: return (struct sign){ "+", COLOUR_ADD };
    case ACTION_CHANGE:
    case ACTION_ADOPT: return (struct sign){ "~", COLOUR_CHANGE };
    case ACTION_DELETE: return (struct sign){ "-", COLOUR_DELETE };
    case ACTION_REFUSE:
    case ACTION_UNKNOWN: return (struct sign){ "!", COLOUR_BAD };
    case ACTION_KEEP: return (struct sign){ "=", COLOUR_DIM };
    case ACTION_FORGET:
    case ACTION_RETAIN: return (struct sign){ "·", COLOUR_DIM };
    }
    return (struct sign){ "?", COLOUR_DIM };
}

static const char *ago(struct arena *arena, int64_t time)
{
    int64_t seconds = clock_unix() - time;
    if (seconds < 2)
        return "just now";
    return arena_printf(arena, "%s ago", duration_text(arena, seconds * 1000));
}

static const char *cause_text(struct arena *arena, enum cause cause, const char *manager,
                              int64_t time)
{
    if (cause == CAUSE_COMMIT)
        return "commit";
    if (cause == CAUSE_ADOPTION)
        return "adoption";
    if (!manager)
        return "drift";
    return time ? arena_printf(arena, "drift (%s, %s)", manager, ago(arena, time))
                : arena_printf(arena, "drift (%s)", manager);
}

/*
 * One line: sign, name, what, and at the right edge why. What does not fit beside
 * a long name goes onto a line of its own.
 */
static void add_line(struct buf *out, const struct report_style *style, struct sign sign,
                     const char *name, const char *what, const char *why)
{
    size_t used = 2 + NAME_COLUMNS + report_columns(what);
    size_t name_columns = report_columns(name), why_columns = report_columns(why);
    buf_printf(out, "%s%s%s %s", report_colour(style, sign.colour), sign.text,
               report_plain(style), name);
    bool too_wide = 2 + name_columns + 2 + report_columns(what) + 2 + why_columns > style->width;
    if (name_columns >= NAME_COLUMNS && *what && too_wide) {
        buf_puts(out, "\n    ");
        used = 4 + report_columns(what);
    } else if (name_columns >= NAME_COLUMNS) {
        buf_puts(out, "  ");
        used += name_columns - NAME_COLUMNS + 2;
    } else
        buf_fill(out, ' ', NAME_COLUMNS - name_columns);
    buf_puts(out, what);
    if (*why) {
        buf_fill(out, ' ', used + why_columns + 2 > style->width ? 2
                                                                 : style->width - used - why_columns);
        buf_printf(out, "%s%s%s", report_colour(style, COLOUR_DIM), why, report_plain(style));
    }
    buf_putc(out, '\n');
}

static const char *field_text(struct arena *arena, const struct change *change,
                              const struct planned_field *field)
{
    const struct field_change *c = &field->change;
    const char *path = *c->path ? c->path : "(all)";
    if (secret_field(&change->subject->id, c->pointer))
        return arena_printf(arena, "%s %s", path,
                            !c->before ? "added" : !c->after ? "removed" : "changed");
    if (!c->before)
        return arena_printf(arena, "%s + %s", path, diff_value_text(arena, c->after, VALUE_COLUMNS));
    if (!c->after)
        return arena_printf(arena, "%s removed, was %s", path,
                            diff_value_text(arena, c->before, VALUE_COLUMNS));
    return arena_printf(arena, "%s %s → %s", path,
                        diff_value_text(arena, c->before, VALUE_COLUMNS),
                        diff_value_text(arena, c->after, VALUE_COLUMNS));
}

static void add_fields(struct buf *out, struct arena *arena, const struct target_run *target,
                       const struct change *change, const struct report_style *style)
{
    const char *name = report_name(arena, target, &change->subject->id);
    for (size_t i = 0; i < change->field_count && (i < FIELDS_SHOWN || style->verbose); i++) {
        const struct planned_field *field = &change->fields[i];
        add_line(out, style, sign_of(change), i ? "" : name, field_text(arena, change, field),
                 cause_text(arena, field->cause, field->manager, field->time));
    }
    if (change->field_count > FIELDS_SHOWN && !style->verbose)
        add_line(out, style, sign_of(change), "",
                 arena_printf(arena, "… and %zu more fields", change->field_count - FIELDS_SHOWN),
                 "");
}

/* "Namespace/shop" of the full name of what is waited for. */
static const char *until_text(struct arena *arena, const struct target_run *target,
                              const char *until)
{
    struct object_id id;
    if (!until)
        return "a step has run";
    if (!object_id_parse(arena, until, &id) || !id.name)
        return until;
    id.group = id.group ? id.group : "";
    id.namespace = id.namespace ? id.namespace : "";
    return arena_printf(arena, "%s is there", report_name(arena, target, &id));
}

static const char *short_what(struct arena *arena, const struct target_run *target,
                              const struct change *change)
{
    const struct prediction *p = &change->prediction;
    if (action_writes(change->action) && p->kind == PREDICT_LATER)
        return arena_printf(arena, "known once %s", until_text(arena, target, p->until));
    if (action_writes(change->action) && p->kind == PREDICT_LOCAL)
        return arena_printf(arena, "not confirmed by the server%s%s", p->why ? ": " : "",
                            p->why ? p->why : "");
    if (change->action == ACTION_ADOPT)
        return change->subject->live.owner_text
                   ? arena_printf(arena, "taken over from %s", change->subject->live.owner_text)
                   : "taken over, it was there before";
    if (change->action == ACTION_DELETE)
        return target->plan_options.removal ? "" : "no longer in the source";
    if (change->action == ACTION_FORGET)
        return change->why ? arena_printf(arena, "no longer ours: %s", change->why)
                           : "gone already: forgotten";
    if (change->action == ACTION_RETAIN)
        return arena_printf(arena, "not pruned: %s", change->why);
    if (change->action == ACTION_CREATE && change->cause == CAUSE_DRIFT)
        return "was deleted by another";
    return change->action == ACTION_CHANGE && change->field_count == 0 ? "the set's marks" : "";
}

/* What is deleted, without what only the server wrote about it. */
static const struct value *without_noise(struct arena *arena, const struct value *document)
{
    static const char *const noise[] = { "managedFields", "resourceVersion", "generation", "uid",
                                         "creationTimestamp" };
    struct value *copy = document ? value_copy(arena, document) : NULL;
    struct value *metadata = (struct value *)(uintptr_t)value_get(copy, "metadata");
    for (size_t i = 0; metadata && i < sizeof noise / sizeof *noise; i++)
        value_remove(metadata, noise[i]);
    if (copy)
        value_remove(copy, "status");
    return copy;
}

static void add_full(struct buf *out, const struct change *change,
                     const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF lines = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct value *before = change->prediction.before, *after = change->prediction.after;
    if (change->action == ACTION_DELETE)
        before = without_noise(arena, change->subject->live.document);
    if (change->action == ACTION_CREATE) /* as it was written, without the server's defaults */
        after = change->subject->desired->document;
    secret_mask_pair(arena, &change->subject->id, &before, &after);
    diff_lines(&lines, before, after);
    for (const char *at = buf_text(&lines); *at;) {
        size_t length = strcspn(at, "\n");
        const char *colour = *at == '+'   ? report_colour(style, COLOUR_ADD)
                             : *at == '-' ? report_colour(style, COLOUR_DELETE)
                                          : report_colour(style, COLOUR_DIM);
        buf_printf(out, "%s%.*s%s\n", colour, (int)length, at, report_plain(style));
        at += length + (at[length] == '\n');
    }
}

static void add_refusal(struct buf *out, struct arena *arena, const struct target_run *target,
                        const struct change *change, const struct report_style *style)
{
    buf_printf(out, "%s!%s %s: %s\n", report_colour(style, COLOUR_BAD), report_plain(style),
               report_name(arena, target, &change->subject->id), change->why ? change->why : "");
    if (change->way_out)
        buf_printf(out, "    If this is meant: %s\n", change->way_out);
}

static void add_change(struct buf *out, const struct target_run *target,
                       const struct change *change, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    bool bad = change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN;
    if (bad) {
        add_refusal(out, arena, target, change, style);
        return;
    }
    const char *name = report_name(arena, target, &change->subject->id);
    const char *what = short_what(arena, target, change);
    bool line = *what && change->action != ACTION_CHANGE;
    bool known = change->prediction.kind == PREDICT_CHANGE || change->prediction.kind == PREDICT_LOCAL;
    if (line || change->field_count == 0 || !known || style->full)
        add_line(out, style, sign_of(change), name, what,
                 action_writes(change->action) && change->action != ACTION_DELETE
                     ? cause_text(arena, change->cause, NULL, 0)
                     : "");
    if (style->full && action_writes(change->action))
        add_full(out, change, style);
    else if (change->action != ACTION_CREATE)
        add_fields(out, arena, target, change, style);
}

/* ------------------------------------------------------------------ the plan */

static bool is_shown(const struct change *change, const struct report_style *style)
{
    if (change->action == ACTION_KEEP)
        return false;
    if (style->quiet)
        return change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN;
    return true;
}

/* What is wanted, then what goes, then what is left alone, then what is refused: nearest the eye. */
static int section(const struct change *change)
{
    switch (change->action) {
    case ACTION_DELETE: return 1;
    case ACTION_FORGET:
    case ACTION_RETAIN: return 2;
    case ACTION_UNKNOWN: return 3;
    case ACTION_REFUSE: return 4;
    default: return 0;
    }
}

static void add_count(struct buf *out, size_t count, const char *word)
{
    if (count)
        buf_printf(out, "%s%zu %s", out->length ? ", " : "", count, word);
}

static void add_counts(struct buf *out, const struct run *run, const struct target_run *target,
                       const struct report_style *style)
{
    const struct plan_counts *c = &target->plan.counts;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF line = BUF_INIT(BUF_OUTPUT_CEILING);
    add_count(&line, c->create, "create");
    add_count(&line, c->change, "change");
    add_count(&line, c->adopt, "taken over");
    add_count(&line, c->delete, "delete");
    add_count(&line, c->forget, "forgotten");
    add_count(&line, c->retain, "not pruned");
    add_count(&line, c->refuse, "refused");
    add_count(&line, c->unknown, "could not be looked at");
    add_count(&line, c->keep, "unchanged");
    buf_puts(out, line.length ? buf_text(&line) : "nothing is wanted and nothing is there");
    if (style->times)
        buf_printf(out, "    %s", duration_text(arena, clock_now() - run->started));
    buf_putc(out, '\n');
    if (c->unconfirmed)
        buf_printf(out, "%zu of them not confirmed by the server: this account may not dry-run.\n",
                   c->unconfirmed);
    if (c->foreign_fields && style->verbose)
        buf_printf(out, "%zu field%s of other managers %s left alone.\n", c->foreign_fields,
                   c->foreign_fields == 1 ? "" : "s", c->foreign_fields == 1 ? "is" : "are");
}

static void add_hints(struct buf *out, const struct target_run *target,
                      const struct report_style *style)
{
    bool differs = plan_differs(&target->plan);
    if (style->quiet || style->applying || !differs || !style->arguments)
        return;
    if (!style->full)
        buf_printf(out, "Details: cmx-reconcile diff %s --full\n", style->arguments);
    if (target->plan.refusal_count == 0 && !style->between)
        buf_printf(out, "Do it:   cmx-reconcile apply %s\n", style->arguments);
}

static void add_refusals(struct buf *out, const struct target_run *target,
                         const struct report_style *style)
{
    for (size_t i = 0; i < target->plan.refusal_count; i++) {
        const struct refusal *refusal = &target->plan.refusals[i];
        buf_printf(out, "%s!%s %s.\n  Nothing %s changed.\n", report_colour(style, COLOUR_BAD),
                   report_plain(style), refusal->what, style->applying ? "was" : "would be");
        if (refusal->way_out)
            buf_printf(out, "  If this is meant: %s\n", refusal->way_out);
    }
}

static void add_partial(struct buf *out, const struct run *run, const struct target_run *target,
                        const struct report_style *style)
{
    if (run->partial && !style->quiet && target->record.exists)
        buf_printf(out, "Nothing is deleted: %s.\n", run->partial);
}

void report_plan(struct buf *out, const struct run *run, const struct target_run *target,
                 const struct report_style *style)
{
    size_t start = out->length;
    for (int part = 0; part <= 4; part++)
        for (size_t i = 0; i < target->plan.count; i++) {
            const struct change *change = &target->plan.changes[i];
            if (section(change) == part && is_shown(change, style))
                add_change(out, target, change, style);
        }
    if (out->length > start)
        buf_putc(out, '\n');
    if (!style->quiet)
        report_consequences(out, target);
    add_counts(out, run, target, style);
    strays_report(out, target, style);
    elsewhere_report(out, run, target, style);
    add_partial(out, run, target, style);
    add_refusals(out, target, style);
    add_hints(out, target, style);
}
