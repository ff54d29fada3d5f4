/*
 * value_yaml: libyaml's events become trees; see value_yaml.h. What a scalar
 * means is decided in yaml_scalar.c.
 *
 * An explicit stack instead of recursion. Each anchor remembers how many nodes
 * stand below it, so that a "billion laughs" file is refused by counting, before
 * anything is expanded; aliases share nodes.
 */
#include "manifest/value_yaml.h"

#include "base/cleanup.h"
#include "manifest/yaml_place.h"
#include "manifest/yaml_scalar.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
    const char *name;
    struct value *value; /* NULL while it is being read: it would contain itself */
    size_t nodes;
};

struct frame {
    struct value *container;
    const char *anchor;
    size_t nodes;    /* of all that was read into it, itself included */
    bool has_key, merges;
    const char *key;
    struct place key_place;
    struct value *merge; /* NULL, or what << brings in: a map or a list of maps */
};

struct reader {
    struct arena *arena;
    const struct source_file *file;
    struct problems *problems;
    struct places places;
    yaml_parser_t parser;
    struct frame stack[YAML_NESTING_CEILING];
    size_t depth, nodes;
    struct anchor *anchors;
    size_t anchor_count, anchor_capacity;
    struct value *root;
    struct place root_place;
    bool in_document;
};

static bool wrong(struct reader *reader, struct place place, const char *message)
{
    problem_add(reader->problems, reader->file, place, true, "%s", message);
    return false;
}

static struct place place_of(struct reader *reader, const yaml_event_t *event)
{
    return places_find(&reader->places, event->start_mark.line, event->start_mark.column,
                       event->start_mark.index, event->end_mark.index);
}

/* ------------------------------------------------------------------- anchors */

static void anchor_set(struct reader *reader, const char *name, struct value *value, size_t nodes)
{
    for (size_t i = 0; i < reader->anchor_count; i++)
        if (strcmp(reader->anchors[i].name, name) == 0) {
            reader->anchors[i].value = value;
            reader->anchors[i].nodes = nodes;
            return;
        }
    struct anchor anchor = { name, value, nodes };
    arena_push(reader->arena, reader->anchors, reader->anchor_count, reader->anchor_capacity,
               anchor);
}

static const struct anchor *anchor_find(const struct reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->anchor_count; i++)
        if (strcmp(reader->anchors[i].name, name) == 0)
            return &reader->anchors[i];
    return NULL;
}

static const char *anchor_name(struct reader *reader, const yaml_char_t *name)
{
    return name ? arena_strdup(reader->arena, (const char *)name) : NULL;
}

/* ---------------------------------------------------------------- containers */

static bool duplicate(struct reader *reader, const struct member *first, const char *key,
                      struct place place)
{
    problem_add(reader->problems, reader->file, place, true,
                "the key \"%s\" stands twice in one map, first on line %u", key,
                first->place.line);
    return false;
}

/* Keys already there are not touched: the map's own ones, and those of an earlier merge. */
static void merge_map(struct reader *reader, struct value *into, const struct value *from)
{
    for (size_t i = 0; i < from->map.count; i++) {
        const struct member *member = &from->map.members[i];
        if (!value_member(into, member->key))
            value_set(reader->arena, into, member->key, member->value);
    }
}

static bool merge(struct reader *reader, struct frame *frame)
{
    const struct value *from = frame->merge;
    if (from->kind == VALUE_MAP) {
        merge_map(reader, frame->container, from);
        return true;
    }
    for (size_t i = 0; from->kind == VALUE_LIST && i < from->list.count; i++) {
        if (from->list.items[i]->kind != VALUE_MAP)
            return wrong(reader, from->list.items[i]->place, "<< takes a map, or a list of maps");
        merge_map(reader, frame->container, from->list.items[i]);
    }
    return from->kind == VALUE_LIST
           || wrong(reader, frame->container->place, "<< takes a map, or a list of maps");
}

static bool set_key(struct reader *reader, struct frame *frame, struct value *value,
                    bool merge_key)
{
    struct error error = { 0 };
    frame->has_key = true;
    frame->key_place = value->place;
    frame->merges = merge_key;
    if (merge_key || yaml_key(reader->arena, value, &frame->key, &error))
        return true;
    return wrong(reader, value->place, error.message);
}

