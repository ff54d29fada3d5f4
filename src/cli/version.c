/* version: what this program is, and the commit that it was built from. */
#include "base/cleanup.h"
#include "cli/command.h"

enum exit_code command_version(struct invocation *invocation)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    bool known = *CMX_COMMIT != '\0';
    if (invocation->output == OUTPUT_JSON)
        buf_printf(&out, "{\"format\": 1, \"version\": \"%s\"%s%s%s}\n", CMX_VERSION,
                   known ? ", \"commit\": \"" : "", CMX_COMMIT, known ? "\"" : "");
    else
        buf_printf(&out, "cmx-reconcile %s%s%s%s\n", CMX_VERSION, known ? " (" : "", CMX_COMMIT,
                   known ? ")" : "");
    return command_print(&out);
}
