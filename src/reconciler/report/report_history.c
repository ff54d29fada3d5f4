/* report_history: see report_history.h. */
#include "reconciler/report/report_history.h"

#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"

#include <string.h>

enum { SHOWN = 20, INDENT = 4, LEAST_SUBJECT = 16 };

static struct object_id id_of(struct arena *arena, const struct history_object *object)
{
    struct object_id id;
    if (!object_id_parse(arena, object->name, &id) || !id.name)
        id = (struct object_id){ .kind = object->name, .name = "" };
    id.group = id.group ? id.group : "";
    id.namespace = id.namespace ? id.namespace : "";
    return id;
}

static bool is_about(struct arena *arena, const struct history_object *object,
                     const struct object_id *pattern)
{
    struct object_id id = id_of(arena, object);
    return !pattern || object_id_matches(pattern, &id);
}

static bool fits(struct arena *arena, const struct history_entry *entry,
                 const struct history_filter *filter)
{
    if (entry->time < filter->since)
        return false;
    for (size_t i = 0; filter->pattern && i < entry->object_count; i++)
        if (is_about(arena, &entry->objects[i], filter->pattern))
            return true;
    return !filter->pattern || entry->more;
}

size_t history_select(struct arena *arena, const struct target_run *target,
                      const struct history_filter *filter, struct history_entry **ret_entries)
{
    size_t count, kept = 0;
    history_read(arena, target->record.history, ret_entries, &count);
    for (size_t i = 0; i < count; i++)
        if (fits(arena, &(*ret_entries)[i], filter))
            (*ret_entries)[kept++] = (*ret_entries)[i];
    return kept;
}

/* ----------------------------------------------------------------------- in words */

/* Time, commit and its subject; at the right edge who. */
static void add_head(struct buf *out, const struct history_entry *entry,
                     const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    const char *who = printable_text(arena, entry->by);
    const char *head =
        arena_printf(arena, "%s  %s%s", time_of_day_text(arena, entry->time),
                     *entry->commit ? arena_printf(arena, "%.7s", entry->commit) : "(no commit)",
                     entry->dirty ? "-dirty" : "");
    size_t used = text_columns(head) + text_columns(who) + 6;
    size_t room = style->width > used + LEAST_SUBJECT ? style->width - used : LEAST_SUBJECT;
    const char *subject = printable_text(arena, entry->subject);
    bool cut = text_columns(subject) > room;
    const char *line = !*subject ? head
                                 : arena_printf(arena, "%s \"%.*s%s\"", head,
                                                (int)text_fit(subject, cut ? room - 1 : room),
                                                subject, cut ? "…" : "");
    size_t columns = text_columns(line) + text_columns(who);
    buf_printf(out, "%s%s%s", report_colour(style, COLOUR_BOLD), line, report_plain(style));
    buf_fill(out, ' ', columns + 2 > style->width ? 2 : style->width - columns);
    buf_printf(out, "%s%s%s\n", report_colour(style, COLOUR_DIM), who, report_plain(style));
}

static void add_count(struct buf *out, size_t count, const char *word, const char **lead)
{
    if (!count)
        return;
    buf_printf(out, "%s%zu %s", *lead, count, word);
    *lead = ", ";
}

static void add_counts(struct buf *out, const struct history_entry *entry,
                       const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    const struct history_counts *c = &entry->counts;
    const char *lead = ": ";
    bool bad = strcmp(entry->result, "done") != 0;
    buf_fill(out, ' ', INDENT);
    buf_printf(out, "%s %s%s%s", printable_text(arena, entry->command),
               bad ? report_colour(style, COLOUR_BAD) : "", printable_text(arena, entry->result),
               bad ? report_plain(style) : "");
    add_count(out, c->built, "built", &lead);
    add_count(out, c->created, "created", &lead);
    add_count(out, c->changed, "changed", &lead);
    add_count(out, c->replaced, "replaced", &lead);
    add_count(out, c->adopted, "taken over", &lead);
    add_count(out, c->deleted, "deleted", &lead);
    add_count(out, c->failed, "failed", &lead);
    add_count(out, c->restored, "put back", &lead);
    add_count(out, c->blocked, "not started", &lead);
    add_count(out, c->refused, "refused", &lead);
    add_count(out, c->held, "held", &lead);
    add_count(out, c->unchanged, "unchanged", &lead);
    buf_printf(out, "    %s\n", duration_text(arena, entry->milliseconds));
}

