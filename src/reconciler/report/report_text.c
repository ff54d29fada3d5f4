/* report_text: one change for people; see report.h. The plan around it is in report_plan.c. */
#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "manifest/config_hash.h"
#include "manifest/value_json.h"
#include "reconciler/hold.h"
#include "reconciler/plan/secret_diff.h"
#include "reconciler/report/report_image.h"

#include <stdint.h>
#include <string.h>

enum { NAME_COLUMNS = 22, FIELDS_SHOWN = 4, VALUE_COLUMNS = 28, BEFORE_DIFFERENCE = 16 };
enum { FIELD_INDENT = 4, CONTINUED = 6 }; /* of a field below its object, and of its next lines */

const char *report_colour(const struct report_style *style, enum report_colour colour)
{
    static const char *const codes[] = {
        [COLOUR_ADD] = "\033[32m",   [COLOUR_CHANGE] = "\033[33m", [COLOUR_DELETE] = "\033[31m",
        [COLOUR_BAD] = "\033[1;31m", [COLOUR_DIM] = "\033[2m",     [COLOUR_BOLD] = "\033[1m",
    };
    return style->colour ? codes[colour] : "";
}

const char *report_plain(const struct report_style *style)
{
    return style->colour ? "\033[0m" : "";
}

const char *report_name(struct arena *arena, const struct target_run *target,
                        const struct object_id *id)
{
    return printable_text(arena, object_id_text(arena, id, target->target.set_namespace));
}

/* ---------------------------------------------------------------- one change */

struct sign {
    const char *text;
    enum report_colour colour;
};

