/* status_table: see status_table.h. */
#include "cli/status_table.h"
#include "cli/command.h"

#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "manifest/references.h"
#include "manifest/value_json.h"
#include "providers/record.h"
#include "reconciler/hold.h"
#include "reconciler/plan/contest.h"
#include "reconciler/strays.h"

#include <string.h>

enum { LEAST_COLUMNS = 10, MOST_COLUMNS = 38, SINCE_COLUMNS = 10, BELOW = 4 /* of a long note */ };

/* The widths of the first two columns, from what stands in them. */
struct widths {
    size_t object, health;
};

struct row {
    const char *health, *note, *since, *image;
    bool drifted, failing, unknown, missing, ended;
    const struct record_contest *contest; /* that goes on, or NULL */
    const struct hold *hold; /* on this object, or NULL: what differs is meant to differ */
};

void status_start(struct status *status)
{
    *status = (struct status){ .text = BUF_INIT(BUF_OUTPUT_CEILING),
                               .facts = BUF_INIT(BUF_OUTPUT_CEILING),
                               .code = EXIT_DONE };
}

void status_done(struct status *status)
{
    buf_done(&status->text);
    buf_done(&status->facts);
}

static const char *first_image(const struct subject *subject)
{
    const struct value *template =
        subject->live.document ? pod_template(&subject->id, subject->live.document) : NULL;
    return value_text(
        value_get(value_item(value_at(template, "spec", "containers", NULL), 0), "image"));
}

/* "5 min"; a moment ago is a second. */
static const char *since_text(struct arena *arena, int64_t time)
{
    int64_t seconds = clock_unix() - time;
    return duration_text(arena, (seconds > 0 ? seconds : 1) * 1000);
}

static const char *drift_text(struct arena *arena, const struct observation *live)
{
    if (!live->touched_by)
        return "changed since the last apply";
    if (!live->touched)
        return arena_printf(arena, "changed by %s", live->touched_by);
    return arena_printf(arena, "changed by %s, %s ago", live->touched_by,
                        since_text(arena, live->touched));
}

static const char *join(struct arena *arena, const char *first, const char *second)
{
    return arena_printf(arena, "%s%s%s", first, *first && *second ? "; " : "", second);
}

/* Of what is there: what holds it up, who changed it or whose it is. */
static const char *note_of(struct arena *arena, const struct subject *subject,
                           const struct row *row)
{
    const struct observation *live = &subject->live;
    bool others = live->owner != OWNER_SELF && live->owner != OWNER_NONE && live->owner_text;
    const char *trouble = row->failing && live->trouble ? live->trouble : "";
    const char *note = row->contest   ? contest_text(arena, row->contest)
                       : others       ? arena_printf(arena, "belongs to %s", live->owner_text)
                       : row->drifted ? drift_text(arena, live)
                                      : "";
    return join(arena, trouble, note);
}

static void fill_words(struct arena *arena, const struct subject *subject, struct row *row)
{
    const struct observation *live = &subject->live;
    if (row->unknown) {
        row->health = "unknown";
        row->note = live->why ? live->why : "could not look";
    } else if (row->ended) {
        row->health = "ended";
        row->note = "removed since by its ttlSecondsAfterFinished";
    } else if (row->missing) {
        row->health = "missing";
        row->note = "deleted by another";
    } else
        row->note = note_of(arena, subject, row);
    if (row->hold)
        row->note = join(arena, hold_text(arena, row->hold), row->note);
}

static struct row row_of(struct arena *arena, const struct target_run *target,
                         const struct subject *subject)
{
    const struct observation *live = &subject->live;
    struct row row = { .health = live->health ? live->health : "", .note = "", .since = "" };
    row.image = first_image(subject);
    row.unknown = live->state == LIVE_UNKNOWN;
    row.ended = live->state == LIVE_ABSENT && subject->recorded && subject->recorded->ended;
    row.missing = live->state == LIVE_ABSENT && !row.ended;
    row.drifted =
        row.missing
        || (subject->recorded && record_mark_differs(subject->recorded->mark, live->mark));
    if (contest_goes_on(arena, target, subject)) {
        row.contest = &subject->recorded->contest;
        row.drifted = true;
    }
    row.failing = !row.unknown && !row.missing && live->health && !live->healthy;
    row.hold = hold_of(&target->record, subject);
    fill_words(arena, subject, &row);
    if (live->since)
        row.since = since_text(arena, live->since);
    return row;
}

static size_t cell_columns(const char *text, size_t columns)
{
    size_t needed = text_columns(text) + 2;
    return needed > columns ? needed : columns;
}

static void add_cell(struct buf *out, const char *text, size_t columns)
{
    buf_puts(out, text);
    buf_fill(out, ' ', cell_columns(text, columns) - text_columns(text));
}

