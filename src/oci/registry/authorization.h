/*
 * authorization: the Authorization header for a request to a registry.
 *
 * Nothing is sent before the registry has asked (WWW-Authenticate). Bearer tokens are fetched
 * from where it says, by one thread for all that need the same scopes, and kept until they
 * expire (distribution's token.md and oauth.md). Private to registry/.
 */
#ifndef CMX_OCI_REGISTRY_AUTHORIZATION_H
#define CMX_OCI_REGISTRY_AUTHORIZATION_H

#include "oci/registry/server.h"

/* What a request needs. */
struct authorization_wish {
    const char *scopes;     /* "repository:acme/api:pull,push", several with blanks between */
    const char *repository; /* whose credentials count, or NULL                             */
};

struct authorization {
    const char *header; /* NULL: none */
    bool anonymous;     /* no credentials stand behind it */
    const char *from;   /* where they were found, or NULL */
    size_t nth;         /* which of those that fit */
    bool more;          /* there are others */
};

bool authorization_get(struct server *server, struct arena *arena,
                       const struct authorization_wish *wish, struct authorization *ret,
                       const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * A 401 came for a request that was sent with `used`: what it asks for is learned, and the
 * token forgotten. True where trying again may help.
 */
bool authorization_refused(struct server *server, const struct authorization_wish *wish,
                           const struct authorization *used, const struct http_response *response);

/* What was used let nobody in: are there others, which are tried from now on? */
bool authorization_next(struct server *server, const struct authorization_wish *wish,
                        const struct authorization *used);

/* ------------------------------------------------ behind it: token.c */

struct token_request {
    struct server *server;
    const char *realm, *service, *scopes;
    const struct credential *credential;
    bool keep; /* a login: ask for a refresh token too */
};

struct token_reply {
    const char *token;
    const char *refresh; /* or NULL */
    int64_t lifetime;    /* ms */
};

/* Asks the realm. ERROR_DENIED: it says no. Neither credentials nor tokens are in the error. */
bool token_fetch(struct arena *arena, const struct token_request *request, struct token_reply *ret,
                 const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