static struct sign sign_of(const struct change *change)
{
    switch (change->action) {
    case ACTION_CREATE:
        return change->prediction.renews ? (struct sign){ "~", COLOUR_CHANGE }
                                         : (struct sign){ "+", COLOUR_ADD };
    case ACTION_CHANGE:
    case ACTION_ADOPT:
        return (struct sign){ "~", COLOUR_CHANGE };
    case ACTION_REPLACE:
        return (struct sign){ "±", change->reruns ? COLOUR_CHANGE : COLOUR_DELETE };
    case ACTION_DELETE:
        return (struct sign){ "-", COLOUR_DELETE };
    case ACTION_REFUSE:
    case ACTION_UNKNOWN:
        return (struct sign){ "!", COLOUR_BAD };
    case ACTION_KEEP:
        return (struct sign){ "=", COLOUR_DIM };
    case ACTION_FORGET:
    case ACTION_RETAIN:
        return (struct sign){ "·", COLOUR_DIM };
    case ACTION_HOLD:
        return (struct sign){ "‖", COLOUR_BOLD };
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

/* Does an earlier field have the same cause, and of drift the same manager? */
static bool cause_told(const struct change *change, size_t index)
{
    const struct planned_field *field = &change->fields[index];
    const char *manager = field->manager ? field->manager : "";
    for (const struct planned_field *f = change->fields; f < field; f++)
        if (f->cause == field->cause && strcmp(f->manager ? f->manager : "", manager) == 0)
            return true;
    return false;
}

/* Of all its fields, each cause and manager once: where they are not told one by one. */
static const char *causes_text(struct arena *arena, const struct change *change)
{
    const struct planned_field *field = change->fields;
    const char *managers = NULL;
    bool drift = false;
    size_t told = 0;
    for (size_t i = 0; i < change->field_count; i++) {
        if (cause_told(change, i))
            continue;
        field = &change->fields[i];
        told++;
        drift |= field->cause == CAUSE_DRIFT;
        if (field->manager)
            managers =
                managers ? arena_printf(arena, "%s, %s", managers, field->manager) : field->manager;
    }
    if (told == 1)
        return cause_text(arena, field->cause, field->manager, field->time);
    const char *whole = cause_text(arena, change->cause, managers, 0);
    return !drift || change->cause == CAUSE_DRIFT
               ? whole
               : arena_printf(arena, "%s, %s", whole, cause_text(arena, CAUSE_DRIFT, managers, 0));
}

static void add_why(struct buf *out, const struct report_style *style, size_t used, const char *why)
{
    size_t columns = text_columns(why);
    if (!*why)
        return;
    buf_fill(out, ' ', used + columns + 2 > style->width ? 2 : style->width - used - columns);
    buf_printf(out, "%s%s%s", report_colour(style, COLOUR_DIM), why, report_plain(style));
}

/* Blanks between the name and what stands beside it; a long field of no name goes to the left. */
static size_t gap_behind(const struct report_style *style, size_t used, const char *name,
                         const char *what)
{
    size_t gap = used < 2 + NAME_COLUMNS ? 2 + NAME_COLUMNS - used : 2;
    return !*name && used + gap + text_columns(what) > style->width ? 2 : gap;
}

/* Does a field stand below its object: beside a long name, or where it is too long itself? */
static bool stands_below(const struct report_style *style, const char *name, size_t needed,
                         const char *why)
{
    bool long_name = text_columns(name) + 2 > NAME_COLUMNS;
    return *name
           && (needed > style->width
               || (long_name && needed + 2 + text_columns(why) > style->width));
}

/*
 * One line: sign, name, what, and at the right edge why. What does not fit beside its name goes
 * onto lines below it, and its end has the why: a name with nothing but a "commit" far off says
 * nothing.
 */
static void add_line(struct buf *out, const struct report_style *style, struct sign sign,
                     const char *name, const char *what, const char *why)
{
    size_t used = 2 + text_columns(name), gap = gap_behind(style, used, name, what);
    bool below = *what && stands_below(style, name, used + gap + text_columns(what), why);
    buf_printf(out, "%s%s%s %s", report_colour(style, sign.colour), sign.text, report_plain(style),
               name);
    if (below) {
        buf_putc(out, '\n');
        used = 0;
        gap = FIELD_INDENT;
    }
    if (*what) {
        buf_fill(out, ' ', gap);
        used = text_wrap(out, what, used + gap, style->width, CONTINUED);
    }
    if (*why && used + 2 + text_columns(why) > style->width) {
        buf_putc(out, '\n');
        used = 0;
    }
    add_why(out, style, used, why);
    buf_putc(out, '\n');
}

/* The last columns of a text, or all of it. */
static const char *tail_text(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    const char *at = length > VALUE_COLUMNS ? text + length - VALUE_COLUMNS + 1 : text;
    while (at > text && ((unsigned char)*at & 0xC0) == 0x80)
        at++;
    return at == text ? text : arena_printf(arena, "…%s", at);
}

/* Where the first difference of two long texts is: on its line (JSON writes "\\n"), or a little
 * before. */
static size_t difference(const char *text, const char *other)
{
    size_t same = 0, least;
    while (text[same] && text[same] == other[same])
        same++;
    least = same > BEFORE_DIFFERENCE ? same - BEFORE_DIFFERENCE : 0;
    for (size_t at = same; at > least + 1; at--)
        if (text[at - 2] == '\\' && text[at - 1] == 'n')
            return at;
    while (least > 0 && ((unsigned char)text[least] & 0xC0) == 0x80)
        least--;
    return least;
}

static const char *part_text(struct arena *arena, const char *text, size_t from)
{
    size_t shown = text_fit(text + from, VALUE_COLUMNS - 2);
    return arena_printf(arena, "%s%.*s%s", from ? "…" : "", (int)shown, text + from,
                        text[from + shown] ? "…" : "");
}

/* "old → new"; of two long values that begin alike the ends are shown, or where they differ. */
static const char *change_text(struct arena *arena, const struct field_change *change)
{
    const char *before = diff_value_text(arena, change->before, VALUE_COLUMNS);
    const char *after = diff_value_text(arena, change->after, VALUE_COLUMNS);
    if (strcmp(before, after) == 0) {
        const char *old = diff_value_text(arena, change->before, SIZE_MAX);
        const char *new = diff_value_text(arena, change->after, SIZE_MAX);
        size_t from = difference(old, new);
        before = tail_text(arena, old);
        after = tail_text(arena, new);
        if (strcmp(before, after) == 0) {
            before = part_text(arena, old, from);
            after = part_text(arena, new, from);
        }
    }
    return arena_printf(arena, "%s → %s", before, after);
}

/* The hash of what pods read: enough of it to tell two apart. */
static const char *hash_text(struct arena *arena, const struct field_change *change)
{
    const char *before = value_text(change->before), *after = value_text(change->after);
    return arena_printf(arena, CONFIG_HASH " %.8s → %.8s", before ? before : "none",
                        after ? after : "none");
}

static const char *field_text(struct arena *arena, const struct change *change,
                              const struct planned_field *field)
{
    const struct field_change *c = &field->change;
    const char *path = *c->path ? c->path : "(all)";
    if (secret_field(&change->subject->id, c->pointer))
        return arena_printf(arena, "%s %s", path,
                            !c->before  ? "added"
                            : !c->after ? "removed"
                                        : "changed");
    if (strcmp(c->pointer, CONFIG_HASH_POINTER) == 0)
        return hash_text(arena, c);
    const char *image = report_image_change(arena, c->before, c->after);
    if (image)
        return arena_printf(arena, "%s %s", report_image_path(arena, path), image);
    if (!c->before)
        return arena_printf(arena, "%s + %s", path,
                            diff_value_text(arena, c->after, VALUE_COLUMNS));
    if (!c->after)
        return arena_printf(arena, "%s removed, was %s", path,
                            diff_value_text(arena, c->before, VALUE_COLUMNS));
    return arena_printf(arena, "%s %s", path, change_text(arena, c));
}

/* `name` stands before the first of them, "" where it was said. */
static void add_fields(struct buf *out, struct arena *arena, const struct change *change,
                       const char *name, const struct report_style *style)
{
    for (size_t i = 0; i < change->field_count && (i < FIELDS_SHOWN || style->verbose); i++) {
        const struct planned_field *field = &change->fields[i];
        add_line(out, style, sign_of(change), i ? "" : name,
                 printable_text(arena, field_text(arena, change, field)),
                 change->rollback ? ROLLBACK_PURPOSE
                                  : cause_text(arena, field->cause, field->manager, field->time));
    }
    if (change->field_count > FIELDS_SHOWN && !style->verbose)
        add_line(out, style, sign_of(change), "",
                 arena_printf(arena, "… and %zu more field%s", change->field_count - FIELDS_SHOWN,
                              change->field_count == FIELDS_SHOWN + 1 ? "" : "s"),
                 "");
}

const char *report_until(struct arena *arena, const struct target_run *target, const char *until)
{
    struct object_id id;
    if (!until)
        return "a step has run";
    if (!object_id_parse(arena, until, &id) || !id.name)
        return until;
    id.group = id.group ? id.group : "";
    id.namespace = id.namespace ? id.namespace : "";
    return arena_printf(arena, "%s is %s", report_name(arena, target, &id),
                        image_is_id(&id) ? "ready" : "there");
}

bool report_is_folded(const struct plan *plan, const struct change *change)
{
    const char *until = change->prediction.until;
    if (change->action != ACTION_CREATE || change->prediction.kind != PREDICT_LATER || !until)
        return false;
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *other = &plan->changes[i];
        if (other != change && other->action == ACTION_CREATE
            && other->prediction.kind == PREDICT_LATER && other->prediction.until
            && strcmp(other->prediction.until, until) == 0)
            return true;
    }
    return false;
}

static const char *short_what(struct arena *arena, const struct target_run *target,
                              const struct change *change, bool folded)
{
    const struct prediction *p = &change->prediction;
    if (change->action == ACTION_HOLD)
        return arena_printf(arena, "%s (%s)", hold_text(arena, change->hold),
                            hold_waits(arena, change));
    if (action_writes(change->action) && p->kind == PREDICT_LATER)
        return folded ? ""
                      : arena_printf(arena, "known once %s", report_until(arena, target, p->until));
    if (action_writes(change->action) && p->kind == PREDICT_LOCAL)
        return arena_printf(arena, "not confirmed by the server%s%s", p->why ? ": " : "",
                            p->why ? p->why : "");
    if (action_writes(change->action) && p->note)
        return p->note;
    if (change->reruns)
        return arena_printf(arena, "runs again: %s", change->why);
    if (change->action == ACTION_REPLACE)
        return arena_printf(arena, "is made anew: %s", change->why);
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
    if (change->action == ACTION_CREATE && change->subject->desired->options.hook != HOOK_NONE)
        return change->subject->desired->options.hook == HOOK_PRE ? "a hook: before the rest"
                                                                  : "a hook: after the rest";
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

static void add_full(struct buf *out, const struct change *change, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF lines = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct value *before = change->prediction.before, *after = change->prediction.after;
    if (change->action == ACTION_DELETE)
        before = without_noise(arena, change->subject->live.document);
    if (change->prediction.renews && !before) /* an Image of old: what its tags mean is not known */
        return;
    if (change->action == ACTION_CREATE && !before) /* as written, without the server's defaults */
        after = change->subject->desired->document;
    secret_mask_pair(arena, &change->subject->id, &before, &after);
    diff_lines(&lines, before, after);
    const char *text = report_image_text(arena, buf_text(&lines));
    for (const char *at = printable_text(arena, text); *at;) {
        size_t length = strcspn(at, "\n");
        const char *colour = *at == '+'   ? report_colour(style, COLOUR_ADD)
                             : *at == '-' ? report_colour(style, COLOUR_DELETE)
                                          : report_colour(style, COLOUR_DIM);
        buf_printf(out, "%s%.*s%s\n", colour, (int)length, at, report_plain(style));
        at += length + (at[length] == '\n');
    }
}

/* A whole command is told with what the user gave to name the set. */
static const char *way_out_text(struct arena *arena, const char *way_out,
                                const struct report_style *style)
{
    static const char program[] = "cmx-reconcile ";
    const char *name = way_out + sizeof program - 1;
    if (!style->hint || strncmp(way_out, program, sizeof program - 1) != 0)
        return way_out;
    size_t length = strcspn(name, " ");
    return arena_printf(
        arena, "%s%s",
        style->hint(style->hint_context, arena, arena_memdup(arena, name, length), NULL),
        name + length);
}

/* "    from deploy/web.yaml:14"; nothing where what was told names the file already. */
static void add_origin(struct buf *out, const struct change *change, const char *told)
{
    const struct resource *desired = change->subject->desired;
    if (desired && desired->file && !strstr(told, desired->file->path))
        buf_printf(out, "    from %s:%u\n", desired->file->path, desired->place.line);
}

static const char *without_request(struct arena *arena, const struct change *change,
                                   const char *text)
{
    const char *request =
        arena_printf(arena, "apply %s: ", object_id_text(arena, &change->subject->id, NULL));
    size_t length = strlen(request);
    return strncmp(text, request, length) == 0 ? text + length : text;
}

void report_trouble(struct buf *out, const struct target_run *target, const struct change *change,
                    const char *text, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    const char *name = report_name(arena, target, &change->subject->id);
    size_t width = style->wraps ? style->width : SIZE_MAX, used = text_columns(name) + 4;
    text = printable_text(arena, text ? without_request(arena, change, text) : "");
    buf_printf(out, "%s!%s %s: ", report_colour(style, COLOUR_BAD), report_plain(style), name);
    for (const char *at = text; at == text || *at; used = FIELD_INDENT) {
        size_t length = strcspn(at, "\n");
        buf_fill(out, ' ', at == text ? 0 : FIELD_INDENT);
        text_wrap(out, arena_memdup(arena, at, length), used, width, CONTINUED);
        buf_putc(out, '\n');
        at += length + (at[length] == '\n');
    }
    add_origin(out, change, text);
}

static void add_refusal(struct buf *out, struct arena *arena, const struct target_run *target,
                        const struct change *change, const struct report_style *style)
{
    report_trouble(out, target, change, change->why, style);
    if (change->way_out)
        buf_printf(out, "    If this is meant: %s\n", way_out_text(arena, change->way_out, style));
}

void report_change(struct buf *out, const struct target_run *target, const struct change *change,
                   bool folded, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    if (change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN) {
        add_refusal(out, arena, target, change, style);
        return;
    }
    const char *name = report_name(arena, target, &change->subject->id);
    const char *what = printable_text(arena, short_what(arena, target, change, folded));
    bool held = change->action == ACTION_HOLD;
    bool line = (*what && change->action != ACTION_CHANGE) || change->field_count == 0
                || change->action == ACTION_REPLACE || style->full;
    if (line)
        add_line(out, style, sign_of(change), name, what,
                 !action_writes(change->action) || change->action == ACTION_DELETE ? ""
                 : change->rollback ? ROLLBACK_PURPOSE
                 : style->full      ? causes_text(arena, change)
                                    : cause_text(arena, change->cause, NULL, 0));
    if (style->full && action_writes(change->action))
        add_full(out, change, style);
    else if (change->action != ACTION_CREATE && (!held || style->full || style->verbose))
        add_fields(out, arena, change, line ? "" : name, style);
}
