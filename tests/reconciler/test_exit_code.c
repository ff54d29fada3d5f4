/* Exit codes: what each error means to a shell, and which of several counts. */
#include "base/cleanup.h"
#include "reconciler/reconcile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_errors(void **state)
{
    static const struct {
        enum error_kind kind;
        enum exit_code code;
    } cases[] = {
        { ERROR_NONE, 0 },        { ERROR_USAGE, 2 },     { ERROR_INPUT, 2 },
        { ERROR_REFUSED, 3 },     { ERROR_CONFLICT, 3 },  { ERROR_UNREACHABLE, 4 },
        { ERROR_DENIED, 4 },      { ERROR_NOT_FOUND, 4 }, { ERROR_INVALID, 5 },
        { ERROR_TIMEOUT, 5 },     { ERROR_LOCAL, 6 },     { ERROR_BUG, 6 },
        { ERROR_CANCELLED, 130 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = { .kind = cases[i].kind };
        if (exit_of_error(&error) != cases[i].code)
            fail_msg("error %d: %d, not %d", cases[i].kind, exit_of_error(&error), cases[i].code);
    }
}

/* docs/exit-codes.md: of several, the first of these. */
static void test_precedence(void **state)
{
    static const enum exit_code order[] = { 130, 6, 2, 4, 3, 5, 1, 0 };
    enum { COUNT = sizeof order / sizeof *order };
    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            assert_int_equal(exit_worse(order[i], order[j]), order[i < j ? i : j]);
}

/* One target as a run knows it: its error, its plan, what became of it. */
struct part {
    enum error_kind error;
    struct plan_counts counts;
    size_t refusals;
    enum error_kind failed; /* of one change */
    bool executed, interrupted;
};

static void fill(struct target_run *target, struct change *change, const struct part *part)
{
    *change = (struct change){ .progress = part->failed ? PROGRESS_FAILED : PROGRESS_NONE };
    static struct error errors[ERROR_BUG + 1];
    errors[part->failed].kind = part->failed;
    change->error = &errors[part->failed];
    *target = (struct target_run){ .planned = part->error == ERROR_NONE };
    target->error.kind = part->error;
    target->plan.counts = part->counts;
    target->plan.refusal_count = part->refusals;
    target->plan.changes = change;
    target->plan.count = 1;
    target->executed = part->executed;
    target->result.interrupted = part->interrupted;
}

#define SAME                                                                                       \
    {                                                                                              \
        .counts.keep = 3                                                                           \
    }
#define DIFFERS                                                                                    \
    {                                                                                              \
        .counts.change = 1                                                                         \
    }
#define REFUSES_ONE                                                                                \
    {                                                                                              \
        .counts.refuse = 1                                                                         \
    }
#define REFUSED                                                                                    \
    {                                                                                              \
        .counts.delete = 20, .refusals = 1                                                         \
    }
#define UNKNOWN                                                                                    \
    {                                                                                              \
        .counts.unknown = 1                                                                        \
    }
#define DOWN                                                                                       \
    {                                                                                              \
        .error = ERROR_UNREACHABLE                                                                 \
    }
#define UNHEALTHY                                                                                  \
    {                                                                                              \
        .counts.change = 1, .executed = true, .failed = ERROR_TIMEOUT                              \
    }
#define LOST                                                                                       \
    {                                                                                              \
        .counts.change = 1, .executed = true, .failed = ERROR_UNREACHABLE                          \
    }
#define NOWHERE                                                                                    \
    {                                                                                              \
        .counts.change = 1, .executed = true, .failed = ERROR_NOT_FOUND                            \
    } /* its namespace is missing */
#define STOPPED                                                                                    \
    {                                                                                              \
        .counts.change = 1, .executed = true, .interrupted = true                                  \
    }
#define TAKEN                                                                                      \
    {                                                                                              \
        .error = ERROR_CONFLICT, .executed = true                                                  \
    } /* by another run */

static void test_two_targets(void **state)
{
    static const struct {
        struct part parts[2];
        bool applied;
        size_t problems;
        enum exit_code code;
    } cases[] = {
        { { SAME, SAME }, false, 0, 0 },      { { SAME, DIFFERS }, false, 0, 1 },
        { { DIFFERS, DIFFERS }, true, 0, 0 }, { { DIFFERS, REFUSES_ONE }, false, 0, 3 },
        { { DIFFERS, REFUSED }, true, 0, 3 }, { { REFUSED, UNKNOWN }, false, 0, 4 },
        { { DIFFERS, DOWN }, false, 0, 4 },   { { DOWN, REFUSED }, false, 0, 4 },
        { { UNHEALTHY, SAME }, true, 0, 5 },  { { UNHEALTHY, REFUSES_ONE }, true, 0, 3 },
        { { UNHEALTHY, DOWN }, true, 0, 4 },  { { UNHEALTHY, TAKEN }, true, 0, 3 },
        { { LOST, UNHEALTHY }, true, 0, 4 },  { { UNHEALTHY, STOPPED }, true, 0, 130 },
        { { NOWHERE, SAME }, true, 0, 5 },    { { NOWHERE, DOWN }, true, 0, 4 },
        { { DOWN, STOPPED }, true, 1, 130 },  { { SAME, SAME }, false, 1, 2 },
        { { DOWN, REFUSED }, false, 1, 2 },   { { UNHEALTHY, UNKNOWN }, true, 1, 2 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t turned = 0; turned < 2; turned++) {
            struct target_run targets[2];
            struct change changes[2];
            fill(&targets[0], &changes[0], &cases[i].parts[turned]);
            fill(&targets[1], &changes[1], &cases[i].parts[!turned]);
            struct run run = { .targets = targets, .target_count = 2 };
            run.problems.errors = cases[i].problems;
            if (run_exit_code(&run, cases[i].applied) != cases[i].code)
                fail_msg("case %zu: %d, not %d", i, run_exit_code(&run, cases[i].applied),
                         cases[i].code);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_two_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
