/*
 * engines: images built by other people's builders: a Docker engine (docker/), BuildKit's own
 * programs (buildkit/). For what the native builder cannot: RUN.
 *
 * Their images come back through their archives and are stored by us, digests checked; the
 * bytes are what that builder made of the source, not a function of it.
 */
#ifndef CMX_BUILD_ENGINES_H
#define CMX_BUILD_ENGINES_H

#include "net/http.h"
#include "oci/registry/credentials.h"
#include "providers/build/build.h"

struct build_engines {
    struct http *http;
    const char *host, *context; /* of the Docker engine; NULL: found as Docker's client finds it */
    struct credentials *credentials; /* for pulling bases */
};

/*
 * Builds with the builder that was chosen (native too) into the store, as build_native() does.
 * ERROR_INVALID: the build failed; the message says at which step, with which exit code, and
 * has the last lines of its output. ERROR_UNREACHABLE, ERROR_DENIED: no engine; ERROR_NOT_FOUND:
 * no buildctl, no docker buildx. A build that we stop waiting for is ended there.
 */
bool build_with(struct build *build, enum image_builder builder,
                const struct build_engines *engines, const struct build_target *target,
                struct arena *arena, struct build_result *ret, const struct wait *wait,
                struct error *err) __attribute__((warn_unused_result));

bool build_docker(struct build *build, const struct build_engines *engines,
                  const struct build_target *target, struct arena *arena, struct build_result *ret,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

bool build_buildkit(struct build *build, const struct build_engines *engines,
                    const struct build_target *target, struct arena *arena,
                    struct build_result *ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
