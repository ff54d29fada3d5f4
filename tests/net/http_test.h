/*
 * http_test: the server of http_server.py, started for a test program, and
 * short ways to ask it. Group setup and teardown start and end it.
 */
#ifndef CMX_TESTS_HTTP_TEST_H
#define CMX_TESTS_HTTP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "net/http.h"

#include <stdlib.h>
#include <string.h>

struct http_test {
    struct arena *arena;
    struct http *http;
    struct process server;
    char folder[32];
    const char *ports; /* "plain 35135\nsecond …" */
};

static inline int port_of(const struct http_test *test, const char *name)
{
    const char *key = arena_printf(test->arena, "%s ", name);
    const char *line = strstr(test->ports, key);
    assert_non_null(line);
    return atoi(line + strlen(key));
}

/* "http://127.0.0.1:PORT" + path; https for the ports that speak TLS. */
static inline const char *test_url(const struct http_test *test, const char *port, const char *path)
{
    static const char *const secure[] = { "tls", "named", "expired", "mutual", "http2" };
    const char *scheme = "http";
    for (size_t i = 0; i < sizeof secure / sizeof *secure; i++)
        if (strcmp(secure[i], port) == 0)
            scheme = "https";
    return arena_printf(test->arena, "%s://127.0.0.1:%d%s", scheme, port_of(test, port), path);
}

static inline const char *test_file(const struct http_test *test, const char *name)
{
    return arena_printf(test->arena, "%s/%s", test->folder, name);
}

static inline const char *test_pem(const struct http_test *test, const char *name)
{
    char *data;
    size_t length;
    struct error err;
    assert_true(file_read(test->arena, test_file(test, name), 1 << 16, &data, &length, &err));
    return data;
}

static inline int http_test_start(void **state)
{
    struct http_test *test = calloc(1, sizeof *test);
    const char *script = TESTS_FOLDER "/net/http_server.py";
    struct wait wait = wait_for(30000, NULL);
    struct error err;
    AUTO_BUF lines = BUF_INIT(4096);
    strcpy(test->folder, "/tmp/cmx-http-XXXXXX");
    if (!mkdtemp(test->folder))
        return -1;
    const char *const arguments[] = { "python3", script, test->folder, NULL };
    if (!process_start(arguments, NULL, &test->server, &err))
        return -1;
    while (!strstr(buf_text(&lines), "ready 1\n")) {
        char chunk[512];
        size_t length;
        if (!process_read(&test->server, chunk, sizeof chunk, &length, &wait, &err) || !length)
            return -1;
        buf_add(&lines, chunk, length);
    }
    test->arena = arena_new();
    test->ports = arena_strdup(test->arena, buf_text(&lines));
    test->http = http_new();
    *state = test;
    return 0;
}

static inline int http_test_end(void **state)
{
    struct http_test *test = *state;
    const char *const arguments[] = { "rm", "-rf", test->folder, NULL };
    struct wait wait = wait_for(10000, NULL);
    struct error err;
    char *output;
    int status;
    http_free(test->http);
    process_end(&test->server);
    bool removed =
        process_run(test->arena, arguments, NULL, NULL, 100, &wait, &output, &status, &err);
    arena_free(test->arena);
    free(test);
    return removed ? 0 : -1;
}

/* Does a request that must be answered. */
static inline struct http_response ask(struct http_test *test, const struct http_request *request)
{
    struct http_response response;
    struct wait wait = wait_for(20000, NULL);
    struct error err;
    if (!http_do(test->http, test->arena, request, &response, &wait, &err))
        fail_msg("%s: %s", request->url, err.message);
    return response;
}

static inline struct http_response get(struct http_test *test, const char *url)
{
    return ask(test, &(struct http_request){ .method = "GET", .url = url });
}

/* Does a request that must fail with this kind and these words. */
static inline struct http_response fails(struct http_test *test, const struct http_request *request,
                                         enum error_kind kind, const char *words)
{
    struct http_response response;
    struct wait wait = wait_for(5000, NULL);
    struct error err = { 0 };
    if (http_do(test->http, test->arena, request, &response, &wait, &err))
        fail_msg("%s: expected a failure with \"%s\"", request->url, words);
    if (!strstr(err.message, words))
        fail_msg("expected \"%s\" in \"%s\"", words, err.message);
    assert_int_equal(err.kind, kind);
    return response;
}

#endif
