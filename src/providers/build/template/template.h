/*
 * template: Dockerfiles for the usual languages (`build.template`).
 *
 * Several stages: what the source depends on comes in a layer of its own before the source
 * does, with cache mounts; what runs is small and not root, with a health check where a port
 * is known. What the files say is followed: versions, lock files, workspaces, what starts.
 * Written for the Dockerfile language of Docker 20.10, so that any BuildKit can build it.
 */
#ifndef CMX_BUILD_TEMPLATE_H
#define CMX_BUILD_TEMPLATE_H

#include "manifest/image.h"
#include "manifest/problem.h"
#include "providers/build/context.h"

/* The templates there are, "auto" last; NULL ends them. */
extern const char *const template_names[];

/* What a template leaves out of a context without a `.dockerignore`: patterns, NULL ends them. */
extern const char *const template_ignore[];

/*
 * The text of a Dockerfile for `spec->build.template` with its settings (version, entry, port,
 * packages). "auto" looks which language's files lie in the context. What makes two builds of
 * one commit differ (no lock file) is a warning in `problems`. ERROR_INPUT: an unknown template or
 * setting, a missing one, or files of no known language.
 */
bool template_dockerfile(struct arena *arena, const struct image_spec *spec,
                         const struct context *context, struct problems *problems,
                         const char **ret_text, struct error *err)
    __attribute__((warn_unused_result));

#endif
