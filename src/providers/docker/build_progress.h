/*
 * build_progress: the documents that an engine streams while it builds.
 *
 *   {"stream": "Step 2/5 : RUN make\n"}                          the classic builder, Podman
 *   {"id": "moby.buildkit.trace", "aux": "BASE64"}               BuildKit
 *   {"aux": {"ID": "sha256:…"}}, also with id moby.image.id      the image
 *   {"errorDetail": {"message": …, "code": …}, "error": …}       it failed
 *
 * Part of engine_build.c; tests and the fuzzer feed it without an engine.
 */
#ifndef CMX_DOCKER_BUILD_PROGRESS_H
#define CMX_DOCKER_BUILD_PROGRESS_H

#include "manifest/value_json.h"
#include "providers/docker/buildkit_trace.h"

struct build_progress {
    struct arena *arena;
    struct build_log *log;
    struct buildkit_trace trace;
    struct build_output output; /* of the classic builder */
    unsigned step;              /* of the classic builder: which, from 1 */
    const char *step_name;      /* "[2/5] RUN make" */
    bool untold;                /* whether it has to run is in the next line */
    const char *id;             /* of the image, NULL so far */
    const char *failure;        /* the engine's words, NULL: none */
};

void build_progress_start(struct build_progress *progress, struct arena *arena,
                          struct build_log *log);

/* A json_handler whose context is the progress. */
bool build_progress_add(void *progress, struct arena *arena, const struct value *document,
                        struct error *err) __attribute__((warn_unused_result));

/*
 * The stream has ended: true where it tells an image and no failure. ERROR_INVALID: what
 * failed, and the last lines.
 */
bool build_progress_end(struct build_progress *progress, const char **ret_id, struct error *err)
    __attribute__((warn_unused_result));

#endif
