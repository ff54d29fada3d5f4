/*
 * printable: text of others (repositories, servers) on its way to people.
 *
 * A terminal acts on control characters, the log of a CI job on lines that look
 * like its own commands ("::error::", "##[group]", "##vso[…]"). A pull request's
 * author chooses names, values and subjects; none of them may do either.
 */
#ifndef CMX_BASE_PRINTABLE_H
#define CMX_BASE_PRINTABLE_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * May this code point reach a terminal? No control character (U+0080 to U+009F
 * are some too), and none that turns the direction of the text around it.
 */
bool printable_code(unsigned code);

/* Would the log of a CI job take a line of this text, or a part of one, for a command? */
bool printable_is_command(const char *text, size_t length);

/* Does a command that may stand anywhere in a line begin here? */
bool printable_begins_command(const char *text, size_t length);

/*
 * Appends `text`: line breaks and tabs stay, what may not be printed and what is
 * no UTF-8 becomes "?", and a blank goes into what a CI job would act on. With
 * `colours`, the program's own colours stay.
 */
void printable_add(struct buf *out, const char *text, size_t length, bool colours);

/* The same of a string, without colours, in the arena. */
const char *printable_text(struct arena *arena, const char *text);

/* For where one line is one thing, such as a table: each control character becomes a blank. */
const char *printable_line(struct arena *arena, const char *text);

#endif