static enum exit_code code_of(const struct row *row)
{
    enum exit_code code = EXIT_DONE;
    if (row->unknown)
        code = exit_worse(code, EXIT_UNREACHABLE);
    if (row->failing)
        code = exit_worse(code, EXIT_UNHEALTHY);
    if (row->drifted && !row->hold)
        code = exit_worse(code, EXIT_NO);
    return code;
}

/* A single long name is no reason to push everybody's notes over the edge. */
static size_t wider(size_t columns, const char *text)
{
    size_t needed = text_columns(text) + 2;
    return needed > columns && needed <= MOST_COLUMNS ? needed : columns;
}

static const char *health_text(const struct row *row)
{
    return *row->health ? row->health : row->drifted ? "drifted" : "present";
}

static struct widths measure(struct arena *arena, const struct target_run *target)
{
    struct widths widths = { LEAST_COLUMNS, LEAST_COLUMNS };
    for (size_t i = 0; i < target->record.count; i++) {
        struct row row = row_of(arena, target, &target->plan.subjects[i]);
        widths.object =
            wider(widths.object, report_name(arena, target, &target->plan.subjects[i].id));
        widths.health = wider(widths.health, health_text(&row));
    }
    return widths;
}

static void add_heading(struct status *status, const struct target_run *target,
                        const struct widths *widths, const struct report_style *style)
{
    const struct record_source *source = &target->record.source;
    if (status->sets)
        buf_putc(&status->text, '\n');
    AUTO_ARENA arena = arena_new();
    const char *revision = *source->commit ? arena_printf(arena, "%.7s%s", source->commit,
                                                          source->dirty ? "-dirty" : "")
                                           : "";
    report_title(&status->text, style, target->target.set_name, revision, source->subject,
                 arena_printf(arena, " → %s, namespace %s", target->description,
                              target->target.set_namespace));
    if (style->quiet)
        return;
    buf_putc(&status->text, '\n');
    add_cell(&status->text, "OBJECT", widths->object);
    add_cell(&status->text, "HEALTH", widths->health);
    add_cell(&status->text, "SINCE", SINCE_COLUMNS);
    buf_puts(&status->text, "NOTE\n");
}

/* No blanks at the end of a line. */
static void trim(struct buf *out)
{
    while (out->length && out->data[out->length - 1] == ' ')
        out->data[--out->length] = '\0';
}

/* Beside the row; on a terminal, where there is no room, below it. Elsewhere a row is one line. */
static void add_note(struct buf *out, const char *note, size_t used, size_t width)
{
    if (!terminal_can_redraw() || used + text_columns(note) <= width) {
        buf_puts(out, note);
        return;
    }
    trim(out);
    buf_putc(out, '\n');
    buf_fill(out, ' ', BELOW);
    text_wrap(out, note, BELOW, width, BELOW);
}

static void add_row(struct status *status, struct arena *arena, const struct target_run *target,
                    const struct subject *subject, const struct row *row,
                    const struct widths *widths, const struct report_style *style)
{
    const char *name = report_name(arena, target, &subject->id);
    bool bad = row->failing || row->unknown || (row->missing && !row->hold);
    const char *health = health_text(row);
    const char *note =
        arena_printf(arena, "%s%s%s", printable_text(arena, row->note),
                     *row->note && row->image ? ", " : "", row->image ? row->image : "");
    add_cell(&status->text, name, widths->object);
    buf_puts(&status->text, bad            ? report_colour(style, COLOUR_BAD)
                            : row->drifted ? report_colour(style, COLOUR_CHANGE)
                                           : "");
    buf_printf(&status->text, "%s%s", health, report_plain(style));
    buf_fill(&status->text, ' ', cell_columns(health, widths->health) - text_columns(health));
    add_cell(&status->text, row->since, SINCE_COLUMNS);
    add_note(&status->text, note,
             cell_columns(name, widths->object) + cell_columns(health, widths->health)
                 + cell_columns(row->since, SINCE_COLUMNS),
             style->width);
    trim(&status->text);
    buf_putc(&status->text, '\n');
    buf_printf(&status->facts, "%s %s %s %d %d\n", object_id_full(arena, &subject->id), row->health,
               row->drifted ? "" : row->note, row->drifted, row->hold != NULL);
}

