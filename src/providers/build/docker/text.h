/*
 * text: the Dockerfile that goes to another builder, and where it lies in the context.
 *
 * It is the repository's own wherever it can be. What `build.base` and the settings of a kind
 * Image change is put into it, a template's is written for it; then it is a file that
 * is not in the context, and no COPY may take it for one.
 */
#ifndef CMX_BUILD_DOCKER_TEXT_H
#define CMX_BUILD_DOCKER_TEXT_H

#include "providers/build/inner.h"

/* Stands at the top of a context where the Dockerfile is none of its files. */
#define BUILD_DOCKER_NAME ".cmx-reconcile.dockerfile"

struct build_docker_text {
    const char *text;     /* NULL: the file of the context, as it is */
    const char *path;     /* within the context                      */
    const char *target;   /* the stage, or NULL: the last one        */
    const char *taken_by; /* "COPY at Dockerfile:7", which would take `text` along, or NULL */
    bool reaches_image;   /* and that is in a stage that the image stands on by FROM */
    const char *buildkit; /* why only BuildKit can build it ("--mount at Dockerfile:3"), or NULL */
};

/* `list` is the context's. ERROR_INPUT: a FROM that `build.base` cannot replace. */
bool build_docker_text(struct build *build, struct arena *arena, const struct context_list *list,
                       struct build_docker_text *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
