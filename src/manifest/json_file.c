/* json_file: see json_file.h. The reader's byte offsets become places. */
#include "manifest/json_file.h"

#include "manifest/json_reader.h"
#include "manifest/text_lines.h"
#include "manifest/value_number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct json_file {
    struct arena *arena;
    struct text_lines lines;
    const struct source_file *file;
    struct yaml_documents *documents;
    struct problems *problems;
    bool faults; /* of the document */
    bool *fine;
    size_t first; /* the reader counts bytes and lines from here */
    size_t end;   /* behind the last whole document             */
    size_t nodes;
};

bool json_file_is(const char *data, size_t length)
{
    size_t at = 0;
    while (at < length
           && (data[at] == ' ' || data[at] == '\t' || data[at] == '\r' || data[at] == '\n'))
        at++;
    return at < length && data[at] == '{';
}

static void find_place(const struct json_file *json, struct place *place)
{
    text_lines_find(&json->lines, place);
    place->start += (uint32_t)json->first;
    place->end += (uint32_t)json->first;
}

/* Beyond int64 kubectl makes it a double, and fails where no double holds it. */
static void fit_number(struct json_file *json, struct value *value)
{
    char text[NUMBER_TEXT];
    errno = 0;
    (void)strtoll(value->text.data, NULL, 10);
    bool integer = value->text.data[strspn(value->text.data, "-0123456789")] == '\0';
    if (integer && !errno)
        return;
    double number = strtod(value->text.data, NULL);
    if (!isfinite(number)) {
        json->faults = true;
        problem_add(json->problems, json->file, value->place, true,
                    "this number is larger than any that can be stored: put it in quotes if it is "
                    "a text");
        return;
    }
    number_from_double(text, number);
    value->text.data = arena_strdup(json->arena, text);
    value->text.length = strlen(text);
}

static bool finish_value(struct json_file *json, struct value *value, size_t depth);

static bool finish_members(struct json_file *json, struct value *map, size_t depth)
{
    json->nodes += map->map.count;
    for (size_t i = 0; i < map->map.count; i++) {
        find_place(json, &map->map.members[i].place);
        if (!finish_value(json, map->map.members[i].value, depth))
            return false;
    }
    return true;
}

/* `depth`: of the containers around it. */
static bool finish_value(struct json_file *json, struct value *value, size_t depth)
{
    find_place(json, &value->place);
    if (++json->nodes > YAML_NODE_CEILING)
        return false;
    if (value->kind == VALUE_NUMBER)
        fit_number(json, value);
    if (value->kind < VALUE_LIST)
        return true;
    if (depth == YAML_NESTING_CEILING)
        return false;
    if (value->kind == VALUE_MAP)
        return finish_members(json, value, depth + 1);
    for (size_t i = 0; i < value->list.count; i++)
        if (!finish_value(json, value->list.items[i], depth + 1))
            return false;
    return true;
}

static bool take_document(void *context, struct arena *arena, const struct value *value,
                          struct error *err)
{
    struct json_file *json = context;
    struct value *root = (struct value *)value; /* made a moment ago, for us */
    json->faults = false;
    if (json->documents->count == YAML_DOCUMENT_CEILING || !finish_value(json, root, 0))
        return error_set(err, ERROR_INPUT, "past a ceiling");
    /* as in YAML: a document that says null is an empty one */
    struct yaml_document document = { root->kind == VALUE_NULL ? NULL : root, root->place };
    if (!json->faults)
        arena_push(arena, json->documents->items, json->documents->count, json->documents->capacity,
                   document);
    *json->fine &= !json->faults;
    json->end = root->place.end;
    return true;
}

size_t json_file_read(struct arena *arena, const struct source_file *file, size_t first,
                      struct yaml_documents *documents, struct problems *problems, bool *ret_fine)
{
    struct json_file json = { .arena = arena,
                              .file = file,
                              .documents = documents,
                              .problems = problems,
                              .fine = ret_fine,
                              .first = first,
                              .end = first };
    struct error told_as_yaml = { 0 };
    *ret_fine = true;
    text_lines_start(&json.lines, arena, file->data + first, file->length - first);
    struct json_reader *reader =
        json_reader_new_placed(arena, YAML_FILE_CEILING, YAML_NODE_CEILING, take_document, &json);
    bool ignored =
        json_reader_feed(reader, file->data + first, file->length - first, &told_as_yaml);
    (void)ignored;
    json_reader_free(reader);
    return json.end;
}
