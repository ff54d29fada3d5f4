/* version: what this program is, and what it was built with. */
#include "base/cleanup.h"
#include "cli/command.h"

enum exit_code command_version(struct invocation *invocation)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    if (invocation->output == OUTPUT_JSON)
        buf_puts(&out, "{\"format\": 1, \"version\": \"" CMX_VERSION "\"}\n");
    else
        buf_puts(&out, "cmx-reconcile " CMX_VERSION "\n");
    return command_print(&out);
}