static struct value *row_value(struct arena *arena, const struct subject *subject,
                               const struct row *row)
{
    struct value *map = value_map(arena);
    value_set_filled(arena, map, "group", subject->id.group);
    value_set_filled(arena, map, "kind", subject->id.kind);
    value_set_filled(arena, map, "namespace", subject->id.namespace);
    value_set_filled(arena, map, "name", subject->id.name);
    value_set_filled(arena, map, "health", row->health);
    value_set_filled(arena, map, "note", row->note);
    value_set_filled(arena, map, "image", row->image);
    value_set(arena, map, "drifted", value_bool(arena, row->drifted));
    value_set(arena, map, "healthy",
              value_bool(arena, !row->failing && !row->unknown && !row->missing));
    if (row->contest)
        value_set(arena, map, "contest", contest_value(arena, row->contest));
    if (row->hold)
        value_set(arena, map, "hold", hold_value(arena, row->hold));
    if (subject->live.since)
        value_set_filled(arena, map, "since", time_text(arena, subject->live.since));
    return map;
}

static void add_json_set(struct status *status, struct arena *arena,
                         const struct target_run *target, struct value *rows)
{
    struct value *map = value_map(arena);
    value_set_filled(arena, map, "name", target->target.set_name);
    value_set_filled(arena, map, "namespace", target->target.set_namespace);
    value_set_filled(arena, map, "target", target->description);
    value_set_filled(arena, map, "commit", target->record.source.commit);
    value_set_filled(arena, map, "origin", target->record.source.origin);
    value_set(arena, map, "objects", rows);
    struct value *holds = holds_value(arena, target);
    if (holds)
        value_set(arena, map, "holds", holds);
    struct value *strays = strays_value(arena, &target->plan);
    if (strays)
        value_set(arena, map, "unrecorded", strays);
    buf_puts(&status->text, status->sets ? "," : "{\"format\":1,\"sets\":[");
    json_write(&status->text, map);
}

struct tally {
    size_t failing, missing, drifted, unknown, held;
};

static void count_row(struct tally *tally, const struct row *row)
{
    tally->failing += row->failing;
    tally->missing += row->missing && !row->hold;
    tally->drifted += row->drifted && !row->missing && !row->hold;
    tally->held += row->hold != NULL;
    tally->unknown += row->unknown;
}

static void add_count(struct buf *out, size_t count, const char *word, const char **lead)
{
    if (!count)
        return;
    buf_printf(out, "%s%zu %s", *lead, count, word);
    *lead = ", ";
}

/* "17 objects: 1 unhealthy, 2 drifted". */
static void add_tally(struct buf *out, size_t count, const struct tally *tally,
                      const struct report_style *style)
{
    const char *lead = ": ";
    buf_printf(out, "%s%zu object%s", style->quiet ? "" : "\n", count, count == 1 ? "" : "s");
    add_count(out, tally->failing, "unhealthy", &lead);
    add_count(out, tally->missing, "missing", &lead);
    add_count(out, tally->drifted, "drifted", &lead);
    add_count(out, tally->unknown, "could not be looked at", &lead);
    add_count(out, tally->held, "held", &lead);
    buf_puts(out, strcmp(lead, ": ") == 0 ? ": all is well\n" : "\n");
}

static void add_target(struct status *status, const struct invocation *invocation,
                       const struct target_run *target)
{
    AUTO_ARENA arena = arena_new();
    struct report_style style = invocation_style(invocation);
    struct value *rows = value_list(arena);
    struct tally tally = { 0 };
    bool json = invocation->output == OUTPUT_JSON;
    struct widths widths = measure(arena, target);
    if (!json)
        add_heading(status, target, &widths, &style);
    for (size_t i = 0; i < target->record.count; i++) {
        const struct subject *subject = &target->plan.subjects[i];
        struct row row = row_of(arena, target, subject);
        status->code = exit_worse(status->code, code_of(&row));
        count_row(&tally, &row);
        if (json)
            value_push(arena, rows, row_value(arena, subject, &row));
        else if (!invocation->quiet || code_of(&row) != EXIT_DONE || row.hold)
            add_row(status, arena, target, subject, &row, &widths, &style);
    }
    if (json)
        add_json_set(status, arena, target, rows);
    else {
        holds_report(&status->text, target, &style);
        strays_report(&status->text, target, &style);
        add_tally(&status->text, target->record.count, &tally, &style);
    }
    status->sets++;
}

void status_add(struct status *status, const struct invocation *invocation, const struct run *run)
{
    for (size_t i = 0; i < run->target_count; i++)
        add_target(status, invocation, &run->targets[i]);
}

void status_finish_json(struct status *status)
{
    AUTO_ARENA arena = arena_new();
    buf_puts(&status->text, status->sets ? "]" : "{\"format\":1,\"sets\":[]");
    if (*status->error) {
        buf_puts(&status->text, ",\"error\":");
        json_write(&status->text, value_string(arena, status->error));
    }
    buf_printf(&status->text, ",\"exitCode\":%d}\n", signals_answer(status->code));
}
