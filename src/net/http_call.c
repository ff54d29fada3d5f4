/*
 * http_call: the caller's side: http_do() and http_do_all().
 *
 * An exchange is one call with its redirects. The caller sleeps on its waiter,
 * feeds its sink, and looks at deadline, idle limit and cancel flag; when one of
 * them says stop it asks the I/O thread to, and waits for that to have happened.
 */
#include "base/cleanup.h"
#include "net/http_transfer.h"
#include "net/http_url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { LOOK_MS = 100, NUDGE_MS = 5000, IDLE_MS = 30000, REDIRECT_CEILING = 10 };

struct exchange {
    struct http *http;
    struct arena *arena;           /* of the caller: for what redirects change, and the response */
    struct http_request request;   /* as it is asked now */
    struct http_endpoint endpoint; /* after a redirect to another host */
    struct transfer transfer;
    struct buf spare;   /* what the sink reads while the queue fills */
    struct error error; /* why it was stopped */
    bool stopped;
    unsigned redirects;
    struct http_response response;
    struct http_response *early; /* where a sink may look; or NULL */
};

static void waiter_start(struct waiter *waiter)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&waiter->lock, NULL);
    pthread_cond_init(&waiter->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void waiter_done(struct waiter *waiter)
{
    pthread_cond_destroy(&waiter->changed);
    pthread_mutex_destroy(&waiter->lock);
}

/* Sleeps until something changed or `until` (clock_now) has come; locked. */
static void waiter_sleep(struct waiter *waiter, int64_t until)
{
    struct timespec time = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
    pthread_cond_timedwait(&waiter->changed, &waiter->lock, &time);
}

/* ------------------------------------------------------------ one exchange */

/* Gives the transfer to the I/O thread. False: it cannot even be asked; `error` says why. */
static bool exchange_send(struct exchange *exchange, struct waiter *waiter)
{
    if (!transfer_start(&exchange->transfer, waiter, &exchange->request, &exchange->error)) {
        exchange->stopped = exchange->transfer.done = true;
        return false;
    }
    http_ask(exchange->http, &exchange->transfer, ASK_START);
    return true;
}

static void exchange_start(struct exchange *exchange, struct http *http, struct arena *arena,
                           const struct http_request *request, struct waiter *waiter)
{
    *exchange = (struct exchange){
        .http = http, .arena = arena, .request = *request, .spare = BUF_INIT(BUF_OUTPUT_CEILING)
    };
    exchange_send(exchange, waiter);
}

static int64_t idle_of(const struct http_request *request)
{
    return request->idle ? request->idle : IDLE_MS;
}

/* When this exchange has to be looked at again at the latest. */
static int64_t exchange_next_look(const struct exchange *exchange, const struct wait *wait)
{
    bool look = wait->cancel || http_has_paused(exchange->http);
    int64_t until = clock_now() + (look ? LOOK_MS : IDLE_MS);
    int64_t idle = idle_of(&exchange->request);
    if (wait->deadline < until)
        until = wait->deadline;
    if (idle > 0 && exchange->transfer.activity + idle < until)
        until = exchange->transfer.activity + idle;
    return until;
}

static void exchange_stop(struct exchange *exchange)
{
    exchange->stopped = true;
    http_ask(exchange->http, &exchange->transfer, ASK_STOP);
}

/* See http_note_pause(); locked. */
static void exchange_nudge(struct exchange *exchange)
{
    const struct transfer *transfer = &exchange->transfer;
    int64_t silent = clock_now() - transfer->activity;
    if (silent >= LOOK_MS && silent < NUDGE_MS && !transfer->paused && !exchange->stopped
        && http_has_paused(exchange->http))
        http_ask(exchange->http, &exchange->transfer, ASK_NUDGE);
}

/* Stops it when there is no point in waiting longer; locked. */
static void exchange_judge(struct exchange *exchange, const struct wait *wait)
{
    AUTO_ARENA arena = NULL;
    int64_t idle = idle_of(&exchange->request);
    bool silent = idle > 0 && clock_now() - exchange->transfer.activity >= idle;
    if (exchange->stopped || (!silent && !wait_cancelled(wait) && wait_left(wait) > 0))
        return;
    arena = arena_new();
    const char *place = url_place(arena, exchange->request.url);
    if (wait_check(wait, place, &exchange->error)) {
        exchange->response.transient = exchange->response.silent = true;
        error_set(&exchange->error, ERROR_UNREACHABLE, "%s: nothing came for %s", place,
                  duration_text(arena, idle));
    }
    exchange_stop(exchange);
}

/* Hands over what has arrived; locked, but not while the sink runs. */
static void exchange_feed_sink(struct exchange *exchange)
{
    struct transfer *transfer = &exchange->transfer;
    struct buf full = transfer->queue;
    transfer->queue = exchange->spare;
    exchange->spare = full;
    bool resume = transfer->paused;
    transfer->paused = false;
    pthread_mutex_unlock(&transfer->waiter->lock);
    if (resume) {
        http_note_pause(exchange->http);
        http_ask(exchange->http, transfer, ASK_RESUME);
    }
    if (exchange->early)
        exchange->early->status = transfer->head.status; /* no longer changes: a body has begun */
    bool goes_on = exchange->stopped
                   || exchange->request.sink(exchange->request.sink_context, full.data, full.length,
                                             &exchange->error);
    buf_clear(&exchange->spare);
    pthread_mutex_lock(&transfer->waiter->lock);
    transfer->activity = clock_now();
    if (!goes_on)
        exchange_stop(exchange);
}

/* Reads more of the body that is sent; locked, but not while the source reads. */
static void exchange_feed_upload(struct exchange *exchange)
{
    bool resume = false;
    if (!upload_feed(&exchange->transfer, &resume, &exchange->error))
        exchange_stop(exchange);
    else if (resume)
        http_ask(exchange->http, &exchange->transfer, ASK_RESUME);
}

/* ---------------------------------------------------------------- redirects */

static const char *redirect_target(const struct exchange *exchange)
{
    int status = exchange->response.status;
    const char *location = http_header(&exchange->response, "Location");
    bool redirects =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!exchange->request.follow || exchange->request.source || !redirects || !location)
        return NULL;
    return url_resolve(exchange->arena, exchange->request.url, location);
}

