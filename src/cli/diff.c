/* diff and plan: the flow up to the plan, printed. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "reconciler/between.h"

static enum exit_code print(struct invocation *invocation, struct run *run, bool order)
{
    struct report_style style = invocation_style(invocation);
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    enum exit_code code = run_exit_code(run, false);
    if (invocation->output != OUTPUT_JSON) {
        command_print_plans(invocation, run, &style, order);
        return code;
    }
    report_json(&out, run, false);
    return exit_worse(command_print(&out), code);
}

static enum exit_code show_plan(struct invocation *invocation, bool order)
{
    AUTO_ARENA arena = arena_new();
    enum exit_code code = EXIT_DONE;
    struct run run;
    run_start(&run, arena, &invocation->run);
    if (command_make_plan(invocation, &run, &code))
        code = print(invocation, &run, order);
    run_done(&run);
    return code;
}

/* A folder that the older commit does not have yet is an empty set: all of it is created. */
static bool load_before(struct invocation *invocation, struct run *before,
                        enum exit_code *ret_code)
{
    struct error error = { 0 };
    if (run_load(before, &invocation->wait, &error))
        return command_check(invocation, before, false, ret_code);
    bool new_folder = error.kind == ERROR_NOT_FOUND && before->source.git;
    if (new_folder)
        before->set = (struct set){ .arena = before->arena };
    else
        *ret_code = command_fail(&error);
    return new_folder;
}

/* What a pull request changes: two commits, no cluster. */
static enum exit_code compare(struct invocation *invocation)
{
    AUTO_ARENA arena = arena_new();
    struct run_options before_options = invocation->run, after_options = invocation->run;
    struct error error = { 0 };
    enum exit_code code = EXIT_DONE;
    struct run before, after;
    before_options.source.ref = invocation->from;
    after_options.source.ref = invocation->to ? invocation->to : "HEAD";
    run_start(&before, arena, &before_options);
    run_start(&after, arena, &after_options);
    if (!invocation->from) {
        error_set(&error, ERROR_USAGE, "--to needs --from: the commit to compare with");
        code = command_fail(&error);
    } else if (load_before(invocation, &before, &code)
               && command_load(invocation, &after, false, &code)) {
        run_between(&before, &after);
        code = print(invocation, &after, false);
    }
    run_done(&after);
    run_done(&before);
    return code;
}

enum exit_code command_diff(struct invocation *invocation)
{
    return invocation->from || invocation->to ? compare(invocation) : show_plan(invocation, false);
}

enum exit_code command_plan(struct invocation *invocation)
{
    return show_plan(invocation, true);
}
