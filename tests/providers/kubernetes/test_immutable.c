/*
 * Which refusals mean "immutable", and of which field: answers of a real API
 * server (cases/immutable).
 */
#include "providers/kubernetes/cases.h"

#include "providers/kubernetes/immutable.h"

static void answer_case(struct arena *arena, const char *expected, const struct value *document)
{
    const struct value *wanted = value_get(document, "wanted"), *live = value_get(document, "live");
    const struct value *status = value_get(document, "status");
    struct object_id id = { .namespace = "", .name = "x" };
    const char *field = "", *phrase = "", *version;
    api_version_split(arena, value_text_at(wanted, "apiVersion", NULL), &id.group, &version);
    id.kind = value_text_at(wanted, "kind", NULL);
    const char *got = "invalid";
    if (immutable_field(arena, &id, status, wanted, live, &field, &phrase))
        got = arena_printf(arena, "immutable %s", field);
    else if (another_object(status))
        got = "another object";
    if (strcmp(got, expected) != 0)
        fail_msg("%s: answered %s, not %s", id.kind, got, expected);
    if (*phrase)
        assert_null(strstr(phrase, "Mg=="));
}

static void test_answers(void **state)
{
    (void)state;
    assert_in_range(each_case("immutable/answers.jsonl", answer_case), 50, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
