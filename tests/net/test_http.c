/*
 * Tests of net/http against a real server (http_server.py): methods, bodies,
 * TLS, proxies, redirects, ceilings, time and cancelling.
 */
#include "http_test.h"

#include <pthread.h>
#include <unistd.h>

static void gets_status_headers_and_body(void **state)
{
    struct http_test *test = *state;
    struct http_response response = get(test, test_url(test, "plain", "/hello"));
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body, "hello");
    assert_int_equal(response.body_length, 5);
    assert_string_equal(http_header(&response, "x-greeting"), "hi there");
    assert_null(http_header(&response, "X-Other"));
    response = get(test, test_url(test, "plain", "/nothing"));
    assert_int_equal(response.status, 404);
    assert_string_equal(response.body, "no such page");
}

static void sends_each_method_with_its_body(void **state)
{
    struct http_test *test = *state;
    static const struct {
        const char *method, *body, *shown;
    } cases[] = {
        { "GET", NULL, "\"body\": \"\"" },         { "POST", "some", "\"body\": \"some\"" },
        { "PUT", "other", "\"body\": \"other\"" }, { "PATCH", "{}", "\"body\": \"{}\"" },
        { "DELETE", NULL, "\"body\": \"\"" },      { "DELETE", "why", "\"body\": \"why\"" },
        { "POST", NULL, "\"body\": \"\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = { .method = cases[i].method,
                                        .url = test_url(test, "plain", "/echo"),
                                        .body = cases[i].body };
        request.body_length = cases[i].body ? strlen(cases[i].body) : 0;
        const char *body = ask(test, &request).body;
        assert_non_null(
            strstr(body, arena_printf(test->arena, "\"method\": \"%s\"", cases[i].method)));
        assert_non_null(strstr(body, cases[i].shown));
        assert_null(strstr(body, "x-www-form-urlencoded"));
        assert_null(strstr(body, "100-continue"));
    }
}

static void head_has_no_body(void **state)
{
    struct http_test *test = *state;
    struct http_request request = { .method = "HEAD", .url = test_url(test, "plain", "/hello") };
    struct http_response response = ask(test, &request);
    assert_int_equal(response.status, 200);
    assert_int_equal(response.body_length, 0);
    assert_string_equal(http_header(&response, "content-length"), "5");
}

static void sends_headers_and_basic_credentials(void **state)
{
    struct http_test *test = *state;
    struct http_header headers[] = { { "X-One", "1" },
                                     { "Content-Type", "text/x" },
                                     { "X-Empty", "" } };
    struct http_request request = { .method = "POST",
                                    .url = test_url(test, "plain", "/echo"),
                                    .headers = headers,
                                    .header_count = 3,
                                    .body = "b",
                                    .body_length = 1,
                                    .user = "me",
                                    .password = "pass:word" };
    const char *body = ask(test, &request).body;
    assert_non_null(strstr(body, "\"x-one\": \"1\""));
    assert_non_null(strstr(body, "\"content-type\": \"text/x\""));
    assert_non_null(strstr(body, "\"x-empty\": \"\""));
    assert_non_null(strstr(body, "\"authorization\": \"Basic bWU6cGFzczp3b3Jk\""));
    struct http_header bad = { "X-Bad", "a\r\nX-Injected: b" };
    request.headers = &bad;
    request.header_count = 1;
    fails(test, &request, ERROR_INPUT, "line break");
}

static void unpacks_gzip(void **state)
{
    struct http_test *test = *state;
    struct http_response response = get(test, test_url(test, "plain", "/gzip?bytes=100000"));
    assert_int_equal(response.body_length, 100000);
    assert_int_equal(response.body[99999], 'x');
}

/* ---------------------------------------------------------------- ceilings */

static void holds_ceilings(void **state)
{
    struct http_test *test = *state;
    struct http_request request = { .method = "GET",
                                    .ceiling = 1000,
                                    .url = test_url(test, "plain", "/big?bytes=1000") };
    assert_int_equal(ask(test, &request).body_length, 1000);
    request.url = test_url(test, "plain", "/big?bytes=1001");
    fails(test, &request, ERROR_INPUT, "more than 1000 bytes");
    request.url = test_url(test, "plain", "/gzip?bytes=100000");
    fails(test, &request, ERROR_INPUT, "more than 1000 bytes");
    request.url = test_url(test, "plain", "/headers?count=90");
    fails(test, &request, ERROR_INPUT, "headers");
    request.url = test_url(test, "plain", "/headers?count=9");
    assert_int_equal(ask(test, &request).status, 200);
}

