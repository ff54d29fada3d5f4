/* token: asks a registry's token server; see authorization.h. */
#include "oci/registry/authorization.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "manifest/value_json.h"
#include "net/http_url.h"
#include "oci/registry/retry.h"
#include "oci/registry/words.h"

#include <string.h>
#include <strings.h>

enum {
    REPLY_CEILING = 1 << 20,
    LEAST_LIFETIME_S = 60, /* also where none is told */
    MOST_LIFETIME_S = 24 * 60 * 60,
    MARGIN_MS = 10000, /* a token is renewed that long before its end */
};

#define CLIENT_ID "cmx-reconcile"

static void add_pair(struct buf *out, const char *name, const char *value)
{
    if (out->length && out->data[out->length - 1] != '?')
        buf_putc(out, '&');
    buf_printf(out, "%s=", name);
    url_encode(out, value);
}

/* One pair for each scope, or all in one where that is the form. */
static void add_scopes(struct arena *arena, struct buf *out, const char *scopes, bool together)
{
    if (together) {
        add_pair(out, "scope", scopes);
        return;
    }
    for (size_t length; *scopes; scopes += length + (scopes[length] == ' ')) {
        length = strcspn(scopes, " ");
        if (length)
            add_pair(out, "scope", arena_memdup(arena, scopes, length));
    }
}

static const char *basic_header(struct arena *arena, const struct credential *credential)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *both = arena_printf(arena, "%s:%s", credential->user, credential->password);
    buf_puts(&out, "Basic ");
    base64_add(&out, both, strlen(both));
    return arena_strdup(arena, buf_text(&out));
}

/* GET with basic authentication, or with none. */
static void fill_get(struct arena *arena, const struct token_request *request,
                     struct http_request *http)
{
    AUTO_BUF url = BUF_INIT(BUF_OUTPUT_CEILING);
    const struct credential *credential = request->credential;
    buf_printf(&url, "%s%c", request->realm, strchr(request->realm, '?') ? '&' : '?');
    if (request->service)
        add_pair(&url, "service", request->service);
    add_scopes(arena, &url, request->scopes, false);
    if (credential->user)
        add_pair(&url, "account", credential->user);
    if (request->keep)
        add_pair(&url, "offline_token", "true");
    add_pair(&url, "client_id", CLIENT_ID);
    http->method = "GET";
    http->url = arena_strdup(arena, buf_text(&url));
    if (!credential->user)
        return;
    struct http_header *header = arena_alloc(arena, sizeof *header);
    *header = (struct http_header){ "Authorization", basic_header(arena, credential) };
    http->headers = header;
    http->header_count = 1;
}

/* POST of the refresh token, as oauth2 has it. */
static void fill_post(struct arena *arena, const struct token_request *request,
                      struct http_request *http)
{
    static const struct http_header form[] = { { "Content-Type",
                                                 "application/x-www-form-urlencoded" } };
    AUTO_BUF body = BUF_INIT(BUF_OUTPUT_CEILING);
    add_pair(&body, "grant_type", "refresh_token");
    add_pair(&body, "service", request->service ? request->service : "");
    add_scopes(arena, &body, request->scopes, true);
    add_pair(&body, "client_id", CLIENT_ID);
    add_pair(&body, "refresh_token", request->credential->identity);
    http->method = "POST";
    http->url = request->realm;
    http->headers = form;
    http->header_count = 1;
    http->body = arena_memdup(arena, buf_text(&body), body.length);
    http->body_length = body.length;
}

static const char *filled_text(const struct value *document, const char *name)
{
    const char *text = value_text(value_get(document, name));
    return text && *text ? text : NULL;
}

static bool read_reply(struct arena *arena, const char *place, const struct http_response *response,
                       struct token_reply *ret, struct error *err)
{
    const struct value *document;
    struct error ignored; /* it might quote the token */
    if (!json_parse(arena, response->body, response->body_length, &document, &ignored))
        return error_set(err, ERROR_UNREACHABLE, "%s: its answer is no token (not JSON)", place);
    int64_t lifetime = value_int(value_get(document, "expires_in"), LEAST_LIFETIME_S);
    ret->token = filled_text(document, "token");
    if (!ret->token)
        ret->token = filled_text(document, "access_token");
    ret->refresh = filled_text(document, "refresh_token");
    if (lifetime > MOST_LIFETIME_S)
        lifetime = MOST_LIFETIME_S;
    ret->lifetime = lifetime * 1000 - MARGIN_MS;
    if (ret->lifetime < lifetime * 500)
        ret->lifetime = lifetime > 0 ? lifetime * 500 : 0;
    if (!ret->token || strpbrk(ret->token, "\r\n"))
        return error_set(err, ERROR_UNREACHABLE, "%s: its answer holds no token", place);
    return true;
}

