/* Sums of fields: what is missing is told from what somebody else took. */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/fields.h"
#include "providers/kubernetes/fields/held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct value *json(struct arena *arena, const char *text)
{
    const struct value *value;
    struct error error = { 0 };
    if (!json_parse(arena, text, strlen(text), &value, &error))
        fail_msg("%s: %s", text, error.message);
    return value;
}

#define CPU    "\"f:requests\":{\"f:cpu\":{}}"
#define MEMORY "\"f:limits\":{\".\":{},\"f:memory\":{}}"

static const struct {
    const char *what, *then, *now, *others;
    bool explained;
} cases[] = {
    { "one of several", "{\"f:image\":{}," CPU "}", "{\"f:image\":{}}", "{" CPU "," MEMORY "}",
      true },
    { "all of them", "{\"f:image\":{}," CPU "," MEMORY "}", "{\"f:image\":{}}",
      "{" CPU "," MEMORY "}", true },
    { "nobody has it", "{\"f:image\":{}," CPU "}", "{\"f:image\":{}}", "{" MEMORY "}", false },
    { "nobody has one of two", "{\"f:image\":{}," CPU "}", "{}", "{" CPU "}", false },
    { "one more that is ours", "{\"f:image\":{}}", "{\"f:image\":{}," CPU "}", "{" CPU "}", false },
    { "the same name elsewhere", "{\"f:a\":{\"f:cpu\":{}}}", "{}", "{\"f:b\":{\"f:cpu\":{}}}",
      false },
    { "no others", "{" CPU "}", "{}", "{}", false },
};

static void test_cases(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t missing =
            held_sum(json(arena, cases[i].then), 0) - held_sum(json(arena, cases[i].now), 0);
        if (held_explains(json(arena, cases[i].others), missing) != cases[i].explained)
            fail_msg("%s", cases[i].what);
    }
}

static void test_seeds(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *fields = json(arena, "{" CPU "}");
    assert_true(held_sum(fields, 0) != held_sum(fields, 1));
    assert_int_equal(held_sum(NULL, 0), 0);
}

/* As many as are tried, and one more. */
static void test_most(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct value *others = value_map(arena);
    for (int i = 0; i < HELD_MOST; i++)
        value_set(arena, others, arena_printf(arena, "f:%d", i), value_map(arena));
    uint64_t missing = held_sum(others, 0) - held_sum(json(arena, "{\"f:3\":{},\"f:20\":{}}"), 0);
    assert_true(held_explains(others, missing));
    assert_false(held_explains(others, missing + 1));
    value_set(arena, others, "f:more", value_map(arena));
    assert_false(held_explains(others, missing));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_seeds),
                                        cmocka_unit_test(test_most) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
