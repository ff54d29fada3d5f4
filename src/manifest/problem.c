/* problem: see problem.h. */
#include "manifest/problem.h"

#include "base/cleanup.h"

#include <stdarg.h>
#include <string.h>

enum { MOST_KEPT = 1000, LONGEST_LINE = 200 };

void problems_start(struct problems *problems, struct arena *arena)
{
    *problems = (struct problems){ .arena = arena };
}

static void add(struct problems *problems, const struct source_file *file, struct place place,
                bool quotable, bool warning, const char *format, va_list args)
{
    problems->errors += !warning;
    if (problems->count >= MOST_KEPT)
        return;
    struct problem problem = { .file = file,
                               .place = place,
                               .message = arena_vprintf(problems->arena, format, args),
                               .warning = warning,
                               .quotable = quotable };
    arena_push(problems->arena, problems->items, problems->count, problems->capacity, problem);
}

void problem_add(struct problems *problems, const struct source_file *file, struct place place,
                 bool quotable, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, file, place, quotable, false, format, args);
    va_end(args);
}

void problem_warn(struct problems *problems, const struct source_file *file, struct place place,
                  bool quotable, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(problems, file, place, quotable, true, format, args);
    va_end(args);
}

static int compare(const void *a, const void *b)
{
    const struct problem *x = a, *y = b;
    int order = strcmp(x->file ? x->file->path : "", y->file ? y->file->path : "");
    if (order == 0 && x->place.line != y->place.line)
        order = x->place.line < y->place.line ? -1 : 1;
    if (order == 0 && x->place.column != y->place.column)
        order = x->place.column < y->place.column ? -1 : 1;
    return order ? order : strcmp(x->message, y->message);
}

static bool line_of(const struct source_file *file, uint32_t number, const char **ret_start,
                    size_t *ret_length)
{
    const char *at = file->data, *end = file->data + file->length;
    for (uint32_t line = 1; line < number && at; line++) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || at >= end)
        return false;
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    *ret_start = at;
    *ret_length = (size_t)((stop ? stop : end) - at);
    return true;
}

/* Columns of the line that the problem's range covers, one at least. */
static size_t marked(const struct problem *problem, const char *line, size_t length)
{
    size_t columns = 0;
    const char *start = problem->file->data + problem->place.start;
    const char *end = problem->file->data + problem->place.end;
    if (start < line || start > line + length || end <= start)
        return 1;
    if (end > line + length)
        end = line + length;
    for (const char *at = start; at < end; at++)
        columns += ((unsigned char)*at & 0xC0) != 0x80;
    return columns ? columns : 1;
}

/* Tabs stay tabs in front of the caret, so that it stands right however wide they are. */
static void add_caret(struct buf *out, const struct problem *problem, const char *line,
                      size_t length)
{
    uint32_t column = 1;
    for (const char *at = line; at < line + length && column < problem->place.column; at++) {
        if (((unsigned char)*at & 0xC0) == 0x80)
            continue;
        buf_putc(out, *at == '\t' ? '\t' : ' ');
        column++;
    }
    buf_putc(out, '^');
    buf_fill(out, '~', marked(problem, line, length) - 1);
}

static void add_quote(struct buf *out, const struct problem *problem, bool colour)
{
    const char *line;
    size_t length;
    bool quotable = problem->quotable && problem->file && problem->file->quotable;
    if (!quotable || !problem->place.line || problem->place.end > problem->file->length
        || !line_of(problem->file, problem->place.line, &line, &length) || length > LONGEST_LINE)
        return;
    buf_printf(out, "%5u | ", problem->place.line);
    buf_add(out, line, length && line[length - 1] == '\r' ? length - 1 : length);
    buf_printf(out, "\n      | %s", colour ? "\033[32m" : "");
    add_caret(out, problem, line, length);
    buf_puts(out, colour ? "\033[0m\n" : "\n");
}

static void add_place(struct buf *out, const struct problem *problem)
{
    if (!problem->file)
        return;
    buf_puts(out, problem->file->path);
    if (problem->place.line)
        buf_printf(out, ":%u:%u", problem->place.line, problem->place.column);
    buf_puts(out, ": ");
}

void problems_print(const struct problems *problems, struct buf *out, bool quote, bool colour)
{
    AUTO_ARENA arena = arena_new();
    struct problem *sorted = arena_array(arena, problems->count, sizeof *sorted);
    if (problems->count == 0)
        return;
    memcpy(sorted, problems->items, problems->count * sizeof *sorted);
    qsort(sorted, problems->count, sizeof *sorted, compare);
    for (size_t i = 0; i < problems->count; i++) {
        const char *start = !colour ? "" : sorted[i].warning ? "\033[1;33m" : "\033[1;31m";
        add_place(out, &sorted[i]);
        buf_printf(out, "%s%s:%s %s\n", start, sorted[i].warning ? "warning" : "error",
                   colour ? "\033[0m" : "", sorted[i].message);
        if (quote)
            add_quote(out, &sorted[i], colour);
    }
    if (problems->errors > MOST_KEPT)
        buf_printf(out, "and %zu more\n", problems->errors - MOST_KEPT);
}
