/*
 * plain: what BuildKit's programs print with --progress=plain.
 *
 *   #7 [2/3] RUN make          a step begins (its name comes again as it goes on)
 *   #7 0.211 text              a line that it printed
 *   #7 CACHED | DONE 0.2s | ERROR: …
 *   ERROR: failed to solve: …  the end
 */
#ifndef CMX_BUILD_BUILDKIT_PLAIN_H
#define CMX_BUILD_BUILDKIT_PLAIN_H

#include "base/error.h"
#include "manifest/redact.h"
#include "providers/docker/build_log.h"

enum { PLAIN_STEPS = 10000 };

struct plain_step {
    const char *name; /* NULL: of BuildKit's own, or not begun */
};

struct plain {
    struct arena *arena;
    struct build_log *log;
    struct redactor *redactor; /* of secret values that a line may hold; or NULL */
    struct build_output output;
    struct plain_step *steps; /* by number */
    size_t count;
    unsigned failed;         /* the step that did; 0: none */
    const char *why, *error; /* of that step, and of the whole; NULL: none */
    const char *builder;     /* of docker buildx, that was asked; NULL: it has not said so */
};

void plain_start(struct plain *plain, struct arena *arena, struct build_log *log);

/* More of what the program prints. */
void plain_add(struct plain *plain, const char *data, size_t length);

/* The program has failed: always false, with what it said. `program` and `status` where it
 * said nothing. */
bool plain_failure(struct plain *plain, const char *program, int status, struct error *err);

#endif