/* -------------------------------------------------------------------- sinks */

struct counting {
    size_t received, calls, stop_at;
    int64_t pause;
    unsigned char next;
};

static bool count_bytes(void *context, const char *data, size_t length, struct error *err)
{
    struct counting *counting = context;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)data[i] != counting->next++)
            return error_set(err, ERROR_BUG, "a byte is missing");
    counting->received += length;
    counting->calls++;
    if (counting->pause)
        usleep((useconds_t)counting->pause * 1000);
    if (counting->stop_at && counting->received >= counting->stop_at)
        return error_set(err, ERROR_REFUSED, "enough");
    return true;
}

static void a_slow_sink_gets_every_byte_and_holds_up_the_sender(void **state)
{
    struct http_test *test = *state;
    struct counting counting = { .pause = 2 };
    struct http_request request = { .method = "GET",
                                    .sink = count_bytes,
                                    .idle = 5000,
                                    .sink_context = &counting,
                                    .url = test_url(test, "plain", "/big?bytes=20000000") };
    struct http_response response = ask(test, &request);
    assert_int_equal(counting.received, 20000000);
    assert_int_equal(response.body_length, 0);
    assert_true(counting.calls > 20000000 / (5 << 20)); /* in pieces: it was never all there */
}

static void a_sink_can_end_the_transfer(void **state)
{
    struct http_test *test = *state;
    struct counting counting = { .stop_at = 100000 };
    struct http_request request = { .method = "GET",
                                    .sink = count_bytes,
                                    .sink_context = &counting,
                                    .url = test_url(test, "plain", "/big?bytes=20000000") };
    fails(test, &request, ERROR_REFUSED, "enough");
    assert_true(counting.received < 20000000);
}

static void a_sink_has_a_ceiling_and_sees_only_success(void **state)
{
    struct http_test *test = *state;
    struct counting counting = { 0 };
    struct http_request request = { .method = "GET",
                                    .sink = count_bytes,
                                    .ceiling = 1000,
                                    .sink_context = &counting,
                                    .url = test_url(test, "plain", "/big?bytes=5000") };
    fails(test, &request, ERROR_INPUT, "more than 1000 bytes");
    request.url = test_url(test, "plain", "/status?code=403&body=forbidden");
    counting.received = 0;
    assert_string_equal(ask(test, &request).body, "forbidden");
    assert_int_equal(counting.received, 0);
}

/* ---------------------------------------------------------------------- TLS */

static void trusts_only_the_right_certificate(void **state)
{
    struct http_test *test = *state;
    struct http_endpoint endpoint = { .ca_data = test_pem(test, "ca.crt") };
    struct http_request request = { .method = "GET",
                                    .endpoint = &endpoint,
                                    .url = test_url(test, "tls", "/hello") };
    assert_int_equal(ask(test, &request).status, 200);
    endpoint = (struct http_endpoint){ .ca_file = test_file(test, "ca.crt") };
    assert_int_equal(ask(test, &request).status, 200);
    endpoint = (struct http_endpoint){ .ca_data = test_pem(test, "other-ca.crt") };
    struct http_response response =
        fails(test, &request, ERROR_UNREACHABLE, "unable to get local issuer certificate");
    assert_false(response.transient);
    endpoint = (struct http_endpoint){ 0 };
    fails(test, &request, ERROR_UNREACHABLE, "certificate");
    endpoint = (struct http_endpoint){ .insecure = true };
    assert_int_equal(ask(test, &request).status, 200);
    endpoint = (struct http_endpoint){ .ca_data = test_pem(test, "ca.crt") };
    request.url = test_url(test, "expired", "/hello");
    fails(test, &request, ERROR_UNREACHABLE, "certificate has expired");
    request.url = test_url(test, "named", "/hello");
    fails(test, &request, ERROR_UNREACHABLE,
          "no alternative certificate subject name matches target host name '127.0.0.1'");
}

