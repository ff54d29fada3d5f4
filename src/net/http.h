/*
 * http: the only user of libcurl.
 *
 * One I/O thread owns curl's multi handle; a call blocks its own thread only,
 * and all requests to a host share its HTTP/2 connection. Every call has a
 * deadline and can be cancelled. No retries here: who knows what a request
 * means decides that.
 */
#ifndef CMX_NET_HTTP_H
#define CMX_NET_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;

/* Starts the I/O thread. The caller owns it and ends it after every call has returned. */
struct http *http_new(void) __attribute__((warn_unused_result));
void http_free(struct http *http);

/* How to reach and to trust a server; all strings may be NULL. Outlives the requests made with it.
 */
struct http_endpoint {
    const char *ca_file;
    const char *ca_data;                             /* PEM */
    const char *certificate_file, *certificate_data; /* of the client, PEM */
    const char *key_file, *key_data;
    const char *server_name; /* to be checked instead of the URL's host, sent as SNI */
    const char *proxy; /* http://…, socks5://…; "" for none whatever the environment says */
    const char *unix_socket; /* a path: the URL's host is then only a name */
    bool insecure;           /* no verification */
};

struct http_header {
    const char *name, *value;
};

/* Body bytes as they arrive, already decompressed. False (with err) ends the transfer. */
typedef bool http_sink(void *context, const char *data, size_t length, struct error *err);

/*
 * More of a request's body: up to `capacity` bytes, *ret_length 0 is its end. False (with
 * err) ends the transfer.
 */
typedef bool http_source(void *context, char *data, size_t capacity, size_t *ret_length,
                         struct error *err);

struct http_request {
    const struct http_endpoint *endpoint; /* NULL: the system's trust */
    const char *method;                   /* "GET" */
    const char *url;
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* NULL: none */
    size_t body_length;
    /*
     * In place of `body`: read on the calling thread, so that it may block. What waits to
     * be sent is bounded. An answer that comes before the end ends the reading. A source
     * is read once: redirects of such a request are not followed, the answer tells them.
     * Over HTTP/2 libcurl 7.88 may lose an early answer: it looks like a lost connection,
     * and http1 brings it out.
     */
    http_source *source;
    void *source_context;
    int64_t source_length;       /* bytes that it will give; -1: not known (sent chunked) */
    const char *user, *password; /* basic authentication, or NULL */
    /*
     * Where a 2xx body goes: to `sink` when set (called on the calling thread,
     * so that it may block; the response's status is then set already), else into the
     * response. Bodies of other statuses always go into the response. What a slow sink
     * has not taken waits, up to 4 MiB; then its transfer is paused, and over HTTP/2 the
     * others of the connection with it.
     */
    http_sink *sink;
    void *sink_context;
    size_t ceiling; /* bytes of a body; 0: 64 MiB. With a sink: of the whole transfer, 0: none */
    int64_t idle;   /* ms without a byte after which to give up; 0: 30 s; <0: never (a watch) */
    bool http1;     /* speak HTTP/1.1, also where HTTP/2 is offered */
    bool follow;    /* follow redirects; credentials and own headers never go to another host */
};

struct http_response {
    int status;                  /* 200; 0 while there was none */
    struct http_header *headers; /* in the arena */
    size_t header_count;
    const char *body; /* NUL behind it */
    size_t body_length;
    bool http2;
    /* Of a failure: */
    bool transient; /* refused or lost connection: trying again may help          */
    bool unsent;    /* no byte of the request can have reached the server         */
    bool silent;    /* transient, but only after `idle` had passed without a byte */
    bool no_tls;    /* the handshake failed; not for the certificate's sake       */
};

/*
 * Does one request. True when an HTTP answer of any status arrived whole. False:
 * ERROR_UNREACHABLE (with host, port and the reason: DNS, refused, TLS with what
 * is wrong about the certificate), ERROR_TIMEOUT, ERROR_CANCELLED, ERROR_INPUT
 * (over a ceiling), or what the sink said.
 */
bool http_do(struct http *http, struct arena *arena, const struct http_request *request,
             struct http_response *ret_response, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* One request of many. */
struct http_call {
    struct http_request request; /* without a sink or a source */
    struct http_response response;
    bool done; /* true: response is set; false: error is */
    struct error error;
};

/* Does all, at most `in_flight` at a time; returns when each is done or failed. */
void http_do_all(struct http *http, struct arena *arena, struct http_call *calls, size_t count,
                 unsigned in_flight, const struct wait *wait);

/* The header's value, name compared without case, or NULL. */
const char *http_header(const struct http_response *response, const char *name);

/* Appends `text` percent-encoded as one path segment or query value (RFC 3986). */
void url_encode(struct buf *out, const char *text);

#endif
