/* authorization: see authorization.h. */
#include "oci/registry/authorization.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"
#include "oci/registry/www_authenticate.h"

#include <string.h>
#include <strings.h>

enum { LOOK_MS = 100 };

/* What a server has asked for; texts live as long as it. */
struct demand {
    enum auth_scheme scheme;
    const char *realm, *service;
};

static struct demand demand_of(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    struct demand demand = { server->scheme, server->realm, server->service };
    pthread_mutex_unlock(&server->lock);
    return demand;
}

/* -------------------------------------------------------------- bearer tokens */

static struct token *token_of(struct server *server, const char *scopes)
{
    for (struct token *token = server->tokens; token; token = token->next)
        if (strcmp(token->scopes, scopes) == 0)
            return token;
    struct token *token = arena_alloc(server->arena, sizeof *token);
    token->scopes = arena_strdup(server->arena, scopes);
    token->next = server->tokens;
    server->tokens = token;
    return token;
}

/* While another thread fetches it; locked. */
static bool await_token(struct server *server, struct token *token, const struct wait *wait,
                        struct error *err)
{
    while (token->fetching) {
        int64_t until = clock_now() + LOOK_MS;
        struct timespec time = { .tv_sec = until / 1000, .tv_nsec = (until % 1000) * 1000000 };
        if (!wait_check(wait, server->registry, err))
            return false;
        pthread_cond_timedwait(&server->changed, &server->lock, &time);
    }
    return true;
}

static const char *all_scopes(struct arena *arena, const struct token *token)
{
    if (!token->asked)
        return arena_strdup(arena, token->scopes);
    const char *between = *token->scopes ? " " : "";
    return arena_printf(arena, "%s%s%s", token->scopes, between, token->asked);
}

/*
 * A refresh token may be good for one fetch, whose reply then has the next one. What is kept is the
 * first one all the same: only this run knows the others. Locked.
 */
static void keep_identity(struct server *server, const char *given, const char *next)
{
    if (!given || !next)
        return;
    server->spent = arena_strdup(server->arena, given);
    server->next_identity = arena_strdup(server->arena, next);
}

/* This thread fetches it for all; locked, but not meanwhile. */
static bool renew(struct server *server, struct token *token, const struct demand *demand,
                  const struct credential *credential, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct token_reply reply;
    struct credential now = *credential;
    if (now.identity && text_same(now.identity, server->spent))
        now.identity = arena_strdup(arena, server->next_identity);
    struct token_request request = { .server = server,
                                     .realm = demand->realm,
                                     .service = demand->service,
                                     .scopes = all_scopes(arena, token),
                                     .credential = &now };
    token->fetching = true;
    pthread_mutex_unlock(&server->lock);
    bool fetched = token_fetch(arena, &request, &reply, wait, err);
    pthread_mutex_lock(&server->lock);
    token->fetching = false;
    if (fetched) {
        token->header = arena_printf(server->arena, "Bearer %s", reply.token);
        token->expires = clock_now() + reply.lifetime;
        keep_identity(server, credential->identity, reply.refresh);
    }
    pthread_cond_broadcast(&server->changed);
    return fetched;
}

static bool bearer(struct server *server, struct arena *arena, const char *scopes,
                   const struct demand *demand, const struct credential *credential,
                   const char **ret_header, const struct wait *wait, struct error *err)
{
    pthread_mutex_lock(&server->lock);
    struct token *token = token_of(server, scopes);
    bool fine = await_token(server, token, wait, err);
    if (fine && (!token->header || clock_now() >= token->expires))
        fine = renew(server, token, demand, credential, wait, err);
    if (fine)
        *ret_header = arena_strdup(arena, token->header);
    pthread_mutex_unlock(&server->lock);
    return fine;
}

/* ---------------------------------------------------------------- which of them */

/* Of a repository; NULL is the registry as a whole. Locked. */
static struct choice *choice_of(struct server *server, const char *repository)
{
    for (struct choice *choice = server->choices; choice; choice = choice->next)
        if (text_same(choice->repository, repository))
            return choice;
    struct choice *choice = arena_alloc(server->arena, sizeof *choice);
    choice->repository = repository ? arena_strdup(server->arena, repository) : NULL;
    choice->next = server->choices;
    server->choices = choice;
    return choice;
}

static size_t nth_of(struct server *server, const char *repository)
{
    pthread_mutex_lock(&server->lock);
    size_t nth = choice_of(server, repository)->nth;
    pthread_mutex_unlock(&server->lock);
    return nth;
}

/*
 * Another thread may have gone on already. Behind the last one it begins anew: who may not push may
 * have been right for pulling.
 */
