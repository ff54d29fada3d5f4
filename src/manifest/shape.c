/*
 * shape: documents against tables. A walk down both at once; every fault is
 * reported, and a copy with the defaults in is made on the way.
 */
#include "manifest/shape.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "manifest/names.h"
#include "manifest/options.h"
#include "manifest/value_json.h"

#include <stdlib.h>
#include <string.h>

enum { MEMBERS_MOST = 64 };

struct check {
    struct arena *arena;
    const struct source_file *file;
    struct problems *problems;
    const struct shape_refused *refused;
};

static struct value *check_value(struct check *check, const struct shape *shape,
                                 const struct value *value, const char *path);

const struct kind_shape *kind_shape_find(const char *kind)
{
    for (const struct kind_shape *shape = kind_shapes; shape->kind; shape++)
        if (strcmp(shape->kind, kind) == 0)
            return shape;
    return NULL;
}

/* ---------------------------------------------------------------- messages */

static const char *got_text(struct arena *arena, const struct value *value)
{
    if (value->kind == VALUE_STRING)
        return arena_printf(arena, "\"%.100s\"", value->text.data);
    if (value->kind == VALUE_NUMBER)
        return arena_printf(arena, "%.100s", value->text.data);
    if (value->kind == VALUE_BOOL)
        return value->boolean ? "true" : "false";
    return value_kind_name(value->kind);
}

static struct value *expected(struct check *check, const struct value *value, const char *path,
                              const char *what)
{
    problem_add(check->problems, check->file, value->place, true, "%s: expected %s, got %s", path,
                what, got_text(check->arena, value));
    return NULL;
}

/* Where a string is wanted YAML makes something else of 8080, yes and 1.20. */
static struct value *expected_string(struct check *check, const struct value *value,
                                     const char *path, const char *what)
{
    bool lacks_quotes = value->kind == VALUE_NUMBER || value->kind == VALUE_BOOL;
    problem_add(check->problems, check->file, value->place, true, "%s: expected %s, got %s%s", path,
                what, got_text(check->arena, value), lacks_quotes ? " (put it in quotes)" : "");
    return NULL;
}

static const char *below(struct arena *arena, const char *path, const char *name)
{
    return *path ? arena_printf(arena, "%s.%s", path, name) : name;
}

static void report_unknown(struct check *check, const struct shape *members,
                           const struct member *member, const char *path)
{
    const char *names[MEMBERS_MOST];
    size_t count = 0;
    while (count < MEMBERS_MOST && members[count].name) {
        names[count] = members[count].name;
        count++;
    }
    const char *full = below(check->arena, path, member->key);
    for (const struct shape_refused *refused = check->refused;
         refused && refused->name && strcmp(path, "spec") == 0; refused++)
        if (strcmp(refused->name, member->key) == 0) {
            problem_add(check->problems, check->file, member->place, true, "%s: unknown field: %s",
                        full, refused->why);
            return;
        }
    const char *meant = suggest(member->key, names, count);
    problem_add(check->problems, check->file, member->place, true, "%s: unknown field%s%s%s", full,
                meant ? " (did you mean `" : "", meant ? meant : "", meant ? "`?)" : "");
}

/* ----------------------------------------------------------------- scalars */

static bool is_integer(const struct value *value)
{
    return value->kind == VALUE_NUMBER && value_int(value, 0) == value_int(value, 1);
}

static bool is_budget(const struct value *value)
{
    if (value->kind == VALUE_NUMBER)
        return is_integer(value) && value_int(value, -1) >= 0;
    const char *text = value_text(value);
    if (!text)
        return false;
    size_t digits = strspn(text, "0123456789");
    return digits >= 1 && digits <= 3 && strcmp(text + digits, "%") == 0 && atoi(text) <= 100;
}

static bool is_duration(const struct value *value)
{
    int64_t milliseconds;
    const char *text = value_text(value);
    return text && duration_parse(text, &milliseconds) && milliseconds > 0;
}

static bool is_choice(const struct shape *shape, const struct value *value)
{
    const char *text = value_text(value);
    for (size_t i = 0; text && shape->choices[i]; i++)
        if (strcmp(shape->choices[i], text) == 0)
            return true;
    return false;
}

static const char *choices_text(struct arena *arena, const struct shape *shape)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; shape->choices[i]; i++)
        buf_printf(&text, "%s\"%s\"",
                   i == 0                  ? ""
                   : shape->choices[i + 1] ? ", "
                                           : " or ",
                   shape->choices[i]);
    return arena_strdup(arena, buf_text(&text));
}

