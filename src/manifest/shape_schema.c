/* shape_schema: a kind's table as a JSON Schema (draft 2020-12), for editors. */
#include "manifest/shape.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <ctype.h>
#include <string.h>

/* Each with the words that yaml-language-server shows where it does not fit. */
static const struct form {
    const char *pattern, *words;
} forms[] = {
    [SHAPE_NAME] = { "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
                     "Use at most 63 of a-z, 0-9 and \"-\", with a letter or digit at both ends." },
    [SHAPE_DURATION] = { "^(?=.*[1-9])([0-9]{1,10}(ms|s|m|h))+$",
                         "Write a duration such as 90s, 5m or 1h30m." },
    [SHAPE_BUDGET] = { "^(100|0?[0-9]{1,2})%$",
                       "Write a number such as 10, or a share such as \"20%\"." },
    [SHAPE_PORT] = { "^(?!0+(/|$))([0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|"
                     "6553[0-5])(/(tcp|udp|sctp))?$",
                     "Write a port such as 8080, \"8080/tcp\" or \"53/udp\"." },
    [SHAPE_POINTER] = { "^(?!/(apiVersion|kind|metadata(/name(space)?)?)$)(/([^~/]|~[01])*)+$",
                        "Write a JSON pointer such as /spec/replicas, to no part of the "
                        "identity." },
};

static struct value *shape_schema(struct arena *arena, const struct shape *shape);

static void set_form(struct arena *arena, struct value *schema, enum shape_type type)
{
    value_set_text(arena, schema, "pattern", forms[type].pattern);
    value_set_text(arena, schema, "patternErrorMessage", forms[type].words);
}

static void set_pattern(struct arena *arena, struct value *schema, enum shape_type type)
{
    value_set_text(arena, schema, "type", "string");
    set_form(arena, schema, type);
}

static void set_integer(struct arena *arena, struct value *schema, const struct shape *shape)
{
    value_set_text(arena, schema, "type", "integer");
    if (shape->least == 0 && shape->most == 0)
        return;
    value_set(arena, schema, "minimum", value_integer(arena, shape->least));
    value_set(arena, schema, "maximum", value_integer(arena, shape->most));
}

/* An integer of at least `least`, or a string: what is said of one does not bind the other. */
static void set_either(struct arena *arena, struct value *schema, int64_t least,
                       enum shape_type type)
{
    struct value *types = value_list(arena);
    value_push(arena, types, value_string(arena, "integer"));
    value_push(arena, types, value_string(arena, "string"));
    value_set(arena, schema, "type", types);
    value_set(arena, schema, "minimum", value_integer(arena, least));
    set_form(arena, schema, type);
}

static void set_port(struct arena *arena, struct value *schema)
{
    set_either(arena, schema, 1, SHAPE_PORT);
    value_set(arena, schema, "maximum", value_integer(arena, 65535));
}

static void set_choices(struct arena *arena, struct value *schema, const struct shape *shape)
{
    struct value *choices = value_list(arena);
    for (size_t i = 0; shape->choices[i]; i++)
        value_push(arena, choices, value_string(arena, shape->choices[i]));
    value_set(arena, schema, "enum", choices);
}

static void set_text_map(struct arena *arena, struct value *schema)
{
    struct value *text = value_map(arena);
    value_set_text(arena, text, "type", "string");
    value_set_text(arena, schema, "type", "object");
    value_set(arena, schema, "additionalProperties", text);
}

/* "oneOf": one { "required": [NAME] } for each member of the group. */
static void set_one_of(struct arena *arena, struct value *schema, const struct shape *members)
{
    struct value *choices = value_list(arena);
    for (; members->name; members++) {
        if (!members->one_of)
            continue;
        struct value *choice = value_map(arena), *names = value_list(arena);
        value_push(arena, names, value_string(arena, members->name));
        value_set(arena, choice, "required", names);
        value_push(arena, choices, choice);
    }
    if (choices->list.count)
        value_set(arena, schema, "oneOf", choices);
}

static void set_members(struct arena *arena, struct value *schema, const struct shape *members)
{
    struct value *properties = value_map(arena), *required = value_list(arena);
    value_set_text(arena, schema, "type", "object");
    value_set(arena, schema, "additionalProperties", value_bool(arena, false));
    set_one_of(arena, schema, members);
    for (; members->name; members++) {
        value_set(arena, properties, members->name, shape_schema(arena, members));
        if (members->required)
            value_push(arena, required, value_string(arena, members->name));
    }
    value_set(arena, schema, "properties", properties);
    if (required->list.count)
        value_set(arena, schema, "required", required);
}

