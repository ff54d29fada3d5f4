/*
 * parse: one line of a Dockerfile becomes an instruction.
 */
#ifndef CMX_BUILD_PARSE_H
#define CMX_BUILD_PARSE_H

#include "providers/build/dockerfile/dockerfile.h"

/* Where what is wrong is reported. */
struct parser {
    struct arena *arena;
    const struct dockerfile *dockerfile;
    struct problems *problems;
    struct place place; /* of the instruction */
    uint32_t stop;      /* the offset behind it */
};

/* Reads name, flags and words. False: something is wrong, and it was reported. */
bool parse_instruction(struct parser *parser, const char *text, struct instruction *ret);

/* May its line begin here-documents? Also an ONBUILD of one that may. */
bool parse_takes_heredocs(const struct instruction *instruction);

/* "1m30s", "1.5h", "100ms" in nanoseconds, as Go's time.ParseDuration. */
bool parse_duration(const char *text, int64_t *ret_nanoseconds);

#endif