static bool in_limits(const struct shape *shape, const struct value *value)
{
    int64_t number = value_int(value, 0);
    return is_integer(value)
           && ((shape->least == 0 && shape->most == 0)
               || (number >= shape->least && number <= shape->most));
}

static const char *integer_text(struct arena *arena, const struct shape *shape)
{
    if (shape->least == 0 && shape->most == 0)
        return "an integer";
    return arena_printf(arena, "an integer from %lld to %lld", (long long)shape->least,
                        (long long)shape->most);
}

/* 8080, "8080", "53/udp". */
static bool is_port(const struct value *value)
{
    const char *text = value_text(value);
    char *end;
    if (!text)
        return is_integer(value) && value_int(value, 0) >= 1 && value_int(value, 0) <= 65535;
    size_t digits = strspn(text, "0123456789");
    long port = strtol(text, &end, 10);
    return digits >= 1 && digits <= 5 && port >= 1 && port <= 65535
           && (!*end || strcmp(end, "/tcp") == 0 || strcmp(end, "/udp") == 0
               || strcmp(end, "/sctp") == 0);
}

/* NULL where the value fits, else what would. */
static const char *scalar_wrong(struct arena *arena, const struct shape *shape,
                                const struct value *value)
{
    const char *text = value_text(value);
    switch (shape->type) {
    case SHAPE_STRING:
        return text && *text ? NULL : "a string that is not empty";
    case SHAPE_TEXT:
        return text ? NULL : "a string";
    case SHAPE_PORT:
        return is_port(value) ? NULL : "a port such as 8080, \"8080/tcp\" or \"53/udp\"";
    case SHAPE_BOOL:
        return value->kind == VALUE_BOOL ? NULL : "true or false";
    case SHAPE_INTEGER:
        return in_limits(shape, value) ? NULL : integer_text(arena, shape);
    case SHAPE_DURATION:
        return is_duration(value) ? NULL : "a duration such as \"90s\", \"5m\" or \"1h30m\"";
    case SHAPE_BUDGET:
        return is_budget(value) ? NULL : "a number such as 10, or a share such as \"20%\"";
    case SHAPE_ENUM:
        return is_choice(shape, value) ? NULL : choices_text(arena, shape);
    case SHAPE_NAME:
        return text && name_is_label(text)
                   ? NULL
                   : "a name of at most 63 of a-z, 0-9 and \"-\", with a letter or digit at both "
                     "ends";
    case SHAPE_POINTER:
        return text && json_pointer_ignorable(text)
                   ? NULL
                   : "a JSON pointer such as /spec/replicas, and no part of the identity";
    case SHAPE_TEXT_MAP:
    case SHAPE_MAP:
    case SHAPE_LIST:
        break;
    }
    return "something else";
}

/* ------------------------------------------------------------ maps and lists */

static const struct shape *find_member(const struct shape *members, const char *name)
{
    for (; members->name; members++)
        if (strcmp(members->name, name) == 0)
            return members;
    return NULL;
}

static void add_default(struct check *check, const struct shape *shape, struct value *map)
{
    const struct value *value;
    struct error none;
    if (!shape->fallback
        || !json_parse(check->arena, shape->fallback, strlen(shape->fallback), &value, &none))
        return;
    struct value *filled = value_copy(check->arena, value);
    filled->filled = true;
    value_set(check->arena, map, shape->name, filled);
}

const struct value *shape_written(const struct value *map, const char *name)
{
    const struct value *value = value_get(map, name);
    return value && !value->filled ? value : NULL;
}

static const char *group_text(struct arena *arena, const struct shape *members, const char *group)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (; members->name; members++)
        if (members->one_of && strcmp(members->one_of, group) == 0)
            buf_printf(&text, "%s`%s`", text.length ? ", " : "", members->name);
    return arena_strdup(arena, buf_text(&text));
}

/* Reports a group at its first member: none of it given, or more than one. */
static bool check_group(struct check *check, const struct shape *members, const struct shape *first,
                        const struct value *map, const char *path)
{
    size_t given = 0;
    for (const struct shape *member = members; member->name; member++) {
        if (!member->one_of || strcmp(member->one_of, first->one_of) != 0)
            continue;
        if (member < first)
            return true;
        given += value_get(map, member->name) != NULL;
    }
    if (given == 1)
        return true;
    problem_add(check->problems, check->file, map->place, true, "%s: %s one of %s", path,
                given ? "only one is possible: give" : "needs",
                group_text(check->arena, members, first->one_of));
    return false;
}