static bool is_bad(const struct history_object *object)
{
    return strcmp(object->result, "failed") == 0 || strcmp(object->result, "refused") == 0
           || strcmp(object->result, "restored") == 0;
}

static const char *object_text(struct arena *arena, const struct history_object *object)
{
    const char *result =
        strcmp(object->result, "restored") == 0 ? "failed, and was put back" : object->result;
    const char *what = strcmp(object->result, "done") == 0
                           ? object->action
                           : arena_printf(arena, "%s %s", object->action, result);
    if (strcmp(object->result, "held") == 0 && *object->note)
        return object->note;
    if (object->drift)
        what =
            arena_printf(arena, "%s, drift%s%s", what, *object->drift ? " of " : "", object->drift);
    return *object->note ? arena_printf(arena, "%s: %s", what, object->note) : what;
}

static void add_object(struct buf *out, const struct target_run *target,
                       const struct history_object *object, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    struct object_id id = id_of(arena, object);
    const char *sign = is_bad(object) ? "!" : strcmp(object->result, "held") == 0 ? "‖" : "·";
    const char *text = printable_text(arena, object_text(arena, object));
    const char *name = report_name(arena, target, &id);
    buf_fill(out, ' ', INDENT);
    buf_printf(out, "%s%s%s ", is_bad(object) ? report_colour(style, COLOUR_BAD) : "", sign,
               is_bad(object) ? report_plain(style) : "");
    text_wrap(out, arena_printf(arena, "%s: %s", name, text), INDENT + 2, style->width, INDENT + 4);
    buf_putc(out, '\n');
}

/* What went as it should is only counted, unless it was asked for, or the run is about it alone. */
static bool is_shown(struct arena *arena, const struct history_entry *entry,
                     const struct history_object *object, const struct history_filter *filter,
                     const struct report_style *style)
{
    if (filter->pattern)
        return is_about(arena, object, filter->pattern);
    return style->verbose || object->drift || strcmp(object->result, "done") != 0
           || strcmp(entry->command, "rollback") == 0;
}

static void add_entry(struct buf *out, const struct target_run *target,
                      const struct history_filter *filter, const struct history_entry *entry,
                      const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    add_head(out, entry, style);
    add_counts(out, entry, style);
    for (size_t i = 0; i < entry->object_count; i++)
        if (is_shown(arena, entry, &entry->objects[i], filter, style))
            add_object(out, target, &entry->objects[i], style);
    if (entry->more && (style->verbose || filter->pattern))
        buf_printf(out, "    and %zu more that are not named\n", entry->more);
}

void report_history(struct buf *out, const struct target_run *target,
                    const struct history_filter *filter, const struct history_entry *entries,
                    size_t count, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    size_t first = count > SHOWN && !style->verbose && !filter->since ? count - SHOWN : 0;
    report_title(out, style, target->target.set_name, "", "",
                 arena_printf(arena, " → %s, namespace %s", target->description,
                              target->target.set_namespace));
    buf_putc(out, '\n');
    if (first)
        buf_printf(out, "… and %zu older run%s (-v shows them)\n", first, first == 1 ? "" : "s");
    for (size_t i = first; i < count; i++)
        add_entry(out, target, filter, &entries[i], style);
    if (count == 0)
        buf_puts(out,
                 filter->pattern || filter->since ? "No such run.\n" : "No run is known yet.\n");
}

/* ------------------------------------------------------------------------ in JSON */

struct value *report_history_value(struct arena *arena, const struct target_run *target,
                                   const struct history_entry *entries, size_t count)
{
    struct value *map = value_map(arena), *runs = value_list(arena);
    for (size_t i = 0; i < count; i++)
        value_push(arena, runs, history_value(arena, &entries[i]));
    value_set(arena, map, "name", value_string(arena, target->target.set_name));
    value_set(arena, map, "namespace", value_string(arena, target->target.set_namespace));
    value_set(arena, map, "target", value_string(arena, target->description));
    value_set(arena, map, "runs", runs);
    return map;
}
