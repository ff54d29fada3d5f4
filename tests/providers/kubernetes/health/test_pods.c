/* What is wrong with a pod, against the table in cases/pods.yaml. */
#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/value_yaml.h"
#include "providers/kubernetes/health/pods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *log_of(const struct pod_trouble *trouble)
{
    if (!trouble->ran)
        return "none";
    return trouble->previous ? "previous" : "current";
}

/* Where a case says at what time it is looked at. */
static void is_unproven(struct arena *arena, const struct value *scene)
{
    const char *at = value_text_at(scene, "at", NULL), *said = "nothing";
    struct pod_trouble trouble;
    int64_t now;
    if (!at)
        return;
    assert_true(time_parse(at, &now));
    if (pod_unproven(arena, value_get(scene, "pod"), now, &trouble))
        said = arena_printf(arena, "%s %s: %s", trouble.container, trouble.reason, trouble.detail);
    assert_string_equal(said, value_text_at(scene, "unproven", NULL));
}

static void one_case(struct arena *arena, const struct value *scene)
{
    const char *says = value_text_at(scene, "says", NULL);
    const char *log = value_text_at(scene, "log", NULL);
    struct pod_trouble trouble;
    is_unproven(arena, scene);
    bool found = pod_judge(arena, value_get(scene, "pod"), &trouble);
    const char *said = "nothing";
    if (found)
        said = arena_printf(arena, "%s %s: %s", trouble.container ? trouble.container : "pod",
                            trouble.reason, trouble.detail);
    assert_string_equal(said, says);
    assert_int_equal(found, trouble.sort != POD_NO_TROUBLE);
    if (!found)
        return;
    assert_int_equal(trouble.grace, value_int(value_get(scene, "grace"), -2));
    assert_string_equal(log_of(&trouble), log ? log : "none");
}

static void test_table(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error err;
    struct problems problems;
    struct yaml_documents cases = { 0 };
    char *data;
    size_t length;
    if (!file_read(arena, TESTS_FOLDER "/providers/kubernetes/cases/pods.yaml", 1 << 20, &data,
                   &length, &err))
        fail_msg("%s", err.message);
    struct source_file file = { .path = "pods.yaml", .data = data, .length = length };
    problems_start(&problems, arena);
    assert_true(yaml_read(arena, &file, &cases, &problems));
    for (size_t i = 0; i < cases.count; i++)
        one_case(arena, cases.items[i].root);
    assert_in_range(cases.count, 20, 1000);
}

static void test_kinds(void **state)
{
    (void)state;
    assert_true(pods_of_kind(&(struct object_id){ "apps", "Deployment", "", "" }));
    assert_true(pods_of_kind(&(struct object_id){ "", "Pod", "", "" }));
    assert_false(pods_of_kind(&(struct object_id){ "example.org", "Deployment", "", "" }));
    assert_false(pods_of_kind(&(struct object_id){ "", "Service", "", "" }));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_table),
                                        cmocka_unit_test(test_kinds) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
