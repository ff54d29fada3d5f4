/* The last lines of a pod's log in an error, where its node has removed the container just then. */
#include "providers/kubernetes/client/client_test.h"

#include "providers/kubernetes/health/pods_inner.h"
#include "providers/kubernetes/session.h"

/* What is said of a pod whose log is removed so often when it is asked for. */
static const char *explained(struct http_test *test, int times, int64_t patience)
{
    const char *path = arena_printf(test->arena, "/removed/%d", times);
    struct session session = {
        .client = client_with(
            test, arena_printf(test->arena, "server: '%s'", test_url(test, "plain", path)), ""),
    };
    struct object_id id = { "apps", "Deployment", "shop", "web" };
    struct pods pods = { .session = &session, .id = &id };
    struct pod pod = { .name = "web-1",
                       .trouble = { .sort = POD_CRASHES,
                                    .container = "main",
                                    .reason = "CrashLoopBackOff",
                                    .detail = "exit code 1",
                                    .ran = true,
                                    .previous = true } };
    struct wait wait = wait_for(patience, NULL);
    const char *text = pod_explain(&pods, test->arena, &pod, &wait);
    client_close(session.client);
    return text;
}

#define CRASH "pod web-1, container main: CrashLoopBackOff\n  exit code 1"

static void a_log_that_was_removed_just_then_is_asked_for_again(void **state)
{
    for (int times = 0; times < 4; times++)
        assert_string_equal(explained(*state, times, 20000),
                            CRASH "; its last lines:\n    it begins\n    panic: no door");
}

static void one_that_stays_away_is_told_as_that(void **state)
{
    assert_string_equal(explained(*state, 1000000, 20000),
                        CRASH "; its log could not be read: its node has it no more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_that_was_removed_just_then_is_asked_for_again),
        cmocka_unit_test(one_that_stays_away_is_told_as_that),
    };
    return cmocka_run_group_tests(tests, http_test_start, http_test_end);
}