static void checks_another_server_name_and_keeps_the_host(void **state)
{
    struct http_test *test = *state;
    struct http_endpoint endpoint = { .ca_data = test_pem(test, "ca.crt"),
                                      .server_name = "kubernetes.default.svc" };
    struct http_request request = { .method = "GET",
                                    .endpoint = &endpoint,
                                    .url = test_url(test, "named", "/echo?a=b") };
    const char *body = ask(test, &request).body;
    const char *host =
        arena_printf(test->arena, "\"host\": \"127.0.0.1:%d\"", port_of(test, "named"));
    assert_non_null(strstr(body, host));
    assert_non_null(strstr(body, "/echo?a=b"));
    endpoint.server_name = "wrong.example";
    fails(test, &request, ERROR_UNREACHABLE, "wrong.example");
}

static void shows_a_client_certificate(void **state)
{
    struct http_test *test = *state;
    struct http_endpoint endpoint = { .ca_data = test_pem(test, "ca.crt"),
                                      .certificate_data = test_pem(test, "client.crt"),
                                      .key_data = test_pem(test, "client.key") };
    struct http_request request = { .method = "GET",
                                    .endpoint = &endpoint,
                                    .url = test_url(test, "mutual", "/echo") };
    assert_non_null(strstr(ask(test, &request).body, "commonName', 'client'"));
    endpoint.certificate_data = endpoint.key_data = NULL;
    endpoint.certificate_file = test_file(test, "client.crt");
    endpoint.key_file = test_file(test, "client.key");
    assert_non_null(strstr(ask(test, &request).body, "commonName', 'client'"));
    endpoint.certificate_file = endpoint.key_file = NULL;
    fails(test, &request, ERROR_UNREACHABLE, "127.0.0.1");
    endpoint.certificate_data = "no certificate";
    endpoint.key_data = "no key";
    fails(test, &request, ERROR_UNREACHABLE, "client certificate or key");
}

/* ------------------------------------------------------------------ routes */

static void goes_through_a_proxy(void **state)
{
    struct http_test *test = *state;
    struct http_endpoint endpoint = { .ca_data = test_pem(test, "ca.crt"),
                                      .proxy = test_url(test, "proxy", "") };
    struct http_request request = { .method = "GET",
                                    .endpoint = &endpoint,
                                    .url = test_url(test, "tls", "/hello") };
    assert_string_equal(ask(test, &request).body, "hello");
    assert_string_equal(get(test, test_url(test, "plain", "/count?key=connect")).body, "1");
    endpoint.server_name = "kubernetes.default.svc";
    request.url = test_url(test, "named", "/hello");
    assert_string_equal(ask(test, &request).body, "hello");
    assert_string_equal(get(test, test_url(test, "plain", "/count?key=connect")).body, "2");
    endpoint.proxy = test_url(test, "closed", "");
    fails(test, &request, ERROR_UNREACHABLE, "refused");
    endpoint.server_name = NULL; /* then it is told who refused */
    request.url = "https://elsewhere.example/";
    fails(test, &request, ERROR_UNREACHABLE,
          "elsewhere.example:443: cannot connect to the proxy 127.0.0.1:");
}

static void heeds_the_proxy_of_the_environment(void **state)
{
    struct http_test *test = *state;
    struct http_endpoint endpoint = { .proxy = "" };
    struct http_request request = { .method = "GET", .url = test_url(test, "plain", "/hello") };
    setenv("http_proxy", test_url(test, "closed", ""), 1);
    fails(test, &request, ERROR_UNREACHABLE, "refused");
    request.endpoint = &endpoint;
    assert_string_equal(ask(test, &request).body, "hello");
    unsetenv("http_proxy");
}

static void speaks_over_a_unix_socket(void **state)
{
    struct http_test *test = *state;
    struct http_endpoint endpoint = { .unix_socket = test_file(test, "socket") };
    struct http_request request = {
        .method = "GET", .endpoint = &endpoint, .url = "http://docker/hello", .follow = true
    };
    assert_string_equal(ask(test, &request).body, "hello");
    request.url = arena_printf(test->arena, "http://docker/redirect?to=%s",
                               test_url(test, "plain", "/hello"));
    fails(test, &request, ERROR_UNREACHABLE, "unix socket");
    endpoint.unix_socket = test_file(test, "no-socket");
    fails(test, &request, ERROR_UNREACHABLE, "No such file");
}

/* ------------------------------------------------------------------ failing */

