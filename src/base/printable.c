/* printable: see printable.h. */
#include "base/printable.h"

#include "base/cleanup.h"
#include "base/utf8.h"

#include <string.h>

bool printable_code(unsigned code)
{
    bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
    bool line = code == 0x2028 || code == 0x2029;
    bool direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return !control && !line && !direction;
}

/* The program's own colours (reconciler/report/report.h, manifest/problem.h): bytes, 0 for anything
 * else.
 */
static size_t own_colour(const char *text, size_t length)
{
    static const char *const own[] = { "\033[0m",  "\033[1m",  "\033[2m",    "\033[31m",
                                       "\033[32m", "\033[33m", "\033[1;31m", "\033[1;33m" };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        size_t bytes = strlen(own[i]);
        if (bytes <= length && memcmp(text, own[i], bytes) == 0)
            return bytes;
    }
    return 0;
}

/* "##[" of GitHub and Azure, "##vso[", "##teamcity[": looked for anywhere in a line. */
bool printable_begins_command(const char *text, size_t length)
{
    size_t at = 2;
    if (length < 3 || text[0] != '#' || text[1] != '#')
        return false;
    while (at < length && text[at] >= 'a' && text[at] <= 'z')
        at++;
    return at < length && text[at] == '[';
}

/* "::" counts only where nothing but blanks stands before it, and other alphabets have blanks too.
 */
static bool is_command(const char *text, size_t length, bool line_starts)
{
    return (line_starts && length >= 2 && text[0] == ':' && text[1] == ':')
           || printable_begins_command(text, length);
}

static bool goes_on_starting(char c, bool line_starts)
{
    unsigned char byte = (unsigned char)c;
    return byte == '\n' || (line_starts && (byte <= ' ' || byte >= 0x7F));
}

bool printable_is_command(const char *text, size_t length)
{
    bool line_starts = true;
    for (size_t i = 0; i < length; i++) {
        if (is_command(text + i, length - i, line_starts))
            return true;
        line_starts = goes_on_starting(text[i], line_starts);
    }
    return false;
}

static bool may_stand(const char *text, size_t bytes)
{
    size_t read;
    return bytes && (*text == '\n' || *text == '\t' || printable_code(utf8_code(text, &read)));
}

void printable_add(struct buf *out, const char *text, size_t length, bool colours)
{
    bool line_starts = true;
    for (size_t at = 0, bytes; at < length; at += bytes) {
        const char *here = text + at;
        size_t left = length - at, colour = colours ? own_colour(here, left) : 0;
        bytes = colour ? colour : utf8_sequence(here, left);
        bool stands = colour || may_stand(here, bytes);
        if (!colour && is_command(here, left, line_starts))
            buf_printf(out, "%c ", *here);
        else
            buf_add(out, stands ? here : "?", stands ? bytes : 1);
        bytes += bytes == 0;
        if (!colour)
            line_starts = goes_on_starting(*here, line_starts);
    }
}

const char *printable_text(struct arena *arena, const char *text)
{
    AUTO_BUF clean = BUF_INIT(BUF_OUTPUT_CEILING);
    printable_add(&clean, text, strlen(text), false);
    return arena_memdup(arena, buf_text(&clean), clean.length);
}

const char *printable_line(struct arena *arena, const char *text)
{
    char *line = arena_strdup(arena, text);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    return line;
}
