/*
 * yaml_syntax: what happens around libyaml: texts that only it refuses, its
 * errors in words that help, and files that would keep it busy for minutes. Part of
 * value_yaml.c.
 */
#ifndef CMX_MANIFEST_YAML_SYNTAX_H
#define CMX_MANIFEST_YAML_SYNTAX_H

#include "manifest/problem.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * `at` stands in a text in double quotes: leaves out the backslash of each \' up to
 * the closing quote, and puts as many blanks behind that quote, so that nothing else
 * moves.
 */
void yaml_drop_apostrophe_escapes(char *at, const char *end);

/* libyaml's message for a user: what is wrong and what would be right. */
const char *yaml_problem_words(const char *problem);

/* Adds a problem and returns false where the file may not be given to libyaml. */
bool yaml_check_input(const struct source_file *file, struct problems *problems);

#endif
