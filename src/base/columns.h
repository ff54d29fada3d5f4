/*
 * columns: how wide text is on a terminal, and where to cut it.
 *
 * Subjects of commits, log lines of pods and answers of servers hold wide letters
 * and emoji. What of them may be printed at all is the matter of printable.h.
 */
#ifndef CMX_BASE_COLUMNS_H
#define CMX_BASE_COLUMNS_H

#include <stddef.h>

/* Columns of a UTF-8 text on a terminal: 2 for CJK and emoji, 0 for combining marks. */
size_t text_columns(const char *text);

/* How many bytes from the beginning of a text take at most `columns`; never cuts a letter. */
size_t text_fit(const char *text, size_t columns);

#endif
