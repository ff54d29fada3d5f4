/*
 * Tests of client against a server that fails on request (http_server.py): what
 * is repeated and what never, which error comes out, lists and watches that
 * break. Logins are test_client_login.c's, the real API server is
 * test_client_cluster.c's.
 */
#include "providers/kubernetes/client/client_test.h"

#include "providers/kubernetes/client/status.h"

#include <unistd.h>

/* ---------------------------------------------------------------- repeating */

static void repeats_what_may_be_repeated(void **state)
{
    struct http_test *test = *state;
    static const char uid[] = "{\"preconditions\":{\"uid\":\"1\"}}";
    static const char apply[] = "application/apply-patch+yaml";
    static const struct {
        const char *method, *type, *body, *steps;
        bool success;
        int asked;
    } cases[] = {
        { "GET", NULL, NULL, "429:0,200", true, 2 },
        { "POST", NULL, "{}", "429:0,429,201", true, 3 },
        { "POST", NULL, "{}", "503:0,200", true, 2 },
        { "POST", NULL, "{}", "503,200", false, 1 },
        { "GET", NULL, NULL, "503,502,504,200", true, 4 },
        { "GET", NULL, NULL, "500,200", false, 1 },
        { "GET", NULL, NULL, "500,200&message=etcdserver:+leader+changed", true, 2 },
        { "GET", NULL, NULL, "404,200", false, 1 },
        { "GET", NULL, NULL, "drop,drop,200", true, 3 },
        { "PATCH", apply, "{}", "drop,200", true, 2 },
        { "PATCH", "application/merge-patch+json", "{}", "drop,200", false, 1 },
        { "POST", NULL, "{}", "drop,200", false, 1 },
        { "DELETE", NULL, uid, "drop,200", true, 2 },
        { "DELETE", NULL, "{}", "drop,200", false, 1 },
        { "DELETE", NULL, NULL, "drop,200", false, 1 },
        { "GET", NULL, NULL, "401,200", false, 1 },
        { "GET", NULL, NULL, "403,200", false, 1 },
        { "GET", NULL, NULL, "drop,403,401,403,200", true, 5 }, /* it has just started */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *key = arena_printf(test->arena, "repeat%zu", i);
        struct client *client = plain_client(test, "token: tttt");
        struct api_call call = { .method = cases[i].method,
                                 .path = "/sequence",
                                 .what = "try",
                                 .content_type = cases[i].type,
                                 .body = cases[i].body };
        call.body_length = call.body ? strlen(call.body) : 0;
        call.query = arena_printf(test->arena, "key=%s&steps=%s", key, cases[i].steps);
        struct outcome_of_call outcome = call_within(test, client, &call, 20000);
        if (outcome.success != cases[i].success || asked(test, key) != cases[i].asked)
            fail_msg("case %zu (%s %s): asked %d times: %s", i, cases[i].method, cases[i].steps,
                     asked(test, key), outcome.error.message);
        if (outcome.success)
            assert_int_equal(outcome.answer.tries, cases[i].asked);
        client_close(client);
    }
}

static void heeds_retry_after_within_the_wait(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, "");
    struct api_call call = {
        .method = "GET", .path = "/sequence", .what = "read", .query = "key=after&steps=429:1,200"
    };
    int64_t start = clock_now();
    assert_true(call_within(test, client, &call, 20000).success);
    assert_in_range(clock_now() - start, 1000, 10000);
    call.query = "key=long&steps=429:60,200&message=too+many+requests";
    start = clock_now();
    struct outcome_of_call outcome = call_within(test, client, &call, 20000);
    assert_false(outcome.success);
    assert_int_equal(outcome.error.kind, ERROR_UNREACHABLE);
    assert_string_equal(outcome.error.message, "read: too many requests");
    assert_in_range(clock_now() - start, 0, 15000);
    client_close(client);
}

