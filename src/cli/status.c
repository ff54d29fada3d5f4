/*
 * status: every object of a set, as it is now: health, drift, owner.
 *
 * Needs no source: the record names the members, and its marks tell drift. With
 * --watch it looks again and again: a terminal is redrawn, elsewhere the table is
 * printed once more when it has become different (as JSON: a document a line).
 */
#include "base/cleanup.h"
#include "cli/command.h"
#include "cli/status_table.h"
#include "reconciler/removal.h"

#include <string.h>

enum { WATCH_PAUSE_MS = 2000 };

static void status_fail(struct status *status, const struct error *error)
{
    bool absent = error->kind == ERROR_NOT_FOUND;
    command_say("%s", error->message);
    if (!*status->error)
        snprintf(status->error, sizeof status->error, "%s", error->message);
    status->code = exit_worse(status->code, absent ? EXIT_NO : exit_of_error(error));
}

/* Whoever ended it has said so already, as JSON too. */
static void status_stop(struct status *status, enum exit_code code)
{
    status->code = exit_worse(status->code, code);
    status->told = true;
}

static void look_at(struct invocation *invocation, const char *name, const char *namespace,
                    struct status *status)
{
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    enum exit_code code = EXIT_DONE;
    bool loaded = true;
    struct run run;
    run_start(&run, arena, &invocation->run);
    if (name)
        run_without_source(&run, name, namespace);
    else
        loaded = command_load(invocation, &run, true, &code);
    if (!loaded || !command_choose_context(invocation, run.set.project.cluster, &code))
        status_stop(status, code);
    else if (run_look(&run, &invocation->wait, &error))
        status_add(status, invocation, &run);
    else
        status_fail(status, &error);
    run_done(&run);
}

/* A directory holds one set: it is named by its source. */
static bool can_list(const struct run *run, struct error *err)
{
    return run->targets[0].provider->record_list
           || error_set(err, ERROR_USAGE, "name the source of this directory with -f");
}

/* Every set that the cluster holds. */
static void look_at_all(struct invocation *invocation, struct status *status)
{
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    struct set_name *names;
    size_t count = 0;
    enum exit_code code = EXIT_DONE;
    struct run run;
    run_start(&run, arena, &invocation->run);
    run_without_source(&run, "", invocation->run.namespace);
    if (!command_choose_context(invocation, NULL, &code)) {
        status_stop(status, code);
        run_done(&run);
        return;
    }
    bool listed = run_targets(&run, &error) && can_list(&run, &error)
                  && target_connect(&run, &run.targets[0], &invocation->wait, &error)
                  && run.targets[0].provider->record_list(run.targets[0].session, arena,
                                                          invocation->run.namespace, &names, &count,
                                                          &invocation->wait, &error);
    if (!listed)
        status_fail(status, &error);
    for (size_t i = 0; i < count; i++)
        look_at(invocation, names[i].name, names[i].namespace, status);
    if (listed && count == 0)
        command_say("%s holds no set%s%s", run.targets[0].description,
                    invocation->run.namespace ? " in the namespace " : "",
                    invocation->run.namespace ? invocation->run.namespace : "");
    run_done(&run);
}

static void look(struct invocation *invocation, struct status *status)
{
    if (invocation->files.count || invocation->run.source.git_url)
        look_at(invocation, NULL, NULL, status);
    else if (invocation->project)
        look_at(invocation, invocation->project, invocation->run.namespace, status);
    else
        look_at_all(invocation, status);
}

static enum exit_code print(const struct invocation *invocation, struct status *status)
{
    bool json = invocation->output == OUTPUT_JSON;
    if (status->told)
        return status->code;
    if (json)
        status_finish_json(status);
    enum exit_code code =
        json ? command_print(&status->text)
             : command_print_text(&status->text, invocation_style(invocation).colour);
    return exit_worse(code, status->code);
}

/* A terminal is redrawn even where only time has passed. */
static void show(const struct invocation *invocation, struct status *status, bool first,
                 struct buf *last)
{
    bool redraw = terminal_can_redraw() && invocation->output != OUTPUT_JSON;
    buf_puts(&status->facts, status->error);
    if (redraw)
        fputs("\033[H\033[2J", stdout);
    if (first || redraw || strcmp(buf_text(last), buf_text(&status->facts)) != 0)
        print(invocation, status);
    fflush(stdout);
    buf_clear(last);
    buf_puts(last, buf_text(&status->facts));
}

static enum exit_code watch(struct invocation *invocation)
{
    AUTO_BUF last = BUF_INIT(BUF_OUTPUT_CEILING);
    for (bool first = true;; first = false) {
        struct status status;
        status_start(&status);
        look(invocation, &status);
        show(invocation, &status, first, &last);
        enum exit_code code = status.code;
        status_done(&status);
        if (atomic_load(&invocation->cancel->level) != CANCEL_NONE
            || !wait_sleep(&invocation->wait, WATCH_PAUSE_MS)
            || atomic_load(&invocation->cancel->level) != CANCEL_NONE)
            return code;
    }
}

enum exit_code command_status(struct invocation *invocation)
{
    struct status status;
    if (invocation->watch)
        return watch(invocation);
    status_start(&status);
    look(invocation, &status);
    enum exit_code code = print(invocation, &status);
    status_done(&status);
    return code;
}
