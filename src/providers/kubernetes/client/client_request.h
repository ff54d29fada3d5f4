/*
 * client_request: one request of a client, with login, retries and the server's
 * words on failure. What client.c and client_stream.c stand on.
 */
#ifndef CMX_KUBERNETES_CLIENT_REQUEST_H
#define CMX_KUBERNETES_CLIENT_REQUEST_H

#include "providers/kubernetes/client/client.h"
#include "providers/kubernetes/client/client_login.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CLIENT_LISTS_AHEAD = 16 };

struct client {
    struct arena *arena;
    struct kubeconfig config;
    struct http *http;
    struct login *login;
    struct redactor *redactor;
    const char *description;
    struct http_header *impersonation;
    size_t impersonation_count;
    /* clock_now() when the server was not reached last, and since when it is not; 0: it was */
    _Atomic int64_t away_at, away_since;
    atomic_bool answered; /* it was there once   */
    atomic_bool told;     /* that it is away now */
    pthread_mutex_t ahead_lock;
    struct ahead *ahead[CLIENT_LISTS_AHEAD]; /* first pages that nobody has asked for yet */
};

/* Where the body of a 2xx answer goes, when not into the response. */
struct body_stream {
    http_sink *sink;
    void *context;
    bool endless; /* a watch: silence is no fault */
    bool touched; /* bytes were handed over: the request is not repeated any more */
};

/*
 * Does `call` until it is answered: 401 renews the login once; 429, 503 and lost
 * connections are repeated where the request may be. True for a 2xx. `stream`
 * may be NULL. *ret_response is filled whenever there was an answer.
 */
bool client_request(struct client *client, struct arena *arena, const struct api_call *call,
                    struct body_stream *stream, struct http_response *ret_response,
                    unsigned *ret_tries, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
