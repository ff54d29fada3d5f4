/*
 * The committed schemas and reference pages are what the tables print. After a
 * change of the tables run this program with --update and commit what it writes.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/shape.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool update;
static const char *program;

static size_t first_difference(const char *a, const char *b)
{
    size_t line = 1;
    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

static const char *line_at(struct arena *arena, const char *text, size_t line)
{
    for (; line > 1 && *text; line--)
        text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
    return arena_memdup(arena, text, strcspn(text, "\n"));
}

static void compare(struct arena *arena, const char *name, const struct buf *printed)
{
    struct error err = { 0 };
    char *committed = arena_strdup(arena, "");
    size_t length = 0;
    const char *path = arena_printf(arena, "%s/../%s", TESTS_FOLDER, name);
    if (update && !file_write(path, buf_text(printed), printed->length, 0644, &err))
        fail_msg("%s", err.message);
    if (!file_read(arena, path, 1 << 20, &committed, &length, &err))
        print_error("%s\n", err.message);
    if (strcmp(committed, buf_text(printed)) == 0)
        return;
    size_t line = first_difference(committed, buf_text(printed));
    fail_msg("%s differs from the tables, first in line %zu:\n- %s\n+ %s\nWrite it anew with: %s "
             "--update",
             name, line, line_at(arena, committed, line), line_at(arena, buf_text(printed), line),
             program);
}

static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

static void test_schemas(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (const struct kind_shape *kind = kind_shapes; kind->kind; kind++) {
        AUTO_BUF text = BUF_INIT(1 << 20);
        shape_print_schema(&text, kind);
        compare(arena, arena_printf(arena, "schemas/%s.schema.json", lower(arena, kind->kind)),
                &text);
    }
}

static void test_pages(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (const struct kind_shape *kind = kind_shapes; kind->kind; kind++) {
        AUTO_BUF text = BUF_INIT(1 << 20);
        shape_print_reference(&text, kind);
        compare(arena, arena_printf(arena, "docs/reference/%s.md", lower(arena, kind->kind)),
                &text);
    }
    AUTO_BUF text = BUF_INIT(1 << 20);
    shape_print_annotations(&text);
    compare(arena, "docs/reference/annotations.md", &text);
}

int main(int argc, char **argv)
{
    program = argv[0];
    update = argc > 1 && strcmp(argv[1], "--update") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schemas),
        cmocka_unit_test(test_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
