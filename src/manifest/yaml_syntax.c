/* yaml_syntax: see yaml_syntax.h. */
#include "manifest/yaml_syntax.h"

#include "manifest/value_yaml.h"

#include <string.h>

void yaml_drop_apostrophe_escapes(char *at, const char *end)
{
    char *to = at;
    const char *from = at;
    while (from < end && *from != '"') {
        if (*from == '\\' && from + 1 < end && *++from != '\'')
            *to++ = '\\';
        *to++ = *from++;
    }
    if (from < end)
        *to++ = *from++;
    memset(to, ' ', (size_t)(from - to));
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
        { "expected whitespace or line break",
          "a tag ends with a blank: put a text that begins with ! in quotes" },
        { "invalid Unicode", "this escape is no character: write characters above U+FFFF as "
                             "\\U0001F600, in JSON as both halves of a pair" },
        { "found unexpected ':'",
          "a \":\" in front of \",\", \"]\" or \"}\": put the text in quotes" },
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