static bool check_missing(struct check *check, const struct shape *members, const struct value *map,
                          struct value *copy, const char *path)
{
    bool fine = true;
    for (const struct shape *member = members; member->name; member++) {
        if (member->one_of)
            fine &= check_group(check, members, member, map, path);
        if (value_get(map, member->name))
            continue;
        if (member->required) {
            problem_add(check->problems, check->file, map->place, true, "%s: missing",
                        below(check->arena, path, member->name));
            fine = false;
        }
        add_default(check, member, copy);
    }
    return fine;
}

static struct value *check_map(struct check *check, const struct shape *members,
                               const struct value *map, const char *path)
{
    if (map->kind != VALUE_MAP)
        return expected(check, map, path, "a map");
    struct value *copy = value_map(check->arena);
    copy->place = map->place;
    bool fine = true;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *member = &map->map.members[i];
        const struct shape *shape = find_member(members, member->key);
        if (!shape) {
            report_unknown(check, members, member, path);
            fine = false;
            continue;
        }
        struct value *value =
            check_value(check, shape, member->value, below(check->arena, path, member->key));
        fine &= value != NULL;
        if (value)
            value_set(check->arena, copy, member->key, value);
    }
    fine &= check_missing(check, members, map, copy, path);
    return fine ? copy : NULL;
}

static struct value *check_list(struct check *check, const struct shape *element,
                                const struct value *list, const char *path)
{
    if (list->kind != VALUE_LIST)
        return expected(check, list, path, "a list");
    struct value *copy = value_list(check->arena);
    copy->place = list->place;
    bool fine = true;
    for (size_t i = 0; i < list->list.count; i++) {
        struct value *item = check_value(check, element, list->list.items[i],
                                         arena_printf(check->arena, "%s[%zu]", path, i));
        fine &= item != NULL;
        if (item)
            value_push(check->arena, copy, item);
    }
    return fine ? copy : NULL;
}

/* Any keys, each with a string. */
static struct value *check_text_map(struct check *check, const struct value *map, const char *path)
{
    if (map->kind != VALUE_MAP)
        return expected(check, map, path, "a map of strings");
    bool fine = true;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct member *member = &map->map.members[i];
        if (member->value->kind == VALUE_STRING)
            continue;
        expected_string(check, member->value, below(check->arena, path, member->key), "a string");
        fine = false;
    }
    return fine ? value_copy(check->arena, map) : NULL;
}

static struct value *check_value(struct check *check, const struct shape *shape,
                                 const struct value *value, const char *path)
{
    if (shape->type == SHAPE_TEXT_MAP)
        return check_text_map(check, value, path);
    if (shape->type == SHAPE_MAP)
        return check_map(check, shape->members, value, path);
    if (shape->type == SHAPE_LIST)
        return check_list(check, shape->element, value, path);
    const char *wrong = scalar_wrong(check->arena, shape, value);
    if (wrong && (shape->type == SHAPE_STRING || shape->type == SHAPE_TEXT))
        return expected_string(check, value, path, wrong);
    if (wrong)
        return expected(check, value, path, wrong);
    return value_copy(check->arena, value);
}

/* ------------------------------------------------------------- the whole kind */

const struct shape shape_metadata[] = {
    { .name = "name",
      .type = SHAPE_NAME,
      .required = true,
      .text = "Its name: at most 63 of a-z, 0-9 and `-`, with a letter or digit at both ends." },
    { .name = "labels", .type = SHAPE_TEXT_MAP, .text = "Labels, for people and other tools." },
    { .name = "annotations",
      .type = SHAPE_TEXT_MAP,
      .text = "Annotations, for people and other tools." },
    { .name = NULL },
};

const struct value *shape_check(struct arena *arena, const struct kind_shape *shape,
                                const struct value *document, const struct source_file *file,
                                struct problems *problems)
{
    struct check check = { arena, file, problems, shape->refused };
    const struct shape root[] = {
        { .name = "apiVersion", .type = SHAPE_STRING, .required = true },
        { .name = "kind", .type = SHAPE_STRING, .required = true },
        { .name = "metadata", .type = SHAPE_MAP, .required = true, .members = shape_metadata },
        { .name = "spec", .type = SHAPE_MAP, .members = shape->spec },
        { .name = NULL },
    };
    struct value *copy = check_map(&check, root, document, "");
    if (!copy || value_get(copy, "spec"))
        return copy;
    struct value *empty = value_map(arena);
    empty->place = document->place;
    struct value *spec = check_map(&check, shape->spec, empty, "spec");
    if (spec)
        value_set(arena, copy, "spec", spec);
    return spec ? copy : NULL;
}