/* To another host go no credentials of any sort: only headers known to be harmless. */
static void leave_origin(struct exchange *exchange)
{
    static const char *const harmless[] = { "Accept", "Accept-Encoding", "Content-Type",
                                            "Range",  "User-Agent",      "Git-Protocol" };
    struct http_request *request = &exchange->request;
    struct http_header *kept =
        arena_array(exchange->arena, request->header_count + 1, sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        for (size_t j = 0; j < sizeof harmless / sizeof *harmless; j++)
            if (strcasecmp(request->headers[i].name, harmless[j]) == 0)
                kept[count++] = request->headers[i];
    request->headers = kept;
    request->header_count = count;
    request->user = request->password = NULL;
    if (!request->endpoint)
        return;
    exchange->endpoint = *request->endpoint;
    exchange->endpoint.server_name = NULL;
    exchange->endpoint.certificate_data = exchange->endpoint.certificate_file = NULL;
    exchange->endpoint.key_data = exchange->endpoint.key_file = NULL;
    request->endpoint = &exchange->endpoint;
}

static bool redirect_allowed(const struct exchange *exchange, const char *target, struct error *err)
{
    const struct http_request *request = &exchange->request;
    const char *place = url_place(exchange->arena, request->url);
    if (exchange->redirects >= REDIRECT_CEILING)
        return error_set(err, ERROR_UNREACHABLE, "%s: more than %d redirects", place,
                         REDIRECT_CEILING);
    if (strncasecmp(request->url, "https:", 6) == 0 && strncasecmp(target, "https:", 6) != 0)
        return error_set(err, ERROR_UNREACHABLE, "%s: redirects from https to %s", place,
                         url_place(exchange->arena, target));
    if (request->endpoint && request->endpoint->unix_socket
        && !url_same_origin(exchange->arena, request->url, target))
        return error_set(err, ERROR_UNREACHABLE, "%s: redirects away from its unix socket", place);
    return true;
}

static void redirect(struct exchange *exchange, const char *target)
{
    struct http_request *request = &exchange->request;
    int status = exchange->response.status;
    bool keeps_method = status == 307 || status == 308 || strcmp(request->method, "HEAD") == 0;
    if (!keeps_method && (status == 303 || strcmp(request->method, "POST") == 0)) {
        request->method = "GET";
        request->body = NULL;
        request->body_length = 0;
    }
    if (!url_same_origin(exchange->arena, request->url, target))
        leave_origin(exchange);
    request->url = target;
    exchange->redirects++;
}

/* -------------------------------------------------------------------- ends */

static void fill_response(struct exchange *exchange)
{
    struct transfer *transfer = &exchange->transfer;
    struct http_response *response = &exchange->response;
    response->status = transfer->head.status;
    response->http2 = transfer->head.http2;
    header_block_read(&transfer->head, exchange->arena, &response->headers,
                      &response->header_count);
    response->body =
        arena_memdup(exchange->arena, buf_text(&transfer->body), transfer->body.length);
    response->body_length = transfer->body.length;
}

/*
 * A server may refuse a request before it has read its body, and then reset the
 * HTTP/2 stream, which libcurl takes for a lost connection. It is an answer.
 */
static bool is_early_refusal(const struct transfer *transfer)
{
    return transfer->head.status >= 400 && transfer->head.http2 && !transfer->over_ceiling
           && (transfer->result == CURLE_PARTIAL_FILE || transfer->result == CURLE_HTTP2_STREAM);
}

static bool exchange_outcome(struct exchange *exchange)
{
    struct transfer *transfer = &exchange->transfer;
    if (exchange->stopped)
        return false;
    if (transfer->result != CURLE_OK && !is_early_refusal(transfer)) {
        exchange->response.status = transfer->head.status;
        return transfer_error(transfer, &exchange->response, &exchange->error);
    }
    fill_response(exchange);
    return true;
}

static void exchange_release(struct exchange *exchange)
{
    http_forget(exchange->http, &exchange->transfer);
    transfer_done(&exchange->transfer);
}

/* The transfer is done: true when the exchange is, false when it was redirected and goes on. */
static bool exchange_ends(struct exchange *exchange, struct waiter *waiter, bool *ret_success)
{
    bool success = exchange_outcome(exchange);
    const char *target = success ? redirect_target(exchange) : NULL;
    if (target && redirect_allowed(exchange, target, &exchange->error)) {
        exchange_release(exchange);
        redirect(exchange, target);
        exchange->response = (struct http_response){ 0 };
        exchange_send(exchange, waiter);
        return false;
    }
    *ret_success = success && !target;
    exchange_release(exchange);
    buf_done(&exchange->spare);
    return true;
}

static void exchange_await(struct exchange *exchange, const struct wait *wait)
{
    struct transfer *transfer = &exchange->transfer;
    struct waiter *waiter = transfer->waiter;
    pthread_mutex_lock(&waiter->lock);
    for (;;) {
        if (transfer->queue.length) {
            exchange_feed_sink(exchange);
        } else if (transfer->done) {
            break;
        } else {
            exchange_judge(exchange, wait);
            if (!exchange->stopped && upload_wants(transfer)) {
                exchange_feed_upload(exchange);
                continue;
            }
            exchange_nudge(exchange);
            waiter_sleep(waiter, exchange->stopped ? clock_now() + LOOK_MS
                                                   : exchange_next_look(exchange, wait));
        }
    }
    pthread_mutex_unlock(&waiter->lock);
}

bool http_do(struct http *http, struct arena *arena, const struct http_request *request,
             struct http_response *ret_response, const struct wait *wait, struct error *err)
{
    struct waiter waiter;
    struct exchange exchange;
    bool success;
    *ret_response = (struct http_response){ 0 };
    waiter_start(&waiter);
    exchange_start(&exchange, http, arena, request, &waiter);
    exchange.early = ret_response;
    do
        exchange_await(&exchange, wait);
    while (!exchange_ends(&exchange, &waiter, &success));
    waiter_done(&waiter);
    *ret_response = exchange.response;
    if (!success)
        *err = exchange.error;
    return success;
}

/* ------------------------------------------------------------ many at once */

struct batch {
    struct http *http;
    struct arena *arena;
    struct http_call *calls;
    size_t count, next; /* of calls; the next to be started */
    struct waiter waiter;
    const struct wait *wait;
};

/* A place in which one call after the other runs. */
struct slot {
    struct exchange exchange;
    struct http_call *call; /* NULL: nothing left */
};

static void slot_take_next(struct batch *batch, struct slot *slot)
{
    slot->call = batch->next < batch->count ? &batch->calls[batch->next++] : NULL;
    if (!slot->call)
        return;
    slot->call->request.sink = NULL;
    slot->call->request.source = NULL;
    exchange_start(&slot->exchange, batch->http, batch->arena, &slot->call->request,
                   &batch->waiter);
}

static bool slot_is_done(struct batch *batch, struct slot *slot)
{
    pthread_mutex_lock(&batch->waiter.lock);
    bool done = slot->exchange.transfer.done;
    if (!done) {
        exchange_judge(&slot->exchange, batch->wait);
        exchange_nudge(&slot->exchange);
    }
    pthread_mutex_unlock(&batch->waiter.lock);
    return done;
}

/* True while the slot has work. *moved: something happened, so look again before sleeping. */
static bool slot_step(struct batch *batch, struct slot *slot, bool *moved)
{
    bool success;
    if (!slot->call)
        return false;
    if (!slot_is_done(batch, slot))
        return true;
    *moved = true;
    if (!exchange_ends(&slot->exchange, &batch->waiter, &success))
        return true;
    slot->call->response = slot->exchange.response;
    slot->call->done = success;
    if (!success)
        slot->call->error = slot->exchange.error;
    slot_take_next(batch, slot);
    return slot->call != NULL;
}

static bool any_done(const struct slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slots[i].call && slots[i].exchange.transfer.done)
            return true;
    return false;
}

