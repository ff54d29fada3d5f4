/*
 * progress: an apply while it runs.
 *
 * On a terminal a few lines are redrawn in place: what is being done and what it
 * waits for. Elsewhere each finished change is one line, once. With JSON or
 * --quiet nothing is shown here.
 */
#include "base/cleanup.h"
#include "base/printable.h"
#include "cli/command.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { LINES = 12, NOTE_BYTES = 160, TICK_MS = 100, NAME_COLUMNS = 26 };

struct shown {
    const struct change *change; /* NULL: free */
    int64_t started;
    char note[NOTE_BYTES]; /* cut: a line of a display */
};

enum mode { MODE_SILENT, MODE_LINES, MODE_LIVE };

struct progress_view {
    struct execute_events events;
    enum mode mode;
    struct report_style style;
    const struct run *run;
    const struct target_run *target;
    struct shown shown[LINES];
    size_t total, finished, drawn, tick;
    pthread_mutex_t lock;
    pthread_t ticker;
    bool ending;
};

static const char *done_word(const struct change *change)
{
    switch (change->action) {
    case ACTION_CREATE: return "created";
    case ACTION_CHANGE: return "changed";
    case ACTION_ADOPT: return "taken over";
    case ACTION_DELETE: return "deleted";
    default: return "healthy";
    }
}

static const char *doing_word(const struct change *change)
{
    if (change->progress == PROGRESS_SETTLING)
        return change->action == ACTION_DELETE ? "waiting until it is gone" : "waiting";
    return change->action == ACTION_DELETE ? "deleting" : "applying";
}

static void add_padded(struct buf *out, const char *text, size_t columns)
{
    size_t used = report_columns(text);
    buf_puts(out, text);
    buf_fill(out, ' ', used < columns ? columns - used : 1);
}

/* ------------------------------------------------------------ a line each */

static void add_finished(struct buf *out, const struct progress_view *view,
                         const struct change *change)
{
    AUTO_ARENA arena = arena_new();
    const char *name = report_name(arena, view->target, &change->subject->id);
    bool failed = change->progress != PROGRESS_DONE;
    buf_printf(out, "%s%s%s ",
               report_colour(&view->style, failed ? COLOUR_BAD : COLOUR_ADD),
               failed ? "!" : change->action == ACTION_DELETE ? "-" : "✓",
               report_plain(&view->style));
    add_padded(out, name, NAME_COLUMNS);
    if (change->progress == PROGRESS_BLOCKED)
        buf_puts(out, change->error.message);
    else if (change->progress == PROGRESS_SKIPPED)
        buf_puts(out, "not done");
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

static void add_active(struct buf *out, const struct progress_view *view,
                       const struct shown *shown)
{
    static const char *const wheel[] = { "⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧" };
    AUTO_ARENA arena = arena_new();
    AUTO_BUF line = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *name = report_name(arena, view->target, &shown->change->subject->id);
    buf_printf(&line, "%s ", wheel[view->tick % (sizeof wheel / sizeof *wheel)]);
    add_padded(&line, name, NAME_COLUMNS);
    buf_printf(&line, "%s  %s", *shown->note ? shown->note : doing_word(shown->change),
               duration_text(arena, clock_now() - shown->started));
    size_t bytes = line.length, columns = report_columns(buf_text(&line));
    while (columns + 1 > view->style.width && bytes > 0) {
        bytes--;
        columns -= ((unsigned char)line.data[bytes] & 0xC0) != 0x80;
    }
    buf_add(out, line.data, bytes);
    buf_putc(out, '\n');
}

static void draw(struct progress_view *view, struct buf *out)
{
    AUTO_ARENA arena = arena_new();
    buf_printf(out, "%s%zu of %zu · %s%s\n", report_colour(&view->style, COLOUR_DIM),
               view->finished, view->total, duration_text(arena, clock_now() - view->run->started),
               report_plain(&view->style));
    view->drawn = 1;
    for (size_t i = 0; i < LINES; i++)
        if (view->shown[i].change) {
            add_active(out, view, &view->shown[i]);
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
    for (size_t i = 0; i < LINES; i++)
        if (view->shown[i].change == change)
            return &view->shown[i];
    return NULL;
}

static void track(struct progress_view *view, const struct change *change)
{
    struct shown *shown = find_shown(view, change);
    if (!shown)
        shown = find_shown(view, NULL);
    if (!shown)
        return; /* more at once than lines: they are counted */
    if (is_finished(change))
        *shown = (struct shown){ 0 };
    else if (shown->change != change)
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
    fprintf(stderr, "cmx-reconcile: %s\n", text);
    pthread_mutex_unlock(&view->lock);
}

static void on_progress(void *context, const struct change *change)
{
    struct progress_view *view = context;
    if (view->mode == MODE_SILENT)
        return;
    pthread_mutex_lock(&view->lock);
    view->finished += is_finished(change);
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

static void on_note(void *context, const struct change *change, const char *text)
{
    struct progress_view *view = context;
    AUTO_ARENA arena = arena_new();
    pthread_mutex_lock(&view->lock);
    struct shown *shown = find_shown(view, change);
    if (shown)
        snprintf(shown->note, sizeof shown->note, "%.*s", (int)strcspn(text, "\n"),
                 printable_text(arena, text));
    pthread_mutex_unlock(&view->lock);
}

static size_t count_steps(const struct target_run *target)
{
    const struct plan_counts *c = &target->plan.counts;
    return c->create + c->change + c->adopt + c->delete + c->keep;
}

struct progress_view *progress_new(const struct invocation *invocation, const struct run *run,
                                   const struct target_run *target)
{
    struct progress_view *view = memory_alloc(sizeof *view);
    bool silent = invocation->output == OUTPUT_JSON || invocation->quiet;
    *view = (struct progress_view){ .style = invocation_style(invocation),
                                    .run = run,
                                    .target = target,
                                    .total = count_steps(target) };
    view->events = (struct execute_events){ view, on_progress, on_note, on_waiting };
    view->mode = silent                                                ? MODE_SILENT
                 : isatty(STDOUT_FILENO) && plan_differs(&target->plan) ? MODE_LIVE
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
    free(view);
}
