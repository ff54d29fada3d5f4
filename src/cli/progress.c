/*
 * progress: an apply while it runs.
 *
 * On a terminal a few lines are redrawn in place: what is being done and what it
 * waits for. Elsewhere each finished change is one line, once. With JSON or
 * --quiet nothing is shown here. What is redrawn never takes more lines or
 * columns than the terminal has at that moment: a line that wraps or has left
 * the screen cannot be taken back.
 */
#include "base/cleanup.h"
#include "base/columns.h"
#include "base/printable.h"
#include "cli/command.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum {
    LINES = 12,
    NOTE_BYTES = 256,
    TICK_MS = 100,
    LEAST_NAME_COLUMNS = 22,
    MOST_NAME_COLUMNS = 36
};

struct shown {
    const struct change *change; /* NULL: free */
    int64_t started;
    bool waits;            /* for its turn: it has not begun */
    char note[NOTE_BYTES]; /* cut: a line of a display */
};

enum mode { MODE_SILENT, MODE_LINES, MODE_LIVE };

struct progress_view {
    struct execute_events events;
    enum mode mode;
    struct report_style style;
    const struct run *run;
    const struct target_run *target;
    struct shown *shown; /* one for each change at most; free ones are used again */
    size_t shown_count;
    size_t total, finished, drawn, tick, name_columns;
    struct cancel *cancel;
    pthread_mutex_t lock;
    pthread_t ticker;
    bool ending;
};

static const char *done_word(const struct change *change)
{
    if (change->rollback)
        return "put back";
    if (image_is_id(&change->subject->id))
        return change->action != ACTION_CREATE ? "tagged"
               : change->prediction.renews     ? "rebuilt"
                                               : "built";
    switch (change->action) {
    case ACTION_CREATE:
        return "created";
    case ACTION_CHANGE:
        return "changed";
    case ACTION_REPLACE:
        return change->reruns ? "run again" : "replaced";
    case ACTION_ADOPT:
        return "taken over";
    case ACTION_DELETE:
        return "deleted";
    default:
        return "healthy";
    }
}

static const char *doing_word(const struct change *change)
{
    if (image_is_id(&change->subject->id))
        return "building";
    if (change->progress == PROGRESS_SETTLING)
        return change->action == ACTION_DELETE ? "waiting until it is gone" : "waiting";
    return change->action == ACTION_DELETE ? "deleting" : "applying";
}

static void add_padded(struct buf *out, const char *text, size_t columns)
{
    size_t used = text_columns(text);
    buf_puts(out, text);
    buf_fill(out, ' ', used < columns ? columns - used : 2);
}

/* ------------------------------------------------------------ a line each */

static void add_finished(struct buf *out, const struct progress_view *view,
                         const struct change *change)
{
    AUTO_ARENA arena = arena_new();
    const char *name = report_name(arena, view->target, &change->subject->id);
    bool failed = change->progress != PROGRESS_DONE;
    buf_printf(out, "%s%s%s ", report_colour(&view->style, failed ? COLOUR_BAD : COLOUR_ADD),
               failed                            ? "!"
               : change->action == ACTION_DELETE ? "-"
                                                 : "✓",
               report_plain(&view->style));
    add_padded(out, name, view->name_columns);
    if (change->progress == PROGRESS_BLOCKED)
        buf_puts(out, printable_text(arena, change->error->message));
    else if (change->progress == PROGRESS_SKIPPED)
        buf_puts(out, change->written ? "written, but not waited for" : "not done");
    else if (failed)
        buf_puts(out, "failed");
    else {
        add_padded(out, done_word(change), 12);
        buf_puts(out, duration_text(arena, change->milliseconds));
    }
    buf_putc(out, '\n');
}

static bool is_finished(const struct change *change)
{
    return change->progress >= PROGRESS_DONE;
}

static bool is_worth_a_line(const struct change *change)
{
    return action_writes(change->action) || change->progress != PROGRESS_DONE;
}

/* ---------------------------------------------------------------- in place */

static void clear_drawn(struct progress_view *view, struct buf *out)
{
    for (; view->drawn; view->drawn--)
        buf_puts(out, "\033[A\033[2K");
}

/* Room is left for what it waits for; the end of a name tells more than its middle. */
static const char *short_name(struct arena *arena, const char *name, size_t width)
{
    size_t length = strlen(name), most = width / 2 + 4;
    if (text_columns(name) <= most || length != text_columns(name))
        return name;
    return arena_printf(arena, "%.*s…%s", (int)(most / 2), name,
                        name + length - (most - 1 - most / 2));
}

