/*
 * template: Dockerfiles for the usual languages (`build.template`).
 *
 * Several stages: what the source depends on is fetched in a layer of its own before the source
 * comes in, with cache mounts; what runs is small and not root, with a health check
 * where a port is known.
 */
#ifndef CMX_BUILD_TEMPLATE_H
#define CMX_BUILD_TEMPLATE_H

#include "manifest/image.h"
#include "providers/files.h"

/* The templates there are, "auto" last; NULL ends them. */
extern const char *const template_names[];

/*
 * The text of a Dockerfile for `spec->build.template` with its settings (version, entry, port,
 * packages). "auto" looks which language's files lie in `context` (a folder of `files`).
 * ERROR_INPUT: an unknown template or setting, a missing one, or files of no known language.
 */
bool template_dockerfile(struct arena *arena, const struct image_spec *spec, struct files *files,
                         const char *context, const char **ret_text, struct error *err)
    __attribute__((warn_unused_result));

#endif
