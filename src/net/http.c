/*
 * http: the I/O thread. See http.h.
 *
 * Callers leave what they ask for in a list and wake the thread; it alone calls
 * libcurl's multi functions. A transfer that is done is never touched again by
 * the thread: the list is walked under the lock, and who is done takes itself
 * out of it (http_forget) before it goes away.
 */
#include "net/http.h"

#include "net/http_transfer.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { POLL_MS = 1000, AGAIN_MS = 1 };

struct http {
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock;
    struct transfer *first, *last; /* those that asked for something */
    bool ending;
    atomic_bool has_paused; /* any transfer, ever */
    bool moved;             /* of the I/O thread: something came since it last slept */
};

void http_note_pause(struct http *http)
{
    atomic_store(&http->has_paused, true);
}

bool http_has_paused(struct http *http)
{
    return atomic_load(&http->has_paused);
}

void http_ask(struct http *http, struct transfer *transfer, enum transfer_ask what)
{
    pthread_mutex_lock(&http->lock);
    if (!transfer->asked) {
        transfer->next = NULL;
        *(http->last ? &http->last->next : &http->first) = transfer;
        http->last = transfer;
    }
    transfer->asked |= what;
    pthread_mutex_unlock(&http->lock);
    curl()->multi_wakeup(http->multi);
}

void http_forget(struct http *http, struct transfer *transfer)
{
    pthread_mutex_lock(&http->lock);
    struct transfer *before = NULL;
    for (struct transfer *at = http->first; at; before = at, at = at->next) {
        if (at != transfer)
            continue;
        *(before ? &before->next : &http->first) = at->next;
        if (http->last == at)
            http->last = before;
        break;
    }
    transfer->asked = 0;
    pthread_mutex_unlock(&http->lock);
}

/* The next transfer that asked for something and is not done yet. */
static struct transfer *next_asking(struct http *http, unsigned *ret_asked, bool *ret_ending)
{
    pthread_mutex_lock(&http->lock);
    struct transfer *transfer;
    do {
        transfer = http->first;
        if (!transfer)
            break;
        http->first = transfer->next;
        if (!http->first)
            http->last = NULL;
        *ret_asked = transfer->asked;
        transfer->asked = 0;
    } while (transfer->ended);
    *ret_ending = http->ending;
    pthread_mutex_unlock(&http->lock);
    return transfer;
}

static void finish(struct http *http, struct transfer *transfer, CURLcode result)
{
    if (transfer->running)
        curl()->multi_remove_handle(http->multi, transfer->easy);
    transfer->running = false;
    transfer->ended = true;
    struct waiter *waiter = transfer->waiter;
    pthread_mutex_lock(&waiter->lock);
    transfer->result = result;
    transfer->done = true;
    pthread_cond_signal(&waiter->changed);
    pthread_mutex_unlock(&waiter->lock);
}

static void serve(struct http *http, struct transfer *transfer, unsigned asked)
{
    if (asked & ASK_STOP) {
        finish(http, transfer, CURLE_ABORTED_BY_CALLBACK);
        return;
    }
    if (asked & ASK_START) {
        transfer->any_moved = &http->moved;
        if (curl()->multi_add_handle(http->multi, transfer->easy) != CURLM_OK) {
            finish(http, transfer, CURLE_FAILED_INIT);
            return;
        }
        transfer->running = true;
    }
    if (asked & ASK_NUDGE) /* resuming what is not paused would do nothing */
        curl()->easy_pause(transfer->easy, CURLPAUSE_RECV);
    if (asked & (ASK_RESUME | ASK_NUDGE))
        curl()->easy_pause(transfer->easy, CURLPAUSE_CONT);
}

static void collect_finished(struct http *http)
{
    CURLMsg *message;
    int left;
    while ((message = curl()->multi_info_read(http->multi, &left))) {
        CURLcode result = message->data.result;
        struct transfer *transfer = NULL;
        curl()->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        finish(http, transfer, result);
    }
}

/*
 * libcurl 7.88 reads the frames of all HTTP/2 streams at once. Of one whose turn was over it
 * later hands out the headers and rests on the body until it is called again, which nothing
 * makes it do where the rest has come too: one run in 25 stood still for as long as this sleeps.
 */
static void rest(struct http *http)
{
    int milliseconds = http->moved ? AGAIN_MS : POLL_MS;
    http->moved = false;
    curl()->multi_poll(http->multi, NULL, 0, milliseconds, NULL);
}

static void *io_main(void *context)
{
    struct http *http = context;
    for (bool ending = false; !ending;) {
        struct transfer *transfer;
        unsigned asked;
        int running;
        while ((transfer = next_asking(http, &asked, &ending)))
            serve(http, transfer, asked);
        curl()->multi_perform(http->multi, &running);
        collect_finished(http);
        if (!ending)
            rest(http);
    }
    OPENSSL_thread_stop(); /* what OpenSSL keeps for this thread */
    return NULL;
}

/* Signals belong to the program's own threads. */
static bool start_thread(struct http *http)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool started = pthread_create(&http->thread, NULL, io_main, http) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

struct http *http_new(void)
{
    curl()->global_init(CURL_GLOBAL_DEFAULT); /* counted and thread-safe */
    struct http *http = memory_alloc(sizeof *http);
    *http = (struct http){ .multi = curl()->multi_init() };
    pthread_mutex_init(&http->lock, NULL);
    curl()->multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    if (!http->multi || !start_thread(http))
        abort(); /* out of memory or threads, as in base/arena.h */
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    pthread_mutex_lock(&http->lock);
    http->ending = true;
    pthread_mutex_unlock(&http->lock);
    curl()->multi_wakeup(http->multi);
    pthread_join(http->thread, NULL);
    curl()->multi_cleanup(http->multi);
    pthread_mutex_destroy(&http->lock);
    free(http);
    curl()->global_cleanup();
}
