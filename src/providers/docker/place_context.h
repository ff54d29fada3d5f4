/*
 * place_context: docker contexts, as `docker context create` leaves them.
 *
 *   FOLDER/config.json                        currentContext
 *   FOLDER/contexts/meta/HEX/meta.json        Name, Endpoints.docker.Host; HEX: SHA-256 of the name
 *   FOLDER/contexts/tls/HEX/docker/{ca,cert,key}.pem
 *
 * Part of place.c.
 */
#ifndef CMX_DOCKER_PLACE_CONTEXT_H
#define CMX_DOCKER_PLACE_CONTEXT_H

#include "net/http.h"

struct docker_context {
    const char *host;
    bool tls; /* it has certificates */
    struct http_endpoint endpoint;
};

/* $DOCKER_CONFIG, else ~/.docker; NULL where there is no home. */
const char *docker_folder(struct arena *arena);

/* `folder` may be NULL. ERROR_NOT_FOUND: no context of that name. */
bool docker_context_read(struct arena *arena, const char *folder, const char *name,
                         struct docker_context *ret, struct error *err)
    __attribute__((warn_unused_result));

/* `currentContext`; NULL where none is set. */
bool docker_context_current(struct arena *arena, const char *folder, const char **ret_name,
                            struct error *err) __attribute__((warn_unused_result));

#endif
