/*
 * value_yaml: libyaml's events become trees; see value_yaml.h.
 *
 * What a scalar means is decided in yaml_scalar.c, what a map holds in
 * yaml_map.c. An explicit stack instead of recursion. Each anchor remembers how
 * many nodes stand below it, so that a "billion laughs" file is refused by
 * counting, before anything is expanded; aliases share nodes.
 *
 * A value that cannot be is a problem, and reading goes on behind it; what follows
 * a fault of syntax stands in yaml_restart.c. Past a ceiling reading ends.
 */
#include "manifest/value_yaml.h"

#include "base/cleanup.h"
#include "manifest/json_file.h"
#include "manifest/yaml_reader.h"
#include "manifest/yaml_scalar.h"
#include "manifest/yaml_syntax.h"

#include <stdlib.h>
#include <string.h>

/* A node that has just been read. */
struct node {
    struct value *value;
    size_t nodes;
    const char *key; /* its form as a key; NULL: it cannot be one */
    bool merges;     /* it is a plain <<                          */
    bool alias;
    bool faulty; /* a problem has been added, the value is null in its place */
};

/* Adds a problem. The document is not returned then. */
static void fault(struct reader *reader, struct place place, const char *message)
{
    reader->broken = reader->faults = true;
    problem_add(reader->problems, reader->file, place, true, "%s", message);
}

/* The same for what ends the reading. */
static bool over(struct reader *reader, struct place place, const char *message)
{
    fault(reader, place, message);
    return false;
}

/* A text that lost its \' is shorter than in the file: it ends at the file's own quote. */
static struct place place_of(struct reader *reader, const yaml_event_t *event)
{
    struct place place = places_find(&reader->places, &event->start_mark, &event->end_mark);
    const char *data = reader->file->data;
    if (!reader->reread || event->type != YAML_SCALAR_EVENT || data[place.start] != '"'
        || place.end == place.start)
        return place;
    while (place.end < reader->file->length && data[place.end - 1] != '"')
        place.end++;
    return place;
}

static bool count_nodes(struct reader *reader, size_t nodes, struct place place)
{
    reader->nodes += nodes;
    return reader->nodes <= YAML_NODE_CEILING
           || over(reader, place,
                   "the file holds more than 1048576 values, an alias counted as "
                   "all that it stands for: split the file, or use fewer aliases");
}

/* ---------------------------------------------------------------- containers */

static void on_duplicate(void *context, const struct member *first, const struct member *again)
{
    struct reader *reader = context;
    reader->broken = reader->faults = true;
    problem_add(reader->problems, reader->file, again->place, true,
                "the key \"%s\" stands twice in one map, first on line %u: remove one", again->key,
                first->place.line);
}

static void set_key(struct reader *reader, struct frame *frame, const struct node *node)
{
    frame->has_key = true;
    frame->merges = node->merges;
    frame->member = (struct member){ .key = node->key, .place = node->value->place };
    if (node->key || node->merges)
        return;
    frame->member.key = "";
    if (node->value->kind >= VALUE_LIST)
        fault(
            reader, node->value->place,
            "a list or a map cannot be a key: put it in quotes if it is a text, as {{ }} is here");
    else if (!node->faulty)
        fault(reader, node->value->place, "what this alias stands for cannot be a key");
}

static void set_member(struct reader *reader, struct frame *frame, const struct node *node)
{
    struct value *value = node->value;
    frame->has_key = false;
    frame->member.value = value;
    if (frame->merges && node->faulty)
        return;
    if (!frame->merges)
        map_entries_add(&reader->entries, frame->member, false);
    else if ((node->alias && value->kind != VALUE_MAP)
             || !map_entries_merge(&reader->entries, value))
        fault(reader, frame->member.place, "<< takes a map, or a list of maps");
}

/* A node is whole: it goes where it belongs. */
static void add_node(struct reader *reader, const struct node *node)
{
    if (reader->depth == 0) {
        reader->root = node->value;
        return;
    }
    struct frame *frame = &reader->stack[reader->depth - 1];
    frame->nodes += node->nodes;
    if (frame->container->kind == VALUE_LIST)
        value_push(reader->arena, frame->container, node->value);
    else if (frame->has_key)
        set_member(reader, frame, node);
    else
        set_key(reader, frame, node);
}

static void set_anchor(struct reader *reader, const char *name, const struct node *node)
{
    if (!name)
        return;
    struct anchor anchor = { name, node->value, node->nodes, node->key, node->merges };
    anchors_set(&reader->anchors, anchor);
}

static const char *anchor_name(struct reader *reader, const yaml_char_t *name)
{
    return name ? arena_strdup(reader->arena, (const char *)name) : NULL;
}

