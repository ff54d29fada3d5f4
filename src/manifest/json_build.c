/* json_build: values into containers, and parts to the handler; see json_reader.h. */
#include "manifest/json_reader.h"

#include <stdlib.h>
#include <string.h>

/* API objects have few members, in the order of Go's structs. */
enum { FEW_MEMBERS = 24 };

struct arena *json_arena(const struct json_reader *reader)
{
    bool part = reader->part_depth != NO_PART_DEPTH && reader->depth >= reader->part_depth;
    return part ? reader->part : reader->keep;
}

bool json_open(struct json_reader *reader, enum value_kind kind, struct error *err)
{
    if (reader->depth == JSON_NESTING_CEILING)
        return json_wrong(reader->offset, err, "nested more than 256 deep");
    const struct json_frame *top = &reader->stack[0];
    if (reader->mode == JSON_ITEMS && reader->depth == 1 && kind == VALUE_LIST
        && top->kind == VALUE_MAP && strcmp(top->key, "items") == 0) {
        reader->part_depth = 2;
        reader->part_end = reader->offset + 1;
    }
    reader->stack[reader->depth++] = (struct json_frame){ .kind = kind,
                                                          .first = reader->member_count,
                                                          .offset = reader->offset };
    reader->state = kind == VALUE_MAP ? WANT_KEY_OR_END : WANT_VALUE_OR_END;
    return true;
}

/* --------------------------------------------------------------------- sorting */

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static void insertion_sort(struct member *members, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct member member = members[i];
        size_t at = i;
        for (; at && strcmp(members[at - 1].key, member.key) > 0; at--)
            members[at] = members[at - 1];
        members[at] = member;
    }
}

static bool sort(struct json_reader *reader, struct member *members, size_t count,
                 struct error *err)
{
    if (count <= FEW_MEMBERS)
        insertion_sort(members, count);
    else
        qsort(members, count, sizeof *members, compare);
    for (size_t i = 1; i < count; i++)
        if (strcmp(members[i - 1].key, members[i].key) == 0)
            return json_wrong(reader->offset, err, "a key stands twice in one object");
    return true;
}

/* ------------------------------------------------------------------ containers */

static struct value *make_list(struct arena *arena, const struct member *members, size_t count)
{
    struct value *list = value_list(arena);
    if (count == 0)
        return list;
    list->list.items = arena_array(arena, count, sizeof *list->list.items);
    list->list.count = list->list.capacity = count;
    for (size_t i = 0; i < count; i++)
        list->list.items[i] = members[i].value;
    return list;
}

static struct value *make_map(struct arena *arena, const struct member *members, size_t count)
{
    struct value *map = value_map(arena);
    if (count == 0)
        return map;
    map->map.members = arena_array(arena, count, sizeof *members);
    memcpy(map->map.members, members, count * sizeof *members);
    map->map.count = map->map.capacity = count;
    return map;
}

bool json_close(struct json_reader *reader, enum value_kind kind, struct error *err)
{
    if (reader->depth == 0 || reader->stack[reader->depth - 1].kind != kind)
        return json_wrong(reader->offset, err, "a bracket closes what was not opened");
    struct json_frame frame = reader->stack[--reader->depth];
    if (reader->mode == JSON_ITEMS && reader->depth < reader->part_depth)
        reader->part_depth = NO_PART_DEPTH;
    size_t count = reader->member_count - frame.first;
    struct member *members = count ? reader->members + frame.first : NULL;
    struct arena *arena = json_arena(reader);
    reader->member_count = frame.first;
    if (frame.unsorted && !sort(reader, members, count, err))
        return false;
    struct value *value =
        kind == VALUE_LIST ? make_list(arena, members, count) : make_map(arena, members, count);
    reader->token_offset = frame.offset;
    return json_add(reader, value, err);
}

static bool hand_over(struct json_reader *reader, struct value *value, struct error *err)
{
    uint64_t bytes = reader->offset + 1 - reader->part_offset;
    if (bytes > reader->ceiling)
        return error_set(err, ERROR_INPUT, "one JSON document is larger than %zu bytes",
                         reader->ceiling);
    bool go_on = reader->handler(reader->context, reader->part, value, err);
    if (!reader->part_stays) {
        arena_clear(reader->part);
        reader->values = 0;
    }
    reader->handed_bytes += reader->offset + 1 - reader->part_end;
    reader->part_end = reader->offset + 1;
    return go_on;
}

static void push(struct json_reader *reader, const struct json_frame *frame, struct value *value)
{
    if (reader->member_count == reader->member_capacity) {
        reader->member_capacity = reader->member_capacity ? 2 * reader->member_capacity : 256;
        reader->members =
            memory_realloc(reader->members, reader->member_capacity * sizeof *reader->members);
    }
    reader->members[reader->member_count++] =
        (struct member){ .key = frame->key, .value = value, .place = frame->key_place };
}

struct place json_token_place(const struct json_reader *reader)
{
    return (struct place){ .start = (uint32_t)reader->token_offset,
                           .end = (uint32_t)reader->offset + 1 };
}

bool json_add(struct json_reader *reader, struct value *value, struct error *err)
{
    if (reader->placed)
        value->place = json_token_place(reader);
    if (++reader->values > reader->values_most)
        return json_wrong(reader->offset, err, "too many values");
    reader->state = WANT_COMMA_OR_END;
    if (reader->depth == 0)
        reader->state = reader->mode == JSON_STREAM ? WANT_VALUE : AT_END;
    if (reader->depth == reader->part_depth)
        return hand_over(reader, value, err);
    if (reader->depth == 0) {
        reader->root = value;
        return true;
    }
    struct json_frame *frame = &reader->stack[reader->depth - 1];
    if (frame->kind == VALUE_MAP && reader->member_count > frame->first && !frame->unsorted)
        frame->unsorted = strcmp(reader->members[reader->member_count - 1].key, frame->key) >= 0;
    push(reader, frame, value);
    return true;
}