bool authorization_next(struct server *server, const struct authorization_wish *wish,
                        const struct authorization *used)
{
    if (!used->more && used->nth == 0)
        return false;
    pthread_mutex_lock(&server->lock);
    struct choice *choice = choice_of(server, wish->repository);
    if (choice->nth == used->nth)
        choice->nth = used->more ? used->nth + 1 : 0;
    token_of(server, wish->scopes)->header = NULL;
    pthread_mutex_unlock(&server->lock);
    return used->more;
}

/* ---------------------------------------------------------------------- both */

static const char *basic(struct arena *arena, const struct credential *credential)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *both = arena_printf(arena, "%s:%s", credential->user, credential->password);
    buf_puts(&out, "Basic ");
    base64_add(&out, both, strlen(both));
    return arena_strdup(arena, buf_text(&out));
}

static bool get_once(struct server *server, struct arena *arena,
                     const struct authorization_wish *wish, struct authorization *ret,
                     const struct wait *wait, struct error *err)
{
    struct demand demand = demand_of(server);
    struct credential credential = { 0 };
    *ret = (struct authorization){ .anonymous = true };
    if (demand.scheme == AUTH_NONE)
        return true;
    ret->nth = nth_of(server, wish->repository);
    if (!credentials_find_nth(server->registries->credentials, arena, server->registry,
                              wish->repository, ret->nth, &credential, &ret->more, wait, err))
        return false;
    ret->anonymous = !credential.user && !credential.identity && !credential.token;
    ret->from = credential.from;
    if (credential.token) {
        ret->header = arena_printf(arena, "Bearer %s", credential.token);
        return true;
    }
    if (demand.scheme == AUTH_BASIC) {
        if (credential.user && credential.password)
            ret->header = basic(arena, &credential);
        return true;
    }
    return bearer(server, arena, wish->scopes, &demand, &credential, &ret->header, wait, err);
}

bool authorization_get(struct server *server, struct arena *arena,
                       const struct authorization_wish *wish, struct authorization *ret,
                       const struct wait *wait, struct error *err)
{
    struct error problem = { 0 };
    bool got;
    do
        got = get_once(server, arena, wish, ret, wait, &problem);
    while (!got && problem.kind == ERROR_DENIED && authorization_next(server, wish, ret));
    if (!got)
        *err = problem;
    return got;
}

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

/* Locked. True where it asks for something else than before. */
static bool learn(struct server *server, const struct challenges *challenges)
{
    const struct challenge *bearer_one = challenge_of_scheme(challenges, "Bearer");
    const char *realm = bearer_one ? challenge_parameter(bearer_one, "realm") : NULL;
    const char *service = realm ? challenge_parameter(bearer_one, "service") : NULL;
    enum auth_scheme scheme = realm                                      ? AUTH_BEARER
                              : challenge_of_scheme(challenges, "Basic") ? AUTH_BASIC
                                                                         : AUTH_NONE;
    if (scheme == server->scheme && text_same(realm, server->realm)
        && text_same(service, server->service))
        return false;
    server->scheme = scheme;
    server->realm = copy(server->arena, realm);
    server->service = copy(server->arena, service);
    for (struct token *token = server->tokens; token; token = token->next)
        token->header = NULL;
    return true;
}

/*
 * A registry that stands before another one, under a name of its own, wants tokens for what the
 * other one calls its repositories; public.ecr.aws wants "aws". Locked; true where that is new.
 */
static bool learn_scopes(struct server *server, const char *wished,
                         const struct challenges *challenges)
{
    const struct challenge *bearer_one = challenge_of_scheme(challenges, "Bearer");
    const char *asked = bearer_one ? challenge_parameter(bearer_one, "scope") : NULL;
    struct token *token = token_of(server, wished);
    if (!asked || scopes_cover(wished, asked) || text_same(token->asked, asked))
        return false;
    token->asked = arena_strdup(server->arena, asked);
    token->header = NULL;
    return true;
}

/* The token that was refused is used by nobody any more; locked. */
static void forget(struct server *server, const char *scopes, const char *header)
{
    struct token *token = token_of(server, scopes);
    if (header && token->header && strcmp(token->header, header) == 0)
        token->header = NULL;
}

bool authorization_refused(struct server *server, const struct authorization_wish *wish,
                           const struct authorization *used, const struct http_response *response)
{
    AUTO_ARENA arena = arena_new();
    struct challenges challenges = { 0 };
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, "WWW-Authenticate") == 0)
            www_authenticate_read(arena, response->headers[i].value, &challenges);
    pthread_mutex_lock(&server->lock);
    bool news = learn(server, &challenges);
    news |= learn_scopes(server, wish->scopes, &challenges);
    if (server->scheme == AUTH_BEARER)
        forget(server, wish->scopes, used->header);
    bool again =
        server->scheme != AUTH_NONE && (news || !used->header || server->scheme == AUTH_BEARER);
    pthread_mutex_unlock(&server->lock);
    return again;
}