static bool set_member(struct reader *reader, struct frame *frame, struct value *value)
{
    frame->has_key = false;
    if (frame->merges) {
        frame->merges = false;
        frame->merge = value;
        return true;
    }
    const struct member *first = value_member(frame->container, frame->key);
    if (first)
        return duplicate(reader, first, frame->key, frame->key_place);
    value_set(reader->arena, frame->container, frame->key, value);
    struct member *member = (struct member *)(uintptr_t)value_member(frame->container, frame->key);
    member->place = frame->key_place;
    return true;
}

/* A node is whole, `nodes` large. `merge_key`: it is a plain <<. */
static bool add_node(struct reader *reader, struct value *value, size_t nodes, bool merge_key)
{
    if (reader->depth == 0) {
        reader->root = value;
        return true;
    }
    struct frame *frame = &reader->stack[reader->depth - 1];
    frame->nodes += nodes;
    if (frame->container->kind == VALUE_LIST) {
        value_push(reader->arena, frame->container, value);
        return true;
    }
    if (!frame->has_key)
        return set_key(reader, frame, value, merge_key);
    return set_member(reader, frame, value);
}

static bool count_nodes(struct reader *reader, size_t nodes, struct place place)
{
    reader->nodes += nodes;
    if (reader->nodes <= YAML_NODE_CEILING)
        return true;
    return wrong(reader, place, "the file holds more than 1048576 values, aliases counted each "
                                "time they are used: split it");
}

static bool open_container(struct reader *reader, const yaml_event_t *event, enum value_kind kind,
                           const yaml_char_t *anchor)
{
    struct place place = place_of(reader, event);
    if (reader->depth == YAML_NESTING_CEILING)
        return wrong(reader, place, "nested more than 128 deep");
    struct value *container = kind == VALUE_MAP ? value_map(reader->arena)
                                                : value_list(reader->arena);
    container->place = place;
    struct frame frame = { .container = container, .anchor = anchor_name(reader, anchor),
                           .nodes = 1 };
    if (frame.anchor)
        anchor_set(reader, frame.anchor, NULL, 0);
    reader->stack[reader->depth++] = frame;
    return count_nodes(reader, 1, place);
}

/* Up to the end of the last thing inside, not to the next token. */
static void close_place(struct reader *reader, struct value *container, const yaml_event_t *event)
{
    size_t count = value_count(container);
    bool flow = event->end_mark.index > event->start_mark.index;
    if (flow)
        container->place.end = place_of(reader, event).end;
    else if (count && container->kind == VALUE_LIST)
        container->place.end = container->list.items[count - 1]->place.end;
    for (size_t i = 0; !flow && container->kind == VALUE_MAP && i < count; i++) {
        uint32_t end = container->map.members[i].value->place.end;
        if (end > container->place.end)
            container->place.end = end;
    }
}

static bool close_container(struct reader *reader, const yaml_event_t *event)
{
    struct frame frame = reader->stack[--reader->depth];
    close_place(reader, frame.container, event);
    if (frame.merge && !merge(reader, &frame))
        return false;
    if (frame.anchor)
        anchor_set(reader, frame.anchor, frame.container, frame.nodes);
    return add_node(reader, frame.container, frame.nodes, false);
}

/* -------------------------------------------------------------------- events */

static bool on_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct value *value;
    struct error error = { 0 };
    struct place place = place_of(reader, event);
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    bool plain = event->data.scalar.plain_implicit;
    if (tag && strcmp(tag, "!") == 0)
        tag = NULL;
    if (!yaml_scalar(reader->arena, text, event->data.scalar.length, tag, plain, &value, &error))
        return wrong(reader, place, error.message);
    value->place = place;
    if (event->data.scalar.anchor)
        anchor_set(reader, anchor_name(reader, event->data.scalar.anchor), value, 1);
    bool merge_key = plain && !tag && strcmp(text, "<<") == 0;
    return count_nodes(reader, 1, place) && add_node(reader, value, 1, merge_key);
}

