/* exchange: see exchange.h. */
#include "oci/registry/exchange.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "net/http_url.h"
#include "oci/registry/paging.h"
#include "oci/registry/retry.h"
#include "oci/registry/words.h"

#include <string.h>
#include <strings.h>

enum { ANSWER_CEILING = 8 << 20, LOGINS = 2, MOST_HEADERS = 6, WARNING_CEILING = 1000 };

/* What goes on over the tries of one call. */
struct attempt {
    struct server *server;
    const char *repository;
    struct arena *arena;
    const struct call *call;
    struct authorization_wish wish;
    struct retry retry;
    unsigned logins;
    bool pinged;
    const struct wait *wait;
};

/* ---------------------------------------------------------------- the request */

static const char *scopes_of(struct arena *arena, const char *repository, const struct call *call)
{
    static const char *const actions[] = {
        [ACCESS_PULL] = "pull",
        [ACCESS_PUSH] = "pull,push",
        [ACCESS_DELETE] = "delete,pull,push",
    };
    if (call->access == ACCESS_CATALOG)
        return "registry:catalog:*";
    if (!repository)
        return ""; /* only: are we let in? */
    const char *own = arena_printf(arena, "repository:%s:%s", repository, actions[call->access]);
    if (!call->from_repository)
        return own;
    return arena_printf(arena, "%s repository:%s:pull", own, call->from_repository);
}

static const char *url_of(const struct attempt *attempt)
{
    const struct call *call = attempt->call;
    const char *base = server_base(attempt->server, attempt->arena);
    if (call->url)
        return call->url;
    if (call->access == ACCESS_CATALOG || !attempt->repository)
        return arena_printf(attempt->arena, "%s/v2/%s", base, call->path);
    return arena_printf(attempt->arena, "%s/v2/%s/%s", base, attempt->repository, call->path);
}

static void add_header(struct http_request *request, struct http_header *headers, const char *name,
                       const char *value)
{
    if (value)
        headers[request->header_count++] = (struct http_header){ name, value };
}

/* Another host (an upload's Location may be there) gets neither credentials nor certificates. */
static void fill_origin(const struct attempt *attempt, const char *authorization,
                        struct http_request *request, struct http_header *headers)
{
    struct http_endpoint *endpoint = arena_alloc(attempt->arena, sizeof *endpoint);
    *endpoint = attempt->server->endpoint;
    if (url_same_origin(attempt->arena, request->url, server_base(attempt->server, attempt->arena)))
        add_header(request, headers, "Authorization", authorization);
    else
        endpoint->certificate_file = endpoint->key_file = NULL;
    request->endpoint = endpoint;
}

static struct http_request request_of(const struct attempt *attempt, const char *authorization)
{
    const struct call *call = attempt->call;
    struct http_header *headers = arena_array(attempt->arena, MOST_HEADERS, sizeof *headers);
    struct http_request request = {
        .method = call->method,
        .url = url_of(attempt),
        .headers = headers,
        .body = call->body,
        .body_length = call->body_length,
        .source = call->source,
        .source_context = call->source_context,
        .source_length = call->source_length,
        .sink = call->sink,
        .sink_context = call->sink_context,
        .ceiling = call->sink      ? call->ceiling
                   : call->ceiling ? call->ceiling
                                   : ANSWER_CEILING,
        .http1 = call->http1,
        .follow = true,
    };
    fill_origin(attempt, authorization, &request, headers);
    add_header(&request, headers, "Accept", call->accept ? call->accept : "application/json");
    add_header(&request, headers, "Content-Type", call->content_type);
    add_header(&request, headers, "Content-Range", call->content_range);
    add_header(&request, headers, "Range", call->range);
    /* Bytes are wanted as they are stored: their digest is checked. */
    add_header(&request, headers, "Accept-Encoding", "identity");
    return request;
}

/* What stands behind '?' may be the key to an upload. */
static void log_answer(const struct http_request *request, bool answered, int status)
{
    log_debug("registry: %s %.*s: %d%s", request->method, (int)strcspn(request->url, "?"),
              request->url, status, answered ? "" : " (lost)");
}

/* What a registry says to its users (that it is given up, that a quota is near), once a run. */
static void pass_warnings(const struct attempt *attempt, const struct http_response *response)
{
    struct server *server = attempt->server;
    for (size_t i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        const char *text = strcasecmp(header->name, "Warning") == 0
                               ? warning_text(attempt->arena, header->value)
                               : NULL;
        if (text && server_tells(server, text))
            log_warning("%s says: %.*s", server->registry, WARNING_CEILING, text);
    }
}

/* ------------------------------------------------------------------ the tries */

/* Does a server that was asked without TLS say that it wants it? */
static bool wants_tls(bool answered, const struct http_response *response)
{
    if (!answered)
        return false;
    const char *body = response->body;
    bool bare = response->body_length == 0; /* of HEAD */
    return response->status == 400
           && (bare || strcasestr(body, "HTTPS server") || strcasestr(body, "HTTPS port"));
}

