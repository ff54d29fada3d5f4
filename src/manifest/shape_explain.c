/*
 * shape_explain: the tables as text for people: the reference pages (Markdown)
 * and what `explain` prints on a terminal.
 */
#include "manifest/shape.h"

#include "base/cleanup.h"
#include "manifest/options.h"
#include "manifest/resource.h"

#include <string.h>

static const char *type_text(const struct shape *shape)
{
    static const char *const names[] = {
        [SHAPE_STRING] = "string",
        [SHAPE_TEXT] = "string",
        [SHAPE_PORT] = "port",
        [SHAPE_BOOL] = "boolean",
        [SHAPE_INTEGER] = "integer",
        [SHAPE_DURATION] = "duration",
        [SHAPE_BUDGET] = "number or percentage",
        [SHAPE_ENUM] = "choice",
        [SHAPE_NAME] = "name",
        [SHAPE_POINTER] = "JSON pointer",
        [SHAPE_TEXT_MAP] = "map of strings",
        [SHAPE_MAP] = "map",
        [SHAPE_LIST] = "list",
    };
    if (shape->type == SHAPE_LIST && shape->element->type == SHAPE_POINTER)
        return "list of JSON pointers";
    if (shape->type == SHAPE_LIST && shape->element->type == SHAPE_MAP)
        return "list of maps";
    return names[shape->type];
}

/* The members below a member: its own, or those of its elements. */
static const struct shape *members_of(const struct shape *shape)
{
    if (shape->type == SHAPE_LIST)
        return shape->element->type == SHAPE_MAP ? shape->element->members : NULL;
    return shape->type == SHAPE_MAP ? shape->members : NULL;
}

static void print_choices(struct buf *out, const struct shape *shape, const char *quote)
{
    for (size_t i = 0; shape->choices && shape->choices[i]; i++)
        buf_printf(out, "%s%s%s%s", i ? ", " : "", quote, shape->choices[i], quote);
}

/* The default as it would be written: JSON text without the quotes of a string. */
static void print_fallback(struct buf *out, const struct shape *shape)
{
    size_t length = strlen(shape->fallback);
    bool quoted = shape->fallback[0] == '"';
    buf_add(out, shape->fallback + quoted, length - (quoted ? 2 : 0));
}

/* ---------------------------------------------------------- reference pages */

static void print_row(struct buf *out, const struct shape *shape, const char *path)
{
    buf_printf(out, "| `%s` | %s", path, type_text(shape));
    if (shape->choices) {
        buf_puts(out, ": ");
        print_choices(out, shape, "`");
    }
    buf_puts(out, " | ");
    if (shape->fallback) {
        buf_putc(out, '`');
        print_fallback(out, shape);
        buf_putc(out, '`');
    } else if (shape->required) {
        buf_puts(out, "required");
    } else if (shape->one_of) {
        buf_puts(out, "one of these");
    }
    buf_printf(out, " | %s", shape->text ? shape->text : "");
    if (shape->example)
        buf_printf(out, " Example: `%s`.", shape->example);
    buf_puts(out, " |\n");
}

static void print_rows(struct buf *out, struct arena *arena, const struct shape *members,
                       const char *above)
{
    for (; members->name; members++) {
        const char *path = arena_printf(arena, "%s.%s", above, members->name);
        print_row(out, members, path);
        if (members_of(members))
            print_rows(out, arena, members_of(members),
                       arena_printf(arena, "%s%s", path, members->type == SHAPE_LIST ? "[]" : ""));
    }
}

void shape_print_reference(struct buf *out, const struct kind_shape *shape)
{
    AUTO_ARENA arena = arena_new();
    buf_printf(out, "# %s\n\n%s\n\n", shape->kind, shape->text);
    buf_printf(out, "%s\n\n",
               shape->stored ? "It may stand in the source or be stored in a cluster."
                             : "It stands in the source and is never sent to a cluster.");
    buf_printf(out, "```yaml\n%s```\n\n", shape->example);
    buf_puts(out, "| Field | Type | Default | Meaning |\n|---|---|---|---|\n");
    buf_puts(out, "| `apiVersion` | string | required | `" SHAPE_API_VERSION "` |\n");
    buf_printf(out, "| `kind` | string | required | `%s` |\n", shape->kind);
    buf_printf(out, "| `metadata.name` | name | required | The name of the %s. |\n", shape->kind);
    print_rows(out, arena, shape->spec, "spec");
    buf_puts(out, "\nA name has at most 63 of a-z, 0-9 and `-`. A duration is written `90s`, `5m` "
                  "or `1h30m`. Unknown fields are errors.\n");
}

void shape_print_annotations(struct buf *out)
{
    buf_puts(out, "# Annotations\n\nAny object may carry these under `metadata.annotations`. They "
                  "are sent to the cluster with the object, and read from there when it is to be "
                  "deleted. An unknown annotation that begins with `cmx.dev/` is an error. Values "
                  "are strings: `true`, `false` and numbers need quotes.\n\n"
                  "| Annotation | Value | Example | Meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; annotation_at(i); i++) {
        const struct annotation *annotation = annotation_at(i);
        buf_printf(out, "| `cmx.dev/%s` | %s | `%s` | %s |\n", annotation->name,
                   annotation->expected, annotation->example, annotation->text);
    }
}

/* ------------------------------------------------------------------- explain */

enum { INDENT = 4, LINE_WIDTH = 80 };

/* Words wrapped at 80 columns, each line indented. */
static void print_wrapped(struct buf *out, const char *text, size_t indent)
{
    size_t column = 0;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column && column + 1 + length > LINE_WIDTH - indent) {
            buf_putc(out, '\n');
            column = 0;
        }
        if (column == 0)
            buf_fill(out, ' ', indent);
        else
            buf_putc(out, ' ');
        buf_add(out, text, length);
        column += length + (column != 0);
        text += length + strspn(text + length, " ");
    }
    buf_putc(out, '\n');
}

