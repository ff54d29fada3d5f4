/*
 * place: where the Docker engine is, and how to reach and to trust it.
 *
 * Found as Docker's own client finds it: what was asked for, DOCKER_HOST, DOCKER_CONTEXT,
 * `currentContext` of its config.json, else the usual sockets (Podman's too), the first that
 * is there. A context is read from ~/.docker/contexts. What talks to it: engine.h.
 */
#ifndef CMX_DOCKER_PLACE_H
#define CMX_DOCKER_PLACE_H

#include "net/http.h"

/* What a manifest or the command line asks for; both may be NULL. `host` goes before `context`. */
struct engine_options {
    const char *host;    /* "unix:///run/docker.sock", "tcp://10.0.0.5:2376" */
    const char *context; /* the name of a docker context                     */
};

struct engine_place {
    const char *text; /* for messages: "unix:///var/run/docker.sock", "tcp://10.0.0.5:2376" */
    const char *from; /* who said so: "DOCKER_HOST", "the docker context prod"; NULL: nobody  */
    const char *url;  /* of requests, without the path: "http://engine", "https://10.0.0.5:2376" */
    const char *looked_at; /* the sockets that were looked for, where none is there; or NULL */
    struct http_endpoint endpoint;
};

/* The host in URLs of engines behind a socket: it is only a name. */
#define ENGINE_SOCKET_HOST "engine"

/*
 * Asks no engine. ERROR_USAGE: what a variable or a context says cannot be used, and what
 * would be right; ERROR_NOT_FOUND: there is no such context.
 */
bool engine_place_find(struct arena *arena, const struct engine_options *options,
                       struct engine_place *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
