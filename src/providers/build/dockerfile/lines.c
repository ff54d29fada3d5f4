/* lines: see lines.h. */
#include "providers/build/dockerfile/lines.h"

#include "base/cleanup.h"
#include "providers/build/dockerfile/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char BLANKS[] = " \t\v\f\r";

void lines_start(struct lines *lines, struct arena *arena, struct dockerfile *dockerfile,
                 struct problems *problems)
{
    const struct source_file *file = dockerfile->file;
    *lines = (struct lines){ .arena = arena,
                             .dockerfile = dockerfile,
                             .problems = problems,
                             .data = file->data,
                             .length = file->length };
    if (file->length >= 3 && memcmp(file->data, "\xEF\xBB\xBF", 3) == 0)
        lines->at = 3;
}

/* A line as it stands, with its end. False: there is none. */
static bool raw_line(struct lines *lines, const char **ret, size_t *ret_length)
{
    if (lines->at >= lines->length)
        return false;
    const char *start = lines->data + lines->at;
    const char *stop = memchr(start, '\n', lines->length - lines->at);
    *ret = start;
    *ret_length = stop ? (size_t)(stop - start) + 1 : lines->length - lines->at;
    lines->at += *ret_length;
    lines->number++;
    return true;
}

static size_t without_end(const char *line, size_t length)
{
    while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    return length;
}

static size_t leading(const char *line, size_t length, const char *what)
{
    size_t count = 0;
    while (count < length && line[count] && strchr(what, line[count]))
        count++;
    return count;
}

static bool is_comment(const char *line, size_t length)
{
    size_t blanks = leading(line, length, " \t\v\f\r\n");
    return blanks < length && line[blanks] == '#';
}

static struct place place_here(const struct lines *lines, const char *line, size_t length)
{
    size_t start = (size_t)(line - lines->data);
    return (struct place){ .line = lines->number,
                           .column = 1,
                           .start = (uint32_t)start,
                           .end = (uint32_t)(start + length) };
}

/* ------------------------------------------------------------------ directives */

static void directive(struct lines *lines, const char *name, const char *value, struct place place)
{
    static const char *const names[] = { "escape", "syntax", "check" };
    struct dockerfile *dockerfile = lines->dockerfile;
    const struct source_file *file = dockerfile->file;
    unsigned which = 0;
    while (which < 3 && strcasecmp(name, names[which]) != 0)
        which++;
    if (which == 3) {
        lines->directives_over = true;
        return;
    }
    if (lines->seen & 1u << which)
        problem_add(lines->problems, file, place, file->quotable,
                    "a second directive \"%s\": only one counts", names[which]);
    lines->seen |= 1u << which;
    if (which == 0 && strcmp(value, "\\") != 0 && strcmp(value, "`") != 0)
        problem_add(lines->problems, file, place, file->quotable, "escape=%s: it can be \\ or `",
                    value);
    else if (which == 0)
        dockerfile->escape = *value;
    else if (which == 1) {
        dockerfile->syntax = value;
        dockerfile->syntax_line = lines->number;
    }
}

/* "# name = value" at the top of the file; the first line that is none ends them. */
static void look_for_directive(struct lines *lines, const char *line, size_t length)
{
    struct place place = place_here(lines, line, length);
    if (lines->directives_over)
        return;
    lines->directives_over = length == 0 || *line != '#';
    if (lines->directives_over)
        return;
    size_t at = 1 + leading(line + 1, length - 1, BLANKS), name = at;
    while (at < length && isalnum((unsigned char)line[at]))
        at++;
    size_t name_end = at;
    at += leading(line + at, length - at, BLANKS);
    if (name == name_end || !isalpha((unsigned char)line[name]) || at >= length
        || line[at] != '=') {
        lines->directives_over = true;
        return;
    }
    at++;
    at += leading(line + at, length - at, BLANKS);
    while (length > at && strchr(BLANKS, line[length - 1]))
        length--;
    if (at == length)
        lines->directives_over = true;
    else
        directive(lines, arena_memdup(lines->arena, line + name, name_end - name),
                  arena_memdup(lines->arena, line + at, length - at), place);
}

