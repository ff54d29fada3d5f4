/*
 * bases: the images that a build stands on, in the engine before it begins.
 *
 * An engine's BuildKit takes no credentials without a session, and either builder would take
 * whatever a tag means by then. So each base is pulled by the digest that it was resolved to,
 * with our credentials, and gets its name there, as `docker pull` would give it. What is
 * in no registry (a layout) is loaded.
 */
#ifndef CMX_BUILD_DOCKER_BASES_H
#define CMX_BUILD_DOCKER_BASES_H

#include "providers/build/engines.h"
#include "providers/build/inner.h"
#include "providers/docker/engine.h"

bool build_docker_bases(struct build *build, const struct build_engines *engines,
                        struct engine *engine, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