static void explain_members(struct buf *out, const struct shape *members)
{
    buf_puts(out, "\nFIELDS\n");
    for (; members->name; members++) {
        buf_printf(out, "  %s <%s>%s\n", members->name, type_text(members),
                   members->required ? " required" : "");
        print_wrapped(out, members->text ? members->text : "", INDENT + 2);
    }
}

static void explain_member(struct buf *out, const struct kind_shape *kind,
                           const struct shape *shape, const char *path)
{
    buf_printf(out, "%s %s <%s>\n\n", kind->kind, path, type_text(shape));
    print_wrapped(out, shape->text ? shape->text : "", INDENT);
    if (shape->choices) {
        buf_puts(out, "\n    One of: ");
        print_choices(out, shape, "");
        buf_putc(out, '\n');
    }
    if (shape->fallback) {
        buf_puts(out, "\n    Default: ");
        print_fallback(out, shape);
        buf_putc(out, '\n');
    }
    if (shape->example)
        buf_printf(out, "\n    Example: %s\n", shape->example);
    if (members_of(shape))
        explain_members(out, members_of(shape));
}

static void explain_kind(struct buf *out, const struct kind_shape *kind)
{
    buf_printf(out, "%s (%s)\n\n", kind->kind, SHAPE_API_VERSION);
    print_wrapped(out, kind->text, INDENT);
    explain_members(out, kind->spec);
    buf_puts(out, "\nEXAMPLE\n");
    for (const char *line = kind->example; *line;) {
        size_t length = strcspn(line, "\n");
        buf_fill(out, ' ', INDENT);
        buf_add(out, line, length);
        buf_putc(out, '\n');
        line += length + (line[length] == '\n');
    }
}

/* What stands above the spec, of every kind. */
static void fill_root(const struct kind_shape *kind, struct shape root[static 5])
{
    const struct shape members[] = {
        { .name = "apiVersion",
          .type = SHAPE_STRING,
          .required = true,
          .text = "Always `" SHAPE_API_VERSION "`.",
          .example = SHAPE_API_VERSION },
        { .name = "kind",
          .type = SHAPE_STRING,
          .required = true,
          .text = "The kind.",
          .example = kind->kind },
        { .name = "metadata",
          .type = SHAPE_MAP,
          .required = true,
          .members = shape_metadata,
          .text = "Its name, labels and annotations." },
        { .name = "spec", .type = SHAPE_MAP, .members = kind->spec, .text = kind->text },
        { .name = NULL },
    };
    memcpy(root, members, sizeof members);
}

/* Where a path leads as far as it can be followed. */
struct way {
    const struct shape *found;   /* the last member of it; NULL: none */
    const struct shape *members; /* below that; NULL: none            */
    const char *rest;            /* of the path; "": it is whole      */
};

/* "[]" behind a list's name is allowed. */
static struct way follow(const struct shape *members, const char *path)
{
    struct way way = { .members = members, .rest = path };
    while (way.members && *way.rest) {
        size_t length = strcspn(way.rest, "."), name = strcspn(way.rest, ".[");
        const struct shape *found = way.members;
        while (found->name
               && !(strncmp(found->name, way.rest, name) == 0 && found->name[name] == '\0'))
            found++;
        if (!found->name)
            break;
        way.found = found;
        way.members = members_of(found);
        way.rest += length + (way.rest[length] == '.');
    }
    return way;
}

static const char *suggest_member(const char *wrong, const struct shape *members)
{
    enum { MOST = 64 };
    const char *names[MOST];
    size_t count = 0;
    for (; members && members->name && count < MOST; members++)
        names[count++] = members->name;
    return suggest(wrong, names, count);
}

static const char *why_refused(const struct kind_shape *kind, const char *name)
{
    for (const struct shape_refused *refused = kind->refused; refused && refused->name; refused++)
        if (strcmp(refused->name, name) == 0)
            return refused->why;
    return NULL;
}

/* There is no such member: what was meant, perhaps one of the spec, or why there is none. */
static bool say_missing(const struct kind_shape *kind, const char *path, const struct way *way,
                        struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *wrong = arena_memdup(arena, way->rest, strcspn(way->rest, ".["));
    const char *above = arena_memdup(arena, path, (size_t)(way->rest - path));
    const char *meant = suggest_member(wrong, way->members);
    bool in_spec = way->found && way->found->members == kind->spec;
    const char *why = in_spec ? why_refused(kind, wrong) : NULL;
    if (!meant && !way->found && (meant = suggest_member(wrong, kind->spec)))
        above = "spec.";
    if (why)
        return error_set(err, ERROR_NOT_FOUND, "%s has no field %s: %s", kind->kind, path, why);
    if (meant)
        return error_set(err, ERROR_NOT_FOUND, "%s has no field %s (did you mean `%s.%s%s`?)",
                         kind->kind, path, kind->kind, above, meant);
    return error_set(err, ERROR_NOT_FOUND,
                     "%s has no field %s: cmx-reconcile explain %s lists them", kind->kind, path,
                     kind->kind);
}

bool shape_explain(struct buf *out, const struct kind_shape *shape, const char *path,
                   struct error *err)
{
    struct shape root[5];
    if (*path == '\0') {
        explain_kind(out, shape);
        return true;
    }
    fill_root(shape, root);
    struct way way = follow(root, path);
    if (*way.rest)
        return say_missing(shape, path, &way, err);
    explain_member(out, shape, way.found, path);
    return true;
}
