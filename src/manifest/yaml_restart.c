/*
 * yaml_restart: what happens where libyaml stops; see yaml_reader.h. A fault of
 * syntax is told in words that help, and reading goes on with the next "---". One
 * thing that only libyaml refuses is taken out, and the document read once more.
 */
#include "manifest/yaml_reader.h"
#include "manifest/yaml_syntax.h"

#include <string.h>

/* Each new start makes libyaml read ahead 16 KiB, so there is a limit. */
enum { MOST_RESTARTS = 100, REREAD_CEILING = 16 << 20 };

/* Is the line indented with a tab, or begins the fault with one? */
static bool is_tab(const struct reader *reader, struct place place)
{
    const char *data = reader->file->data, *at = data + place.start;
    if (place.start < reader->file->length && *at == '\t')
        return true;
    while (at > data && at[-1] != '\n')
        at--;
    for (; at < data + place.start && (*at == ' ' || *at == '\t'); at++)
        if (*at == '\t')
            return true;
    return false;
}

static struct place fault_place(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_READER_ERROR)
        return places_at_byte(&reader->places, parser->problem_offset);
    yaml_mark_t end = parser->problem_mark;
    end.index++;
    return places_find(&reader->places, &parser->problem_mark, &end);
}

static void add_syntax_problem(struct reader *reader, struct place place)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *words = yaml_problem_words(parser->problem);
    const char *context = parser->context ? parser->context : "while reading it";
    bool above = parser->context && parser->context_mark.line < parser->problem_mark.line
                 && (strstr(context, "quoted scalar") || strstr(context, "parsing a flow"));
    reader->broken = reader->faults = true;
    if (parser->error != YAML_READER_ERROR && is_tab(reader, place))
        words = "a tab: YAML is indented with blanks only";
    if (!words)
        problem_add(reader->problems, reader->file, place, true, "not valid YAML: %s, %s",
                    parser->problem ? parser->problem : "unreadable", context);
    else if (above)
        problem_add(reader->problems, reader->file, place, true, "%s (it begins on line %zu)",
                    words, reader->places.line + parser->context_mark.line + 1);
    else
        problem_add(reader->problems, reader->file, place, true, "%s", words);
}

/* Does a \' in a quoted text stop libyaml, which kubectl takes for an apostrophe? */
static bool stopped_by_apostrophe(const struct reader *reader, struct place place)
{
    const yaml_parser_t *parser = &reader->parser;
    return parser->error == YAML_SCANNER_ERROR && strstr(parser->problem, "unknown escape")
           && place.start + 1 < reader->length
           && memcmp(reader->input + place.start, "\\'", 2) == 0;
}

/* Takes them out of the text, and reads the document once more. */
static bool reread_without(struct reader *reader, struct place place, size_t *ret_first,
                           size_t *ret_line)
{
    const struct before *before = &reader->before;
    size_t first = reader->start.start;
    while (first > reader->places.first && reader->input[first - 1] != '\n')
        first--;
    reader->reread += reader->length - first;
    if (reader->reread > REREAD_CEILING)
        return false;
    if (!reader->copy)
        reader->input = reader->copy = arena_memdup(reader->arena, reader->input, reader->length);
    yaml_drop_apostrophe_escapes(reader->copy + place.start, reader->copy + reader->length);
    reader->nodes = before->nodes;
    reader->documents->count = before->documents;
    reader->problems->count = before->problems;
    reader->problems->errors = before->errors;
    reader->faults = before->faults;
    *ret_first = first;
    *ret_line = reader->start.line - 1;
    return true;
}

bool yaml_restart(struct reader *reader, size_t *ret_first, size_t *ret_line)
{
    struct place place = fault_place(reader);
    if (stopped_by_apostrophe(reader, place) && reread_without(reader, place, ret_first, ret_line))
        return true;
    add_syntax_problem(reader, place);
    return reader->restarts++ < MOST_RESTARTS
           && places_next_document(&reader->places, place, ret_first, ret_line);
}
