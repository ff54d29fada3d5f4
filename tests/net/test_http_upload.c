/*
 * Tests of bodies that are read from a callback: against http_server.py over HTTP/1.1, and
 * against nginx, which stores what is PUT, over HTTP/2.
 */
#include "http_test.h"

#include "base/digest.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

enum { SMALL = 5, LARGE = 5000011 };

/* Gives `size` bytes of a pattern in odd pieces. */
struct giving {
    size_t size, given, reads, fail_at;
    pthread_t thread;
};

static char pattern(size_t at)
{
    return (char)(at * 31 + at / 4093);
}

static bool give(void *context, char *data, size_t capacity, size_t *ret_length, struct error *err)
{
    struct giving *giving = context;
    size_t length = giving->size - giving->given;
    if (!pthread_equal(giving->thread, pthread_self()))
        return error_set(err, ERROR_BUG, "read on another thread");
    if (giving->fail_at && giving->given >= giving->fail_at)
        return error_set(err, ERROR_LOCAL, "the disk is broken");
    length = length < capacity ? length : capacity;
    length = length < 77777 ? length : 77777;
    for (size_t i = 0; i < length; i++)
        data[i] = pattern(giving->given + i);
    giving->given += length;
    giving->reads++;
    *ret_length = length;
    return true;
}

static struct giving giving_of(size_t size)
{
    return (struct giving){ .size = size, .thread = pthread_self() };
}

static const char *digest_of(struct arena *arena, size_t size)
{
    char *data = arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++)
        data[i] = pattern(i);
    struct digest digest = digest_sha256(data, size);
    return digest_hex(arena, &digest);
}