static bool open_container(struct reader *reader, const yaml_event_t *event, enum value_kind kind,
                           const yaml_char_t *anchor)
{
    struct place place = place_of(reader, event);
    if (reader->depth == YAML_NESTING_CEILING)
        return over(reader, place, "lists and maps stand more than 128 deep inside one another");
    struct value *container =
        kind == VALUE_MAP ? value_map(reader->arena) : value_list(reader->arena);
    container->place = place;
    struct frame frame = { .container = container,
                           .anchor = anchor_name(reader, anchor),
                           .nodes = 1,
                           .first_entry = reader->entries.count };
    set_anchor(reader, frame.anchor, &(struct node){ 0 });
    reader->stack[reader->depth++] = frame;
    return count_nodes(reader, 1, place);
}

static void include(struct value *container, uint32_t end)
{
    if (container->place.end < end)
        container->place.end = end;
}

/* Block style ends where the last thing inside ends, not at the next token. */
static void close_place(struct reader *reader, const struct frame *frame, const yaml_event_t *event)
{
    struct value *container = frame->container;
    size_t count = value_count(container);
    const struct map_entries *entries = &reader->entries;
    if (event->end_mark.index > event->start_mark.index)
        include(container, place_of(reader, event).end);
    else if (count)
        include(container, container->list.items[count - 1]->place.end);
    for (size_t i = frame->first_entry; i < entries->count; i++) {
        if (entries->items[i].merged)
            continue;
        include(container, entries->items[i].member.place.end);
        include(container, entries->items[i].member.value->place.end);
    }
}

static void close_container(struct reader *reader, const yaml_event_t *event)
{
    struct frame frame = reader->stack[--reader->depth];
    struct node node = { .value = frame.container, .nodes = frame.nodes };
    close_place(reader, &frame, event);
    map_entries_finish(&reader->entries, frame.first_entry, reader->arena, frame.container,
                       on_duplicate, reader);
    set_anchor(reader, frame.anchor, &node);
    add_node(reader, &node);
}

/* -------------------------------------------------------------------- events */

static bool expects_key(const struct reader *reader)
{
    const struct frame *frame = reader->depth ? &reader->stack[reader->depth - 1] : NULL;
    return frame && frame->container->kind == VALUE_MAP && !frame->has_key;
}

/* What the scalar is as a value and, where one is needed, as a key. Infinity is only a key. */
static bool convert(struct reader *reader, const struct scalar *scalar, bool anchored,
                    struct node *node, struct error *err)
{
    struct error ignored;
    bool key = expects_key(reader);
    if (key && !yaml_scalar_key(reader->arena, scalar, &node->key, err))
        return false;
    if (key && !anchored) {
        reader->key = (struct value){ .kind = VALUE_STRING };
        node->value = &reader->key;
        return true;
    }
    if (!key && anchored && !yaml_scalar_key(reader->arena, scalar, &node->key, &ignored))
        node->key = NULL;
    return yaml_scalar_value(reader->arena, scalar, &node->value, err) || key;
}

static void make_node(struct reader *reader, const yaml_event_t *event, struct place place,
                      struct node *node)
{
    struct error error; /* 2 KiB that are not cleared for each scalar */
    struct scalar scalar;
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    bool plain = event->data.scalar.plain_implicit;
    *node = (struct node){ .nodes = 1 };
    node->merges =
        strcmp(text, "<<") == 0 && (plain || (tag && strcmp(tag, "tag:yaml.org,2002:merge") == 0));
    node->faulty =
        !yaml_scalar(reader->arena, text, event->data.scalar.length, tag, plain, &scalar, &error)
        || !convert(reader, &scalar, event->data.scalar.anchor, node, &error);
    if (node->faulty)
        fault(reader, place, error.message);
    if (!node->value)
        node->value = value_null(reader->arena);
    node->value->place = place;
}

/* "{a: !!str, b}": to kubectl the comma is a part of the tag, and "b" the value. */
static bool is_tag_alone(const struct reader *reader, const yaml_event_t *event, struct place place)
{
    return event->data.scalar.tag && event->data.scalar.length == 0
           && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
           && place.end < reader->file->length && reader->file->data[place.end] == ',';
}

static bool on_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct node node;
    struct place place = place_of(reader, event);
    if (is_tag_alone(reader, event, place))
        fault(reader, place, "a tag in front of \",\": write the value, such as \"\", behind it");
    make_node(reader, event, place, &node);
    set_anchor(reader, anchor_name(reader, event->data.scalar.anchor), &node);
    add_node(reader, &node);
    return count_nodes(reader, 1, place);
}

static bool on_alias(struct reader *reader, const yaml_event_t *event)
{
    struct place place = place_of(reader, event);
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = anchors_find(&reader->anchors, name);
    struct node node = { .nodes = 1, .key = "", .alias = true, .faulty = true };
    if (anchor && anchor->value) {
        node = (struct node){
            .value = anchor->value, .nodes = anchor->nodes, .key = anchor->key, .alias = true
        };
    } else {
        fault(reader, place,
              anchor ? "this alias stands inside its own anchor"
                     : "this alias names no anchor above it in this document");
        node.value = value_null(reader->arena);
        node.value->place = place;
    }
    if (!count_nodes(reader, node.nodes, place))
        return false;
    add_node(reader, &node);
    return true;
}

