/* yaml_place: see yaml_place.h. */
#include "manifest/yaml_place.h"

void places_start(struct places *places, const char *data, size_t length, size_t first)
{
    *places = (struct places){ .data = data, .length = length, .first = first, .byte = first };
}

static bool continues(const struct places *places, size_t byte)
{
    return byte < places->length && ((unsigned char)places->data[byte] & 0xC0) == 0x80;
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

/* Block scalars end behind their last line breaks; those are not shown. */
static size_t trim(const struct places *places, size_t start, size_t end)
{
    while (end > start && (places->data[end - 1] == '\n' || places->data[end - 1] == '\r'))
        end--;
    return end;
}

struct place places_find(struct places *places, size_t line, size_t column, size_t start,
                         size_t end)
{
    struct place place = { .line = (uint32_t)line + 1, .column = (uint32_t)column + 1 };
    place.start = (uint32_t)byte_of(places, start);
    place.end = (uint32_t)trim(places, place.start, byte_of(places, end));
    return place;
}

struct place places_at_byte(struct places *places, size_t byte)
{
    struct place place = { .line = 1, .column = 1 };
    size_t stop = places->first + byte < places->length ? places->first + byte : places->length;
    for (size_t at = places->first; at < stop; at++)
        if (places->data[at] == '\n') {
            place.line++;
            place.column = 1;
        } else if (!continues(places, at))
            place.column++;
    place.start = (uint32_t)stop;
    place.end = (uint32_t)(stop < places->length ? stop + 1 : stop);
    return place;
}
