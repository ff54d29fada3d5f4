/* explain: what the project's own kinds hold, from their tables. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "manifest/shape.h"

#include <string.h>

static void add_kinds(struct buf *out)
{
    buf_puts(out, "The kinds of " SHAPE_API_VERSION ":\n\n");
    for (const struct kind_shape *shape = kind_shapes; shape->kind; shape++)
        buf_printf(out, "  %-10s %s\n", shape->kind, shape->text);
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

static void say_no_kind(const char *name, size_t length)
{
    AUTO_FREE char *wrong = memory_alloc(length + 1);
    const char *names[16], *meant;
    size_t count = 0;
    memcpy(wrong, name, length);
    wrong[length] = '\0';
    for (const struct kind_shape *shape = kind_shapes; shape->kind && count < 16; shape++)
        names[count++] = shape->kind;
    meant = suggest(wrong, names, count);
    fprintf(stderr, "cmx-reconcile: there is no kind %s of " SHAPE_API_VERSION "%s%s%s\n", wrong,
            meant ? " (did you mean `" : "; for kinds of the cluster ask kubectl explain",
            meant ? meant : "", meant ? "`?)" : "");
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
    if (!shape) {
        say_no_kind(argument, length);
        return EXIT_NO;
    }
    const char *path = argument[length] ? argument + length + 1 : "";
    if (!shape_explain(&out, shape, path, &err)) {
        fprintf(stderr, "cmx-reconcile: %s\n", err.message);
        return EXIT_NO;
    }
    return command_print(&out);
}
