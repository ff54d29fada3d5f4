/* hold and unhold: keep runs off one object, and let go of it; see reconciler/hold.h. */
#include "reconciler/hold.h"
#include "base/cleanup.h"
#include "base/printable.h"
#include "base/who.h"
#include "cli/command.h"
#include "manifest/value_json.h"
#include "providers/hold.h"

#include <string.h>

/* Another run that goes on meanwhile, or NULL. */
struct meanwhile {
    struct arena *arena;
    const char *run;
};

static void on_run(void *context, const char *text)
{
    struct meanwhile *meanwhile = context;
    meanwhile->run = arena_strdup(meanwhile->arena, text);
    command_say("%s: what it has begun it still ends", text);
}

/* `about` under its name, and what goes on meanwhile (or NULL). */
static enum exit_code print_json(struct run *run, const char *name, struct value *about,
                                 const char *running)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(run->arena);
    value_set(run->arena, map, "format", value_integer(run->arena, 1));
    value_set(run->arena, map, "set", value_string(run->arena, run->set.project.name));
    value_set(run->arena, map, name, about);
    if (running)
        value_set(run->arena, map, "running", value_string(run->arena, running));
    value_set(run->arena, map, "exitCode", value_integer(run->arena, EXIT_DONE));
    json_write_pretty(&out, map);
    buf_putc(&out, '\n');
    return command_print(&out);
}

/* How to let go, with what the user gave to name the set. */
static const char *way_back(struct arena *arena, const struct invocation *invocation,
                            const char *name)
{
    struct report_style style = invocation_style(invocation);
    return arena_printf(arena, "%s %s", style.hint(style.hint_context, arena, "unhold", NULL),
                        name);
}

static void add_held(struct buf *out, const struct invocation *invocation, const struct run *run,
                     const struct hold *hold)
{
    AUTO_ARENA arena = arena_new();
    const char *name = object_id_text(arena, &hold->id, run->set.project.namespace);
    buf_printf(out, "%s is held", printable_text(arena, name));
    if (hold->until)
        buf_printf(out, " until %s (%s)", time_of_day_text(arena, hold->until),
                   duration_text(arena, (hold->until - hold->since) * 1000));
    buf_printf(out, ": %s\nLet it go: %s\n",
               printable_text(arena, printable_line(arena, hold->reason)),
               way_back(arena, invocation, printable_text(arena, name)));
}

static enum exit_code set_hold(struct invocation *invocation, struct run *run,
                               const struct object_id *pattern)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct error error = { 0 };
    struct meanwhile meanwhile = { .arena = run->arena };
    struct hold hold = { .purpose = HOLD_PURPOSE,
                         .by = who_runs(run->arena),
                         .reason = invocation->reason };
    int64_t lasts = invocation->hold_for < 0 ? 0 : (invocation->hold_for + 999) / 1000;
    if (!run_hold(run, pattern, &hold, lasts, on_run, &meanwhile, &invocation->wait, &error))
        return command_not_there(invocation, &error);
    if (invocation->output == OUTPUT_JSON)
        return print_json(run, "hold", hold_value_named(run->arena, &hold), meanwhile.run);
    add_held(&out, invocation, run, &hold);
    return command_print(&out);
}

static enum exit_code end_hold(struct invocation *invocation, struct run *run,
                               const struct object_id *pattern)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct error error = { 0 };
    struct object_id id;
    if (!run_unhold(run, pattern, &id, &invocation->wait, &error))
        return command_not_there(invocation, &error);
    if (invocation->output == OUTPUT_JSON) {
        struct value *object = value_map(run->arena);
        hold_name_value(run->arena, object, &id);
        return print_json(run, "unheld", object, NULL);
    }
    buf_printf(
        &out, "%s is held no more: the next apply looks after it again\n",
        printable_text(run->arena, object_id_text(run->arena, &id, run->set.project.namespace)));
    return command_print(&out);
}

typedef enum exit_code act_on_object(struct invocation *invocation, struct run *run,
                                     const struct object_id *pattern);

static enum exit_code act(struct invocation *invocation, act_on_object *action)
{
    AUTO_ARENA arena = arena_new();
    enum exit_code code = EXIT_DONE;
    struct object_id pattern;
    struct run run;
    if (invocation->arguments.count == 0)
        return command_stop(invocation, EXIT_USAGE,
                            "which object? Name it, such as Deployment/web");
    run_start(&run, arena, &invocation->run);
    if (command_read_object(invocation, &pattern, &code)
        && command_find_set(invocation, &run, &code)
        && command_choose_context(invocation, run.set.project.cluster, &code))
        code = action(invocation, &run, &pattern);
    run_done(&run);
    return code;
}

enum exit_code command_hold(struct invocation *invocation)
{
    if (!invocation->reason)
        return command_stop(invocation, EXIT_USAGE,
                            "say why with --reason TEXT: whoever meets the hold will ask");
    if (strlen(invocation->reason) > HOLD_REASON_MOST)
        return command_stop(invocation, EXIT_USAGE, "--reason: at most %d bytes", HOLD_REASON_MOST);
    return act(invocation, set_hold);
}

enum exit_code command_unhold(struct invocation *invocation)
{
    return act(invocation, end_hold);
}
