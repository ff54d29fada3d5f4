/*
 * login: are a user and a password good for a registry? See registry.h.
 *
 * Asked with credentials that nobody has stored yet, so that this is a round of its own beside
 * authorization.c: what does the registry ask for, and does it then let us in?
 */
#include "oci/registry/exchange.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/log.h"
#include "oci/registry/words.h"
#include "oci/registry/www_authenticate.h"

#include <string.h>
#include <strings.h>

enum { ANSWER_CEILING = 1 << 20 };

static const char *basic_header(struct arena *arena, const char *user, const char *password)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *both = arena_printf(arena, "%s:%s", user, password);
    buf_puts(&out, "Basic ");
    base64_add(&out, both, strlen(both));
    return arena_strdup(arena, buf_text(&out));
}

static bool ask(struct server *server, struct arena *arena, const char *authorization,
                struct http_response *ret, const struct wait *wait, struct error *err)
{
    struct http_header headers[] = { { "Accept", "application/json" },
                                     { "Authorization", authorization } };
    struct http_request request = { .endpoint = &server->endpoint,
                                    .method = "GET",
                                    .url =
                                        arena_printf(arena, "%s/v2/", server_base(server, arena)),
                                    .headers = headers,
                                    .header_count = authorization ? 2 : 1,
                                    .ceiling = ANSWER_CEILING };
    return http_do(server->registries->http, arena, &request, ret, wait, err);
}

static bool say_wrong(const struct server *server, const struct http_response *response,
                      struct error *err)
{
    const char *status = status_words(response->status);
    enum error_kind kind = status_kind(response->status);
    if (response->status == 404)
        return error_set(err, ERROR_UNREACHABLE, "%s: it is not a registry (no /v2/)",
                         server->registry);
    return error_set(err, kind, "%s: user and password were refused (%s)", server->registry,
                     status ? status : "no success");
}

/* A token for nothing in particular shows that user and password are good. */
static bool log_in_for_token(struct server *server, struct arena *arena,
                             const struct challenge *challenge, const struct credential *credential,
                             const char **ret_header, const char **ret_identity,
                             const struct wait *wait, struct error *err)
{
    struct token_reply reply;
    struct token_request request = { .server = server,
                                     .realm = challenge_parameter(challenge, "realm"),
                                     .service = challenge_parameter(challenge, "service"),
                                     .scopes = "",
                                     .credential = credential,
                                     .keep = true };
    if (!request.realm)
        return error_set(err, ERROR_UNREACHABLE, "%s: it does not say where tokens come from",
                         server->registry);
    if (!token_fetch(arena, &request, &reply, wait, err))
        return false;
    *ret_header = arena_printf(arena, "Bearer %s", reply.token);
    *ret_identity = reply.refresh;
    return true;
}

static void read_challenges(struct arena *arena, const struct http_response *response,
                            struct challenges *ret)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, "WWW-Authenticate") == 0)
            www_authenticate_read(arena, response->headers[i].value, ret);
}

/* Asks without a name; over TLS where plain http was only a guess. */
static bool ask_first(struct server *server, struct arena *arena, struct http_response *ret,
                      const struct wait *wait, struct error *err)
{
    struct call call = { .method = "GET", .path = "", .what = "login" };
    struct answer answer;
    AUTO_ARENA own = arena_new();
    if (!exchange(server, NULL, own, &call, &answer, wait, err) && err->kind != ERROR_DENIED)
        return false;
    return ask(server, arena, NULL, ret, wait, err);
}

bool registry_login(struct registries *registries, struct arena *arena, const char *registry,
                    const char *user, const char *password, const char **ret_identity,
                    const struct wait *wait, struct error *err)
{
    struct server *server;
    struct http_response response;
    struct challenges challenges = { 0 };
    struct credential credential = { .user = user, .password = password };
    const char *header = basic_header(arena, user, password), *identity = NULL;
    if (!server_find(registries, registry, &server, err)
        || !ask_first(server, arena, &response, wait, err))
        return false;
    bool open = response.status == 200;
    read_challenges(arena, &response, &challenges);
    const struct challenge *bearer = challenge_of_scheme(&challenges, "Bearer");
    if (response.status == 401 && bearer
        && !log_in_for_token(server, arena, bearer, &credential, &header, &identity, wait, err))
        return false;
    if (!ask(server, arena, header, &response, wait, err))
        return false;
    if (open && response.status == 200)
        log_warning("%s lets everybody in: nobody has tried user and password", registry);
    if (ret_identity)
        *ret_identity = identity;
    return response.status == 200 || say_wrong(server, &response, err);
}
