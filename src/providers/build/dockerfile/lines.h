/*
 * lines: the instructions of a Dockerfile as whole lines.
 *
 * Comments are gone, also those between continued lines, and continuations are joined. Parser
 * directives ("# escape=`") count only at the top.
 */
#ifndef CMX_BUILD_LINES_H
#define CMX_BUILD_LINES_H

#include "base/buf.h"
#include "providers/build/dockerfile/dockerfile.h"

struct lines {
    struct arena *arena;
    struct dockerfile *dockerfile;
    struct problems *problems;
    const char *data;
    size_t length, at;
    uint32_t number;      /* of the line that was read last */
    bool directives_over; /* a line that is none came       */
    unsigned seen;        /* directives that were           */
};

struct line {
    const char *text;
    struct place place; /* of its first line, all of it */
    uint32_t stop;      /* the offset behind its last line */
};

void lines_start(struct lines *lines, struct arena *arena, struct dockerfile *dockerfile,
                 struct problems *problems);

/* The next instruction's line. False at the end. */
bool lines_next(struct lines *lines, struct line *ret);

/* Reads the here-documents that a line of COPY, ADD or RUN begins; their content follows it. */
void lines_heredocs(struct lines *lines, struct instruction *instruction);

#endif
