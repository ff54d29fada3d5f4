/*
 * engine_build: one image built by an engine.
 *
 * The context goes to POST /build as a tar while it is made; a single request, since
 * engines read it while they build. BuildKit's progress or the classic builder's
 * comes out of one log. When we stop waiting (deadline, Ctrl-C) the build is ended there too:
 * by its id, and by the lost connection.
 */
#ifndef CMX_DOCKER_ENGINE_BUILD_H
#define CMX_DOCKER_ENGINE_BUILD_H

#include "manifest/image.h"
#include "providers/docker/build_log.h"
#include "providers/docker/engine.h"

struct engine_build {
    http_source *context; /* a tar */
    void *context_data;
    const char *dockerfile; /* its path within the tar */
    bool classic;           /* not BuildKit, although the engine has it */
    const char *tag; /* what the image is to be called there: "shop/api:1.2"; NULL: nothing */
    const char *target, *platform, *network; /* or NULL */
    const struct image_pairs *args, *labels; /* or NULL */
    struct build_log *log;
};

/*
 * Builds it; *ret_id is the image's id there ("sha256:…"). ERROR_INVALID: the build failed;
 * the message says which step, with which exit code, and has the last lines of its output.
 */
bool engine_build(struct engine *engine, struct arena *arena, const struct engine_build *build,
                  const char **ret_id, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