static void add_active(struct buf *out, const struct progress_view *view, const struct shown *shown)
{
    static const char *const wheel[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧" };
    AUTO_ARENA arena = arena_new();
    AUTO_BUF line = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *name = short_name(
        arena, report_name(arena, view->target, &shown->change->subject->id), terminal_width());
    buf_printf(&line, "%s ",
               shown->waits ? "…" : wheel[view->tick % (sizeof wheel / sizeof *wheel)]);
    add_padded(&line, name, view->name_columns);
    buf_printf(&line, "%s  %s", *shown->note ? shown->note : doing_word(shown->change),
               duration_text(arena, clock_now() - shown->started));
    buf_add(out, buf_text(&line), text_fit(buf_text(&line), terminal_width() - 1));
    buf_putc(out, '\n');
}

static void add_counter(struct buf *out, const struct progress_view *view)
{
    AUTO_ARENA arena = arena_new();
    bool stopping = atomic_load(&view->cancel->level) != CANCEL_NONE;
    const char *line = arena_printf(
        arena, "%zu of %zu · %s%s", view->finished, view->total,
        duration_text(arena, clock_now() - view->run->started),
        stopping ? " · stopping at the next boundary; Ctrl-C again stops at once" : "");
    buf_puts(out, report_colour(&view->style, stopping ? COLOUR_BAD : COLOUR_DIM));
    buf_add(out, line, text_fit(line, terminal_width() - 1));
    buf_printf(out, "%s\n", report_plain(&view->style));
}

/* Draws those that wait for their turn, or those that do not; answers how many had no room. */
static size_t draw_shown(struct progress_view *view, struct buf *out, bool waits)
{
    size_t height = terminal_height(), room = height > 4 ? height - 3 : 1, hidden = 0;
    for (size_t i = 0; i < view->shown_count; i++) {
        if (!view->shown[i].change || view->shown[i].waits != waits)
            continue;
        if (view->drawn > room || view->drawn > LINES) {
            hidden++;
            continue;
        }
        add_active(out, view, &view->shown[i]);
        view->drawn++;
    }
    return hidden;
}

/* The counter, what is under way, what waits, and how many there was no room for. */
static void draw(struct progress_view *view, struct buf *out)
{
    add_counter(out, view);
    view->drawn = 1;
    size_t hidden = draw_shown(view, out, false);
    hidden += draw_shown(view, out, true);
    if (hidden) {
        buf_printf(out, "  … and %zu more\n", hidden);
        view->drawn++;
    }
}

static void write_out(const struct buf *out)
{
    fwrite(buf_text(out), 1, out->length, stdout);
    fflush(stdout);
}

static void redraw(struct progress_view *view, const struct change *finished)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    clear_drawn(view, &out);
    if (finished && is_worth_a_line(finished))
        add_finished(&out, view, finished);
    if (!view->ending)
        draw(view, &out);
    write_out(&out);
}

static void *tick(void *context)
{
    struct progress_view *view = context;
    struct wait pause = { .deadline = INT64_MAX };
    for (;;) {
        wait_sleep(&pause, TICK_MS);
        pthread_mutex_lock(&view->lock);
        bool ending = view->ending;
        view->tick++;
        if (!ending)
            redraw(view, NULL);
        pthread_mutex_unlock(&view->lock);
        if (ending)
            return NULL;
    }
}

/* ------------------------------------------------------------------ events */

static struct shown *find_shown(struct progress_view *view, const struct change *change)
{
    for (size_t i = 0; i < view->shown_count; i++)
        if (view->shown[i].change == change)
            return &view->shown[i];
    return NULL;
}

static struct shown *free_shown(struct progress_view *view)
{
    struct shown *shown = find_shown(view, NULL);
    return shown || view->shown_count == view->target->plan.count
               ? shown
               : &view->shown[view->shown_count++];
}

static void track(struct progress_view *view, const struct change *change)
{
    struct shown *shown = find_shown(view, change);
    bool begins = change->progress == PROGRESS_APPLYING || change->progress == PROGRESS_SETTLING;
    if (shown && is_finished(change)) {
        *shown = (struct shown){ 0 };
        return;
    }
    if (!begins || (shown && !shown->waits))
        return;
    shown = shown ? shown : free_shown(view);
    if (shown)
        *shown = (struct shown){ .change = change, .started = clock_now() };
}

