/*
 * wild: the patterns of ${v#p} and their kin: "*", "?" and "\" before either.
 */
#ifndef CMX_BUILD_WILD_H
#define CMX_BUILD_WILD_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

enum { WILD_REPLACE_CEILING = 8192 }; /* characters of a text in which is replaced */

/* The text without its start (or its end) that fits; the longest one where `longest`. */
bool wild_trim(struct arena *arena, const char *pattern, const char *text, bool from_end,
               bool longest, const char **ret, struct error *err)
    __attribute__((warn_unused_result));

/* The first place that fits (or `all`) replaced. */
bool wild_replace(struct arena *arena, const char *pattern, const char *replacement,
                  const char *text, bool all, const char **ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
