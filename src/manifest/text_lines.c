/* text_lines: see text_lines.h. */
#include "manifest/text_lines.h"

enum { LINE_MARK_STEP = 64 };

struct line_mark {
    uint32_t line, column;
};

/* From the mark of byte `from` to that of byte `to`. */
static struct line_mark walk(const char *data, size_t from, size_t to, struct line_mark mark)
{
    for (; from < to; from++) {
        bool continues = ((unsigned char)data[from] & 0xC0) == 0x80;
        if (data[from] == '\n')
            mark = (struct line_mark){ mark.line + 1, 1 };
        else
            mark.column += !continues;
    }
    return mark;
}

void text_lines_start(struct text_lines *lines, struct arena *arena, const char *data,
                      size_t length)
{
    size_t count = length / LINE_MARK_STEP + 1;
    *lines = (struct text_lines){ .data = data, .length = length };
    lines->marks = arena_array(arena, count, sizeof *lines->marks);
    lines->marks[0] = (struct line_mark){ 1, 1 };
    for (size_t i = 1; i < count; i++)
        lines->marks[i] =
            walk(data, (i - 1) * LINE_MARK_STEP, i * LINE_MARK_STEP, lines->marks[i - 1]);
}

void text_lines_find(const struct text_lines *lines, struct place *place)
{
    size_t byte = place->start < lines->length ? place->start : lines->length;
    size_t mark = byte / LINE_MARK_STEP;
    struct line_mark found = walk(lines->data, mark * LINE_MARK_STEP, byte, lines->marks[mark]);
    place->line = found.line;
    place->column = found.column;
}