/* Whoever waits for another run wants to know for whom, also in a log. */
static void on_waiting(void *context, const char *text)
{
    struct progress_view *view = context;
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    if (view->style.quiet)
        return;
    pthread_mutex_lock(&view->lock);
    clear_drawn(view, &out);
    write_out(&out);
    command_say("%s", text);
    pthread_mutex_unlock(&view->lock);
}

static void on_progress(void *context, const struct change *change)
{
    struct progress_view *view = context;
    if (view->mode == MODE_SILENT)
        return;
    pthread_mutex_lock(&view->lock);
    view->finished += is_finished(change);
    if (view->finished > view->total) /* what failed is put back: steps that no plan had */
        view->total = view->finished;
    track(view, change);
    if (view->mode == MODE_LIVE)
        redraw(view, is_finished(change) ? change : NULL);
    else if (is_finished(change) && is_worth_a_line(change)) {
        AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
        add_finished(&out, view, change);
        write_out(&out);
    }
    pthread_mutex_unlock(&view->lock);
}

/* The first line of it, cut at a letter. */
static void note(struct shown *shown, const char *text)
{
    AUTO_ARENA arena = arena_new();
    const char *line = printable_text(arena, arena_memdup(arena, text, strcspn(text, "\n")));
    size_t bytes = text_fit(line, NOTE_BYTES / 4);
    snprintf(shown->note, sizeof shown->note, "%.*s", (int)bytes, line);
}

static void on_note(void *context, const struct change *change, const char *text)
{
    struct progress_view *view = context;
    pthread_mutex_lock(&view->lock);
    struct shown *shown = find_shown(view, change);
    if (!shown && change->progress == PROGRESS_NONE) { /* it has not begun, and says why */
        shown = free_shown(view);
        if (shown)
            *shown = (struct shown){ .change = change, .started = clock_now(), .waits = true };
    }
    if (shown)
        note(shown, text);
    pthread_mutex_unlock(&view->lock);
}

static size_t count_steps(const struct target_run *target)
{
    const struct plan_counts *c = &target->plan.counts;
    size_t held = 0; /* what would be deleted is no step */
    for (size_t i = 0; i < target->plan.count; i++)
        held += target->plan.changes[i].action == ACTION_HOLD
                && target->plan.changes[i].subject->desired;
    return c->create + c->change + c->adopt + c->delete + c->keep + held;
}

static size_t widest_name(const struct target_run *target)
{
    AUTO_ARENA arena = arena_new();
    size_t widest = LEAST_NAME_COLUMNS;
    for (size_t i = 0; i < target->plan.count; i++) {
        const struct change *change = &target->plan.changes[i];
        size_t columns = text_columns(report_name(arena, target, &change->subject->id)) + 2;
        if (action_writes(change->action) && columns > widest && columns <= MOST_NAME_COLUMNS)
            widest = columns;
    }
    return widest;
}

struct progress_view *progress_new(const struct invocation *invocation, const struct run *run,
                                   const struct target_run *target)
{
    struct progress_view *view = memory_alloc(sizeof *view);
    bool silent = invocation->output == OUTPUT_JSON || invocation->quiet;
    *view = (struct progress_view){ .style = invocation_style(invocation),
                                    .run = run,
                                    .target = target,
                                    .total = count_steps(target),
                                    .name_columns = widest_name(target),
                                    .cancel = invocation->cancel };
    view->shown = memory_alloc((target->plan.count + 1) * sizeof *view->shown);
    view->events = (struct execute_events){ view, on_progress, on_note, on_waiting };
    view->mode = silent                                                 ? MODE_SILENT
                 : terminal_can_redraw() && plan_differs(&target->plan) ? MODE_LIVE
                                                                        : MODE_LINES;
    pthread_mutex_init(&view->lock, NULL);
    if (view->mode == MODE_LIVE && pthread_create(&view->ticker, NULL, tick, view) != 0)
        view->mode = MODE_LINES;
    return view;
}

const struct execute_events *progress_events(struct progress_view *view)
{
    return &view->events;
}

void progress_free(struct progress_view *view)
{
    if (view->mode == MODE_LIVE) {
        pthread_mutex_lock(&view->lock);
        view->ending = true;
        redraw(view, NULL);
        pthread_mutex_unlock(&view->lock);
        pthread_join(view->ticker, NULL);
    }
    pthread_mutex_destroy(&view->lock);
    free(view->shown);
    free(view);
}
