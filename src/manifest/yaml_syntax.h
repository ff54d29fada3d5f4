/*
 * yaml_syntax: what happens around libyaml: JSON made fit for it, its errors in
 * words that help, and files that would keep it busy for minutes. Part of
 * value_yaml.c.
 */
#ifndef CMX_MANIFEST_YAML_SYNTAX_H
#define CMX_MANIFEST_YAML_SYNTAX_H

#include "manifest/problem.h"

#include <stdbool.h>
#include <stddef.h>

/* Does the text begin like JSON? kubectl then reads it as such, document behind document. */
bool yaml_is_json(const char *data, size_t length);

/*
 * JSON writes characters above U+FFFF as two \u escapes, which YAML does not
 * know. Returns `data`, or a copy of the same length in the arena where each
 * pair is one \U escape, with blanks behind the text's closing quote: nothing
 * outside of such texts moves.
 */
const char *yaml_join_surrogates(struct arena *arena, const char *data, size_t length);

/* libyaml's message for a user: what is wrong and what would be right. */
const char *yaml_problem_words(const char *problem);

/* Adds a problem and returns false where the file may not be given to libyaml. */
bool yaml_check_input(const struct source_file *file, struct problems *problems);

#endif
