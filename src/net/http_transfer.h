/*
 * http_transfer: one request on its way, shared by its caller and the I/O thread.
 *
 * Private to net. http_call.c makes and awaits transfers, http.c's thread runs
 * them, http_transfer.c sets libcurl's options and takes its callbacks.
 */
#ifndef CMX_NET_HTTP_TRANSFER_H
#define CMX_NET_HTTP_TRANSFER_H

#include "net/curl_load.h"
#include "net/http.h"
#include "net/http_headers.h"

#include <pthread.h>

/*
 * What a request's source gave and was not sent yet: a ring. The caller fills what is
 * free of it while the I/O thread sends what is not.
 */
struct upload {
    char *data; /* NULL: there is no source */
    size_t start, length;
    int64_t given; /* bytes so far */
    bool ended;    /* the source has no more */
    bool paused;   /* the I/O thread waits for more */
};

/* One blocked caller; the lock guards what its transfers share with the I/O thread. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

enum transfer_ask { ASK_START = 1, ASK_RESUME = 2, ASK_STOP = 4, ASK_NUDGE = 8 };

struct transfer {
    /* Set before the start, then only read. */
    struct waiter *waiter;
    const struct http_request *request;
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    char reason[CURL_ERROR_SIZE]; /* libcurl's words */

    /* Under the waiter's lock. */
    struct buf body;  /* of the response */
    struct buf queue; /* waits for the sink */
    struct upload upload;
    size_t received;  /* by the sink so far, and waiting for it */
    int64_t activity; /* when the last byte moved */
    bool paused, over_ceiling, done;
    CURLcode result;

    /* Of the I/O thread until done. */
    struct header_block head;
    bool running, ended;
    curl_off_t moved;
    bool *any_moved; /* tells it that something came */

    /* Under the http's lock. */
    unsigned asked; /* enum transfer_ask */
    struct transfer *next;
};

/* Sets all options. False with ERROR_INPUT for a URL that cannot be used. */
bool transfer_start(struct transfer *transfer, struct waiter *waiter,
                    const struct http_request *request, struct error *err)
    __attribute__((warn_unused_result));
void transfer_done(struct transfer *transfer);

/* Is this body handed to the sink? */
bool transfer_sinks(const struct transfer *transfer);

/* Sends the request's source as its body. */
void upload_start(struct transfer *transfer);
void upload_done(struct transfer *transfer);

/* Should more be read from the source now? Locked. */
bool upload_wants(const struct transfer *transfer);

/*
 * Reads once from the source; locked, but not while it reads. *ret_resume: the I/O
 * thread has to be asked to go on. False: the source failed, or lied about its length.
 */
bool upload_feed(struct transfer *transfer, bool *ret_resume, struct error *err)
    __attribute__((warn_unused_result));

/* Puts libcurl's result into words: "10.0.0.1:6443: connection refused". Always false. */
bool transfer_error(const struct transfer *transfer, struct http_response *response,
                    struct error *err);

/*
 * While one stream of an HTTP/2 connection is paused, libcurl 7.88 keeps the bytes
 * of all, and may rest on them once it is resumed, until something comes in. A
 * transfer that was there and is silent then has to be nudged.
 */
void http_note_pause(struct http *http);
bool http_has_paused(struct http *http);

/* Asks the I/O thread; never blocks. */
void http_ask(struct http *http, struct transfer *transfer, enum transfer_ask what);

/* Takes back what was asked, once the transfer is done: no thread then knows it any more. */
void http_forget(struct http *http, struct transfer *transfer);

#endif
