/*
 * command: the program that speaks to BuildKit, and what it is told.
 *
 * buildctl where there is one and a buildkitd to speak to, else `docker buildx`.
 */
#ifndef CMX_BUILD_BUILDKIT_COMMAND_H
#define CMX_BUILD_BUILDKIT_COMMAND_H

#include "providers/build/inner.h"

enum buildkit_program { BUILDKIT_BUILDCTL, BUILDKIT_BUILDX };

/* ERROR_NOT_FOUND: neither is there, and what would help. */
bool buildkit_find(struct arena *arena, enum buildkit_program *ret, const struct wait *wait,
                   struct error *err) __attribute__((warn_unused_result));

/* "buildctl", "docker buildx" */
const char *buildkit_name(enum buildkit_program program);

struct buildkit_places {
    const char *context;    /* a folder                         */
    const char *dockerfile; /* a folder with a file Dockerfile  */
    const char *output;     /* an OCI archive, to be written    */
    const char *target;     /* a stage; NULL: the last one      */
    /* Of docker buildx: then the image stays in the engine, which has its bases already. */
    const char *id_file; /* to be written with its id; NULL: it goes into the archive */
};

/* Its arguments, NULL-terminated. ERROR_INPUT: something that it cannot be told. */
bool buildkit_arguments(const struct build *build, struct arena *arena,
                        enum buildkit_program program, const struct buildkit_places *places,
                        const char *const **ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
