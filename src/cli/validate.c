/* validate: load, report, stop. */
#include "base/cleanup.h"
#include "cli/command.h"

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
            buf_printf(&out, "%zu object%s in %zu file%s: nothing is wrong\n", run.set.count,
                       run.set.count == 1 ? "" : "s", run.set.files, run.set.files == 1 ? "" : "s");
        code = command_print(&out);
    }
    run_done(&run);
    return code;
}
