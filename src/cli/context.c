/*
 * context: which cluster, where nobody has said so.
 *
 * With one context in the kubeconfig there is nothing to choose. With several,
 * the current one is an accident waiting to happen: a terminal is asked for a
 * name, elsewhere the run is refused.
 */
#include "base/cleanup.h"
#include "cli/command.h"
#include "providers/kubernetes/client/kubeconfig.h"

#include <string.h>

static bool is_known(const struct kubeconfig_contexts *contexts, const char *name)
{
    for (size_t i = 0; i < contexts->names.count; i++)
        if (strcmp(contexts->names.items[i], name) == 0)
            return true;
    return false;
}

static const char *list(struct arena *arena, const struct kubeconfig_contexts *contexts)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < contexts->names.count; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", contexts->names.items[i]);
    return arena_memdup(arena, buf_text(&text), text.length);
}

static bool ask(struct invocation *invocation, const struct kubeconfig_contexts *contexts,
                enum exit_code *ret_code)
{
    const char *answer =
        terminal_line(invocation->arena, arena_printf(invocation->arena, "Which context (%s)?",
                                                      list(invocation->arena, contexts)));
    if (answer && is_known(contexts, answer)) {
        invocation->run.context = answer;
        return true;
    }
    *ret_code = command_stop(invocation, EXIT_REFUSED,
                             answer && *answer ? "there is no context \"%s\"; nothing was done"
                                               : "no context was named; nothing was done%s",
                             answer ? answer : "");
    return false;
}

bool command_choose_context(struct invocation *invocation, const char *cluster,
                            enum exit_code *ret_code)
{
    struct kubeconfig_contexts contexts;
    struct error error = { 0 };
    if (cluster || invocation->run.context)
        return true;
    if (!kubeconfig_contexts(invocation->arena, invocation->run.kubeconfig, &contexts, &error)
        || contexts.names.count < 2)
        return true; /* whoever opens it says what is wrong */
    if (terminal_is_interactive())
        return ask(invocation, &contexts, ret_code);
    *ret_code =
        command_stop(invocation, EXIT_REFUSED,
                     "refused: the kubeconfig has several contexts (%s) and none was named: "
                     "use --context NAME, or name a Cluster in the Project",
                     list(invocation->arena, &contexts));
    return false;
}

bool command_has_cluster(const struct invocation *invocation)
{
    AUTO_ARENA arena = arena_new();
    struct kubeconfig_contexts contexts;
    struct error error = { 0 };
    if (invocation->run.context || invocation->run.kubeconfig || kubeconfig_is_in_cluster())
        return true;
    /* One that cannot be read names one as well: whoever opens it says what is wrong. */
    return !kubeconfig_contexts(arena, NULL, &contexts, &error) || contexts.names.count > 0;
}
