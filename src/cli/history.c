/* history: the past runs of a set; see providers/history.h. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "manifest/value_json.h"
#include "reconciler/member.h"
#include "reconciler/removal.h"
#include "reconciler/report/report_history.h"

static enum exit_code print_json(const struct run *run, struct value *sets)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct value *map = value_map(run->arena);
    value_set(run->arena, map, "format", value_integer(run->arena, 1));
    value_set(run->arena, map, "sets", sets);
    value_set(run->arena, map, "exitCode", value_integer(run->arena, EXIT_DONE));
    json_write_pretty(&out, map);
    buf_putc(&out, '\n');
    return command_print(&out);
}

/* An object that neither the set nor its history has is a slip of the pen. */
static bool check_known(const struct run *run, const struct target_run *target,
                        const struct history_filter *filter, size_t count, struct error *err)
{
    const struct record_member *member;
    struct history_filter any_time = { .pattern = filter->pattern };
    struct history_entry *entries;
    if (count || !filter->pattern || run->target_count > 1
        || history_select(run->arena, target, &any_time, &entries))
        return true;
    return member_find(run->arena, &target->record, filter->pattern,
                       arena_printf(run->arena,
                                    "the set %s has no such object, nor has its history",
                                    target->target.set_name),
                       &member, err);
}

static enum exit_code show(struct invocation *invocation, struct run *run,
                           const struct history_filter *filter)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct report_style style = invocation_style(invocation);
    struct value *sets = value_list(run->arena);
    struct error error = { 0 };
    if (!run_targets(run, &error))
        return command_fail(invocation, &error);
    for (size_t i = 0; i < run->target_count; i++) {
        struct history_entry *entries;
        struct target_run *target = &run->targets[i];
        if (!set_open(run, target, &invocation->wait, &error))
            return command_not_there(invocation, &error);
        size_t count = history_select(run->arena, target, filter, &entries);
        if (!check_known(run, target, filter, count, &error))
            return command_not_there(invocation, &error);
        value_push(run->arena, sets, report_history_value(run->arena, target, entries, count));
        buf_puts(&out, i ? "\n" : "");
        report_history(&out, target, filter, entries, count, &style);
    }
    return invocation->output == OUTPUT_JSON ? print_json(run, sets)
                                             : command_print_text(&out, style.colour);
}

enum exit_code command_history(struct invocation *invocation)
{
    AUTO_ARENA arena = arena_new();
    enum exit_code code = EXIT_DONE;
    struct object_id pattern;
    bool one = invocation->arguments.count == 1;
    struct history_filter filter = { .pattern = one ? &pattern : NULL };
    struct run run;
    if (invocation->since)
        filter.since = clock_unix() - (invocation->since + 999) / 1000;
    run_start(&run, arena, &invocation->run);
    if ((!one || command_read_object(invocation, &pattern, &code))
        && command_find_set(invocation, &run, &code)
        && command_choose_context(invocation, run.set.project.cluster, &code))
        code = show(invocation, &run, &filter);
    run_done(&run);
    return code;
}
