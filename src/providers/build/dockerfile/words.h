/*
 * words: what a line of a Dockerfile is made of.
 *
 * Each instruction splits its line its own way, as Docker grew it: at blanks, as a shell with
 * quotes kept for later, as a JSON list, or not at all.
 */
#ifndef CMX_BUILD_WORDS_H
#define CMX_BUILD_WORDS_H

#include "providers/build/dockerfile/dockerfile.h"

/*
 * Takes "--name=value" off the front; quotes and escapes in them are gone. Returns what is
 * left, without blanks around it.
 */
const char *words_flags(struct arena *arena, const char *text, char escape,
                        struct instruction *instruction);

/* Split at blanks alone. */
void words_blank(struct arena *arena, const char *text, struct text_list *ret);

/* Split at blanks outside of quotes; quotes and escapes stay. */
void words_shell(struct arena *arena, const char *text, char escape, struct text_list *ret);

enum words_json { WORDS_JSON, WORDS_NO_JSON, WORDS_JSON_NOT_TEXTS };

/* '["a", "b"]'. A list that holds anything but texts is an error of its own. */
enum words_json words_json(struct arena *arena, const char *text, struct text_list *ret);

/* Is the word "<<EOF", "<<-'EOF'", "3<<EOF"? Its content is not set. */
bool words_heredoc(struct arena *arena, const char *word, struct heredoc *ret);

#endif