static void reads_both_forms_of_retry_after(void **state)
{
    (void)state;
    static const int64_t now = 1764000000; /* Mon, 24 Nov 2025 16:00:00 GMT */
    static const struct {
        const char *header;
        int64_t milliseconds;
    } cases[] = {
        { "7", 7000 },
        { "0", 0 },
        { "Mon, 24 Nov 2025 16:00:05 GMT", 5000 },
        { "Mon, 24 Nov 2025 15:00:00 GMT", 0 },
        { "Thu, 24 Nov 2095 15:00:00 GMT", -1 },
        { "-1", -1 },
        { "soon", -1 },
        { "", -1 },
        { "99999999999999999999", -1 },
        { NULL, -1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(status_retry_after(cases[i].header, now), cases[i].milliseconds);
}

static void gives_up_on_a_closed_port_and_says_so(void **state)
{
    struct http_test *test = *state;
    struct client *client = client_with(
        test, arena_printf(test->arena, "server: '%s'", test_url(test, "closed", "")), "");
    struct api_call call = {
        .method = "POST", .path = "/x", .what = "make it", .body = "{}", .body_length = 2
    };
    int64_t start = clock_now();
    struct outcome_of_call outcome = call_within(test, client, &call, 20000);
    assert_false(outcome.success);
    assert_int_equal(outcome.error.kind, ERROR_UNREACHABLE);
    assert_int_equal(outcome.answer.status, 0);
    assert_non_null(strstr(outcome.error.message, "make it: 127.0.0.1:"));
    assert_non_null(strstr(outcome.error.message, "refused"));
    assert_in_range(clock_now() - start, 1000, 15000); /* it was tried again for a while */
    client_close(client);
}

/* ------------------------------------------------------------------- errors */

static void errors_follow_from_the_status(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, "");
    static const struct {
        const char *code;
        enum error_kind kind;
    } cases[] = {
        { "400", ERROR_INVALID },   { "401", ERROR_DENIED },      { "403", ERROR_DENIED },
        { "404", ERROR_NOT_FOUND }, { "409", ERROR_CONFLICT },    { "410", ERROR_NOT_FOUND },
        { "422", ERROR_INVALID },   { "500", ERROR_UNREACHABLE }, { "418", ERROR_UNREACHABLE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct api_call call = { .method = "GET",
                                 .path = "/sequence",
                                 .what = "apply Deployment/web" };
        call.query = arena_printf(test->arena, "key=e%s&steps=%s&message=its+own+words",
                                  cases[i].code, cases[i].code);
        struct outcome_of_call outcome = call_within(test, client, &call, 5000);
        assert_false(outcome.success);
        assert_int_equal(outcome.error.kind, cases[i].kind);
        assert_string_equal(outcome.error.message, "apply Deployment/web: its own words");
        assert_int_equal(outcome.answer.status, atoi(cases[i].code));
        assert_string_equal(value_text_at(outcome.answer.document, "kind", NULL), "Status");
    }
    struct api_call call = { .method = "GET",
                             .path = "/status",
                             .what = "read",
                             .query = "code=500&body=%3Chtml%3E%0a%20oh%20no" };
    assert_string_equal(call_within(test, client, &call, 5000).error.message,
                        "read: internal error of the server (500): <html> oh no");
    call = (struct api_call){ .method = "GET", .path = "/hello", .what = "read" };
    assert_non_null(strstr(call_within(test, client, &call, 5000).error.message, "not JSON"));
    client_close(client);
}

static void errors_hold_no_secret(void **state)
{
    struct http_test *test = *state;
    AUTO_ARENA arena = arena_new();
    struct client *client = plain_client(test, "token: the-token-itself");
    const struct value *secret;
    struct error err;
    static const char text[] =
        "{\"kind\":\"Secret\",\"data\":{\"a\":\"aHVudGVyMi1pcy1sb25n\"},"
        "\"stringData\":{\"b\":\"plain-value\"},\"metadata\":{\"annotations\":{"
        "\"kubectl.kubernetes.io/last-applied-configuration\":"
        "\"{\\\"stringData\\\":{\\\"c\\\":\\\"applied-value\\\"}}\"}}}";
    assert_true(json_parse(arena, text, strlen(text), &secret, &err));
    client_learn_secret(client, secret);
    struct api_call call = { .method = "GET", .path = "/sequence", .what = "apply" };
    call.query = "key=secret&steps=422&message=a+hunter2-is-long+b+plain-value+c+applied-value+d+"
                 "aHVudGVyMi1pcy1sb25n+e+the-token-itself";
    assert_string_equal(call_within(test, client, &call, 5000).error.message,
                        "apply: a (secret) b (secret) c (secret) d (secret) e (secret)");
    assert_string_equal(client_redact(client, arena, "x plain-value"), "x (secret)");
    client_close(client);
}

/* --------------------------------------------------------- lists and watches */

static bool count_items(void *context, struct arena *arena, const struct value *value,
                        struct error *err)
{
    (void)arena, (void)err;
    *(int *)context += value_get(value, "object") || value_get(value, "a") ? 1 : 0;
    return true;
}

static bool stop_quietly(void *context, struct arena *arena, const struct value *value,
                         struct error *err)
{
    return count_items(context, arena, value, err) && false;
}

static bool stop_with_error(void *context, struct arena *arena, const struct value *value,
                            struct error *err)
{
    (void)context, (void)arena, (void)value;
    return error_set(err, ERROR_CONFLICT, "seen enough");
}

/* A call that is answered with this text. */
static struct api_call call_for(struct http_test *test, const char *text)
{
    AUTO_BUF query = BUF_INIT(1 << 16);
    buf_puts(&query, "text=");
    url_encode(&query, text);
    return (struct api_call){ .method = "GET",
                              .path = "/body",
                              .what = "list Pods",
                              .query = arena_strdup(test->arena, buf_text(&query)) };
}

static void a_broken_list_is_an_error(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, "");
    static const struct {
        const char *text, *words; /* NULL: success */
    } cases[] = {
        { "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[{\"a\":1},"
          "{\"a\":2}]}",
          NULL },
        { "{\"kind\":\"PodList\",\"metadata\":{},\"items\":[]}", NULL },
        { "{\"kind\":\"PodList\",\"items\":[{\"a\":1},{\"a\"", "list Pods: " },
        { "{\"kind\":\"PodList\",\"items\":[{\"a\":1}", "list Pods: " },
        { "{\"kind\":\"Pod\",\"items\":[{\"a\":1}]}", "not a list" },
        { "", "list Pods: " },
        { "<html>", "list Pods: " },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct api_call call = call_for(test, cases[i].text);
        struct wait wait = wait_for(5000, NULL);
        struct error err = { 0 };
        const char *version = NULL;
        int items = 0;
        bool listed = client_list(client, test->arena, &call, count_items, NULL, &items, &version,
                                  &wait, &err);
        if (listed != !cases[i].words || (!listed && !strstr(err.message, cases[i].words)))
            fail_msg("case %zu: %s", i, err.message);
        if (i == 0) {
            assert_int_equal(items, 2);
            assert_string_equal(version, "9");
        }
    }
    struct api_call call = call_for(test, cases[0].text);
    struct wait wait = wait_for(5000, NULL);
    struct error err;
    const char *version;
    assert_false(client_list(client, test->arena, &call, stop_with_error, NULL, NULL, &version,
                             &wait, &err));
    assert_int_equal(err.kind, ERROR_CONFLICT);
    client_close(client);
}

static bool watch_text(struct http_test *test, struct client *client, const char *text,
                       json_handler *handler, int *items, struct error *err)
{
    struct api_call call = call_for(test, text);
    struct wait wait = wait_for(5000, NULL);
    return client_watch(client, &call, handler, items, &wait, err);
}

static void a_watch_hands_over_events_and_errors(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, "");
    struct error err = { 0 };
    int items = 0;
    static const char events[] = "{\"type\":\"ADDED\",\"object\":{}}\n"
                                 "{\"type\":\"BOOKMARK\",\"object\":{}}\n";
    static const char gone[] = "{\"type\":\"ADDED\",\"object\":{}}\n"
                               "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\","
                               "\"message\":\"too old resource version\",\"code\":410}}\n";
    assert_true(watch_text(test, client, events, count_items, &items, &err));
    assert_int_equal(items, 2);
    assert_false(watch_text(test, client, gone, count_items, &items, &err));
    assert_int_equal(items, 3);
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "too old resource version"));
    assert_true(watch_text(test, client, events, stop_quietly, &items, &err));
    assert_int_equal(items, 4);
    assert_false(watch_text(test, client, events, stop_with_error, &items, &err));
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_string_equal(err.message, "seen enough");
    assert_false(watch_text(test, client, "{\"no\":\"event\"}", count_items, &items, &err));
    client_close(client);
}

