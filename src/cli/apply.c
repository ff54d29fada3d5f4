/* apply: the whole flow. Shows the plan, asks, carries it out, and tells what became of it. */
#include "base/cleanup.h"
#include "cli/command.h"

static bool has_changes(const struct run *run)
{
    for (size_t i = 0; i < run->target_count; i++)
        if (run->targets[i].planned && plan_differs(&run->targets[i].plan))
            return true;
    return false;
}

static bool is_refused(const struct run *run)
{
    for (size_t i = 0; i < run->target_count; i++)
        if (run->targets[i].plan.refusal_count)
            return true;
    return false;
}

/* Says why nothing was done; with JSON the plan is still printed. */
static enum exit_code stop(const struct invocation *invocation, const struct run *run,
                           enum exit_code code, const char *why)
{
    command_say("%s", why);
    return invocation->output == OUTPUT_JSON ? command_print_json(run, false, code, why) : code;
}

/* *ret_code is only set where the answer is no. */
static bool confirmed(const struct invocation *invocation, const struct run *run,
                      enum exit_code *ret_code)
{
    if (invocation->yes || !has_changes(run))
        return true;
    if (!terminal_is_interactive() || invocation->output == OUTPUT_JSON) {
        *ret_code = stop(invocation, run, EXIT_USAGE,
                         invocation->output == OUTPUT_JSON
                             ? "nothing was done: with -o json nobody is asked. Use --yes."
                             : "nothing was done: there is no terminal to ask at. Use --yes to "
                               "apply without a question.");
        return false;
    }
    if (terminal_ask("Apply this? [y/N]", NULL))
        return true;
    *ret_code = stop(invocation, run, EXIT_REFUSED, "nothing was done");
    return false;
}

static void carry_out(struct invocation *invocation, struct run *run, struct target_run *target)
{
    struct report_style style = invocation_style(invocation);
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct progress_view *view = progress_new(invocation, run, target);
    run_apply(run, target, progress_events(view), &invocation->wait);
    progress_free(view);
    if (target->error.kind != ERROR_NONE)
        command_say("%s: %s", target->description, target->error.message);
    if (!target->executed || invocation->output == OUTPUT_JSON)
        return;
    report_result(&out, run, target, &style);
    command_print_text(&out, style.colour);
}

static void carry_out_all(struct invocation *invocation, struct run *run)
{
    for (size_t i = 0; i < run->target_count; i++)
        if (run->targets[i].planned && run->targets[i].error.kind == ERROR_NONE
            && run->targets[i].plan.refusal_count == 0)
            carry_out(invocation, run, &run->targets[i]);
}

static enum exit_code finish(struct invocation *invocation, struct run *run)
{
    enum exit_code code = run_exit_code(run, true);
    return invocation->output == OUTPUT_JSON ? command_print_json(run, true, code, NULL) : code;
}

/* Another run that finished while we waited makes the plan one of yesterday: made anew. */
static bool is_stale(const struct run *run)
{
    for (size_t i = 0; i < run->target_count; i++)
        if (run->targets[i].stale)
            return true;
    return false;
}

static enum exit_code apply_once(struct invocation *invocation, bool *ret_stale)
{
    AUTO_ARENA arena = arena_new();
    struct report_style style = invocation_style(invocation);
    enum exit_code code = EXIT_DONE, printed = EXIT_DONE;
    struct run run;
    style.applying = true;
    run_start(&run, arena, &invocation->run);
    if (command_make_plan(invocation, &run, &code)) {
        if (invocation->output != OUTPUT_JSON)
            printed = command_print_plans(&run, &style, false);
        if (is_refused(&run))
            code = finish(invocation, &run);
        else if (confirmed(invocation, &run, &code)) {
            carry_out_all(invocation, &run);
            *ret_stale = is_stale(&run);
            if (!*ret_stale)
                code = finish(invocation, &run);
        }
    }
    run_done(&run);
    return exit_worse(printed, code);
}

enum exit_code command_apply(struct invocation *invocation)
{
    if (invocation->dry_run)
        return command_plan(invocation);
    invocation->run.records = true;
    invocation->run.creates_unasked = invocation->yes;
    for (;;) {
        bool stale = false;
        enum exit_code code = apply_once(invocation, &stale);
        if (!stale)
            return code;
        command_say("another run has changed the set meanwhile; this is the plan now:");
    }
}
