/* report_result: what became of an apply; see report.h. */
#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "reconciler/report/report.h"
#include "reconciler/rollback/rollback.h"

#include <string.h>

enum { NAMES_SHOWN = 12 };

static const struct restored *restored_of(const struct target_run *target,
                                          const struct change *change)
{
    for (size_t i = 0; i < target->restored_count; i++)
        if (object_id_compare(&target->restored[i].id, &change->subject->id) == 0)
            return &target->restored[i];
    return NULL;
}

static void add_indented(struct buf *out, struct arena *arena, const char *text,
                         const struct report_style *style)
{
    buf_puts(out, "    ");
    text_wrap(out, printable_text(arena, text), 4, style->width, 4);
    buf_putc(out, '\n');
}

/* That it was put back, or why not. */
static void add_restored(struct buf *out, struct arena *arena, const struct target_run *target,
                         const struct change *change, const struct report_style *style)
{
    const struct restored *restored = restored_of(target, change);
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    if (!restored)
        return;
    if (restored->attempt != ATTEMPT_GO)
        buf_printf(&text, "Not put back: %s.", restored->why);
    else if (restored->done)
        buf_printf(&text, "Put back, and healthy: %.7s \"%s\" runs again", restored->commit,
                   restored->subject);
    else
        buf_printf(&text, "Put back to %.7s \"%s\", but: %s", restored->commit, restored->subject,
                   restored->error->message);
    if (restored->attempt == ATTEMPT_GO && *restored->companions)
        buf_printf(&text, ", with %s", restored->companions);
    add_indented(out, arena, buf_text(&text), style);
    for (size_t i = 0; i < restored->tag_count; i++)
        add_indented(out, arena, restored->tags[i], style);
}

static void add_failure(struct buf *out, const struct target_run *target,
                        const struct change *change, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    report_trouble(out, target, change, change->error->message, style);
    add_restored(out, arena, target, change, style);
}

/* What became of a change that is listed by its name only. */
enum ending { ENDING_NONE, ENDING_BLOCKED, ENDING_UNWATCHED, ENDING_UNTOUCHED };

static enum ending ending_of(const struct change *change)
{
    if (change->progress == PROGRESS_BLOCKED)
        return ENDING_BLOCKED;
    if (change->progress != PROGRESS_SKIPPED)
        return ENDING_NONE;
    return change->written ? ENDING_UNWATCHED : ENDING_UNTOUCHED;
}

static size_t count_ending(const struct plan *plan, enum ending ending)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        count += ending_of(&plan->changes[i]) == ending;
    return count;
}

/* Its name, and for what was blocked what it stands behind. */
static const char *ended_text(struct arena *arena, const struct target_run *target,
                              const struct change *change)
{
    const char *name = report_name(arena, target, &change->subject->id);
    if (change->progress != PROGRESS_BLOCKED)
        return name;
    const char *colon = strchr(change->error->message, ':');
    return arena_printf(arena, "%s (%s)", name,
                        printable_text(arena, colon ? colon + 2 : change->error->message));
}

/* "Not started: a, b, c", broken between names, and cut where nobody reads on. */
static void add_names(struct buf *out, const struct target_run *target, enum ending ending,
                      const char *title, const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    size_t total = count_ending(&target->plan, ending), shown = 0;
    size_t column = text_columns(title);
    if (!total)
        return;
    buf_puts(out, title);
    for (size_t i = 0; i < target->plan.count && (shown < NAMES_SHOWN || style->verbose); i++) {
        const struct change *change = &target->plan.changes[i];
        if (ending_of(change) != ending)
            continue;
        const char *text = ended_text(arena, target, change);
        bool breaks = shown && column + text_columns(text) + 3 > style->width;
        buf_puts(out, !shown ? "" : breaks ? ",\n    " : ", ");
        buf_puts(out, text);
        column = (breaks ? 4 : column + 2) + text_columns(text);
        shown++;
    }
    if (shown < total)
        buf_printf(out, ",\n    and %zu more", total - shown);
    buf_putc(out, '\n');
}

struct tally {
    size_t built, created, changed, replaced, rerun, adopted, deleted, unchanged;
};

static struct tally count_done(const struct plan *plan)
{
    struct tally tally = { 0 };
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->changes[i];
        if (change->action == ACTION_KEEP && change->progress != PROGRESS_FAILED)
            tally.unchanged++;
        if (change->progress != PROGRESS_DONE)
            continue;
        bool built = change->action == ACTION_CREATE && image_is_id(&change->subject->id);
        tally.built += built;
        tally.created += change->action == ACTION_CREATE && !built;
        tally.changed += change->action == ACTION_CHANGE;
        tally.replaced += change->action == ACTION_REPLACE && !change->reruns;
        tally.rerun += change->action == ACTION_REPLACE && change->reruns;
        tally.adopted += change->action == ACTION_ADOPT;
        tally.deleted += change->action == ACTION_DELETE;
    }
    return tally;
}

static void add_count(struct buf *line, size_t count, const char *word)
{
    if (count)
        buf_printf(line, "%s%zu %s", line->length ? ", " : "", count, word);
}

static size_t count_restored(const struct target_run *target)
{
    size_t count = 0;
    for (size_t i = 0; i < target->restored_count; i++)
        count += target->restored[i].done;
    return count;
}