/* --------------------------------------------------------------- continuations */

/* The length without the escape at its end; *ret_more: the next line belongs to this one. */
static size_t cut_escape(const char *line, size_t length, char escape, bool *ret_more)
{
    size_t end = length;
    while (end && (line[end - 1] == ' ' || line[end - 1] == '\t'))
        end--;
    *ret_more = end && line[end - 1] == escape && (end == 1 || line[end - 2] != escape);
    return *ret_more ? end - 1 : length;
}

static void read_continued(struct lines *lines, struct buf *text)
{
    const char *line;
    size_t length;
    bool more = true;
    while (more && raw_line(lines, &line, &length)) {
        if (is_comment(line, length))
            continue;
        length = without_end(line, length);
        if (leading(line, length, BLANKS) == length)
            continue;
        length = cut_escape(line, length, lines->dockerfile->escape, &more);
        buf_add(text, line, length);
    }
}

bool lines_next(struct lines *lines, struct line *ret)
{
    const char *line;
    size_t length;
    while (raw_line(lines, &line, &length)) {
        bool more;
        length = without_end(line, length);
        size_t blanks = leading(line, length, BLANKS);
        line += blanks;
        length -= blanks;
        look_for_directive(lines, line, length);
        if (length == 0 || *line == '#')
            continue;
        AUTO_BUF text = BUF_INIT(DOCKERFILE_CEILING);
        ret->place = place_here(lines, line, length);
        ret->place.column = (uint32_t)blanks + 1;
        length = cut_escape(line, length, lines->dockerfile->escape, &more);
        buf_add(&text, line, length);
        if (more)
            read_continued(lines, &text);
        ret->text = arena_memdup(lines->arena, buf_text(&text), text.length);
        ret->stop = (uint32_t)lines->at;
        return true;
    }
    return false;
}

/* -------------------------------------------------------------- here-documents */

static bool is_end(const struct heredoc *heredoc, const char *line, size_t length)
{
    length = without_end(line, length);
    if (heredoc->chomp) {
        size_t tabs = leading(line, length, "\t");
        line += tabs;
        length -= tabs;
    }
    return strlen(heredoc->name) == length && memcmp(line, heredoc->name, length) == 0;
}

static bool read_heredoc(struct lines *lines, struct heredoc *heredoc)
{
    AUTO_BUF content = BUF_INIT(DOCKERFILE_CEILING);
    const char *line;
    size_t length;
    while (raw_line(lines, &line, &length)) {
        if (is_end(heredoc, line, length)) {
            heredoc->content = arena_memdup(lines->arena, buf_text(&content), content.length);
            return true;
        }
        size_t tabs = heredoc->chomp ? leading(line, length, "\t") : 0;
        buf_add(&content, line + tabs, length - tabs);
    }
    return false;
}

void lines_heredocs(struct lines *lines, struct instruction *instruction)
{
    const struct source_file *file = lines->dockerfile->file;
    struct text_list words = { 0 };
    if (!strstr(instruction->rest, "<<"))
        return;
    words_shell(lines->arena, instruction->rest, lines->dockerfile->escape, &words);
    for (size_t i = 0; i < words.count; i++) {
        struct heredoc heredoc;
        if (!words_heredoc(lines->arena, words.items[i], &heredoc))
            continue;
        if (!read_heredoc(lines, &heredoc)) {
            problem_add(lines->problems, file, instruction->place, file->quotable,
                        "<<%s never ends: a line \"%s\" alone is missing", heredoc.name,
                        heredoc.name);
            return;
        }
        arena_push(lines->arena, instruction->heredocs, instruction->heredoc_count,
                   instruction->heredoc_capacity, heredoc);
    }
}
