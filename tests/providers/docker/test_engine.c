/*
 * Builds at real engines, Docker 20.10 with both of its builders and Podman, each started
 * here: what works, what fails and how it is told, and that nothing goes on when we
 * stop waiting. What was built is asked of the docker program.
 * labels: cluster
 * timeout: 300
 */
#include "providers/docker/engine_image.h"
#include "providers/docker/engine_test.h"

#include <dirent.h>
#include <pthread.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Docker's classic builder too; Podman has one of its own alone. */
static size_t builders_of(const struct engine_test *test)
{
    return engine_facts(test->engine)->buildkit ? 2 : 1;
}

static bool logged(const struct engine_test *test, const char *text)
{
    return strstr(buf_text(&test->lines), text) != NULL;
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("expected \"%s\" in \"%s\"", part, text);
}

static void finds_out_what_answers(void **state)
{
    struct engine_test *test = *state;
    const struct engine_facts *facts = engine_facts(test->engine);
    bool podman = strcmp(test->kind, "podman") == 0;
    assert_string_equal(facts->name, podman ? "Podman" : "Docker");
    assert_int_equal(facts->podman, podman);
    assert_int_equal(facts->buildkit, !podman);
    assert_string_equal(facts->os, "linux");
    assert_string_equal(facts->version, "1.41");
    assert_holds(engine_describe(test->engine), test->host);
}

static const struct test_file good_context[] = {
    { "Dockerfile",
      "FROM localhost/base:1 AS first\n"
      "ARG GREETING\n"
      "RUN echo \"$GREETING\" >/greeting; echo said \"$GREETING\"\n"
      "COPY big /big\n"
      "FROM first AS second\n"
      "RUN false\n",
      0 },
    { "big", "0123456789abcdef0123456789abcdef", 300000 }, /* more than any buffer */
};

static void builds_with_run(void **state)
{
    struct engine_test *test = *state;
    struct image_pair args[] = { { "GREETING", "good day" } }, labels[] = { { "a.b", "c=d" } };
    struct image_pairs arg_list = { args, 1, 1 }, label_list = { labels, 1, 1 };
    for (size_t i = 0; i < builders_of(test); i++) {
        struct error err;
        const char *id = NULL;
        struct engine_build build = { .classic = i == 1,
                                      .tag = "localhost/built:1",
                                      .target = "first",
                                      .args = &arg_list,
                                      .labels = &label_list };
        must(test_build(test, &build, good_context, COUNT(good_context), &id, &test->wait, &err),
             err);
        assert_true(logged(test, "output: said good day"));
        assert_true(logged(test, "RUN echo"));
        assert_string_equal(
            test_run(test, (const char *const[]){ "docker", "inspect", "-f",
                                                  "{{.Id}} {{index .Config.Labels \"a.b\"}}",
                                                  "localhost/built:1", NULL }),
            arena_printf(test->arena, "%s c=d\n", id));
        if (!engine_facts(test->engine)->podman)
            assert_string_equal(
                test_run(test, (const char *const[]){ "docker", "run", "--rm", id, "sh", "-c",
                                                      "cat /greeting; stat -c %s /big", NULL }),
                "good day\n9600000\n");
    }
}

/* Podman answers with a line break alone. */
static void names_once_more(void **state)
{
    struct engine_test *test = *state;
    struct error err;
    must(engine_image_tag(test->engine, "localhost/base:1", "localhost/again:2", &test->wait, &err),
         err);
    assert_string_equal(test_run(test, (const char *const[]){ "docker", "inspect", "-f", "{{.Id}}",
                                                              "localhost/again:2", NULL }),
                        test_run(test, (const char *const[]){ "docker", "inspect", "-f", "{{.Id}}",
                                                              "localhost/base:1", NULL }));
}

