/* exit_code: what a run's outcome is to a shell; see reconcile.h. */
#include "reconciler/reconcile.h"

static int weight(enum exit_code code)
{
    switch (code) {
    case EXIT_INTERRUPTED:
        return 7;
    case EXIT_INTERNAL:
        return 6;
    case EXIT_USAGE:
        return 5;
    case EXIT_UNREACHABLE:
        return 4;
    case EXIT_REFUSED:
        return 3;
    case EXIT_UNHEALTHY:
        return 2;
    case EXIT_NO:
        return 1;
    case EXIT_DONE:
        return 0;
    }
    return 6;
}

enum exit_code exit_worse(enum exit_code a, enum exit_code b)
{
    return weight(a) >= weight(b) ? a : b;
}

enum exit_code exit_of_error(const struct error *error)
{
    switch (error->kind) {
    case ERROR_NONE:
        return EXIT_DONE;
    case ERROR_USAGE:
    case ERROR_INPUT:
        return EXIT_USAGE;
    case ERROR_REFUSED:
    case ERROR_CONFLICT:
        return EXIT_REFUSED;
    case ERROR_UNREACHABLE:
    case ERROR_DENIED:
    case ERROR_NOT_FOUND:
        return EXIT_UNREACHABLE;
    case ERROR_INVALID:
    case ERROR_TIMEOUT:
        return EXIT_UNHEALTHY;
    case ERROR_CANCELLED:
        return EXIT_INTERRUPTED;
    case ERROR_LOCAL:
    case ERROR_BUG:
        return EXIT_INTERNAL;
    }
    return EXIT_INTERNAL;
}

static enum exit_code exit_of_plan(const struct plan *plan, bool applied)
{
    enum exit_code code = plan_differs(plan) && !applied ? EXIT_NO : EXIT_DONE;
    if (plan->counts.refuse || plan->refusal_count)
        code = exit_worse(code, EXIT_REFUSED);
    if (plan->counts.unknown)
        code = exit_worse(code, EXIT_UNREACHABLE);
    return code;
}

/* Of a change, "not found" is an answer (its namespace is missing), not a failure to look. */
static enum exit_code exit_of_failure(const struct error *error)
{
    return error->kind == ERROR_NOT_FOUND ? EXIT_UNHEALTHY : exit_of_error(error);
}

/* What became of the changes: a failure to reach the server outweighs an unhealthy object. */
static enum exit_code exit_of_changes(const struct plan *plan)
{
    enum exit_code code = EXIT_DONE;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].progress == PROGRESS_FAILED)
            code = exit_worse(code, exit_of_failure(plan->changes[i].error));
    return code;
}

static enum exit_code exit_of_execution(const struct target_run *target)
{
    enum exit_code code = exit_of_changes(&target->plan);
    if (target->result.exhausted)
        code = exit_worse(code, EXIT_UNHEALTHY);
    if (target->result.interrupted)
        code = exit_worse(code, EXIT_INTERRUPTED);
    return code;
}

enum exit_code run_exit_code(const struct run *run, bool applied)
{
    enum exit_code code = run->problems.errors ? EXIT_USAGE : EXIT_DONE;
    for (size_t i = 0; i < run->target_count; i++) {
        const struct target_run *target = &run->targets[i];
        code = exit_worse(code, exit_of_error(&target->error));
        if (target->planned)
            code = exit_worse(code, exit_of_plan(&target->plan, applied));
        if (target->executed)
            code = exit_worse(code, exit_of_execution(target));
    }
    return code;
}
