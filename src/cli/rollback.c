/* rollback: puts one object back to what ran before, or ends that; see rollback/rollback.h. */
#include "reconciler/rollback/rollback.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "cli/command.h"
#include "providers/hold.h"

#include <string.h>

static const char *name_of(const struct run *run, const struct object_id *id)
{
    return printable_text(run->arena, object_id_text(run->arena, id, run->set.project.namespace));
}

/* --------------------------------------------------------------------- what is meant */

static void add_warnings(struct buf *out, const struct run *run, const struct rollback_plan *plan)
{
    buf_printf(out, "%s stays at %.7s until a commit changes what it is made of.\n",
               name_of(run, &plan->id), plan->to);
    if (plan->revisions.read_from)
        buf_printf(out, "Read from %s, which the record of the set names.\n",
                   printable_text(run->arena, plan->revisions.read_from));
    if (plan->others)
        buf_printf(out, "! %s reads what is put back with it, too.\n",
                   printable_text(run->arena, plan->others));
    if (plan->hook)
        buf_printf(out, "! %s ran in between: what it did is not taken back.\n",
                   printable_text(run->arena, plan->hook));
    for (size_t i = 0; i < plan->tags.count; i++)
        buf_printf(out, "%s\n", plan->tags.items[i]);
}

static enum exit_code show(const struct invocation *invocation, const struct run *run,
                           const struct rollback_plan *plan)
{
    struct report_style style = invocation_style(invocation);
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    style.applying = true;
    enum exit_code code = command_print_plans(run, &style, false);
    if (!style.quiet)
        add_warnings(&out, run, plan);
    return exit_worse(code, command_print_text(&out, style.colour));
}

/* *ret_code is only set where the answer is no. */
static bool confirmed(const struct invocation *invocation, enum exit_code *ret_code)
{
    if (invocation->yes)
        return true;
    if (!terminal_is_interactive() || invocation->output == OUTPUT_JSON)
        *ret_code = command_stop(invocation, EXIT_USAGE,
                                 "nothing was done: there is nobody to ask. Use --yes.");
    else if (terminal_ask("Put this back? [y/N]", NULL))
        return true;
    else
        *ret_code = command_stop(invocation, EXIT_REFUSED, "nothing was done");
    return false;
}

/* ------------------------------------------------------------------------- doing it */

static void add_end(struct buf *out, const struct invocation *invocation, const struct run *run,
                    const struct rollback_plan *plan)
{
    struct report_style style = invocation_style(invocation);
    buf_printf(out, "To end it: %s --release %s\n",
               style.hint(style.hint_context, run->arena, "rollback", NULL),
               name_of(run, &plan->id));
}

static enum exit_code carry_out(struct invocation *invocation, struct run *run,
                                struct rollback_plan *plan)
{
    struct report_style style = invocation_style(invocation);
    struct target_run *target = plan->target;
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct progress_view *view = progress_new(invocation, run, target);
    run_apply(run, target, progress_events(view), &invocation->wait);
    progress_free(view);
    if (target->error.kind != ERROR_NONE)
        command_say("%s: %s", target->description, target->error.message);
    enum exit_code code = run_exit_code(run, true);
    if (invocation->output == OUTPUT_JSON)
        return target->stale ? code : command_print_json(run, true, code, NULL);
    style.hint = NULL;
    if (target->executed)
        report_result(&out, run, target, &style);
    if (target->executed && code == EXIT_DONE && !style.quiet)
        add_end(&out, invocation, run, plan);
    return exit_worse(code, command_print_text(&out, style.colour));
}

static void set_reason(struct target_run *target, const char *reason)
{
    for (size_t i = 0; i < target->plan.count; i++)
        if (reason && target->plan.changes[i].rollback) {
            struct change *change = &target->plan.changes[i];
            struct record_rollback *told = arena_alloc(change->arena, sizeof *told);
            *told = *change->rollback;
            told->reason = reason;
            change->rollback = told;
        }
}

/* An annotation on the live object holds it: the plan says so, and there is nothing to do. */
static bool is_held(const struct rollback_plan *plan)
{
    for (size_t i = 0; i < plan->target->plan.count; i++) {
        const struct change *change = &plan->target->plan.changes[i];
        if (change->action == ACTION_HOLD
            && object_id_compare(&change->subject->id, &plan->id) == 0)
            return true;
    }
    return false;
}

static enum exit_code roll_back(struct invocation *invocation, struct run *run,
                                const struct object_id *pattern, bool *ret_stale)
{
    struct error error = { 0 };
    struct rollback_plan plan;
    enum exit_code code = EXIT_DONE;
    if (!run_plan_rollback(run, pattern, invocation->to, &plan, &invocation->wait, &error))
        return command_not_there(invocation, &error);
    set_reason(plan.target, invocation->reason);
    if (invocation->output != OUTPUT_JSON)
        code = show(invocation, run, &plan);
    enum exit_code planned = run_exit_code(run, false);
    bool held = is_held(&plan);
    bool refused = plan.target->plan.counts.refuse || plan.target->plan.refusal_count || held;
    if (invocation->dry_run || refused) {
        code = exit_worse(code, held ? EXIT_REFUSED : planned);
        if (invocation->output == OUTPUT_JSON)
            code = command_print_json(run, false, code, NULL);
    } else if (confirmed(invocation, &code)) {
        code = exit_worse(code, carry_out(invocation, run, &plan));
        *ret_stale = plan.target->stale;
    }
    rollback_plan_done(&plan);
    return code;
}

static void on_run(void *context, const char *text)
{
    (void)context;
    command_say("%s", text);
}

static enum exit_code release(struct invocation *invocation, struct run *run,
                              const struct object_id *pattern, bool *ret_stale)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct error error = { 0 };
    struct object_id id;
    if (!run_release_rollback(run, pattern, &id, on_run, NULL, &invocation->wait, &error)) {
        *ret_stale = error.kind == ERROR_CONFLICT;
        return *ret_stale ? EXIT_DONE : command_not_there(invocation, &error);
    }
    buf_printf(&out, "%s is rolled back no more: the next apply applies what git wants\n",
               name_of(run, &id));
    return command_print_text(&out, false);
}

static enum exit_code act_once(struct invocation *invocation, bool *ret_stale)
{
    AUTO_ARENA arena = arena_new();
    enum exit_code code = EXIT_DONE;
    struct object_id pattern;
    struct run run;
    run_start(&run, arena, &invocation->run);
    if (command_read_object(invocation, &pattern, &code)
        && command_find_set(invocation, &run, &code)
        && command_choose_context(invocation, run.set.project.cluster, &code)) {
        invocation->run.with_images = true; /* of the commit that it goes back to */
        code = invocation->release ? release(invocation, &run, &pattern, ret_stale)
                                   : roll_back(invocation, &run, &pattern, ret_stale);
    }
    run_done(&run);
    return code;
}

enum exit_code command_rollback(struct invocation *invocation)
{
    if (invocation->arguments.count == 0)
        return command_stop(invocation, EXIT_USAGE,
                            "which object? Name it, such as Deployment/web");
    if (invocation->release && invocation->to)
        return command_stop(invocation, EXIT_USAGE, "give either --to or --release");
    if (invocation->reason && strlen(invocation->reason) > HOLD_REASON_MOST)
        return command_stop(invocation, EXIT_USAGE, "--reason: at most %d bytes", HOLD_REASON_MOST);
    invocation->run.records = true;
    for (;;) {
        bool stale = false;
        enum exit_code code = act_once(invocation, &stale);
        if (!stale)
            return code;
        command_say("another run has changed the set meanwhile; looking again");
    }
}
