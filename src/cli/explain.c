/* explain: what the project's own kinds hold, from their tables. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "cli/help.h"
#include "manifest/shape.h"

#include <string.h>

enum { MOST_NAMES = 64 };

static void add_kinds(struct buf *out)
{
    buf_puts(out, "The kinds of " SHAPE_API_VERSION ":\n\n");
    for (const struct kind_shape *shape = kind_shapes; shape->kind; shape++) {
        size_t start = out->length;
        buf_printf(out, "  %-12s", shape->kind);
        help_wrap(out, shape->text, out->length - start, out->length - start);
    }
    buf_puts(out, "\nEvery other apiVersion is a Kubernetes object, taken as it is.\n"
                  "More: cmx-reconcile explain KIND[.field]\n");
}

static const struct kind_shape *find_kind(const char *name, size_t length)
{
    for (const struct kind_shape *shape = kind_shapes; shape->kind; shape++) {
        bool kind = strlen(shape->kind) == length && strncasecmp(shape->kind, name, length) == 0;
        bool plural =
            strlen(shape->plural) == length && strncasecmp(shape->plural, name, length) == 0;
        if (kind || plural)
            return shape;
    }
    return NULL;
}

static enum exit_code unknown_kind(const struct invocation *invocation, const char *name)
{
    const char *names[MOST_NAMES];
    size_t count = 0;
    for (const struct kind_shape *shape = kind_shapes; shape->kind && count < MOST_NAMES; shape++)
        names[count++] = shape->kind;
    const char *meant = suggest(name, names, count);
    return command_stop(invocation, EXIT_NO,
                        "there is no kind %s of " SHAPE_API_VERSION "%s%s%s; for kinds of the "
                        "cluster ask kubectl explain",
                        name, meant ? " (did you mean " : "", meant ? meant : "",
                        meant ? "?)" : "");
}

enum exit_code command_explain(struct invocation *invocation)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct error err = { 0 };
    if (invocation->arguments.count == 0) {
        add_kinds(&out);
        return command_print(&out);
    }
    const char *argument = invocation->arguments.items[0];
    size_t length = strcspn(argument, ".");
    const struct kind_shape *shape = find_kind(argument, length);
    if (!shape)
        return unknown_kind(invocation, arena_memdup(invocation->arena, argument, length));
    const char *path = argument[length] ? argument + length + 1 : "";
    if (!shape_explain(&out, shape, path, &err))
        return command_stop(invocation, EXIT_NO, "%s", err.message);
    return command_print(&out);
}
