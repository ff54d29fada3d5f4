/*
 * expand: ${variables} in the words of a Dockerfile.
 *
 *   $v ${v}                 the value, or nothing
 *   ${v:-w} ${v-w}          w where v is not set (or, with ":", is empty)
 *   ${v:+w} ${v+w}          w where v is set (and, with ":", not empty)
 *   ${v:?w} ${v?w}          an error with the words w
 *   ${v#p} ${v##p}          without the shortest, the longest start that fits p
 *   ${v%p} ${v%%p}          without such an end
 *   ${v/p/r} ${v//p/r}      the first, each that fits p replaced by r
 *
 * In p, "*" is any number of characters and "?" is one. As BuildKit's shell lexer: quotes go, an
 * escape takes the next character as it is.
 */
#ifndef CMX_BUILD_EXPAND_H
#define CMX_BUILD_EXPAND_H

#include "base/arena.h"
#include "base/error.h"
#include "manifest/image.h"

#include <stdbool.h>

enum {
    EXPAND_CEILING = 256 << 10, /* bytes of an expanded word */
    EXPAND_NESTING_CEILING = 64,
};

/* The value of a variable, or NULL. */
const char *variables_get(const struct image_pairs *variables, const char *name);

/* Sets it; one of that name keeps its place. */
void variables_set(struct arena *arena, struct image_pairs *variables, const char *name,
                   const char *value);

void variables_unset(struct image_pairs *variables, const char *name);

/* One word. ERROR_INPUT: not of these forms, or ${v:?w} struck. */
bool expand_word(struct arena *arena, const char *word, char escape,
                 const struct image_pairs *variables, const char **ret, struct error *err)
    __attribute__((warn_unused_result));

/*
 * The same while not every variable is known yet: one that is not among `variables` may be set or
 * not, and makes *known false; then what comes out means nothing. What is wrong with the form of
 * the word is found all the same. `known` NULL: as expand_word().
 */
bool expand_known(struct arena *arena, const char *word, char escape,
                  const struct image_pairs *variables, bool *known, const char **ret,
                  struct error *err) __attribute__((warn_unused_result));

/* The text of a here-document: quotes stay as they are. */
bool expand_text(struct arena *arena, const char *text, const struct image_pairs *variables,
                 bool *known, const char **ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