static bool say_refused(struct arena *arena, const struct token_request *request, const char *place,
                        const struct http_response *response, struct error *err)
{
    const struct credential *credential = request->credential;
    const char *secrets[] = { credential->password, credential->identity,
                              credential->user ? basic_header(arena, credential) + 6 : NULL };
    const char *words = response_words(arena, response, secrets, 3);
    const char *status = status_words(response->status);
    enum error_kind kind = status_kind(response->status);
    if (response->status < 300 || kind != ERROR_UNREACHABLE)
        kind = ERROR_DENIED;
    const char *registry = request->server->registry, *whose = "";
    if (response->status == 401 && credential->from)
        whose = arena_printf(arena, "; the credentials of %s were refused", credential->from);
    else if ((response->status == 401 || response->status == 403) && !credential->user
             && !credential->identity)
        whose = arena_printf(
            arena, "; no credentials are known for it: cmx-reconcile registry login %s", registry);
    return error_set(err, kind, "%s: no token from %s: %s%s%s%s", registry, place,
                     status ? status : arena_printf(arena, "answer %d", response->status),
                     *words ? ": " : "", words, whose);
}

/* What would be sent in the open, while the registry itself is not spoken to in the open. */
static bool check_realm(struct arena *arena, const struct token_request *request, struct error *err)
{
    struct url_parts parts;
    if (!url_split(arena, request->realm, &parts))
        return error_set(err, ERROR_UNREACHABLE, "%s: it sends us for a token to what is no URL",
                         request->server->registry);
    bool secure = strncmp(server_base(request->server, arena), "https:", 6) == 0;
    if (secure && strcasecmp(parts.scheme, "https") != 0)
        return error_set(err, ERROR_UNREACHABLE,
                         "%s: it sends us for a token to %s without TLS: refused",
                         request->server->registry, parts.host);
    return true;
}

/* The registry's trust; its client certificate is not shown to another host. */
static const struct http_endpoint *realm_endpoint(struct arena *arena,
                                                  const struct token_request *request)
{
    struct http_endpoint *endpoint = arena_alloc(arena, sizeof *endpoint);
    *endpoint = request->server->endpoint;
    if (!url_same_origin(arena, request->realm, server_base(request->server, arena))) {
        endpoint->certificate_file = endpoint->certificate_data = NULL;
        endpoint->key_file = endpoint->key_data = NULL;
    }
    return endpoint;
}

/* Asked again where that helps. False: no answer, or none that counts. */
static bool ask(struct arena *arena, const struct token_request *request, bool post,
                struct http_response *ret, const struct wait *wait, struct error *err)
{
    struct retry retry = { .place = url_place(arena, request->realm) };
    bool answered, failed;
    struct http_request http = { .endpoint = realm_endpoint(arena, request),
                                 .ceiling = REPLY_CEILING,
                                 .follow = !post };
    (post ? fill_post : fill_get)(arena, request, &http);
    do
        answered = http_do(request->server->registries->http, arena, &http, ret, wait, err);
    while (retry_again(&retry, answered, ret, true, &failed, wait, err));
    return answered && !failed;
}

/* Some token servers know no POST; a password that is there beside the refresh token may do. */
static bool may_get(const struct credential *credential, int status)
{
    return (status == 404 || status == 405) && credential->user && credential->password
           && *credential->password;
}

bool token_fetch(struct arena *arena, const struct token_request *request, struct token_reply *ret,
                 const struct wait *wait, struct error *err)
{
    struct http_response response;
    const char *place = url_place(arena, request->realm);
    bool post = request->credential->identity != NULL;
    if (!check_realm(arena, request, err) || !ask(arena, request, post, &response, wait, err))
        return false;
    if (post && may_get(request->credential, response.status)
        && !ask(arena, request, false, &response, wait, err))
        return false;
    if (response.status != 200)
        return say_refused(arena, request, place, &response, err);
    return read_reply(arena, place, &response, ret, err);
}
