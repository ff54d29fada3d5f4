/*
 * build_log: what a build prints, line by line, and its last lines for an error.
 *
 * Whoever decodes a builder's progress (classic_progress.c, buildkit_progress.c) puts
 * bytes of output in; whole, printable lines come out to one listener, and the last ones are kept.
 */
#ifndef CMX_DOCKER_BUILD_LOG_H
#define CMX_DOCKER_BUILD_LOG_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    BUILD_LOG_LINES = 30,      /* that are kept for an error          */
    BUILD_LOG_LINE_BYTES = 400 /* of one line; what is behind is cut */
};

enum build_line {
    BUILD_LINE_STEP,   /* a step begins: "[2/3] RUN make"            */
    BUILD_LINE_CACHED, /* its result was there already; BuildKit tells no STEP before it */
    BUILD_LINE_OUTPUT, /* a line that a step has printed             */
    BUILD_LINE_WARNING,
};

/* `step` counts from 1 and tells apart what runs side by side; 0: of none. */
typedef void build_listener(void *context, enum build_line kind, unsigned step, const char *text);

struct build_log {
    build_listener *listener; /* or NULL */
    void *context;
    struct {
        unsigned step;
        char text[BUILD_LOG_LINE_BYTES + 4];
    } kept[BUILD_LOG_LINES];
    size_t count; /* lines of output ever seen; the last ones are kept */
};

/* A line, without its end; it is made printable and cut. */
void build_log_line(struct build_log *log, enum build_line kind, unsigned step, const char *text,
                    size_t length);

/*
 * The last lines of output, those of one step alone unless it is 0: "\n  LINE" each, as many of the
 * last ones as fit into `most` bytes; "" where there are none.
 */
const char *build_log_tail(const struct build_log *log, struct arena *arena, unsigned step,
                           size_t most);

/* Output as it comes, of one step: cut into lines. */
struct build_output {
    char line[BUILD_LOG_LINE_BYTES];
    size_t length;
    bool returned; /* a carriage return: what comes next writes over the line */
};

/* A line without its end, NUL behind it; only its first BUILD_LOG_LINE_BYTES - 1 bytes. */
typedef void build_line_taker(void *context, const char *line, size_t length);

/* More output; and its end, where a last line may lack its line break. */
void build_output_add(struct build_output *output, const char *data, size_t length,
                      build_line_taker *taker, void *context);
void build_output_end(struct build_output *output, build_line_taker *taker, void *context);

#endif
