/*
 * Tests that many threads may share one http: requests, sinks, cancelling and
 * ends at the same time.
 * labels: threads
 */
#include "http_test.h"

#include <pthread.h>

enum { THREADS = 16, REQUESTS = 40 };

struct worker {
    struct http_test *test;
    const char *small, *big, *slow;
    unsigned failed;
};

static bool count_bytes(void *context, const char *data, size_t length, struct error *err)
{
    (void)data, (void)err;
    *(size_t *)context += length;
    return true;
}

static bool do_one(struct worker *worker, struct arena *arena, unsigned number)
{
    size_t received = 0;
    struct http_response response;
    struct error err;
    struct wait wait = wait_for(number % 4 == 2 ? 5 : 20000, NULL);
    struct http_request request = { .method = "GET", .url = worker->small };
    if (number % 4 == 1) {
        request.url = worker->big;
        request.sink = count_bytes;
        request.sink_context = &received;
    } else if (number % 4 == 2) {
        request.url = worker->slow;
    }
    bool done = http_do(worker->test->http, arena, &request, &response, &wait, &err);
    if (number % 4 == 1)
        return done && received == 1000000;
    if (number % 4 == 2)
        return !done && err.kind == ERROR_TIMEOUT;
    return done && strcmp(response.body, "hello") == 0;
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct arena *arena = arena_new();
    for (unsigned i = 0; i < REQUESTS; i++) {
        worker->failed += !do_one(worker, arena, i);
        arena_clear(arena);
    }
    arena_free(arena);
    return NULL;
}

static void threads_share_one_http(void **state)
{
    struct http_test *test = *state;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .test = test,
                                      .small = test_url(test, "plain", "/hello"),
                                      .big = test_url(test, "plain", "/big?bytes=1000000"),
                                      .slow = test_url(test, "plain", "/slow?ms=200") };
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].failed, 0);
    }
}

static void several_https_live_side_by_side(void **state)
{
    struct http_test *test = *state;
    struct wait wait = wait_for(20000, NULL);
    for (int i = 0; i < 5; i++) {
        struct http_response response;
        struct error err;
        struct http *http = http_new();
        struct http_request request = { .method = "GET", .url = test_url(test, "plain", "/hello") };
        assert_true(http_do(http, test->arena, &request, &response, &wait, &err));
        http_free(http);
    }
    http_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_one_http),
        cmocka_unit_test(several_https_live_side_by_side),
    };
    return cmocka_run_group_tests(tests, http_test_start, http_test_end);
}
