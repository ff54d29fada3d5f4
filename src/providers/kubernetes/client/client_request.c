/* client_request: see client_request.h. */
#include "providers/kubernetes/client/client_request.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "providers/kubernetes/client/status.h"

#include <string.h>

enum {
    IDLE_MS = 75000, /* the server gives a request 60 s, webhooks included */
    LOST_TRIES = 6,  /* of a connection: about 3 s in all */
    LOST_MS = 10000, /* but where each try takes its time, as with name servers that are away */
    AWAY_MS = 30000, /* so long instead for a server that was there: it may be restarting */
    TELL_MS = 3000,  /* after so long of this the user is told */
    SILENT_TRIES = 2,
    BUSY_TRIES = 30, /* of an answer with Retry-After */
    FIRST_PAUSE_MS = 100,
    LONGEST_PAUSE_MS = 5000,
    /* An API server that has just started refuses everybody until it has read the roles. */
    STARTING_MS = 20000,
};

/* What goes on over the tries of one call. */
struct attempt {
    struct client *client;
    struct arena *arena;
    const struct api_call *call;
    struct body_stream *stream;
    const struct wait *wait;
    struct http_response response;
    unsigned generation; /* of the login used */
    unsigned tries;
    int64_t begun;
    bool logged_in_again;
};

/* ------------------------------------------------------------ the request */

static const char *call_url(const struct attempt *attempt)
{
    const struct api_call *call = attempt->call;
    bool has_query = call->query && *call->query;
    return arena_printf(attempt->arena, "%s%s%s%s", attempt->client->config.server, call->path,
                        has_query ? "?" : "", has_query ? call->query : "");
}

static size_t fill_headers(const struct attempt *attempt, const struct credentials *credentials,
                           struct http_header **ret_headers)
{
    const struct client *client = attempt->client;
    const struct api_call *call = attempt->call;
    struct http_header *headers =
        arena_array(attempt->arena, client->impersonation_count + 3, sizeof *headers);
    size_t count = 0;
    headers[count++] =
        (struct http_header){ "Accept", call->accept ? call->accept : "application/json" };
    if (call->content_type)
        headers[count++] = (struct http_header){ "Content-Type", call->content_type };
    if (credentials->authorization)
        headers[count++] = (struct http_header){ "Authorization", credentials->authorization };
    for (size_t i = 0; i < client->impersonation_count; i++)
        headers[count++] = client->impersonation[i];
    *ret_headers = headers;
    return count;
}

static bool send_once(struct attempt *attempt, struct error *err)
{
    const struct api_call *call = attempt->call;
    struct credentials credentials;
    struct http_header *headers;
    if (!login_get(attempt->client->login, attempt->arena, &credentials, attempt->wait, err)) {
        if (err->kind != ERROR_CANCELLED && err->kind != ERROR_TIMEOUT)
            err->kind =
                ERROR_DENIED; /* a token's file that is not there is no object that is not */
        return false;
    }
    attempt->generation = credentials.generation;
    size_t header_count = fill_headers(attempt, &credentials, &headers);
    struct http_request request = {
        .endpoint = credentials.endpoint,
        .method = call->method,
        .url = call_url(attempt),
        .headers = headers,
        .header_count = header_count,
        .body = call->body,
        .body_length = call->body_length,
        .user = credentials.user,
        .password = credentials.password,
        .idle = IDLE_MS,
    };
    if (attempt->stream) {
        request.sink = attempt->stream->sink;
        request.sink_context = attempt->stream->context;
        request.idle = attempt->stream->endless ? -1 : IDLE_MS;
    }
    return http_do(attempt->client->http, attempt->arena, &request, &attempt->response,
                   attempt->wait, err);
}

/* ---------------------------------------------------------------- repeating */

/* A DELETE that can only hit the object that was meant. */
static bool has_uid_precondition(struct arena *arena, const struct api_call *call)
{
    const struct value *options;
    struct error ignored;
    return call->body && json_parse(arena, call->body, call->body_length, &options, &ignored)
           && value_text_at(options, "preconditions", "uid", NULL);
}

/* May it be sent again when nobody knows whether it was carried out? */
static bool is_repeatable(struct arena *arena, const struct api_call *call)
{
    if (call->repeatable || strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0)
        return true;
    if (strcmp(call->method, "PATCH") == 0)
        return call->content_type
               && strncmp(call->content_type, "application/apply-patch", 23) == 0;
    return strcmp(call->method, "DELETE") == 0 && has_uid_precondition(arena, call);
}

/* A refusal by a server that was away a moment ago: it may not know yet who may do what. */
static bool is_starting(const struct attempt *attempt)
{
    int64_t away_at = atomic_load(&attempt->client->away_at);
    int status = attempt->response.status;
    return (status == 401 || status == 403) && away_at && clock_now() - away_at < STARTING_MS;
}

/* What etcd says of itself for a moment: no leader, another leader, a request timed out. */
static bool is_store_trouble(const struct attempt *attempt)
{
    const struct http_response *response = &attempt->response;
    return response->status == 500 && response->body && strstr(response->body, "etcdserver: ");
}