static void a_watch_ends_with_its_wait(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, "");
    struct wait wait = wait_for(300, NULL);
    struct api_call call = {
        .method = "GET", .path = "/slow", .query = "ms=9000", .what = "watch"
    };
    struct error err = { 0 };
    int64_t start = clock_now();
    assert_true(client_watch(client, &call, count_items, NULL, &wait, &err));
    assert_in_range(clock_now() - start, 290, 8000);
    struct cancel cancel = { CANCEL_HARD };
    wait = (struct wait){ .deadline = INT64_MAX, .cancel = &cancel };
    assert_false(client_watch(client, &call, count_items, NULL, &wait, &err));
    assert_int_equal(err.kind, ERROR_CANCELLED);
    client_close(client);
}

static void text_is_cut_at_its_ceiling(void **state)
{
    struct http_test *test = *state;
    struct client *client = plain_client(test, "token: abcd-secret");
    struct wait wait = wait_for(5000, NULL);
    struct error err;
    const char *text;
    struct api_call call = call_for(test, "a log line with abcd-secret in it\nand abcd-secret");
    assert_true(client_text(client, test->arena, &call, 42, &text, &wait, &err));
    assert_string_equal(text, "a log line with (secret) in it\n");
    call = call_for(test, "a line that is longer than what is asked for, with abcd-secret");
    assert_true(client_text(client, test->arena, &call, 55, &text, &wait, &err));
    assert_string_equal(text, "…");
    call = (struct api_call){
        .method = "GET", .path = "/status", .query = "code=404&body=gone", .what = "logs"
    };
    assert_false(client_text(client, test->arena, &call, 100, &text, &wait, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_what_may_be_repeated),
        cmocka_unit_test(heeds_retry_after_within_the_wait),
        cmocka_unit_test(reads_both_forms_of_retry_after),
        cmocka_unit_test(gives_up_on_a_closed_port_and_says_so),
        cmocka_unit_test(errors_follow_from_the_status),
        cmocka_unit_test(errors_hold_no_secret),
        cmocka_unit_test(a_broken_list_is_an_error),
        cmocka_unit_test(a_watch_hands_over_events_and_errors),
        cmocka_unit_test(a_watch_ends_with_its_wait),
        cmocka_unit_test(text_is_cut_at_its_ceiling),
    };
    return cmocka_run_group_tests(tests, http_test_start, http_test_end);
}