static void batch_sleep(struct batch *batch, const struct slot *slots, size_t count)
{
    int64_t until = clock_now() + LOOK_MS;
    if (batch->wait->deadline < until)
        until = batch->wait->deadline;
    pthread_mutex_lock(&batch->waiter.lock);
    if (!any_done(slots, count))
        waiter_sleep(&batch->waiter, until);
    pthread_mutex_unlock(&batch->waiter.lock);
}

void http_do_all(struct http *http, struct arena *arena, struct http_call *calls, size_t count,
                 unsigned in_flight, const struct wait *wait)
{
    struct batch batch = {
        .http = http, .arena = arena, .calls = calls, .count = count, .wait = wait
    };
    size_t slot_count = in_flight < 1 ? 1 : in_flight < count ? in_flight : count;
    AUTO_FREE struct slot *slots = memory_alloc((slot_count + 1) * sizeof *slots);
    waiter_start(&batch.waiter);
    for (size_t i = 0; i < slot_count; i++)
        slot_take_next(&batch, &slots[i]);
    for (bool working = count > 0; working;) {
        bool moved = false;
        working = false;
        for (size_t i = 0; i < slot_count; i++)
            working |= slot_step(&batch, &slots[i], &moved);
        if (working && !moved)
            batch_sleep(&batch, slots, slot_count);
    }
    waiter_done(&batch.waiter);
}
