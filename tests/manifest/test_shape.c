/*
 * Shapes beside what the cases of test_load.c show: defaults, examples that are
 * valid themselves, explain, and suggestions.
 */
#include "manifest/cases_file.h"
#include "manifest/shape.h"
#include "manifest/value_json.h"
#include "manifest/value_yaml.h"

static const struct value *check(struct arena *arena, const char *text, struct problems *problems)
{
    struct source_file *file = arena_alloc(arena, sizeof *file);
    struct yaml_documents documents = { 0 };
    *file = (struct source_file){ .path = "a.yaml",
                                  .source = "a.yaml",
                                  .folder = "",
                                  .data = text,
                                  .length = strlen(text),
                                  .quotable = true };
    problems_start(problems, arena);
    assert_true(yaml_read(arena, file, &documents, problems));
    assert_int_equal(documents.count, 1);
    const struct value *root = documents.items[0].root;
    const struct kind_shape *kind = kind_shape_find(value_text(value_get(root, "kind")));
    assert_non_null(kind);
    return shape_check(arena, kind, root, file, problems);
}

/* The examples that readers copy are right. */
static void test_examples(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (const struct kind_shape *kind = kind_shapes; kind->kind; kind++) {
        struct problems problems;
        assert_non_null(check(arena, kind->example, &problems));
        assert_int_equal(problems.count, 0);
    }
}

static void test_defaults(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF text = BUF_INIT(1 << 16);
    struct problems problems;
    const struct value *project = check(
        arena, "apiVersion: cmx.dev/v1\nkind: Project\nmetadata: {name: a}\nspec: {prune: no}\n",
        &problems);
    assert_non_null(project);
    json_write(&text, value_get(project, "spec"));
    assert_string_equal(
        buf_text(&text),
        "{\"adopt\":\"unowned\",\"createNamespace\":false,\"maxFailures\":3,\"maxRolling\":10,"
        "\"namespace\":\"default\","
        "\"prune\":false,\"rollback\":\"off\",\"timeout\":\"30m\",\"waitTimeout\":\"5m\"}");
    project =
        check(arena, "apiVersion: cmx.dev/v1\nkind: Project\nmetadata: {name: a}\n", &problems);
    assert_true(value_is_true(value_at(project, "spec", "prune", NULL), false));
}

/* A default is there, but nobody wrote it; what is written as the default says is written. */
static void test_written(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct problems problems;
    const struct value *spec =
        value_get(check(arena,
                        "apiVersion: cmx.dev/v1\nkind: Project\nmetadata: {name: a}\n"
                        "spec: {prune: true, maxRolling: 4}\n",
                        &problems),
                  "spec");
    assert_non_null(shape_written(spec, "prune"));
    assert_non_null(shape_written(spec, "maxRolling"));
    assert_non_null(value_get(spec, "maxFailures"));
    assert_null(shape_written(spec, "maxFailures"));
    assert_null(shape_written(spec, "targets"));
    assert_null(shape_written(NULL, "prune"));
}

static void test_suggest(void **state)
{
    (void)state;
    static const char *const names[] = { "pruneBudget", "prune", "namespace", "image", "wait" };
    static const struct {
        const char *wrong, *meant;
    } rows[] = {
        { "prunBudget", "pruneBudget" },
        { "imge", "image" },
        { "namepsace", "namespace" },
        { "Namespace", "namespace" },
        { "PRUNE", "prune" },
        { "wiat", "wait" },
        { "replicas", NULL },
        { "", NULL },
        { "x", NULL },
        { "pruneBudgets", "pruneBudget" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *meant = suggest(rows[i].wrong, names, sizeof names / sizeof *names);
        if (rows[i].meant)
            assert_string_equal(meant ? meant : "nothing", rows[i].meant);
        else
            assert_null(meant);
    }
}

static void explain_case(struct arena *arena, const struct test_case *test, struct buf *out)
{
    (void)arena;
    const char *dot = strchr(test->name, '.');
    size_t length = dot ? (size_t)(dot - test->name) : strlen(test->name);
    const struct kind_shape *kind = kind_shape_find(arena_memdup(arena, test->name, length));
    assert_non_null(kind);
    struct error err = { 0 };
    if (!shape_explain(out, kind, dot ? dot + 1 : "", &err))
        buf_printf(out, "%s\n", err.message);
}

static bool update;

static void test_explain(void **state)
{
    (void)state;
    cases_run("manifest/cases/shape/explain.txt", explain_case, update);
}

int main(int argc, char **argv)
{
    update = argc > 1 && strcmp(argv[1], "--update") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples), cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_written),  cmocka_unit_test(test_suggest),
        cmocka_unit_test(test_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
