/*
 * dockerignore: the file that says what of a folder is no part of the context.
 *
 * `NAME.dockerignore` beside the Dockerfile NAME comes before `.dockerignore` at the root of
 * the context, and then that one does not count at all. How a pattern is read is pattern.h's.
 */
#ifndef CMX_BUILD_DOCKERIGNORE_H
#define CMX_BUILD_DOCKERIGNORE_H

#include "manifest/problem.h"
#include "providers/build/pattern.h"

#define DOCKERIGNORE_NAME ".dockerignore"

enum { DOCKERIGNORE_FILE_CEILING = 1 << 20, DOCKERIGNORE_PATTERNS_CEILING = 10000 };

/* Adds the patterns of a file. A line that is none becomes a problem. */
void dockerignore_read(struct arena *arena, const struct source_file *file,
                       struct patterns *patterns, struct problems *problems);

#endif