/* How long to wait before sending again after an answer; -1: it is final. */
static int64_t pause_after_answer(const struct attempt *attempt)
{
    int status = attempt->response.status;
    int64_t asked =
        status_retry_after(http_header(&attempt->response, "Retry-After"), clock_unix());
    bool busy = status == 429 || (status == 503 && asked >= 0);
    bool down = status == 502 || status == 503 || status == 504 || is_store_trouble(attempt);
    bool again =
        busy ? attempt->tries < BUSY_TRIES
             : down && attempt->tries < LOST_TRIES && is_repeatable(attempt->arena, attempt->call);
    if (again || is_starting(attempt))
        return (asked > 0 ? asked : 0)
               + wait_backoff(attempt->tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    return -1;
}

/* Of a server that was there, all requests together are as patient as its restart may take. */
static bool is_patient(const struct attempt *attempt)
{
    struct client *client = attempt->client;
    if (attempt->response.silent)
        return attempt->tries < SILENT_TRIES;
    int64_t away = clock_now() - atomic_load(&client->away_since);
    if (!atomic_load(&client->answered) || away >= AWAY_MS)
        return attempt->tries < LOST_TRIES && clock_now() - attempt->begun < LOST_MS;
    if (away >= TELL_MS && !atomic_exchange(&client->told, true))
        log_warning("%s: it does not answer: trying again for %d seconds", client->description,
                    AWAY_MS / 1000);
    return true;
}

static int64_t pause_after_loss(const struct attempt *attempt)
{
    const struct http_response *response = &attempt->response;
    bool untouched = !attempt->stream || !attempt->stream->touched;
    bool may = response->unsent || is_repeatable(attempt->arena, attempt->call);
    return response->transient && untouched && may && is_patient(attempt)
               ? wait_backoff(attempt->tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
               : -1;
}

/* Whether the server is there; only one request of many needs to notice. */
static void note_presence(struct client *client, bool answered, bool lost)
{
    int64_t now = clock_now(), present = 0;
    if (lost) {
        atomic_store(&client->away_at, now);
        atomic_compare_exchange_strong(&client->away_since, &present, now);
    } else if (answered) {
        atomic_store(&client->answered, true);
        atomic_store(&client->away_since, 0);
        atomic_store(&client->told, false);
    }
}

/* Sleeps where the wait leaves room for it; false: do not try again. */
static bool pause_for(const struct attempt *attempt, int64_t milliseconds)
{
    if (milliseconds < 0 || milliseconds >= wait_left(attempt->wait))
        return false;
    log_debug("%s: status %d, try %u, again in %lld ms", attempt->call->what,
              attempt->response.status, attempt->tries, (long long)milliseconds);
    return wait_sleep(attempt->wait, milliseconds);
}

/* ------------------------------------------------------------------ failing */

static bool is_json(const struct http_response *response)
{
    const char *type = http_header(response, "Content-Type");
    return type && strncmp(type, "application/json", 16) == 0;
}

/* What a Go server says to http where it speaks https. */
static bool wants_tls(const struct http_response *response)
{
    return response->status == 400 && response->body
           && strstr(response->body, "Client sent an HTTP request to an HTTPS server");
}

static bool fail_with_status(const struct attempt *attempt, struct error *err)
{
    const struct http_response *response = &attempt->response;
    const struct value *document = NULL;
    struct error ignored;
    AUTO_BUF raw = BUF_INIT(BUF_OUTPUT_CEILING);
    AUTO_BUF clean = BUF_INIT(BUF_OUTPUT_CEILING);
    if (wants_tls(response))
        return error_set(err, ERROR_UNREACHABLE,
                         "%s: the server speaks TLS: write https:// in front of it in the "
                         "kubeconfig",
                         attempt->call->what);
    if (is_json(response) && response->body_length
        && !json_parse(attempt->arena, response->body, response->body_length, &document, &ignored))
        document = NULL;
    /* One that is shown as it came is cut, and half a value would not be known. */
    const char *body = document || !response->body
                           ? response->body
                           : client_redact(attempt->client, attempt->arena, response->body);
    status_message(&raw, response->status, document, body);
    redactor_clean(attempt->client->redactor, buf_text(&raw), raw.length, &clean);
    return error_set(err, status_error_kind(response->status), "%s: %s", attempt->call->what,
                     buf_text(&clean));
}

/* True: the last word is spoken, *ret_success says which. False: try again. */
static bool try_once(struct attempt *attempt, bool *ret_success, struct error *err)
{
    struct error problem;
    *ret_success = false;
    attempt->tries++;
    attempt->response = (struct http_response){ 0 };
    bool answered = send_once(attempt, &problem);
    note_presence(attempt->client, answered, attempt->response.transient);
    if (!answered) {
        if (pause_for(attempt, pause_after_loss(attempt)))
            return false;
        *err = problem;
        error_prefix(err, "%s", attempt->call->what);
        return true;
    }
    int status = attempt->response.status;
    *ret_success = status >= 200 && status < 300;
    if (*ret_success)
        return true;
    if (status == 401 && !attempt->logged_in_again
        && login_rejected(attempt->client->login, attempt->generation)) {
        attempt->logged_in_again = true;
        return false;
    }
    if (pause_for(attempt, pause_after_answer(attempt)))
        return false;
    fail_with_status(attempt, err);
    return true;
}

bool client_request(struct client *client, struct arena *arena, const struct api_call *call,
                    struct body_stream *stream, struct http_response *ret_response,
                    unsigned *ret_tries, const struct wait *wait, struct error *err)
{
    struct attempt attempt = { .begun = clock_now(),
                               .client = client,
                               .arena = arena,
                               .call = call,
                               .stream = stream,
                               .wait = wait };
    bool success;
    while (!try_once(&attempt, &success, err))
        ;
    *ret_response = attempt.response;
    if (ret_tries)
        *ret_tries = attempt.tries;
    return success;
}