static void set_type(struct arena *arena, struct value *schema, const struct shape *shape)
{
    switch (shape->type) {
    case SHAPE_STRING:
        value_set_text(arena, schema, "type", "string");
        value_set(arena, schema, "minLength", value_integer(arena, 1));
        break;
    case SHAPE_TEXT:
        value_set_text(arena, schema, "type", "string");
        break;
    case SHAPE_PORT:
        set_port(arena, schema);
        break;
    case SHAPE_BOOL:
        value_set_text(arena, schema, "type", "boolean");
        break;
    case SHAPE_INTEGER:
        set_integer(arena, schema, shape);
        break;
    case SHAPE_DURATION:
        set_pattern(arena, schema, SHAPE_DURATION);
        break;
    case SHAPE_BUDGET:
        set_either(arena, schema, 0, SHAPE_BUDGET);
        break;
    case SHAPE_ENUM:
        set_choices(arena, schema, shape);
        break;
    case SHAPE_NAME:
        set_pattern(arena, schema, SHAPE_NAME);
        value_set(arena, schema, "maxLength", value_integer(arena, 63));
        break;
    case SHAPE_POINTER:
        set_pattern(arena, schema, SHAPE_POINTER);
        break;
    case SHAPE_TEXT_MAP:
        set_text_map(arena, schema);
        break;
    case SHAPE_MAP:
        set_members(arena, schema, shape->members);
        break;
    case SHAPE_LIST:
        value_set_text(arena, schema, "type", "array");
        value_set(arena, schema, "items", shape_schema(arena, shape->element));
        break;
    }
}

/* What the tables say in JSON Schema itself. */
static void add_written(struct arena *arena, struct value *schema, const char *written)
{
    const struct value *map;
    struct error none;
    if (!written || !json_parse(arena, written, strlen(written), &map, &none))
        return;
    for (size_t i = 0; i < value_count(map); i++)
        value_set(arena, schema, map->map.members[i].key, map->map.members[i].value);
}

static struct value *shape_schema(struct arena *arena, const struct shape *shape)
{
    struct value *schema = value_map(arena);
    const struct value *fallback;
    struct error none;
    if (shape->text)
        value_set_text(arena, schema, "description", shape->text);
    if (shape->fallback
        && json_parse(arena, shape->fallback, strlen(shape->fallback), &fallback, &none))
        value_set(arena, schema, "default", (struct value *)fallback);
    set_type(arena, schema, shape);
    add_written(arena, schema, shape->schema);
    return schema;
}

static struct value *constant(struct arena *arena, const char *text)
{
    struct value *schema = value_map(arena);
    value_set_text(arena, schema, "const", text);
    return schema;
}

static struct value *metadata_schema(struct arena *arena, const struct kind_shape *kind)
{
    const struct shape members[] = {
        { .name = "name",
          .type = SHAPE_NAME,
          .required = true,
          .text = arena_printf(arena, "The name of the %s.", kind->kind) },
        { .name = "labels", .type = SHAPE_TEXT_MAP },
        { .name = "annotations", .type = SHAPE_TEXT_MAP },
        { .name = NULL },
    };
    struct value *schema = value_map(arena);
    set_members(arena, schema, members);
    return schema;
}

/* A kind of which something has to be chosen cannot do without its spec. */
static bool needs_spec(const struct shape *members)
{
    for (; members->name; members++)
        if (members->required || members->one_of)
            return true;
    return false;
}

static struct value *kind_schema(struct arena *arena, const struct kind_shape *kind)
{
    struct value *schema = value_map(arena), *properties = value_map(arena);
    struct value *required = value_list(arena), *spec = value_map(arena);
    set_members(arena, spec, kind->spec);
    add_written(arena, spec, kind->schema);
    value_set(arena, properties, "apiVersion", constant(arena, SHAPE_API_VERSION));
    value_set(arena, properties, "kind", constant(arena, kind->kind));
    value_set(arena, properties, "metadata", metadata_schema(arena, kind));
    value_set(arena, properties, "spec", spec);
    value_push(arena, required, value_string(arena, "apiVersion"));
    value_push(arena, required, value_string(arena, "kind"));
    value_push(arena, required, value_string(arena, "metadata"));
    if (needs_spec(kind->spec))
        value_push(arena, required, value_string(arena, "spec"));
    value_set_text(arena, schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
    value_set_text(arena, schema, "title", kind->kind);
    value_set_text(arena, schema, "description", kind->text);
    value_set_text(arena, schema, "type", "object");
    value_set(arena, schema, "additionalProperties", value_bool(arena, false));
    value_set(arena, schema, "properties", properties);
    value_set(arena, schema, "required", required);
    return schema;
}

void shape_print_schema(struct buf *out, const struct kind_shape *shape)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    json_write_pretty(&text, kind_schema(arena, shape));
    buf_add(out, buf_text(&text), text.length);
    if (text.length && text.data[text.length - 1] != '\n')
        buf_putc(out, '\n');
}