static bool on_alias(struct reader *reader, const yaml_event_t *event)
{
    struct place place = place_of(reader, event);
    const struct anchor *anchor = anchor_find(reader, (const char *)event->data.alias.anchor);
    if (!anchor)
        return wrong(reader, place, "this alias names no anchor of the document");
    if (!anchor->value)
        return wrong(reader, place, "this alias stands inside its own anchor");
    return count_nodes(reader, anchor->nodes, place)
           && add_node(reader, anchor->value, anchor->nodes, false);
}

static bool on_document(struct reader *reader, const yaml_event_t *event,
                        struct yaml_documents *documents)
{
    struct yaml_document document = { reader->root, reader->root_place };
    struct place place = place_of(reader, event);
    if (reader->root)
        document.place = reader->root->place;
    if (reader->root && reader->root->kind == VALUE_NULL)
        document.root = NULL;
    if (documents->count == YAML_DOCUMENT_CEILING)
        return wrong(reader, place, "the file holds more than 10000 documents: split it");
    arena_push(reader->arena, documents->items, documents->count, documents->capacity, document);
    reader->anchor_count = 0;
    reader->in_document = false;
    return true;
}

static bool on_event(struct reader *reader, const yaml_event_t *event,
                     struct yaml_documents *documents)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        reader->root = NULL;
        reader->in_document = true;
        reader->root_place = place_of(reader, event);
        return true;
    case YAML_DOCUMENT_END_EVENT: return on_document(reader, event, documents);
    case YAML_SCALAR_EVENT: return on_scalar(reader, event);
    case YAML_ALIAS_EVENT: return on_alias(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(reader, event, VALUE_LIST, event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return open_container(reader, event, VALUE_MAP, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close_container(reader, event);
    default: return true;
    }
}

/* libyaml's words, and for what people meet most often what would be right. */
static bool on_syntax_error(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    yaml_mark_t mark = parser->problem_mark;
    struct place place = places_find(&reader->places, mark.line, mark.column, mark.index,
                                     mark.index + 1);
    const char *problem = parser->problem ? parser->problem : "it cannot be read";
    if (parser->error == YAML_READER_ERROR)
        place = places_at_byte(&reader->places, parser->problem_offset);
    bool tab = place.start < reader->file->length && reader->file->data[place.start] == '\t';
    if (tab)
        return wrong(reader, place, "a tab: YAML is indented with blanks only");
    problem_add(reader->problems, reader->file, place, true, "not valid YAML: %s%s%s", problem,
                parser->context ? ", " : "", parser->context ? parser->context : "");
    return false;
}

static bool read_events(struct reader *reader, struct yaml_documents *documents)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event))
            return on_syntax_error(reader);
        bool last = event.type == YAML_STREAM_END_EVENT;
        bool fine = on_event(reader, &event, documents);
        yaml_event_delete(&event);
        if (!fine || last)
            return fine;
    }
}

static bool check_input(const struct source_file *file, struct problems *problems)
{
    const unsigned char *data = (const unsigned char *)file->data;
    struct place none = { 0 };
    bool wide = file->length >= 2
                && ((data[0] == 0xFF && data[1] == 0xFE) || (data[0] == 0xFE && data[1] == 0xFF)
                    || data[0] == 0 || data[1] == 0);
    if (wide)
        problem_add(problems, file, none, false, "the file is UTF-16 or binary: save it as UTF-8");
    else if (file->length > YAML_FILE_CEILING)
        problem_add(problems, file, none, false, "the file is larger than 8 MiB: split it");
    else
        return true;
    return false;
}

bool yaml_read(struct arena *arena, const struct source_file *file,
               struct yaml_documents *ret_documents, struct problems *problems)
{
    *ret_documents = (struct yaml_documents){ 0 };
    if (!check_input(file, problems))
        return false;
    struct reader *reader = memory_alloc(sizeof *reader);
    *reader = (struct reader){ .arena = arena, .file = file, .problems = problems };
    size_t mark = file->length >= 3 && memcmp(file->data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    places_start(&reader->places, file->data, file->length, mark);
    if (!yaml_parser_initialize(&reader->parser))
        abort(); /* out of memory: the one way it fails */
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)file->data + mark,
                                 file->length - mark);
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    bool read = read_events(reader, ret_documents);
    yaml_parser_delete(&reader->parser);
    free(reader);
    return read;
}
