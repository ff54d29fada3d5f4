/*
 * Tests of what net/http makes of redirects, against a real server (http_server.py):
 * who gets the credentials, which method goes on, what is refused, where it ends.
 */
#include "http_test.h"

static const char *echo_after_redirect(struct http_test *test, const char *port, const char *code,
                                       struct http_request request)
{
    struct http_header headers[] = { { "Authorization", "Bearer t" },
                                     { "Cookie", "c=d" },
                                     { "X-Registry-Auth", "r" },
                                     { "Accept", "text/plain" } };
    request.url = test_url(
        test, "plain",
        arena_printf(test->arena, "/redirect?code=%s&to=%s", code, test_url(test, port, "/echo")));
    request.follow = true;
    request.headers = headers;
    request.header_count = 4;
    return ask(test, &request).body;
}

static void redirects_keep_credentials_on_the_same_host_only(void **state)
{
    struct http_test *test = *state;
    struct http_request request = { .method = "GET" };
    const char *same = echo_after_redirect(test, "plain", "302", request);
    assert_non_null(strstr(same, "Bearer t"));
    assert_non_null(strstr(same, "x-registry-auth"));
    const char *other = echo_after_redirect(test, "second", "307", request);
    assert_null(strstr(other, "Bearer t"));
    assert_null(strstr(other, "c=d"));
    assert_null(strstr(other, "x-registry-auth"));
    assert_non_null(strstr(other, "text/plain"));
    request.user = request.password = "basic";
    other = echo_after_redirect(test, "second", "302", request);
    assert_null(strstr(other, "authorization"));
}

static void redirects_change_methods_as_they_should(void **state)
{
    struct http_test *test = *state;
    struct http_request request = { .method = "POST", .body = "b", .body_length = 1 };
    assert_non_null(strstr(echo_after_redirect(test, "plain", "303", request), "\"GET\""));
    assert_non_null(strstr(echo_after_redirect(test, "plain", "308", request), "\"POST\""));
    request.method = "PUT";
    assert_non_null(strstr(echo_after_redirect(test, "plain", "302", request), "\"PUT\""));
}

static void redirects_are_refused_where_they_are_wrong(void **state)
{
    struct http_test *test = *state;
    struct http_request request = { .method = "GET", .follow = true };
    request.url = test_url(test, "plain", "/redirect?to=%2fredirect%3fto%3d%2fhello");
    assert_string_equal(ask(test, &request).body, "hello");
    request.follow = false;
    assert_int_equal(ask(test, &request).status, 302);
    request.follow = true;
    request.url = test_url(test, "plain", "/redirect?to=file:///etc/passwd");
    assert_int_equal(ask(test, &request).status, 302);
    struct http_endpoint endpoint = { .insecure = true };
    request.endpoint = &endpoint;
    request.url =
        test_url(test, "tls",
                 arena_printf(test->arena, "/redirect?to=%s", test_url(test, "plain", "/hello")));
    fails(test, &request, ERROR_UNREACHABLE, "from https to");
}

static void redirects_end(void **state)
{
    struct http_test *test = *state;
    /* Each hop holds the next one in its query, so eleven are a few kilobytes long at most. */
    const char *location = "/hello";
    for (int i = 0; i < 11; i++) {
        AUTO_BUF encoded = BUF_INIT(60000);
        if (i < 3)
            url_encode(&encoded, location);
        else
            for (const char *at = location; *at; at++)
                buf_printf(&encoded, *at == '%' ? "%%25" : *at == '&' ? "%%26" : "%c", *at);
        location = arena_printf(test->arena, "/redirect?to=%s", buf_text(&encoded));
    }
    struct http_request request = { .method = "GET",
                                    .follow = true,
                                    .url = test_url(test, "plain", location) };
    fails(test, &request, ERROR_UNREACHABLE, "more than 10 redirects");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redirects_keep_credentials_on_the_same_host_only),
        cmocka_unit_test(redirects_change_methods_as_they_should),
        cmocka_unit_test(redirects_are_refused_where_they_are_wrong),
        cmocka_unit_test(redirects_end),
    };
    return cmocka_run_group_tests(tests, http_test_start, http_test_end);
}
