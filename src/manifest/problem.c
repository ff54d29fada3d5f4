/* problem: see problem.h. */
#include "manifest/problem.h"

#include "base/cleanup.h"
#include "base/utf8.h"

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

void problems_append(struct problems *problems, const struct problems *more)
{
    problems->errors += more->errors;
    for (size_t i = 0; i < more->count && problems->count < MOST_KEPT; i++)
        arena_push(problems->arena, problems->items, problems->count, problems->capacity,
                   more->items[i]);
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

/* Control characters of a repository's files (those of U+0080 on too) never reach a terminal. */
static void add_clean(struct buf *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool high = c == 0xC2 && i + 1 < length && (unsigned char)text[i + 1] < 0xA0;
        buf_putc(out, high || (c < 0x20 && c != '\t') || c == 0x7F ? '?' : (char)c);
        i += high;
    }
}

/* ----------------------------------------------------------------- source line */

struct line {
    const char *start, *end;
};

/* The line that holds the problem's first byte, without its line break. */
static bool find_line(const struct problem *problem, struct line *ret_line)
{
    const struct source_file *file = problem->file;
    const char *stop = file->data + file->length, *at = file->data + problem->place.start;
    if (problem->place.start > file->length || problem->place.end > file->length)
        return false;
    while (at > file->data && at[-1] != '\n')
        at--;
    const char *end = memchr(at, '\n', (size_t)(stop - at));
    ret_line->start = at;
    ret_line->end = end ? end : stop;
    if (ret_line->end > at && ret_line->end[-1] == '\r')
        ret_line->end--;
    return ret_line->end > at && ret_line->end - at <= LONGEST_LINE
           && utf8_valid(at, (size_t)(ret_line->end - at));
}

/* Terminal columns of a character: 0 for combining ones, 2 for wide ones. */
static size_t columns_of(unsigned code)
{
    static const unsigned wide[][2] = { { 0x1100, 0x115F },   { 0x2E80, 0xA4CF },
                                        { 0xAC00, 0xD7A3 },   { 0xF900, 0xFAFF },
                                        { 0xFE30, 0xFE6F },   { 0xFF00, 0xFF60 },
                                        { 0x1F300, 0x1FAFF }, { 0x20000, 0x3FFFD } };
    if ((code >= 0x300 && code <= 0x36F) || (code >= 0x200B && code <= 0x200D)
        || (code >= 0xFE00 && code <= 0xFE0F))
        return 0;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (code >= wide[i][0] && code <= wide[i][1])
            return 2;
    return 1;
}

/* Tabs stay tabs in front of the caret, so that it stands right however wide they are. */
static void add_caret(struct buf *out, const struct problem *problem, const struct line *line)
{
    const char *start = problem->file->data + problem->place.start;
    const char *end = problem->file->data + problem->place.end;
    size_t marked = 0, bytes;
    for (const char *at = line->start; at < line->end && at < start; at += bytes) {
        unsigned code = utf8_code(at, &bytes);
        buf_fill(out, code == '\t' ? '\t' : ' ', code == '\t' ? 1 : columns_of(code));
    }
    for (const char *at = start; at < line->end && at < end; at += bytes)
        marked += columns_of(utf8_code(at, &bytes));
    buf_putc(out, '^');
    buf_fill(out, '~', marked > 1 ? marked - 1 : 0);
}

static void add_quote(struct buf *out, const struct problem *problem, bool colour)
{
    struct line line;
    bool quotable = problem->quotable && problem->file && problem->file->quotable;
    if (!quotable || !problem->place.line || !find_line(problem, &line))
        return;
    buf_printf(out, "%5u | ", problem->place.line);
    add_clean(out, line.start, (size_t)(line.end - line.start));
    buf_printf(out, "\n      | %s", colour ? "\033[32m" : "");
    add_caret(out, problem, &line);
    buf_puts(out, colour ? "\033[0m\n" : "\n");
}

/* -------------------------------------------------------------------- printing */

static void add_place(struct buf *out, const struct problem *problem)
{
    if (!problem->file)
        return;
    add_clean(out, problem->file->path, strlen(problem->file->path));
    if (problem->place.line)
        buf_printf(out, ":%u:%u", problem->place.line, problem->place.column);
    buf_puts(out, ": ");
}

static void add_problem(struct buf *out, const struct problem *problem, bool colour)
{
    const char *start = !colour ? "" : problem->warning ? "\033[1;33m" : "\033[1;31m";
    add_place(out, problem);
    buf_printf(out, "%s%s:%s ", start, problem->warning ? "warning" : "error",
               colour ? "\033[0m" : "");
    for (const char *line = problem->message, *end; *line; line = end + (*end == '\n')) {
        end = strchrnul(line, '\n');
        add_clean(out, line, (size_t)(end - line));
        buf_putc(out, '\n');
    }
}

void problems_print(const struct problems *problems, struct buf *out, bool quote, bool colour)
{
    AUTO_ARENA arena = arena_new();
    struct problem *sorted = arena_array(arena, problems->count, sizeof *sorted);
    size_t errors = 0;
    if (problems->count == 0)
        return;
    memcpy(sorted, problems->items, problems->count * sizeof *sorted);
    qsort(sorted, problems->count, sizeof *sorted, compare);
    for (size_t i = 0; i < problems->count; i++) {
        errors += !sorted[i].warning;
        add_problem(out, &sorted[i], colour);
        if (quote)
            add_quote(out, &sorted[i], colour);
    }
    if (problems->errors > errors)
        buf_printf(out, "and %zu more errors\n", problems->errors - errors);
}
