/*
 * columns: how wide text is on a terminal, and where to cut it.
 *
 * Subjects of commits, log lines of pods and answers of servers hold wide letters
 * and emoji. What of them may be printed at all is the matter of printable.h.
 */
#ifndef CMX_BASE_COLUMNS_H
#define CMX_BASE_COLUMNS_H

#include "base/buf.h"

#include <stddef.h>

/* Columns of a UTF-8 text on a terminal: 2 for CJK and emoji, 0 for combining marks. */
size_t text_columns(const char *text);

/* How many bytes from the beginning of a text take at most `columns`; never cuts a letter. */
size_t text_fit(const char *text, size_t columns);

/*
 * Appends the text, broken at blanks so that its lines take at most `width` columns;
 * lines behind the first begin with `indent` blanks. `used` columns of the first are
 * taken. A word that is longer than a line stays whole: it is to be copied. Returns
 * the columns of the last line.
 */
size_t text_wrap(struct buf *out, const char *text, size_t used, size_t width, size_t indent);

#endif