static void sends_what_a_source_gives(void **state)
{
    struct http_test *test = *state;
    static const struct {
        const char *method;
        size_t size;
        bool known;
        const char *how;
    } cases[] = {
        { "PUT", LARGE, true, "length" },     { "PUT", LARGE, false, "chunked" },
        { "PATCH", LARGE, false, "chunked" }, { "PATCH", SMALL, true, "length" },
        { "POST", SMALL, false, "chunked" },  { "PUT", 0, true, "length" },
        { "PATCH", 0, false, "chunked" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct giving giving = giving_of(cases[i].size);
        struct http_request request = {
            .method = cases[i].method,
            .url = test_url(test, "plain", "/digest"),
            .source = give,
            .source_context = &giving,
            .source_length = cases[i].known ? (int64_t)cases[i].size : -1,
        };
        const char *wanted = arena_printf(test->arena, "%s %zu %s", cases[i].how, cases[i].size,
                                          digest_of(test->arena, cases[i].size));
        assert_string_equal(ask(test, &request).body, wanted);
    }
}

static void a_failing_source_ends_the_transfer(void **state)
{
    struct http_test *test = *state;
    struct giving giving = giving_of(LARGE);
    struct http_request request = { .method = "PUT",
                                    .url = test_url(test, "plain", "/digest"),
                                    .source = give,
                                    .source_context = &giving,
                                    .source_length = LARGE };
    giving.fail_at = LARGE / 2;
    fails(test, &request, ERROR_LOCAL, "the disk is broken");
    giving = giving_of(LARGE - 1);
    fails(test, &request, ERROR_INPUT, "said to have 5000011 bytes, and has fewer");
    giving = giving_of(LARGE + 1);
    fails(test, &request, ERROR_INPUT, "said to have 5000011 bytes, and has more");
}

static void an_early_answer_ends_the_reading(void **state)
{
    struct http_test *test = *state;
    struct giving giving = giving_of((size_t)1 << 30);
    struct http_request request = { .method = "PUT",
                                    .url = test_url(test, "plain", "/early"),
                                    .source = give,
                                    .source_context = &giving,
                                    .source_length = (int64_t)1 << 30 };
    struct http_response response;
    struct wait wait = wait_for(20000, NULL);
    struct error err;
    bool answered = http_do(test->http, test->arena, &request, &response, &wait, &err);
    assert_true(answered ? response.status == 401 : response.transient);
    assert_true(giving.given < (size_t)1 << 29);
}

static void a_body_that_nobody_takes_waits_in_a_bounded_queue(void **state)
{
    struct http_test *test = *state;
    struct giving giving = giving_of((size_t)1 << 30);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    struct http_request request = { .method = "PUT",
                                    .idle = 500,
                                    .url = arena_printf(test->arena, "http://127.0.0.1:%d/",
                                                        ntohs(address.sin_port)),
                                    .source = give,
                                    .source_context = &giving,
                                    .source_length = (int64_t)1 << 30 };
    struct http_response response =
        fails(test, &request, ERROR_UNREACHABLE, "nothing came for 0.5 s");
    assert_true(response.silent);
    assert_true(giving.given < (size_t)32 << 20); /* ours, and the sockets' buffers */
    close(listener);
}

static void a_redirect_of_a_source_is_told_and_not_followed(void **state)
{
    struct http_test *test = *state;
    struct giving giving = giving_of(SMALL);
    struct http_request request = {
        .method = "PUT",
        .url = test_url(test, "plain", "/redirect?code=307&to=/digest"),
        .source = give,
        .source_context = &giving,
        .source_length = SMALL,
        .follow = true,
    };
    struct http_response response = ask(test, &request);
    assert_int_equal(response.status, 307);
    assert_string_equal(http_header(&response, "Location"), "/digest");
}

/* -------------------------------------------------------------------- HTTP/2 */

/* See tests/ports.sh. */
static int free_port(struct http_test *test)
{
    const char *const arguments[] = { "bash", TESTS_FOLDER "/ports.sh", NULL };
    struct wait wait = wait_for(30000, NULL);
    struct error err;
    char *output;
    int status;
    assert_true(
        process_run(test->arena, arguments, NULL, NULL, 100, &wait, &output, &status, &err));
    return atoi(output);
}

static const char *write_nginx_config(struct http_test *test, int port)
{
    struct error err;
    const char *folder = test->folder, *path = test_file(test, "nginx.conf");
    const char *text = arena_printf(
        test->arena,
        "daemon off; master_process off; pid %s/nginx.pid; error_log %s/nginx.log;\n"
        "events {}\n"
        "http { access_log off; client_max_body_size 0; client_body_temp_path %s/body;\n"
        "  server { listen 127.0.0.1:%d ssl http2; ssl_certificate %s/good.crt;\n"
        "    ssl_certificate_key %s/good.key; root %s/dav;\n"
        "    location / { dav_methods PUT; create_full_put_path on; }\n"
        "    location /refused { return 403; } } }\n",
        folder, folder, folder, port, folder, folder, folder);
    assert_true(file_write(path, text, strlen(text), 0644, &err));
    return path;
}

/* Asks until nginx listens. */
static void await_nginx(struct http_test *test, const struct http_request *request)
{
    struct wait wait = wait_for(20000, NULL);
    struct http_response response;
    struct error err;
    while (!http_do(test->http, test->arena, request, &response, &wait, &err))
        if (!response.transient || !wait_sleep(&wait, 20))
            fail_msg("nginx: %s", err.message);
    assert_true(response.http2);
}

struct put {
    struct http_test *test;
    struct http_request request;
    size_t size;
    bool done, http2, transient;
    int status;
};

static void *put_main(void *context)
{
    struct put *put = context;
    AUTO_ARENA arena = arena_new();
    struct giving giving = giving_of(put->size);
    struct http_response response;
    struct wait wait = wait_for(60000, NULL);
    struct error err;
    put->request.source = give;
    put->request.source_context = &giving;
    put->done = http_do(put->test->http, arena, &put->request, &response, &wait, &err);
    put->http2 = response.http2;
    put->transient = response.transient;
    put->status = response.status;
    return NULL;
}

/* Files are stored whole, one beside the other on one connection; the refused one ends early. */
static void many_sources_share_a_connection(void **state)
{
    enum { PUTS = 6, REFUSED = 4 };
    struct http_test *test = *state;
    struct process nginx;
    struct error err;
    int port = free_port(test);
    const char *config = write_nginx_config(test, port);
    const char *const arguments[] = { "nginx", "-c", config, NULL };
    struct http_endpoint endpoint = { .ca_file = test_file(test, "ca.crt") };
    struct put puts[PUTS];
    pthread_t threads[PUTS];
    assert_true(process_start(arguments, NULL, &nginx, &err));
    const char *base = arena_printf(test->arena, "https://127.0.0.1:%d/", port);
    await_nginx(test,
                &(struct http_request){ .method = "GET", .endpoint = &endpoint, .url = base });
    for (size_t i = 0; i < PUTS; i++) {
        size_t size = LARGE + i;
        const char *name = i == REFUSED ? "refused" : arena_printf(test->arena, "f%zu", i);
        puts[i] = (struct put){ .test = test, .size = size };
        puts[i].request =
            (struct http_request){ .method = "PUT",
                                   .endpoint = &endpoint,
                                   .url = arena_printf(test->arena, "%s%s", base, name),
                                   .source_length = i % 2 ? (int64_t)size : -1 };
        assert_int_equal(pthread_create(&threads[i], NULL, put_main, &puts[i]), 0);
    }
    for (size_t i = 0; i < PUTS; i++) {
        char *data;
        size_t length;
        pthread_join(threads[i], NULL);
        if (i == REFUSED) {
            assert_true(puts[i].done ? puts[i].status == 403 : puts[i].transient);
            continue;
        }
        assert_true(puts[i].done && puts[i].http2);
        assert_int_equal(puts[i].status, 201);
        const char *path = arena_printf(test->arena, "%s/dav/f%zu", test->folder, i);
        assert_true(file_read(test->arena, path, LARGE + PUTS, &data, &length, &err));
        assert_int_equal(length, puts[i].size);
        for (size_t at = 0; at < length; at++)
            if (data[at] != pattern(at))
                fail_msg("byte %zu of f%zu is another one", at, i);
    }
    puts[REFUSED].request.http1 = true;
    put_main(&puts[REFUSED]);
    assert_int_equal(puts[REFUSED].status, 403);
    assert_false(puts[REFUSED].http2);
    kill(nginx.pid, SIGTERM);
    process_end(&nginx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_a_source_gives),
        cmocka_unit_test(a_failing_source_ends_the_transfer),
        cmocka_unit_test(an_early_answer_ends_the_reading),
        cmocka_unit_test(a_body_that_nobody_takes_waits_in_a_bounded_queue),
        cmocka_unit_test(a_redirect_of_a_source_is_told_and_not_followed),
        cmocka_unit_test(many_sources_share_a_connection),
    };
    return cmocka_run_group_tests(tests, http_test_start, http_test_end);
}
