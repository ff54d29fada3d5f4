/* yaml_syntax: see yaml_syntax.h. */
#include "manifest/yaml_syntax.h"

#include "manifest/value_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool yaml_is_json(const char *data, size_t length)
{
    size_t at = 0;
    while (at < length && strchr(" \t\r\n", data[at]) && data[at])
        at++;
    return at < length && data[at] == '{';
}

/* ----------------------------------------------------------------- surrogates */

/* The number of a \uXXXX that stands here, or 0. */
static unsigned escape_at(const char *at, const char *end)
{
    char digits[5] = { 0 };
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return 0;
    memcpy(digits, at + 2, 4);
    return strspn(digits, "0123456789abcdefABCDEF") == 4 ? (unsigned)strtoul(digits, NULL, 16) : 0;
}

/* Rewrites the text whose first byte is *at; *at becomes the byte behind its closing quote. */
static void join_text(const char **at, const char *end, char *to)
{
    size_t spare = 0;
    const char *from = *at;
    while (from < end && *from != '"') {
        unsigned high = escape_at(from, end);
        unsigned low = (high >> 10) == 0x36 ? escape_at(from + 6, end) : 0;
        if ((low >> 10) == 0x37) {
            char escape[11];
            unsigned code = 0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF);
            snprintf(escape, sizeof escape, "\\U%08X", code);
            memcpy(to, escape, 10);
            to += 10;
            from += 12;
            spare += 2;
            continue;
        }
        if (*from == '\\' && from + 1 < end)
            *to++ = *from++;
        *to++ = *from++;
    }
    if (from < end)
        *to++ = *from++;
    memset(to, ' ', spare);
    *at = from;
}

const char *yaml_join_surrogates(struct arena *arena, const char *data, size_t length)
{
    if (!memmem(data, length, "\\ud", 3) && !memmem(data, length, "\\uD", 3))
        return data;
    char *copy = arena_memdup(arena, data, length);
    const char *end = data + length;
    for (const char *at = data; (at = memchr(at, '"', (size_t)(end - at)));) {
        at++;
        join_text(&at, end, copy + (at - data));
    }
    return copy;
}

/* ---------------------------------------------------------------------- words */

const char *yaml_problem_words(const char *problem)
{
    static const struct {
        const char *problem, *words;
    } table[] = {
        { "mapping values are not allowed",
          "a \": \" cannot stand here: quote the text, or check the indentation" },
        { "could not find expected ':'",
          "this is no \"key: value\": a colon with a blank behind it is missing" },
        { "did not find expected key",
          "expected a key here: check the indentation and the quotes of the lines above" },
        { "did not find expected '-'",
          "expected \"- \" here: the items of a list begin at one column" },
        { "cannot start any token", "no text can begin with this character: put it in quotes" },
        { "unexpected end of stream", "a quoted text does not end: its closing quote is missing" },
        { "unexpected document indicator",
          "a quoted text does not end before this new document: its closing quote is missing" },
        { "expected ',' or '}'", "expected \",\" or \"}\": a map in { } goes on or ends here" },
        { "expected ',' or ']'", "expected \",\" or \"]\": a list in [ ] goes on or ends here" },
        { "expected <document start>",
          "expected the end of the document here, or \"---\" and another one" },
        { "alphabetic or numeric character",
          "\"*\" and \"&\" begin a reference: put a text that begins so in quotes" },
        { "unknown escape", "an unknown escape: write \\\\ for a backslash, or use single quotes" },
        { "expected node content", "expected a value here" },
        { "sequence entries are not allowed",
          "\"- \" cannot stand here: begin the list on the next line, or quote the text" },
        { "mapping keys are not allowed",
          "\"?\" begins a key: put a text that begins so in quotes" },
        { "comment or line break",
          "behind | or > only a digit, + or -, and a comment can stand: quote the text" },
        { "indicator equal to 0", "the digit behind | or > counts blanks from 1 on" },
        { "undefined tag handle", "no %TAG line names this tag: put a text that begins with ! in "
                                  "quotes" },
        { "invalid Unicode", "this escape is no character: write characters above U+FFFF as "
                             "\\U0001F600" },
        { "violates indentation", "a tab: YAML is indented with blanks only" },
        { "tab character where", "a tab: YAML is indented with blanks only" },
        { "control characters", "a control character: only tabs and line breaks may stand here" },
        { "UTF-8", "a byte that is no UTF-8: save the file as UTF-8" },
    };
    for (size_t i = 0; problem && i < sizeof table / sizeof *table; i++)
        if (strstr(problem, table[i].problem))
            return table[i].words;
    return NULL;
}

/* ---------------------------------------------------------------------- input */

/* libyaml compares every %TAG with all before it. */
static bool has_many_directives(const char *data, size_t length)
{
    enum { MOST = 64 };
    size_t count = 0;
    const char *end = data + length;
    for (const char *at = data; at && at < end; at = memchr(at, '\n', (size_t)(end - at))) {
        at += *at == '\n';
        count += end - at > 4 && memcmp(at, "%TAG", 4) == 0;
        if (at == end)
            break;
    }
    return count > MOST;
}

static bool is_wide(const char *data, size_t length)
{
    return length >= 2
           && (memcmp(data, "\xFF\xFE", 2) == 0 || memcmp(data, "\xFE\xFF", 2) == 0 || !data[0]
               || !data[1]);
}

bool yaml_check_input(const struct source_file *file, struct problems *problems)
{
    const char *wrong = NULL;
    if (file->length > YAML_FILE_CEILING)
        wrong = "the file is larger than 8 MiB: split it";
    else if (is_wide(file->data, file->length))
        wrong = "the file is UTF-16, UTF-32 or binary: save it as UTF-8";
    else if (has_many_directives(file->data, file->length))
        wrong = "the file holds more than 64 %TAG directives: write the tags in full";
    if (wrong)
        problem_add(problems, file, (struct place){ 0 }, false, "%s", wrong);
    return !wrong;
}