static void tells_what_failed(void **state)
{
    static const struct {
        const char *dockerfile, *error[3], *log;
    } cases[] = {
        { "FROM localhost/base:1\nRUN echo before; echo wrong >&2; exit 42\n",
          { "RUN echo before; echo wrong >&2; exit 42: exit code 42; its last lines:\n  ",
            "\n  wrong", "before" },
          "output: before" },
        { "FROM localhost/base:1\nCOPY nothing /\n", { "nothing" }, "" },
        { "FROM localhost/base:1\nRUM echo\n", { "RUM" }, "" },
        { "FROM localhost/none:1\n", { "localhost" }, "" },
    };
    struct engine_test *test = *state;
    for (size_t i = 0; i < COUNT(cases) * builders_of(test); i++) {
        const struct test_file files[] = { { "Dockerfile", cases[i / builders_of(test)].dockerfile,
                                             0 } };
        struct engine_build build = { .classic = i % 2 == 1 };
        struct error err = { 0 };
        const char *id;
        assert_false(test_build(test, &build, files, 1, &id, &test->wait, &err));
        for (size_t j = 0; j < 3 && cases[i / builders_of(test)].error[j]; j++)
            assert_holds(err.message, cases[i / builders_of(test)].error[j]);
        assert_holds(buf_text(&test->lines), cases[i / builders_of(test)].log);
    }
}

/* ------------------------------------------------------------- stopping in between */

/* Does any process of this machine run `sleep SECONDS`? */
static bool sleeps(const char *seconds)
{
    DIR *all = opendir("/proc");
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(all));) {
        char path[300], line[64] = "";
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = fopen(path, "r");
        size_t length = file ? fread(line, 1, sizeof line - 1, file) : 0;
        found = length > 6 && strcmp(line, "sleep") == 0 && strcmp(line + 6, seconds) == 0;
        if (file)
            fclose(file);
    }
    closedir(all);
    return found;
}

/* Until it is so, within half a minute: engines take a moment to kill. */
static bool sleeps_until(const char *seconds, bool wanted)
{
    struct wait wait = wait_for(30000, NULL);
    while (sleeps(seconds) != wanted)
        if (!wait_sleep(&wait, 20))
            return false;
    return true;
}

/* Podman 4.3 lets a RUN that is under way end by itself, and begins nothing behind it. */
static void assert_ends_there(const struct engine_test *test, const char *seconds, bool killed)
{
    if (killed || !engine_facts(test->engine)->podman)
        assert_true(sleeps_until(seconds, false));
}

struct stopper {
    struct engine_test *test;
    const char *seconds;
    struct cancel cancel;
    bool kill; /* the engine itself */
    bool began;
};

/* Returns once it is gone, so that nobody is asked who is about to go. */
static void end_engine(int pid)
{
    struct wait wait = wait_for(30000, NULL);
    kill(pid, SIGKILL);
    while (kill(pid, 0) == 0 && wait_sleep(&wait, 10))
        ;
}

static void *stop_once_it_sleeps(void *context)
{
    struct stopper *stopper = context;
    AUTO_ARENA arena = arena_new();
    stopper->began = sleeps_until(stopper->seconds, true);
    if (stopper->kill) {
        char *pid;
        size_t length;
        struct error err;
        const char *path = path_join(arena, stopper->test->folder, "pid");
        if (file_read(arena, path, 100, &pid, &length, &err))
            end_engine(atoi(pid));
    } else {
        atomic_store(&stopper->cancel.level, CANCEL_HARD);
    }
    return NULL;
}

/* Builds what sleeps until it is stopped. */
static void build_sleeping(struct engine_test *test, struct stopper *stopper, bool classic,
                           struct error *err)
{
    static unsigned number;
    pthread_t thread;
    const char *id;
    stopper->test = test;
    stopper->seconds = arena_printf(test->arena, "%d%03u", (int)getpid(), number++);
    const struct test_file files[] = {
        { "Dockerfile",
          arena_printf(test->arena, "FROM localhost/base:1\nRUN echo begun; sleep %s\n",
                       stopper->seconds),
          0 },
    };
    struct engine_build build = { .classic = classic, .tag = "localhost/never:1" };
    struct wait wait = wait_for(60000, NULL);
    wait.cancel = &stopper->cancel;
    pthread_create(&thread, NULL, stop_once_it_sleeps, stopper);
    assert_false(test_build(test, &build, files, 1, &id, &wait, err));
    pthread_join(thread, NULL);
    assert_true(stopper->began);
    assert_ends_there(test, stopper->seconds, stopper->kill);
}

