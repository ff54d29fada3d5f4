/* validate: load, report, stop. */
#include "base/cleanup.h"
#include "cli/command.h"

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void add_verdict(struct buf *out, const struct set *set)
{
    buf_printf(out, "%zu object%s ", set->count, plural(set->count));
    if (set->image_count)
        buf_printf(out, "and %zu image%s ", set->image_count, plural(set->image_count));
    buf_printf(out, "in %zu file%s: nothing is wrong\n", set->files, plural(set->files));
}

enum exit_code command_validate(struct invocation *invocation)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    enum exit_code code = EXIT_DONE;
    struct run run;
    invocation->run.with_images = true;
    run_start(&run, arena, &invocation->run);
    if (command_load(invocation, &run, false, &code)) {
        if (invocation->output == OUTPUT_JSON)
            report_json(&out, &run, false, EXIT_DONE, NULL);
        else if (!invocation->quiet)
            add_verdict(&out, &run.set);
        code = command_print(&out);
    }
    run_done(&run);
    return code;
}
