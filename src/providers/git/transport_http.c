/*
 * transport_http: git's smart HTTP protocol (gitprotocol-http(5)) over net/http.h.
 *
 * The list of refs is a GET, each round of the negotiation a POST. An answer goes
 * to a temporary file first: libgit2 pulls, HTTP pushes, and a pack does not
 * belong into memory. Redirects are followed in the first request only, as git
 * does; credentials are not taken along to another host, nor from https to http.
 */
#include "providers/git/credential.h"
#include "providers/git/transport.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum {
    REQUEST_CEILING = 64 << 20,
    REFS_CEILING = 64 << 20, /* bytes of a list of refs: near a million of them */
    REDIRECTS = 5,
    PAUSE_SECONDS = 30, /* the longest Retry-After that is waited for */
};

static const int64_t ANSWER_CEILING = 8LL << 30;
static const char ADVERTISEMENT[] = "/info/refs?service=git-upload-pack";

struct http_transport {
    git_smart_subtransport parent; /* first: libgit2 hands its address back */
    struct transfer *transfer;
    struct credential credential;
    bool credential_known;
    const char *base; /* the URL without credentials and "/" at its end, after redirects */
};

struct http_stream {
    git_smart_subtransport_stream parent; /* first */
    struct buf request;                   /* of a POST */
    int spool;                            /* the answer; -1 until it was asked for */
    bool post;
};

/* ------------------------------------------------------------------------ requests */

static bool spool_open(const struct transfer *transfer, int *ret_spool, struct error *err)
{
    int spool = open(transfer->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool < 0) {
        AUTO_FREE char *name = NULL;
        if (asprintf(&name, "%s/answer.XXXXXX", transfer->folder) < 0)
            name = NULL;
        spool = name ? mkostemp(name, O_CLOEXEC) : -1;
        if (spool >= 0)
            unlink(name);
    }
    if (spool < 0)
        return error_errno(err, ERROR_LOCAL, "cannot make a temporary file in %s",
                           transfer->folder);
    *ret_spool = spool;
    return true;
}

