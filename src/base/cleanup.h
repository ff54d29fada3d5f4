/*
 * cleanup: early returns without leaks.
 *
 * `CLEANUP(arena_free_at) struct arena *arena = arena_new();` frees at the end
 * of the scope. A module that owns foreign handles declares its own pair with
 * CLEANUP_FUNCTION next to the code that uses it.
 */
#ifndef CMX_BASE_CLEANUP_H
#define CMX_BASE_CLEANUP_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

/* Defines NAME_at(T *pointer), which calls `NAME(*pointer)` when it is set. */
#define CLEANUP_FUNCTION(type, name)                                                               \
    static inline void name##_at(type *pointer)                                                    \
    {                                                                                              \
        if (*pointer)                                                                              \
            name(*pointer);                                                                        \
    }

CLEANUP_FUNCTION(struct arena *, arena_free)
CLEANUP_FUNCTION(FILE *, fclose)

static inline void free_at(void *pointer)
{
    free(*(void **)pointer);
}

static inline void close_at(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
}

#define AUTO_ARENA CLEANUP(arena_free_at) struct arena *
#define AUTO_BUF   CLEANUP(buf_done) struct buf
#define AUTO_FREE  CLEANUP(free_at)
#define AUTO_CLOSE CLEANUP(close_at) int

#endif
