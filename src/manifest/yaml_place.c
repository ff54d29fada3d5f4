/* yaml_place: see yaml_place.h. */
#include "manifest/yaml_place.h"

#include <string.h>

static bool continues(const struct places *places, size_t byte)
{
    return byte < places->length && ((unsigned char)places->data[byte] & 0xC0) == 0x80;
}

void places_start(struct places *places, const char *data, size_t length, size_t first, size_t line)
{
    *places = (struct places){
        .data = data, .length = length, .first = first, .byte = first, .line = line
    };
    size_t text = first >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    for (size_t at = first; at > text && data[at - 1] != '\n'; at--)
        places->column += !continues(places, at - 1);
}

static size_t byte_of(struct places *places, size_t character)
{
    while (places->character < character && places->byte < places->length) {
        do
            places->byte++;
        while (continues(places, places->byte));
        places->character++;
    }
    while (places->character > character && places->byte > places->first) {
        do
            places->byte--;
        while (continues(places, places->byte));
        places->character--;
    }
    return places->byte;
}

/* Block scalars end behind their last line breaks; those are not part of what is shown. */
static size_t trim(const struct places *places, size_t start, size_t end)
{
    while (end > start && strchr("\n\r \t", places->data[end - 1]))
        end--;
    return end;
}

struct place places_find(struct places *places, const yaml_mark_t *start, const yaml_mark_t *end)
{
    struct place place = { .line = (uint32_t)(places->line + start->line + 1),
                           .column = (uint32_t)start->column + 1 };
    if (start->line == 0)
        place.column += (uint32_t)places->column;
    place.start = (uint32_t)byte_of(places, start->index);
    place.end = (uint32_t)trim(places, place.start, byte_of(places, end->index));
    return place;
}

struct place places_at_byte(const struct places *places, size_t byte)
{
    struct place place = { .line = (uint32_t)places->line + 1,
                           .column = (uint32_t)places->column + 1 };
    size_t stop = places->first + byte < places->length ? places->first + byte : places->length;
    for (size_t at = places->first; at < stop; at++)
        if (places->data[at] == '\n') {
            place.line++;
            place.column = 1;
        } else if (!continues(places, at)) {
            place.column++;
        }
    place.start = (uint32_t)stop;
    place.end = (uint32_t)(stop < places->length ? stop + 1 : stop);
    return place;
}

static bool begins_document(const char *line, size_t length)
{
    return length >= 3 && memcmp(line, "---", 3) == 0
           && (length == 3 || strchr(" \t\r\n", line[3]));
}

bool places_next_document(const struct places *places, struct place place, size_t *ret_first,
                          size_t *ret_line)
{
    const char *end = places->data + places->length, *at = places->data + place.start;
    size_t line = place.line - 1;
    while (at > places->data && at[-1] != '\n')
        at--;
    while (at <= places->data + places->first || !begins_document(at, (size_t)(end - at))) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            return false;
        at++;
        line++;
    }
    *ret_first = (size_t)(at - places->data);
    *ret_line = line;
    return true;
}
