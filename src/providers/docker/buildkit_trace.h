/*
 * buildkit_trace: BuildKit's progress, as an engine sends it ("moby.buildkit.trace").
 *
 * Each message is a StatusResponse of BuildKit's control API in protocol buffers: steps
 * ("vertexes") as they begin and end, and what they print. Steps come in any order, again and
 * again; what is known of each is kept here by its digest. A step's output goes to the
 * log as whole lines.
 */
#ifndef CMX_DOCKER_BUILDKIT_TRACE_H
#define CMX_DOCKER_BUILDKIT_TRACE_H

#include "base/error.h"
#include "providers/docker/build_log.h"

enum { TRACE_STEPS = 10000 }; /* what is behind the last one is not told */

struct trace_step;

struct buildkit_trace {
    struct arena *arena;
    struct build_log *log;
    struct trace_step **steps;
    size_t count, capacity;
    unsigned told; /* steps that are in the log */
};

void buildkit_trace_start(struct buildkit_trace *trace, struct arena *arena, struct build_log *log);

/* One message. ERROR_INPUT: it is none. */
bool buildkit_trace_add(struct buildkit_trace *trace, const char *data, size_t length,
                        struct error *err) __attribute__((warn_unused_result));

/* No more comes: lines that lack their end go out too. */
void buildkit_trace_end(struct buildkit_trace *trace);

/* The step that failed: its name, what BuildKit said, its number in the log. False: none did. */
bool buildkit_trace_failed(const struct buildkit_trace *trace, const char **ret_name,
                           const char **ret_error, unsigned *ret_step);

#endif