static bool spool_write(void *context, const char *data, size_t length, struct error *err)
{
    const struct http_stream *stream = context;
    const struct http_transport *transport = (struct http_transport *)stream->parent.subtransport;
    while (length) {
        ssize_t written = write(stream->spool, data, length);
        if (written < 0 && errno != EINTR)
            return error_errno(err, ERROR_LOCAL, "cannot keep a git server's answer in %s",
                               transport->transfer->folder);
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
    return true;
}

static bool exchange(struct http_transport *transport, struct http_stream *stream,
                     struct http_response *ret_response, struct error *err)
{
    struct transfer *transfer = transport->transfer;
    const struct http_endpoint endpoint = { .ca_file = transfer->options->ca_file };
    static const struct http_header get[] = { { "Accept", "*/*" },
                                              { "User-Agent", "git/2 (cmx-reconcile)" } };
    static const struct http_header post[] = {
        { "Content-Type", "application/x-git-upload-pack-request" },
        { "Accept", "application/x-git-upload-pack-result" },
        { "User-Agent", "git/2 (cmx-reconcile)" },
    };
    struct http_request request = {
        .endpoint = &endpoint,
        .method = stream->post ? "POST" : "GET",
        .url = arena_printf(transfer->arena, "%s%s", transport->base,
                            stream->post ? "/git-upload-pack" : ADVERTISEMENT),
        .headers = stream->post ? post : get,
        .header_count = stream->post ? 3 : 2,
        .body = stream->post ? buf_text(&stream->request) : NULL,
        .body_length = stream->request.length,
        .user = transport->credential.user,
        .password = transport->credential.password,
        .sink = spool_write,
        .sink_context = stream,
        .ceiling = stream->post ? (size_t)ANSWER_CEILING : REFS_CEILING,
        .idle = TRANSFER_IDLE_MS,
    };
    return http_do(transfer->options->http, transfer->arena, &request, ret_response, transfer->wait,
                   err);
}

/* ----------------------------------------------------------------------- redirects */

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static bool same_server(const struct git_url *one, const struct git_url *two)
{
    const char *one_port = one->port ? one->port : "", *two_port = two->port ? two->port : "";
    return one->scheme == two->scheme && strcmp(one->host, two->host) == 0
           && strcmp(one_port, two_port) == 0;
}

/* A Location of "/path" is on the same server. */
static const char *absolute(struct arena *arena, const char *base, const char *location)
{
    const char *host = strstr(base, "://");
    if (*location != '/' || !host)
        return location;
    return arena_printf(arena, "%.*s%s", (int)(host + 3 + strcspn(host + 3, "/") - base), base,
                        location);
}

static bool follow(struct http_transport *transport, const char *location, struct error *err)
{
    struct transfer *transfer = transport->transfer;
    struct git_url from = transfer->url, to;
    const char *target = absolute(transfer->arena, transport->base, location ? location : "");
    const char *end = strstr(target, "/info/refs");
    if (!end || strcmp(end, ADVERTISEMENT) != 0)
        return error_set(err, ERROR_UNREACHABLE,
                         "%s redirects to a place that is no git repository", from.display);
    target = arena_memdup(transfer->arena, target, (size_t)(end - target));
    if (!git_url_parse(transfer->arena, target, &to, err))
        return false;
    if (to.scheme != GIT_URL_HTTPS && to.scheme != from.scheme)
        return error_set(err, ERROR_REFUSED, "%s redirects to %s, which is not encrypted",
                         from.display, to.display);
    if (!same_server(&from, &to))
        transport->credential = (struct credential){ 0 };
    transfer->url = to;
    transport->base = to.plain;
    return true;
}

/* ------------------------------------------------------------------------- answers */

static bool refused(const struct http_transport *transport, const struct http_response *response,
                    struct error *err)
{
    const char *name = transport->transfer->url.display;
    if (response->status == 401 || response->status == 403)
        return error_set(err, ERROR_DENIED, "%s: the credentials were refused (HTTP %d)", name,
                         response->status);
    if (response->status == 404 || response->status == 410)
        return error_set(err, ERROR_NOT_FOUND,
                         "%s: no such repository, or these credentials may not read it (HTTP %d)",
                         name, response->status);
    return error_set(err, ERROR_UNREACHABLE, "%s: HTTP %d from the git server", name,
                     response->status);
}

/* 401: the helpers are asked once; *ret_again when there is something else to send. */
static bool answer_challenge(struct http_transport *transport, bool *ret_again,
                             const struct http_response *response, struct error *err)
{
    struct transfer *transfer = transport->transfer;
    if (transport->credential.user) {
        credential_tell(transfer, &transport->credential, false);
        return refused(transport, response, err);
    }
    *ret_again = true;
    return credential_ask(transfer, &transport->credential, err);
}

static bool check_type(const struct http_transport *transport, const struct http_stream *stream,
                       const struct http_response *response, struct error *err)
{
    const char *type = http_header(response, "Content-Type");
    const char *expected = stream->post ? "application/x-git-upload-pack-result"
                                        : "application/x-git-upload-pack-advertisement";
    if (type && strncmp(type, expected, strlen(expected)) == 0)
        return true;
    return error_set(err, ERROR_UNREACHABLE,
                     "%s answers with %s, so no git server (smart HTTP) is there",
                     transport->transfer->url.display, type ? type : "no content type");
}

static bool is_busy(int status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/* A server that asks for time gets some: what it says, else 1, 2 and 4 seconds. */
static bool pause_for(struct http_transport *transport, unsigned tries,
                      const struct http_response *response, bool *ret_again, struct error *err)
{
    const char *text = http_header(response, "Retry-After");
    size_t digits = text ? strspn(text, "0123456789") : 0;
    long seconds = digits && digits < 9 && !text[digits] ? strtol(text, NULL, 10) : 1L << tries;
    if (tries >= TRANSFER_RETRIES || seconds > PAUSE_SECONDS) {
        refused(transport, response, err);
        return text ? error_set(err, err->kind, "%s; it asks to be left alone for %.64s%s",
                                err->message, text, digits ? " s" : "")
                    : false;
    }
    wait_sleep(transport->transfer->wait, seconds * 1000);
    *ret_again = true;
    return wait_check(transport->transfer->wait, transport->transfer->url.display, err);
}

static bool judge(struct http_transport *transport, struct http_stream *stream,
                  const struct http_response *response, unsigned tries, bool *ret_again,
                  struct error *err)
{
    *ret_again = false;
    if (is_busy(response->status))
        return pause_for(transport, tries, response, ret_again, err);
    if (response->status == 401)
        return answer_challenge(transport, ret_again, response, err);
    if (is_redirect(response->status) && !stream->post) {
        *ret_again = true;
        return follow(transport, http_header(response, "Location"), err);
    }
    if (response->status != 200)
        return refused(transport, response, err);
    return check_type(transport, stream, response, err);
}

/* All that is asked of a git server is a question, and may be asked again. True: do so. */
static bool lost_for_a_moment(const struct http_transport *transport,
                              const struct http_response *response, unsigned tries)
{
    const struct wait *wait = transport->transfer->wait;
    return response->transient && !response->silent && tries < TRANSFER_RETRIES
           && wait_sleep(wait, (int64_t)TRANSFER_LOST_MS << tries);
}

static bool ask(struct http_transport *transport, struct http_stream *stream, struct error *err)
{
    struct transfer *transfer = transport->transfer;
    struct error problem; /* of a try, which the next may make good */
    bool again = true;
    if (!transfer->options->http)
        return error_set(err, ERROR_BUG, "%s: no HTTP client was given", transfer->url.display);
    if (!transport->credential_known && !credential_given(transfer, &transport->credential, err))
        return false;
    transport->credential_known = true;
    if (!spool_open(transfer, &stream->spool, err))
        return false;
    for (unsigned tries = 0; again; tries++) {
        struct http_response response = { 0 };
        if (tries > REDIRECTS)
            return error_set(err, ERROR_UNREACHABLE, "%s: more than %d redirects",
                             transfer->url.display, REDIRECTS);
        if (ftruncate(stream->spool, 0) != 0 || lseek(stream->spool, 0, SEEK_SET) != 0)
            return error_errno(err, ERROR_LOCAL, "cannot empty a temporary file");
        if (exchange(transport, stream, &response, &problem)) {
            if (!judge(transport, stream, &response, tries, &again, err))
                return false;
        } else if (!lost_for_a_moment(transport, &response, tries)) {
            *err = problem;
            return false;
        }
    }
    if (lseek(stream->spool, 0, SEEK_SET) != 0)
        return error_errno(err, ERROR_LOCAL, "cannot read a temporary file");
    if (transport->credential.from_helper && !stream->post)
        credential_tell(transfer, &transport->credential, true);
    return true;
}

/* ------------------------------------------------------------------------- streams */

static int stream_read(git_smart_subtransport_stream *parent, char *data, size_t size,
                       size_t *ret_length)
{
    struct http_stream *stream = (struct http_stream *)parent;
    struct http_transport *transport = (struct http_transport *)parent->subtransport;
    struct error *err = &transport->transfer->error;
    if (stream->spool < 0 && !ask(transport, stream, err))
        return -1;
    ssize_t length = read(stream->spool, data, size);
    if (length < 0) {
        error_errno(err, ERROR_LOCAL, "cannot read a temporary file");
        return -1;
    }
    *ret_length = (size_t)length;
    return 0;
}

static int stream_write(git_smart_subtransport_stream *parent, const char *data, size_t length)
{
    struct http_stream *stream = (struct http_stream *)parent;
    struct http_transport *transport = (struct http_transport *)parent->subtransport;
    if (stream->post && buf_add(&stream->request, data, length))
        return 0;
    error_set(&transport->transfer->error, ERROR_INPUT, "a git request of more than %d bytes",
              REQUEST_CEILING);
    return -1;
}

static void stream_free(git_smart_subtransport_stream *parent)
{
    struct http_stream *stream = (struct http_stream *)parent;
    if (stream->spool >= 0)
        close(stream->spool);
    buf_done(&stream->request);
    free(stream);
}

static int transport_action(git_smart_subtransport_stream **ret_stream,
                            git_smart_subtransport *subtransport, const char *url,
                            git_smart_service_t service)
{
    struct http_stream *stream;
    (void)url;
    if (service != GIT_SERVICE_UPLOADPACK && service != GIT_SERVICE_UPLOADPACK_LS)
        return -1;
    stream = memory_alloc(sizeof *stream);
    *stream = (struct http_stream){
        .parent = { subtransport, stream_read, stream_write, stream_free },
        .request = BUF_INIT(REQUEST_CEILING),
        .spool = -1,
        .post = service == GIT_SERVICE_UPLOADPACK,
    };
    *ret_stream = &stream->parent;
    return 0;
}

static int transport_close(git_smart_subtransport *subtransport)
{
    (void)subtransport;
    return 0;
}

static void transport_free(git_smart_subtransport *subtransport)
{
    free(subtransport);
}

static const char *without_slash(struct arena *arena, const char *url)
{
    size_t length = strlen(url);
    while (length && url[length - 1] == '/')
        length--;
    return arena_memdup(arena, url, length);
}

int transport_http_new(git_smart_subtransport **ret_subtransport, git_transport *owner,
                       void *context)
{
    struct transfer *transfer = context;
    struct http_transport *transport = memory_alloc(sizeof *transport);
    (void)owner;
    *transport = (struct http_transport){
        .parent = { transport_action, transport_close, transport_free },
        .transfer = transfer,
        .base = without_slash(transfer->arena, transfer->url.plain),
    };
    *ret_subtransport = &transport->parent;
    return 0;
}
