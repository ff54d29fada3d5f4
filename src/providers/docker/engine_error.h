/*
 * engine_error: what a failed request to an engine means, and the agreement on a version.
 *
 * Part of engine.c, apart from it so that tests can ask it without an engine.
 */
#ifndef CMX_DOCKER_ENGINE_ERROR_H
#define CMX_DOCKER_ENGINE_ERROR_H

#include "providers/docker/place.h"

/* No answer came; `err` is what http_do() said and becomes what the user reads. Always false. */
bool engine_unreached(const struct engine_place *place, const struct http_response *response,
                      const char *what, struct error *err);

/* An answer that is a refusal. Always false. */
bool engine_refused(struct arena *arena, const struct engine_place *place,
                    const struct http_response *response, const char *what, struct error *err);

struct engine_version {
    int major, minor;
};

/*
 * The version to speak with an engine that speaks `oldest` (NULL: it does not say) to
 * `newest`. False: `newest` is no version.
 */
bool engine_agree(const char *newest, const char *oldest, struct engine_version *ret);

#endif
