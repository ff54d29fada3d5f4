/*
 * text_lines: the line and column of any byte of a text, in any order. Lines and
 * columns of the text are noted every few bytes, so that one line of 8 MiB costs
 * no more than many short ones.
 */
#ifndef CMX_MANIFEST_TEXT_LINES_H
#define CMX_MANIFEST_TEXT_LINES_H

#include "manifest/value.h"

#include <stddef.h>

struct text_lines {
    const char *data;
    size_t length;
    struct line_mark *marks; /* one every LINE_MARK_STEP bytes */
};

/* Reads the text once. It must outlive the marks, which live in the arena. */
void text_lines_start(struct text_lines *lines, struct arena *arena, const char *data,
                      size_t length);

/* Fills in the line and the column of place->start, both from 1; columns count characters. */
void text_lines_find(const struct text_lines *lines, struct place *place);

#endif