static void names_what_went_wrong(void **state)
{
    struct http_test *test = *state;
    static const struct {
        const char *port, *path;
        enum error_kind kind;
        const char *words;
        bool transient, unsent;
    } cases[] = {
        { "closed", "/", ERROR_UNREACHABLE, "Connection refused", true, true },
        { "plain", "/cut", ERROR_UNREACHABLE, "connection lost", true, false },
        { "plain", "/drop", ERROR_UNREACHABLE, "connection lost", true, false },
        { "plain", "/headless", ERROR_UNREACHABLE, "does not speak HTTP", false, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_request request = { .method = "GET",
                                        .url = test_url(test, cases[i].port, cases[i].path) };
        struct http_response response = fails(test, &request, cases[i].kind, cases[i].words);
        assert_int_equal(response.transient, cases[i].transient);
        assert_int_equal(response.unsent, cases[i].unsent);
        fails(test, &request, cases[i].kind,
              arena_printf(test->arena, "127.0.0.1:%d: ", port_of(test, cases[i].port)));
    }
    /* A label of more than 63 characters is no name to any resolver, reachable or not. */
#define SIXTY_FOUR "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    struct http_request request = { .method = "GET", .url = "https://" SIXTY_FOUR ".invalid/" };
    struct http_response unknown = fails(test, &request, ERROR_UNREACHABLE,
                                         SIXTY_FOUR ".invalid:443: the host's name is not known");
    assert_false(unknown.transient);
    request.url = "ftp://127.0.0.1/";
    fails(test, &request, ERROR_INPUT, "not an http");
    request.url = "http://";
    fails(test, &request, ERROR_INPUT, "not a URL");
}

/* --------------------------------------------------------------------- time */

static void gives_up_at_the_deadline_and_when_nothing_comes(void **state)
{
    struct http_test *test = *state;
    struct wait wait = wait_for(300, NULL);
    struct http_response response;
    struct error err;
    struct http_request request = { .method = "GET",
                                    .url = test_url(test, "plain", "/slow?ms=9000") };
    int64_t start = clock_now();
    assert_false(http_do(test->http, test->arena, &request, &response, &wait, &err));
    assert_int_equal(err.kind, ERROR_TIMEOUT);
    assert_in_range(clock_now() - start, 290, 6000);
    request.url = test_url(test, "plain", "/silent");
    request.idle = 300;
    start = clock_now();
    response = fails(test, &request, ERROR_UNREACHABLE, "nothing came for 0.3 s");
    assert_true(response.transient);
    assert_in_range(clock_now() - start, 290, 6000);
    request.url = test_url(test, "plain", "/drip");
    assert_string_equal(ask(test, &request).body, "dddddddddd");
}

static void *cancel_soon(void *context)
{
    usleep(200000);
    atomic_store(&((struct cancel *)context)->level, CANCEL_HARD);
    return NULL;
}

static void a_cancelled_call_returns_at_once(void **state)
{
    struct http_test *test = *state;
    struct cancel cancel = { CANCEL_NONE };
    struct wait wait = { .deadline = INT64_MAX, .cancel = &cancel };
    struct http_request request = { .method = "GET",
                                    .idle = -1,
                                    .url = test_url(test, "plain", "/silent") };
    struct http_response response;
    struct error err;
    pthread_t thread;
    int64_t start = clock_now();
    pthread_create(&thread, NULL, cancel_soon, &cancel);
    assert_false(http_do(test->http, test->arena, &request, &response, &wait, &err));
    assert_int_equal(err.kind, ERROR_CANCELLED);
    assert_in_range(clock_now() - start, 190, 6000);
    pthread_join(thread, NULL);
}

/* ---------------------------------------------------------- many and helpers */

static void does_many_at_once(void **state)
{
    struct http_test *test = *state;
    enum { COUNT = 40 };
    struct http_call calls[COUNT] = { 0 };
    struct wait wait = wait_for(20000, NULL);
    for (size_t i = 0; i < COUNT; i++)
        calls[i].request = (struct http_request){
            .method = "GET",
            .url = i == 7 ? test_url(test, "closed", "/")
                          : test_url(test, "plain",
                                     arena_printf(test->arena, "/status?code=200&body=%zu", i)),
        };
    http_do_all(test->http, test->arena, calls, COUNT, 8, &wait);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(calls[i].done, i != 7);
        if (i != 7)
            assert_string_equal(calls[i].response.body, arena_printf(test->arena, "%zu", i));
    }
    assert_non_null(strstr(calls[7].error.message, "refused"));
    http_do_all(test->http, test->arena, calls, 0, 8, &wait);
}

