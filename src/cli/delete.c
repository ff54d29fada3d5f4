/* delete and release: runs that start from the record; see reconciler/removal.h. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "reconciler/removal.h"

#include <string.h>

/* The set's name comes from the source, or from --project. */
bool command_find_set(struct invocation *invocation, struct run *run, enum exit_code *ret_code)
{
    struct error error = { 0 };
    bool source = invocation->files.count || invocation->run.source.git_url;
    if (source) {
        invocation->run.selector = NULL;
        return command_load(invocation, run, true, ret_code);
    }
    if (invocation->project) {
        run_without_source(run, invocation->project, invocation->run.namespace);
        return true;
    }
    error_set(&error, ERROR_USAGE,
              "which set? Name its source with -f or --git, or the set "
              "itself with --project NAME -n NAMESPACE");
    *ret_code = command_fail(invocation, &error);
    return false;
}

bool command_read_object(struct invocation *invocation, struct object_id *pattern,
                         enum exit_code *ret_code)
{
    struct error error = { 0 };
    if (object_id_parse(invocation->arena, invocation->arguments.items[0], pattern))
        return true;
    error_set(&error, ERROR_USAGE, "expected Kind/name or Kind/namespace/name, got \"%s\"",
              invocation->arguments.items[0]);
    *ret_code = command_fail(invocation, &error);
    return false;
}

/* A whole set wants its name typed; --yes alone is not enough without it. */
static bool confirmed(const struct invocation *invocation, const struct run *run, bool one,
                      const char *verb, enum exit_code *ret_code)
{
    const char *name = run->set.project.name;
    bool named = one || (invocation->project && strcmp(invocation->project, name) == 0);
    if (invocation->yes && named)
        return true;
    if (!terminal_is_interactive() || invocation->output == OUTPUT_JSON) {
        *ret_code = command_stop(invocation, EXIT_USAGE,
                                 "nothing was done: there is no terminal to ask at. Use --yes%s%s.",
                                 named ? "" : " --project ", named ? "" : name);
        return false;
    }
    const char *question =
        one ? arena_printf(invocation->arena, "%s it? [y/N]", verb)
            : arena_printf(invocation->arena, "Type the set's name (%s) to %s all of it:", name,
                           verb);
    if (terminal_ask(question, one ? NULL : name))
        return true;
    *ret_code = command_stop(invocation, EXIT_REFUSED, "nothing was done");
    return false;
}

enum exit_code command_not_there(const struct invocation *invocation, const struct error *error)
{
    return error->kind == ERROR_NOT_FOUND ? command_stop(invocation, EXIT_NO, "%s", error->message)
                                          : command_fail(invocation, error);
}

static void remove_one(struct invocation *invocation, struct run *run, struct target_run *target)
{
    struct report_style style = invocation_style(invocation);
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct progress_view *view = progress_new(invocation, run, target);
    run_remove(run, target, progress_events(view), &invocation->wait);
    progress_free(view);
    if (target->error.kind != ERROR_NONE)
        command_say("%s: %s", target->description, target->error.message);
    if (!target->executed || invocation->output == OUTPUT_JSON)
        return;
    style.hint = NULL;
    report_result(&out, run, target, &style);
    command_print_text(&out, style.colour);
}

static enum exit_code finish(struct invocation *invocation, struct run *run)
{
    enum exit_code code = run_exit_code(run, true);
    for (size_t i = 0; i < run->target_count; i++)
        if (run->targets[i].stale) {
            command_say("another run has changed the set meanwhile: look again");
            code = exit_worse(code, EXIT_REFUSED);
        }
    return invocation->output == OUTPUT_JSON ? command_print_json(run, true, code, NULL) : code;
}

typedef enum exit_code act_on_set(struct invocation *invocation, struct run *run, bool one);

static enum exit_code delete_planned(struct invocation *invocation, struct run *run, bool one)
{
    struct report_style style = invocation_style(invocation);
    enum exit_code code = EXIT_DONE;
    style.applying = true;
    if (invocation->output != OUTPUT_JSON)
        code = command_print_plans(run, &style, false);
    if (invocation->dry_run && invocation->output == OUTPUT_JSON)
        return command_print_json(run, false, run_exit_code(run, false), NULL);
    if (invocation->dry_run)
        return exit_worse(code, run_exit_code(run, false));
    if (!confirmed(invocation, run, one, "delete", &code))
        return code;
    for (size_t i = 0; i < run->target_count; i++)
        remove_one(invocation, run, &run->targets[i]);
    return finish(invocation, run);
}

static enum exit_code release_planned(struct invocation *invocation, struct run *run, bool one)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    enum exit_code code = EXIT_DONE;
    if (!confirmed(invocation, run, one, "release", &code))
        return code;
    for (size_t i = 0; i < run->target_count; i++) {
        struct error error = { 0 };
        size_t count;
        if (!run_release(run, &run->targets[i], &count, &invocation->wait, &error))
            return command_fail(invocation, &error);
        buf_printf(&out,
                   "%zu object%s released: nothing of ours is left on %s, and nothing was "
                   "deleted\n",
                   count, count == 1 ? "" : "s", count == 1 ? "it" : "them");
    }
    return command_print(&out);
}

static enum exit_code act(struct invocation *invocation, act_on_set *action)
{
    AUTO_ARENA arena = arena_new();
    enum exit_code code = EXIT_DONE;
    struct error error = { 0 };
    struct object_id pattern;
    struct run run;
    bool one = invocation->arguments.count == 1;
    run_start(&run, arena, &invocation->run);
    if ((!one || command_read_object(invocation, &pattern, &code))
        && command_find_set(invocation, &run, &code)
        && command_choose_context(invocation, run.set.project.cluster, &code)) {
        if (run_plan_removal(&run, one ? &pattern : NULL, &invocation->wait, &error))
            code = action(invocation, &run, one);
        else
            code = command_not_there(invocation, &error);
    }
    run_done(&run);
    return code;
}

enum exit_code command_delete(struct invocation *invocation)
{
    return act(invocation, delete_planned);
}

enum exit_code command_release(struct invocation *invocation)
{
    return act(invocation, release_planned);
}
