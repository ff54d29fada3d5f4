/* process: another program's output, status and end, within a deadline and a ceiling. */
#include "base/process.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CEILING = 1000 };

static bool run(struct arena *arena, const char *script, const char *input, int64_t milliseconds,
                char **ret_output, int *ret_status, struct error *err)
{
    const char *const arguments[] = { "bash", "-c", script, NULL };
    static const char *const variables[] = { "CMX_TEST=from us", NULL };
    struct wait wait = wait_for(milliseconds, NULL);
    return process_run(arena, arguments, variables, input, CEILING, &wait, ret_output, ret_status,
                       err);
}

static void programs_answer(void **state)
{
    static const struct {
        const char *script, *input, *output;
        int status;
    } cases[] = {
        { "printf '%s' \"$CMX_TEST\"", NULL, "from us", 0 },
        { "cat", "a\nb", "a\nb", 0 },
        { "exit 7", NULL, "", 7 },
        { "kill -9 $$", NULL, "", 128 + SIGKILL },
        { "exec <&-; echo unread", "input that nobody reads", "unread\n", 0 },
    };
    AUTO_ARENA arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = { 0 };
        char *output;
        int status;
        if (!run(arena, cases[i].script, cases[i].input, 20000, &output, &status, &error))
            fail_msg("%s: %s", cases[i].script, error.message);
        assert_string_equal(output, cases[i].output);
        assert_int_equal(status, cases[i].status);
    }
}

/* Else a program would keep the pipes of another open, and that one never see their end. */
static void programs_do_not_share_pipes(void **state)
{
    static const char *const other[] = { "cat", NULL };
    static const char script[] = "ls /proc/self/fd | wc -l";
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    struct process process;
    char *alone, *together;
    int status;
    (void)state;
    assert_true(run(arena, script, NULL, 20000, &alone, &status, &error));
    assert_true(process_start(other, NULL, &process, &error));
    assert_true(run(arena, script, NULL, 20000, &together, &status, &error));
    assert_string_equal(alone, together);
    assert_int_equal(process_end(&process), 0);
}

/* Runs it with our stderr out of sight; the status that it ended with, or -1. */
static int hear(const char *script, bool answers, struct process *process)
{
    const char *const arguments[] = { "bash", "-c", script, NULL };
    AUTO_CLOSE ours = dup(STDERR_FILENO);
    AUTO_CLOSE nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct wait wait = wait_for(20000, NULL);
    struct error ignored;
    char data[16];
    size_t length;
    dup2(nowhere, STDERR_FILENO);
    bool ran = process_start_heard(arguments, NULL, process, &ignored)
               && process_write(process, "x", 1, &wait, &ignored)
               && (!answers || process_read(process, data, sizeof data, &length, &wait, &ignored));
    int status = process_end(process);
    dup2(ours, STDERR_FILENO);
    return ran ? status : -1;
}

/* What it says on its stderr is passed on, and the end of it kept, also what comes at its end. */
static void programs_are_heard(void **state)
{
    static const struct {
        const char *script, *end;
        size_t length;
    } cases[] = {
        { "echo one >&2; echo two >&2; cat; exit 3", "one\ntwo\n", 8 },
        { "cat; exit 3", "", 0 },
        { "yes a line | head -n 9000 >&2; echo last >&2; cat; exit 3", "a line\nlast\n",
          PROCESS_HEARD },
        { "cat >/dev/null; printf late >&2; exit 3", "late", 4 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct process process;
        assert_int_equal(hear(cases[i].script, i != 3, &process), 3);
        assert_int_equal(strlen(process.heard), cases[i].length);
        assert_string_equal(process.heard + cases[i].length - strlen(cases[i].end), cases[i].end);
    }
}

static void limits_hold(void **state)
{
    static const struct {
        const char *script;
        int64_t milliseconds;
        enum error_kind kind;
    } cases[] = {
        { "yes", 20000, ERROR_INPUT },
        { "sleep 100", 200, ERROR_TIMEOUT },
        { "trap '' TERM INT HUP; while :; do sleep 1; done", 200, ERROR_TIMEOUT },
        { "sleep 100 & exit 0", 200, ERROR_TIMEOUT }, /* its child holds the output open */
    };
    AUTO_ARENA arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = { 0 };
        char *output;
        int status;
        int64_t start = clock_now();
        assert_false(
            run(arena, cases[i].script, NULL, cases[i].milliseconds, &output, &status, &error));
        assert_int_equal(error.kind, cases[i].kind);
        assert_true(clock_now() - start < 10000);
    }
}

/* Where SIGCHLD is ignored the kernel throws the status away: that is no success. */
static void a_lost_status_is_no_success(void **state)
{
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    char *output;
    int status;
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_true(run(arena, "exit 7", NULL, 20000, &output, &status, &error));
    signal(SIGCHLD, SIG_DFL);
    assert_int_not_equal(status, 0);
}

static void a_missing_program_is_told(void **state)
{
    static const char *const arguments[] = { "/no/such/program", NULL };
    struct error error = { 0 };
    struct process process;
    (void)state;
    assert_false(process_start(arguments, NULL, &process, &error));
    assert_int_equal(error.kind, ERROR_LOCAL);
    assert_string_equal(error.message, "cannot run /no/such/program: No such file or directory");
}

static void stderr_comes_with_stdout_where_it_is_asked_for(void **state)
{
    static const char *const arguments[] = { "bash", "-c", "echo out; echo err >&2", NULL };
    struct wait wait = wait_for(10000, NULL);
    struct process process;
    struct error err;
    char said[100] = "";
    size_t used = 0, length = 1;
    (void)state;
    assert_true(process_start_joined(arguments, NULL, &process, &err));
    while (length) {
        assert_true(process_read(&process, said + used, 90 - used, &length, &wait, &err));
        used += length;
    }
    assert_int_equal(process_end(&process), 0);
    assert_string_equal(said, "out\nerr\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_answer),
        cmocka_unit_test(programs_are_heard),
        cmocka_unit_test(stderr_comes_with_stdout_where_it_is_asked_for),
        cmocka_unit_test(programs_do_not_share_pipes),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_lost_status_is_no_success),
        cmocka_unit_test(a_missing_program_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
