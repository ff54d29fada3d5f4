/* client_ahead: see client_ahead.h. */
#include "providers/kubernetes/client/client_ahead.h"

#include "base/pool.h"
#include "base/text.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
    QUEUE_CEILING = 4 << 20, /* a page of a LIST fits: a transfer that is held up is to be rare */
    LOOK_MS = 100,
};

struct ahead {
    struct client *client;
    struct arena *arena;
    struct api_call call;
    struct body_stream stream;
    struct cancel cancel;
    struct wait wait;
    struct pool *pool;
    struct buf spare; /* what the reader reads while the queue fills */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf queue; /* from here on under the lock */
    bool dropped, ended, answered;
    int status;
    struct error error;
};

/* ------------------------------------------------------------ on its own thread */

static bool on_bytes(void *context, const char *data, size_t length, struct error *err)
{
    struct ahead *ahead = context;
    ahead->stream.touched = true;
    pthread_mutex_lock(&ahead->lock);
    while (ahead->queue.length >= QUEUE_CEILING && !ahead->dropped)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    bool dropped = ahead->dropped;
    if (!dropped)
        buf_add(&ahead->queue, data, length);
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    return !dropped || error_set(err, ERROR_CANCELLED, "nobody reads it");
}

static void ask(void *context, struct arena *arena)
{
    struct ahead *ahead = context;
    struct http_response response;
    struct error error = { 0 };
    bool answered = client_request(ahead->client, arena, &ahead->call, &ahead->stream, &response,
                                   NULL, &ahead->wait, &error);
    pthread_mutex_lock(&ahead->lock);
    ahead->ended = true;
    ahead->answered = answered;
    ahead->status = response.status;
    ahead->error = error;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

/* -------------------------------------------------------------------- the caller */

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static void start_lock(struct ahead *ahead)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct ahead *ahead_start(struct client *client, const struct api_call *call, const char *query,
                          const struct wait *wait)
{
    struct arena *arena = arena_new();
    struct ahead *ahead = arena_alloc(arena, sizeof *ahead);
    *ahead = (struct ahead){
        .client = client,
        .arena = arena,
        .call = { .method = "GET",
                  .path = arena_strdup(arena, call->path),
                  .query = arena_strdup(arena, query),
                  .accept = copy(arena, call->accept),
                  .what = arena_strdup(arena, call->what) },
        .stream = { .sink = on_bytes, .context = ahead },
        .wait = { .deadline = wait->deadline, .cancel = &ahead->cancel },
        .spare = BUF_INIT(BUF_OUTPUT_CEILING),
        .queue = BUF_INIT(BUF_OUTPUT_CEILING),
    };
    start_lock(ahead);
    ahead->pool = pool_new(1);
    pool_run(ahead->pool, ask, ahead);
    return ahead;
}

bool ahead_is(const struct ahead *ahead, const struct api_call *call, const char *query)
{
    return strcmp(ahead->call.path, call->path) == 0 && strcmp(ahead->call.query, query) == 0
           && text_same(ahead->call.accept, call->accept);
}

/* Hands over what is there; locked, but not while the sink runs. */
static bool feed(struct ahead *ahead, http_sink *sink, void *context, struct error *err)
{
    struct buf full = ahead->queue;
    ahead->queue = ahead->spare;
    ahead->spare = full;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    bool goes_on = sink(context, full.data, full.length, err);
    buf_clear(&ahead->spare);
    pthread_mutex_lock(&ahead->lock);
    return goes_on;
}

static void sleep_a_little(struct ahead *ahead)
{
    int64_t until = clock_now() + LOOK_MS;
    struct timespec time = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
    pthread_cond_timedwait(&ahead->changed, &ahead->lock, &time);
}

bool ahead_read(struct ahead *ahead, http_sink *sink, void *context, int *ret_status,
                const struct wait *wait, struct error *err)
{
    bool fine = true;
    *ret_status = 0;
    pthread_mutex_lock(&ahead->lock);
    while (fine && (ahead->queue.length || !ahead->ended)) {
        if (ahead->queue.length)
            fine = feed(ahead, sink, context, err);
        else if ((fine = wait_check(wait, ahead->call.what, err)))
            sleep_a_little(ahead);
    }
    if (fine)
        *ret_status = ahead->status;
    if (fine && !ahead->answered)
        *err = ahead->error;
    fine &= ahead->answered;
    pthread_mutex_unlock(&ahead->lock);
    return fine;
}

void ahead_drop(struct ahead *ahead)
{
    if (!ahead)
        return;
    atomic_store(&ahead->cancel.level, CANCEL_HARD);
    pthread_mutex_lock(&ahead->lock);
    ahead->dropped = true;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pool_free(ahead->pool);
    pthread_mutex_destroy(&ahead->lock);
    pthread_cond_destroy(&ahead->changed);
    buf_done(&ahead->queue);
    buf_done(&ahead->spare);
    arena_free(ahead->arena);
}
