/* diff and plan: the flow up to the plan, printed. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "reconciler/between.h"

static enum exit_code print(struct invocation *invocation, struct run *run, bool order)
{
    struct report_style style = invocation_style(invocation);
    enum exit_code code = run_exit_code(run, false);
    if (invocation->output == OUTPUT_JSON)
        return command_print_json(run, false, code, NULL);
    return exit_worse(command_print_plans(run, &style, order), code);
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

/* What a pull request changes: two commits, no cluster. */
static enum exit_code compare(struct invocation *invocation)
{
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    enum exit_code code = EXIT_DONE;
    struct between between;
    if (!invocation->from) {
        error_set(&error, ERROR_USAGE, "--to needs --from: the commit to compare with");
        return command_fail(invocation, &error);
    }
    if (!between_load(&between, arena, &invocation->run, invocation->from,
                      invocation->to ? invocation->to : "HEAD", &invocation->wait, &error))
        code = command_fail(invocation, &error);
    else if (command_check(invocation, &between.before, false, &code)
             && command_check(invocation, &between.after, false, &code)) {
        between_plan(&between);
        code = print(invocation, &between.after, false);
    }
    between_done(&between);
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
