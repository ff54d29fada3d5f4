/* Whose an object is, by the marks that it carries (cases/owners). */
#include "providers/kubernetes/cases.h"

#include "providers/kubernetes/owners.h"

static void owner_case(struct arena *arena, const char *expected, const struct value *document)
{
    static const char *const names[] = {
        [OWNER_NONE] = "nobody",           [OWNER_SELF] = "self",
        [OWNER_OTHER_SET] = "set",         [OWNER_TOOL] = "tool",
        [OWNER_CONTROLLER] = "controller",
    };
    const char *text;
    enum owner_kind kind = owner_of(arena, document, "applyset-test-v1", &text);
    const char *got =
        arena_printf(arena, "%s:%s%s", names[kind], text ? " " : "", text ? text : "");
    assert_string_equal(got, expected);
}

static void test_owners(void **state)
{
    (void)state;
    assert_in_range(each_case("owners/owners.jsonl", owner_case), 12, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_owners) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