static void start_document(struct reader *reader, const yaml_event_t *event)
{
    reader->root = NULL;
    reader->broken = false;
    reader->depth = reader->entries.count = 0;
    anchors_clear(&reader->anchors);
    reader->before =
        (struct before){ reader->nodes, reader->documents->count, reader->problems->count,
                         reader->problems->errors, reader->faults };
    if (event)
        reader->start = place_of(reader, event);
}

static bool end_document(struct reader *reader)
{
    struct yaml_documents *documents = reader->documents;
    struct yaml_document document = { reader->root, reader->start };
    if (documents->count == YAML_DOCUMENT_CEILING)
        return over(reader, reader->start, "the file holds more than 10000 documents: split it");
    if (reader->root)
        document.place = reader->root->place;
    if (reader->root && reader->root->kind == VALUE_NULL)
        document.root = NULL;
    if (!reader->broken)
        arena_push(reader->arena, documents->items, documents->count, documents->capacity,
                   document);
    return true;
}

static bool on_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        start_document(reader, event);
        return true;
    case YAML_DOCUMENT_END_EVENT:
        return end_document(reader);
    case YAML_SCALAR_EVENT:
        return on_scalar(reader, event);
    case YAML_ALIAS_EVENT:
        return on_alias(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(reader, event, VALUE_LIST, event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return open_container(reader, event, VALUE_MAP, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_container(reader, event);
        return true;
    default:
        return true;
    }
}

/* ------------------------------------------------------------------- the file */

enum reading { READ_ALL, READ_FAULT, READ_OVER };

static enum reading read_events(struct reader *reader)
{
    for (bool last = false; !last;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event))
            return READ_FAULT;
        last = event.type == YAML_STREAM_END_EVENT;
        bool fine = on_event(reader, &event);
        yaml_event_delete(&event);
        if (!fine)
            return READ_OVER;
    }
    return READ_ALL;
}

/* Reads from byte `first` on. True where it is to go on from *ret_first. */
static bool read_from(struct reader *reader, size_t first, size_t line, size_t *ret_first,
                      size_t *ret_line)
{
    const struct source_file *file = reader->file;
    places_start(&reader->places, file->data, file->length, first, line);
    if (!yaml_parser_initialize(&reader->parser))
        abort(); /* out of memory: the one way it fails */
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->input + first,
                                 reader->length - first);
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    start_document(reader, NULL);
    bool more = read_events(reader) == READ_FAULT && yaml_restart(reader, ret_first, ret_line);
    yaml_parser_delete(&reader->parser);
    return more;
}

/* A last line without a line break gets one, as in kubectl: a block scalar keeps it. */
static void end_last_line(struct reader *reader)
{
    size_t length = reader->length;
    if (length == 0 || reader->input[length - 1] == '\n')
        return;
    char *whole = arena_memdup(reader->arena, reader->input, length + 1);
    whole[length] = '\n';
    reader->input = whole;
    reader->length++;
}

/* kubectl reads what begins like JSON as that, as far as it goes. */
static void skip_json(struct reader *reader, size_t *first, size_t *line)
{
    const char *data = reader->file->data;
    bool fine;
    size_t end = json_file_read(reader->arena, reader->file, *first, reader->documents,
                                reader->problems, &fine);
    reader->faults |= !fine;
    for (size_t at = *first; at < end; at++)
        *line += data[at] == '\n';
    size_t rest = end + strspn(data + end, " \t\r");
    bool line_ends = end > *first && rest < reader->file->length && data[rest] == '\n';
    *line += line_ends;
    *first = line_ends ? rest + 1 : end;
}

bool yaml_read(struct arena *arena, const struct source_file *file,
               struct yaml_documents *ret_documents, struct problems *problems)
{
    *ret_documents = (struct yaml_documents){ 0 };
    if (!yaml_check_input(file, problems))
        return false;
    struct reader *reader = memory_alloc(sizeof *reader);
    memset(reader, 0, offsetof(struct reader, stack)); /* frames are filled when opened */
    reader->arena = arena;
    reader->file = file;
    reader->input = file->data;
    reader->length = file->length;
    reader->problems = problems;
    reader->documents = ret_documents;
    size_t first = file->length >= 3 && memcmp(file->data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    size_t line = 0;
    end_last_line(reader);
    if (json_file_is(file->data + first, file->length - first))
        skip_json(reader, &first, &line);
    while (read_from(reader, first, line, &first, &line))
        ;
    anchors_done(&reader->anchors);
    map_entries_done(&reader->entries);
    bool fine = !reader->faults;
    free(reader);
    return fine;
}