static void a_cancelled_build_ends_there_too(void **state)
{
    struct engine_test *test = *state;
    for (size_t i = 0; i < builders_of(test); i++) {
        struct stopper stopper = { 0 };
        struct error err = { 0 };
        build_sleeping(test, &stopper, i == 1, &err);
        assert_int_equal(err.kind, ERROR_CANCELLED);
        assert_holds(err.message, "cannot build the image: ");
    }
    /* No container of it is left after a moment, and the engine goes on serving. */
    struct wait wait = wait_for(30000, NULL);
    const char *left;
    do
        left = test_run(test, (const char *const[]){ "docker", "ps", "-a", "--no-trunc", "--format",
                                                     "{{.Command}} {{.Status}}", NULL });
    while (*left && wait_sleep(&wait, 50));
    assert_string_equal(left, "");
}

static void a_build_that_takes_too_long_ends_there_too(void **state)
{
    struct engine_test *test = *state;
    for (size_t i = 0; i < builders_of(test); i++) {
        const char *seconds = arena_printf(test->arena, "%d9%zu", (int)getpid(), i);
        const struct test_file files[] = {
            { "Dockerfile",
              arena_printf(test->arena, "FROM localhost/base:1\nRUN sleep %s\n", seconds), 0 },
        };
        struct engine_build build = { .classic = i == 1 };
        struct wait wait = wait_for(3000, NULL);
        struct error err = { 0 };
        const char *id;
        assert_false(test_build(test, &build, files, 1, &id, &wait, &err));
        assert_int_equal(err.kind, ERROR_TIMEOUT);
        assert_ends_there(test, seconds, false);
    }
}

/* The last test of a group: nothing answers any more. */
static void an_engine_that_is_killed_is_told(void **state)
{
    struct engine_test *test = *state;
    struct stopper stopper = { .kill = true };
    struct engine_options options = { .host = test->host };
    struct engine *none;
    struct error err = { 0 };
    build_sleeping(test, &stopper, false, &err);
    assert_int_equal(err.kind, ERROR_UNREACHABLE);
    assert_holds(err.message, "cannot build the image: the engine at unix:///");
    assert_holds(err.message, "connection lost");
    assert_false(engine_open(test->http, &options, &none, &test->wait, &err));
    assert_int_equal(err.kind, ERROR_UNREACHABLE);
    assert_holds(err.message,
                 arena_printf(test->arena, "no Docker engine at %s: nobody listens there; start it",
                              test->host));
    options.host = "unix:///nowhere/docker.sock";
    assert_false(engine_open(test->http, &options, &none, &test->wait, &err));
    assert_holds(err.message, "unix:///nowhere/docker.sock: there is no such socket; start it, or");
    options.host = "tcp://127.0.0.1:1";
    assert_false(engine_open(test->http, &options, &none, &test->wait, &err));
    assert_holds(err.message, "no Docker engine at tcp://127.0.0.1:1: ");
}

static int start_docker(void **state)
{
    return engine_test_start(state, "docker");
}

static int start_podman(void **state)
{
    return engine_test_start(state, "podman");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_out_what_answers),
        cmocka_unit_test(builds_with_run),
        cmocka_unit_test(names_once_more),
        cmocka_unit_test(tells_what_failed),
        cmocka_unit_test(a_cancelled_build_ends_there_too),
        cmocka_unit_test(a_build_that_takes_too_long_ends_there_too),
        cmocka_unit_test(an_engine_that_is_killed_is_told),
    };
    int failed = cmocka_run_group_tests_name("docker", tests, start_docker, engine_test_end);
    return failed + cmocka_run_group_tests_name("podman", tests, start_podman, engine_test_end);
}
