/* Where the fields stand that a server names, in both ways of writing a path. */
#include "providers/kubernetes/cases.h"

#include "manifest/problem.h"
#include "manifest/value_yaml.h"
#include "providers/kubernetes/invalid.h"

static const char document[] = "metadata:\n"
                               "  labels: {app.example.org/tier: front}\n"
                               "spec:\n"
                               "  replicas: three\n"
                               "  ports:\n"
                               "  - {port: 80, protocol: UDP}\n"
                               "  - {port: 80, protocol: TCP, name: web}\n"
                               "  finalizers: [a, b]\n"
                               "data:\n"
                               "  a.b: x\n";

static const struct {
    const char *path;
    unsigned line, column;
} cases[] = {
    { ".spec.replicas: expected numeric", 4, 13 },
    { "spec.replicas", 4, 13 },
    { ".spec.ports[port=80,protocol=\"TCP\"].name: expected string", 7, 37 },
    { ".spec.ports[port=80,protocol=\"UDP\"]", 6, 5 },
    { "spec.ports[1].name: Invalid value: \"web\"", 7, 37 },
    { ".spec.finalizers[=\"b\"]: duplicate", 8, 19 },
    { "metadata.labels[app.example.org/tier]: Invalid", 2, 34 },
    { ".metadata.labels.app.example.org/tier: Invalid", 2, 34 },
    { "data[a.b]", 10, 8 },
    /* What is missing stands where it would stand. */
    { "spec.ports[0].targetPort: Required value", 6, 5 },
    { "spec.template.spec: Required value", 4, 3 },
    { "spec.ports[9].name", 6, 3 },
    { "nothing.here", 1, 1 },
    /* Nonsense is no reason to fail. */
    { "spec.ports[", 6, 3 },
    { "spec.ports[=", 6, 3 },
    { "spec.ports[port=\"80", 6, 5 },
    { "", 1, 1 },
    { "....", 1, 1 },
};

static const struct value *read_document(struct arena *arena)
{
    struct problems problems;
    struct source_file file = { .path = "d.yaml", .data = document, .length = strlen(document) };
    struct yaml_documents documents = { 0 };
    problems_start(&problems, arena);
    assert_true(yaml_read(arena, &file, &documents, &problems));
    return documents.items[0].root;
}

static void test_places(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *value = read_document(arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place place = invalid_place(value, cases[i].path);
        if (place.line != cases[i].line || place.column != cases[i].column)
            fail_msg("%s: stands at %u:%u, not %u:%u", cases[i].path, place.line, place.column,
                     cases[i].line, cases[i].column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_places) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
