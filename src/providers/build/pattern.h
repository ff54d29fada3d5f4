/*
 * pattern: globs as Docker reads them.
 *
 * Two dialects. A list of patterns (`.dockerignore`, COPY --exclude, --parents) is what
 * moby/patternmatcher says: "**" for any number of folders, "!" takes back in, the last one
 * that fits decides, and what lies in a folder that fits does, too. A source of COPY is what
 * Go's filepath.Match says: "*" and "?" within one folder. Matching takes at most the product
 * of both lengths, however many stars there are.
 */
#ifndef CMX_BUILD_PATTERN_H
#define CMX_BUILD_PATTERN_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct pattern_token;

struct pattern {
    const char *text;             /* cleaned, without "!" */
    bool exception;               /* "!"                  */
    bool literal;                 /* means `text` alone   */
    size_t fixed;                 /* bytes of `text` before the first that is special */
    struct pattern_token *tokens; /* of those that are not literal */
    size_t count;
    const char *origin; /* where it stands: ".dockerignore:3"; or NULL */
};

struct patterns {
    struct pattern *items;
    size_t count, capacity;
    bool exceptions; /* there is a "!" */
};

/* Adds one as a line of a `.dockerignore` has it. ERROR_INPUT: it is no pattern, and why. */
bool patterns_add(struct arena *arena, struct patterns *patterns, const char *text,
                  struct error *err) __attribute__((warn_unused_result));

/* Says of those that were added since the last call where they stand. */
void patterns_say(struct patterns *patterns, const char *origin);

/* The pattern that a path, or a folder above it, is matched by in the end; or NULL. */
const struct pattern *patterns_matching(const struct patterns *patterns, struct arena *arena,
                                        const char *path);

/*
 * Is the path matched? Walking down, `above` is what the folder's own call filled in, and `own`
 * (`patterns->count` of them, or NULL) is filled in for what lies below. Without `above`
 * the folders above the path are looked at here.
 */
bool patterns_match(const struct patterns *patterns, struct arena *arena, const char *path,
                    const bool *above, bool *own);

/* May a "!" take anything below this folder back in? */
bool patterns_except_below(const struct patterns *patterns, const char *folder);

/* COPY's wildcards. */
bool glob_has_wildcards(const char *text);

/* False with ERROR_INPUT: "[" without an end and the like. */
bool glob_compile(struct arena *arena, const char *text, struct pattern *ret, struct error *err)
    __attribute__((warn_unused_result));
bool glob_match(const struct pattern *glob, const char *path);

#endif