static void add_tally(struct buf *out, const struct run *run, const struct target_run *target,
                      const struct report_style *style)
{
    struct tally tally = count_done(&target->plan);
    AUTO_ARENA arena = arena_new();
    AUTO_BUF line = BUF_INIT(BUF_OUTPUT_CEILING);
    add_count(&line, tally.built, "built");
    add_count(&line, tally.created, "created");
    add_count(&line, tally.changed, "changed");
    add_count(&line, tally.replaced, "replaced");
    add_count(&line, tally.rerun, "run again");
    add_count(&line, tally.adopted, "taken over");
    add_count(&line, tally.deleted, "deleted");
    add_count(&line, target->plan.counts.hold, "held");
    add_count(&line, tally.unchanged, "unchanged");
    add_count(&line, target->result.failed, "failed");
    add_count(&line, count_restored(target), "put back");
    add_count(&line, target->result.blocked, "not started because of that");
    add_count(&line, count_ending(&target->plan, ENDING_UNWATCHED), "written, but not waited for");
    add_count(&line, count_ending(&target->plan, ENDING_UNTOUCHED), "not done");
    add_count(&line, target->plan.counts.refuse, "refused");
    add_count(&line, target->plan.counts.unknown, "could not be looked at");
    buf_puts(out, line.length ? buf_text(&line) : "nothing to do");
    if (style->times)
        buf_printf(out, "    %s", duration_text(arena, clock_now() - run->started));
    buf_putc(out, '\n');
}

static void add_stop(struct buf *out, const struct run *run, const struct target_run *target)
{
    size_t most = run->set.project.max_failures;
    if (target->result.exhausted)
        buf_printf(out,
                   "Stopped after %zu failure%s (Project.maxFailures): nothing new was started.\n",
                   most, most == 1 ? "" : "s");
    if (target->result.interrupted)
        buf_puts(out,
                 "Interrupted: what was being written is finished, nothing new was started.\n");
    if (target->result.not_pruned)
        buf_printf(out, "Not pruned (%zu object%s): %s.\n", target->plan.counts.delete,
                   target->plan.counts.delete == 1 ? "" : "s", target->result.not_pruned);
}

/* Until then nothing tries the broken one again; or the way back by hand. */
static void add_way_on(struct buf *out, const struct target_run *target,
                       const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < target->restored_count && style->hint && !style->quiet; i++) {
        const struct restored *restored = &target->restored[i];
        const char *name = report_name(arena, target, &restored->id);
        const char *command = style->hint(style->hint_context, arena, "rollback", NULL);
        if (restored->attempt == ATTEMPT_GO)
            buf_printf(out,
                       "%s stays so until a commit changes it. To try once more:\n"
                       "  %s --release %s\n",
                       name, command, name);
        else if (restored->attempt == ATTEMPT_HOOK || restored->attempt == ATTEMPT_SHARED)
            buf_printf(out, "To put it back all the same:  %s %s\n", command, name);
    }
}

/* Runs pods, and ran well in another commit that the history knows. */
static bool ran_before(struct arena *arena, const struct run *run, const struct target_run *target,
                       const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    struct history_entry *entries;
    size_t count;
    if (change->progress != PROGRESS_FAILED || !change->subject->recorded || !desired
        || desired->options.hook != HOOK_NONE || !pod_template(&desired->id, desired->document)
        || change->error->kind == ERROR_CANCELLED)
        return false;
    history_read(arena, target->record.history, &entries, &count);
    return history_ran_before(entries, count, object_id_full(arena, &desired->id),
                              run->source.commit.commit);
}

/* Where nothing was put back by itself, what a person may do. */
static void add_way_back(struct buf *out, const struct run *run, const struct target_run *target,
                         const struct report_style *style)
{
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < target->plan.count && style->hint && !style->quiet; i++) {
        const struct change *change = &target->plan.changes[i];
        if (restored_of(target, change) || !ran_before(arena, run, target, change))
            continue;
        buf_printf(out, "Or put back what ran before:  %s %s\n",
                   style->hint(style->hint_context, arena, "rollback", NULL),
                   report_name(arena, target, &change->subject->id));
        return; /* one shows how */
    }
}

void report_result(struct buf *out, const struct run *run, const struct target_run *target,
                   const struct report_style *style)
{
    for (size_t i = 0; i < target->plan.count; i++)
        if (target->plan.changes[i].progress == PROGRESS_FAILED)
            add_failure(out, target, &target->plan.changes[i], style);
    for (size_t i = 0; i < target->plan.count; i++)
        if (target->plan.changes[i].held_meanwhile)
            report_change(out, target, &target->plan.changes[i], false, style);
    add_names(out, target, ENDING_BLOCKED, "Not started: ", style);
    add_names(out, target, ENDING_UNWATCHED, "Written, but not waited for: ", style);
    add_names(out, target, ENDING_UNTOUCHED, "Not done: ", style);
    add_stop(out, run, target);
    add_tally(out, run, target, style);
    AUTO_ARENA arena = arena_new();
    if (target->result.failed && style->hint && !style->quiet)
        buf_printf(out, "Next: mend it and commit, then  %s\n",
                   style->hint(style->hint_context, arena, "apply", NULL));
    add_way_back(out, run, target, style);
    add_way_on(out, target, style);
}