/*
 * Where plain http was only a guess, a connection that is lost twice may mean that TLS is wanted;
 * or nothing, when TLS turns out not to be spoken. (Not after the first time: a server without TLS
 * may keep who greets it that way waiting for 30 s.) True: ask again at once. Else what failed
 * counts as lost, so that it is asked again as usual, with the scheme that is right by then.
 */
static bool try_other_scheme(struct attempt *attempt, struct answer *answer)
{
    struct http_response *response = &answer->response;
    bool plain = strncmp(answer->url, "http:", 5) == 0;
    bool may_be_it = plain ? !response->unsent && (!response->transient || attempt->retry.tries)
                           : response->transient || response->no_tls;
    if (response->status || !may_be_it || !server_guess_again(attempt->server, answer->url))
        return false;
    response->transient = true;
    return plain;
}

static bool is_single(const struct call *call)
{
    return call->source || call->sink;
}

static bool send_once(struct attempt *attempt, struct answer *answer, struct error *err)
{
    if (!authorization_get(attempt->server, attempt->arena, &attempt->wish, &answer->used,
                           attempt->wait, err)) {
        answer->response = (struct http_response){ 0 };
        answer->url = "";
        return false;
    }
    struct http_request request = request_of(attempt, answer->used.header);
    bool answered = http_do(attempt->server->registries->http, attempt->arena, &request,
                            &answer->response, attempt->wait, err);
    answer->url = request.url;
    log_answer(&request, answered, answer->response.status);
    if (answered)
        pass_warnings(attempt, &answer->response);
    return answered;
}

/* After a 401: is there another way to be let in? What had a body to read is the caller's. */
static bool log_in_again(struct attempt *attempt, const struct answer *answer)
{
    if (answer->response.status != 401 || attempt->logins++ >= LOGINS)
        return false;
    return authorization_refused(attempt->server, &attempt->wish, &answer->used, &answer->response)
           && !attempt->call->source;
}

/* Somebody else may have the right to it, where several are known. */
static bool come_as_another(const struct attempt *attempt, const struct answer *answer)
{
    int status = answer->response.status;
    return (status == 401 || status == 403) && answer->used.header && !attempt->call->source
           && authorization_next(attempt->server, &attempt->wish, &answer->used);
}

static bool has_credentials(struct attempt *attempt)
{
    struct server *server = attempt->server;
    struct credential credential = { 0 };
    struct error ignored;
    return credentials_find(server->registries->credentials, attempt->arena, server->registry,
                            attempt->repository, &credential, attempt->wait, &ignored)
           && (credential.user || credential.identity || credential.token);
}

/* What /v2/ asks for is learned by the server. */
static void ping(struct attempt *attempt, const struct answer *answer)
{
    struct http_response response;
    struct error ignored;
    struct http_request request = {
        .endpoint = &attempt->server->endpoint,
        .method = "GET",
        .url = arena_printf(attempt->arena, "%s/v2/", server_base(attempt->server, attempt->arena)),
        .ceiling = ANSWER_CEILING,
    };
    bool answered = http_do(attempt->server->registries->http, attempt->arena, &request, &response,
                            attempt->wait, &ignored);
    log_answer(&request, answered, answered ? response.status : 0);
    if (answered && response.status == 401)
        (void)authorization_refused(attempt->server, &attempt->wish, &answer->used, &response);
}

/*
 * Who is not logged in may be told 403, or that nothing is there, without being asked for a name,
 * or 401 without what is asked for: then /v2/ tells what the registry wants. One thread asks; the
 * others wait for what it learns.
 */
static bool was_not_asked(struct attempt *attempt, const struct answer *answer)
{
    struct server *server = attempt->server;
    int status = answer->response.status;
    bool first = true;
    if ((status != 401 && status != 403 && status != 404) || answer->used.header
        || is_single(attempt->call) || attempt->pinged
        || (status != 401 && !has_credentials(attempt)))
        return false;
    attempt->pinged = true;
    if (!server_begin_ping(server, &first, attempt->wait))
        return false;
    if (first)
        ping(attempt, answer);
    return server_end_ping(server, first);
}

static bool goes_on(struct attempt *attempt, bool answered, struct answer *answer, bool *ret_failed,
                    struct error *err)
{
    *ret_failed = false;
    if (wants_tls(answered, &answer->response) && server_turns_to_tls(attempt->server))
        return !attempt->call->source;
    if (answered)
        server_is_right(attempt->server, answer->url);
    else if (try_other_scheme(attempt, answer) && !attempt->call->source)
        return true;
    if (answered
        && (log_in_again(attempt, answer) || was_not_asked(attempt, answer)
            || come_as_another(attempt, answer)))
        return true;
    bool repeatable = !is_single(attempt->call);
    if (!answered && is_single(attempt->call))
        return false;
    if (attempt->call->source)
        return false;
    return retry_again(&attempt->retry, answered, &answer->response, repeatable || answered,
                       ret_failed, attempt->wait, err);
}

