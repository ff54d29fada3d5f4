/*
 * exchange: one request to a registry, with all that it takes to get an answer: credentials,
 * a second try where that is safe, redirects. And the store that the rest of this folder
 * fills with calls. Private to registry/.
 */
#ifndef CMX_OCI_REGISTRY_EXCHANGE_H
#define CMX_OCI_REGISTRY_EXCHANGE_H

#include "oci/registry/authorization.h"

struct repository {
    struct image_store store; /* first */
    struct arena *arena;
    struct server *server;
    pthread_mutex_t lock;
    const char *spare; /* an upload that a refused mount has begun, for the next blob; locked */
};

enum access { ACCESS_PULL, ACCESS_PUSH, ACCESS_DELETE, ACCESS_CATALOG };

struct call {
    const char *method;
    const char *path; /* behind "/v2/REPOSITORY/"; of ACCESS_CATALOG behind "/v2/"           */
    const char *url;  /* in place of it: a Location or the next page, absolute                */
    enum access access;
    const char *from_repository; /* also pulled from, for a mount                              */
    const char *accept;
    const char *content_type, *content_range, *range;
    const char *body;
    size_t body_length;
    http_source *source; /* then it is sent once: a loss is the caller's to mend                */
    void *source_context;
    int64_t source_length;
    http_sink *sink; /* the same                                                               */
    void *sink_context;
    size_t ceiling; /* of the answer; 0: 8 MiB                                                 */
    bool http1;
    const char *what; /* for messages: "manifest 1.25"                                         */
};

/*
 * What came. The answer is an HTTP answer of any status that trying again does not change.
 */
struct answer {
    struct http_response response;
    struct authorization used;
    const char *url; /* that was asked */
};

/*
 * False: ERROR_UNREACHABLE and the like, prefixed with the registry's name. *ret (which may
 * then be looked at) tells whether the connection was lost.
 */
bool exchange(struct server *server, const char *repository, struct arena *arena,
              const struct call *call, struct answer *ret, const struct wait *wait,
              struct error *err) __attribute__((warn_unused_result));

/*
 * Puts an answer that is none of those expected into words: "ghcr.io/acme/api: manifest 1:
 * 403 Forbidden: DENIED: …". Always false.
 */
bool answer_refused(const struct server *server, const char *repository, const struct call *call,
                    const struct answer *answer, struct error *err);

/* The answer's Location, made absolute; NULL: none, not one of http, or one that gives up TLS. */
const char *answer_location(struct server *server, struct arena *arena,
                            const struct answer *answer);

/* As exchange(), where each status but these (ended by 0) is an error. */
bool exchange_expect(struct server *server, const char *repository, struct arena *arena,
                     const struct call *call, const int *expected, struct answer *ret,
                     const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