static void does_many_in_the_time_of_the_slowest(void **state)
{
    struct http_test *test = *state;
    struct http_call calls[8] = { 0 };
    struct wait wait = wait_for(20000, NULL);
    for (size_t i = 0; i < 8; i++)
        calls[i].request = (struct http_request){ .method = "GET",
                                                  .url = test_url(test, "plain", "/slow?ms=1000") };
    int64_t start = clock_now();
    http_do_all(test->http, test->arena, calls, 8, 8, &wait);
    assert_in_range(clock_now() - start, 990, 6000); /* one after the other: 8 s */
    struct wait brief = wait_for(100, NULL);
    http_do_all(test->http, test->arena, calls, 8, 2, &brief);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(calls[i].error.kind, ERROR_TIMEOUT);
}

/* libcurl 7.88 rests on a stream that it read on behalf of another: see http2_server.py. */
static void streams_of_one_connection_do_not_rest(void **state)
{
    struct http_test *test = *state;
    enum { ROUNDS = 5, STREAMS = 3 };
    static const size_t lengths[STREAMS] = { 24, 32 << 20, 24 };
    struct http_endpoint endpoint = { .ca_data = test_pem(test, "ca.crt") };
    int64_t fastest = INT64_MAX;
    for (size_t round = 0; round < ROUNDS; round++) {
        AUTO_ARENA arena = arena_new();
        struct http *http = http_new();
        struct http_call calls[STREAMS] = { 0 };
        struct wait wait = wait_for(20000, NULL);
        int64_t start = clock_now();
        for (size_t i = 0; i < STREAMS; i++)
            calls[i].request = (struct http_request){ .method = "GET",
                                                      .endpoint = &endpoint,
                                                      .url = test_url(test, "http2", "/") };
        http_do_all(http, arena, calls, STREAMS, STREAMS, &wait);
        int64_t took = clock_now() - start;
        fastest = took < fastest ? took : fastest;
        for (size_t i = 0; i < STREAMS; i++)
            assert_int_equal(calls[i].done ? calls[i].response.body_length : 0, lengths[i]);
        http_free(http);
    }
    assert_in_range(fastest, 0, 999);
}

static void encodes_for_urls(void **state)
{
    (void)state;
    AUTO_BUF out = BUF_INIT(100);
    url_encode(&out, "a-Z_0.~/ ?&=%\xc3\xa9");
    assert_string_equal(buf_text(&out), "a-Z_0.~%2F%20%3F%26%3D%25%C3%A9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_status_headers_and_body),
        cmocka_unit_test(sends_each_method_with_its_body),
        cmocka_unit_test(head_has_no_body),
        cmocka_unit_test(sends_headers_and_basic_credentials),
        cmocka_unit_test(unpacks_gzip),
        cmocka_unit_test(holds_ceilings),
        cmocka_unit_test(a_slow_sink_gets_every_byte_and_holds_up_the_sender),
        cmocka_unit_test(a_sink_can_end_the_transfer),
        cmocka_unit_test(a_sink_has_a_ceiling_and_sees_only_success),
        cmocka_unit_test(trusts_only_the_right_certificate),
        cmocka_unit_test(checks_another_server_name_and_keeps_the_host),
        cmocka_unit_test(shows_a_client_certificate),
        cmocka_unit_test(goes_through_a_proxy),
        cmocka_unit_test(heeds_the_proxy_of_the_environment),
        cmocka_unit_test(speaks_over_a_unix_socket),
        cmocka_unit_test(names_what_went_wrong),
        cmocka_unit_test(gives_up_at_the_deadline_and_when_nothing_comes),
        cmocka_unit_test(a_cancelled_call_returns_at_once),
        cmocka_unit_test(does_many_at_once),
        cmocka_unit_test(does_many_in_the_time_of_the_slowest),
        cmocka_unit_test(streams_of_one_connection_do_not_rest),
        cmocka_unit_test(encodes_for_urls),
    };
    return cmocka_run_group_tests(tests, http_test_start, http_test_end);
}