/* Most registries that a handshake fails with speak plain http. */
static void hint_at_plain_http(const struct attempt *attempt, const struct answer *answer,
                               struct error *err)
{
    const struct server *server = attempt->server;
    if (answer->response.no_tls && !server->guesses)
        error_set(err, err->kind, "%s; if it speaks no TLS: --registry-plain-http %s",
                  arena_strdup(attempt->arena, err->message), server->registry);
}

bool exchange(struct server *server, const char *repository, struct arena *arena,
              const struct call *call, struct answer *ret, const struct wait *wait,
              struct error *err)
{
    struct attempt attempt = { .server = server,
                               .repository = repository,
                               .arena = arena,
                               .call = call,
                               .wish = { scopes_of(arena, repository, call), repository },
                               .retry = { .place = server->registry },
                               .wait = wait };
    bool answered, failed;
    struct error error = { 0 }; /* of a try: the caller's is untouched where the next one does it */
    do
        answered = send_once(&attempt, ret, &error);
    while (goes_on(&attempt, answered, ret, &failed, &error));
    if (answered && !failed)
        return true;
    *err = error;
    if (!answered && err->kind == ERROR_INPUT && !is_single(call))
        err->kind = ERROR_INVALID; /* over a ceiling: the registry's fault, not a manifest's */
    if (!answered)
        hint_at_plain_http(&attempt, ret, err);
    return false;
}

/* --------------------------------------------------------------------- answers */

/*
 * A registry that is not told of the TLS before it (X-Forwarded-Proto) names itself by http: what
 * is meant is itself, and what we send stays within TLS.
 */
static const char *keep_tls(struct server *server, struct arena *arena, const char *asked,
                            const char *url)
{
    struct url_parts from, to;
    if (!url_split(arena, asked, &from) || !url_split(arena, url, &to)
        || strcasecmp(from.scheme, "https") != 0 || strcasecmp(to.scheme, "https") == 0)
        return url;
    const char *base = server_base(server, arena), *path = strchr(strstr(url, "://") + 3, '/');
    bool itself = url_same_origin(arena, asked, base) && strcasecmp(from.host, to.host) == 0;
    return itself && path ? arena_printf(arena, "%s%s", base, path) : NULL;
}

const char *answer_location(struct server *server, struct arena *arena, const struct answer *answer)
{
    const char *location = http_header(&answer->response, "Location");
    const char *url = location ? url_resolve(arena, answer->url, location) : NULL;
    return url ? keep_tls(server, arena, answer->url, url) : NULL;
}

/* Who comes with a token was let in where that is from, so that it is no wrong password. */
static bool was_let_in(const struct answer *answer)
{
    return answer->used.header && strncmp(answer->used.header, "Bearer ", 7) == 0;
}

static void say_login(const struct server *server, const struct answer *answer, struct buf *out)
{
    const char *from = answer->used.from ? answer->used.from : "this run";
    if (answer->used.anonymous)
        buf_printf(out, "; no credentials are known for it: cmx-reconcile registry login %s",
                   server->registry);
    else if (answer->response.status == 401)
        buf_printf(out,
                   was_let_in(answer)
                       ? "; who logs in with %s has no right to it, or it does not exist"
                       : "; the credentials of %s were refused",
                   from);
}

/* Part of a header's value that may not be told: "Bearer abc" → "abc". */
static const char *bare_token(const struct answer *answer)
{
    const char *blank = answer->used.header ? strchr(answer->used.header, ' ') : NULL;
    return blank ? blank + 1 : NULL;
}

bool answer_refused(const struct server *server, const char *repository, const struct call *call,
                    const struct answer *answer, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct http_response *response = &answer->response;
    const char *secrets[] = { bare_token(answer) };
    const char *status = status_words(response->status);
    const char *words = response_words(arena, response, secrets, 1);
    buf_printf(&out, "%s%s%s: %s: %s", server->registry, repository ? "/" : "",
               repository ? repository : "", call->what,
               status ? status : arena_printf(arena, "answer %d", response->status));
    if (*words)
        buf_printf(&out, ": %s", words);
    if (response->status == 401 || response->status == 403)
        say_login(server, answer, &out);
    if (response->status == 400 && !*words && !server->endpoint.certificate_file)
        buf_puts(&out, "; some answer so who shows no certificate: --registry-cert");
    return error_set(err, status_kind(response->status), "%s", buf_text(&out));
}

bool exchange_expect(struct server *server, const char *repository, struct arena *arena,
                     const struct call *call, const int *expected, struct answer *ret,
                     const struct wait *wait, struct error *err)
{
    if (!exchange(server, repository, arena, call, ret, wait, err))
        return false;
    for (; *expected; expected++)
        if (ret->response.status == *expected)
            return true;
    return answer_refused(server, repository, call, ret, err);
}
