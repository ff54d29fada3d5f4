/*
 * server: one registry host of a run: how it is reached, trusted and logged in to.
 *
 * Shared by all stores of that host and all threads; made on first use, freed with the
 * registries. Private to registry/.
 */
#ifndef CMX_OCI_REGISTRY_SERVER_H
#define CMX_OCI_REGISTRY_SERVER_H

#include "net/http.h"
#include "oci/registry/credentials.h"
#include "oci/registry/registry.h"

#include <pthread.h>

enum auth_scheme { AUTH_NONE, AUTH_BASIC, AUTH_BEARER }; /* NONE: nobody has asked yet */

/* What its users are to be told, each once. */
struct told {
    const char *text;
    struct told *next;
};

enum { TOLD_CEILING = 20 };

/* A bearer token for one set of scopes. */
struct token {
    const char *scopes;
    const char *asked;  /* scopes that were demanded beside them; NULL: none */
    const char *header; /* "Bearer …"; NULL: none yet  */
    int64_t expires;    /* clock_now()                 */
    bool fetching;      /* some thread is at it        */
    struct token *next;
};

/* Which of several credentials that fit a repository is tried; 0 where none stands here. */
struct choice {
    const char *repository;
    size_t nth;
    struct choice *next;
};

/* Another server that is asked first for what is read. */
struct mirror {
    struct server *server;
    const char *path; /* before the names of repositories; "" for none */
};

struct server {
    /* Set once, then only read. */
    struct registries *registries;
    const char *registry; /* as in struct reference */
    struct http_endpoint endpoint;
    struct mirror *mirrors;
    size_t mirror_count;
    bool guesses; /* loopback, and nobody has said whether it speaks TLS: plain http is tried */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    struct arena *arena;
    const char *base; /* "https://registry-1.docker.io" */
    bool guessed;     /* of a loopback address: no answer has come yet */
    enum auth_scheme scheme;
    const char *realm, *service;
    bool pinging, pinged; /* asked what it wants: at most once (exchange.c) */
    struct token *tokens;
    struct choice *choices;
    struct told *told;
    size_t told_count;
    const char *spent, *next_identity; /* in place of a refresh token that was good once */
    int64_t piece; /* of a blob that one request may hold (upload.c); 0: nobody has minded any */

    struct server *next; /* of the registries */
};

/* What all servers share. */
struct registries {
    struct http *http;
    const struct registry_settings *settings;
    struct credentials *credentials;
    pthread_mutex_t lock; /* guards the list */
    struct server *servers;
};

/* The server of a registry, made where it is new, with its mirrors. */
bool server_find(struct registries *registries, const char *registry, struct server **ret,
                 struct error *err) __attribute__((warn_unused_result));
void server_free(struct server *server);

/* The URL before "/v2/", in the arena. */
const char *server_base(struct server *server, struct arena *arena);

/*
 * Plain http was only a guess, and what came says that TLS is spoken: true once, and the base
 * is another one from then on.
 */
bool server_turns_to_tls(struct server *server);

/*
 * No answer came from this URL. As long as none ever came, the other scheme is tried next. True:
 * the base has another scheme than the URL by now, be it another thread's doing.
 */
bool server_guess_again(struct server *server, const char *url);

/*
 * Before and after it is asked at /v2/ what it wants. *ret_first: nobody has asked, so it is the
 * caller's to do; else somebody has. False: the time is over. The end tells whether it wants
 * somebody to log in.
 */
bool server_begin_ping(struct server *server, bool *ret_first, const struct wait *wait);
bool server_end_ping(struct server *server, bool first);

/* Is this text new, of those that its users are told? Not when it has told enough. */
bool server_tells(struct server *server, const char *text);

/* How much of a blob one request may hold; 0: all of it. */
int64_t server_piece(struct server *server);
void server_takes(struct server *server, int64_t piece);

/* An answer came from this URL: so it is from now on, whatever another thread tries meanwhile. */
void server_is_right(struct server *server, const char *url);

#endif
