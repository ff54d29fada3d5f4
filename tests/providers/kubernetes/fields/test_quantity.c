/*
 * Amounts: which texts are the same one. An API server wrote the second column
 * for the first.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/kubernetes/fields/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *a, *b;
    bool same;
} cases[] = {
    { "\"1000m\"", "\"1\"", true },
    { "0.5", "\"500m\"", true },
    { "0.1", "\"100m\"", true },
    { "\"1.0\"", "\"1\"", true },
    { "\"1024Mi\"", "\"1Gi\"", true },
    { "\"2048Ki\"", "\"2Mi\"", true },
    { "\"1.5Gi\"", "\"1536Mi\"", true },
    { "\"1e9\"", "\"1G\"", true },
    { "\"100M\"", "\"100M\"", true },
    { "\"1E3\"", "\"1k\"", true },
    { "128974848", "\"128974848\"", true },
    { "\"-0\"", "\"0\"", true },
    { "\"8Ei\"", "\"8192Pi\"", true },
    { "\"1n\"", "\"0.000000001\"", true },
    { "\"1Gi\"", "\"1G\"", false },
    { "\"1000m\"", "\"1k\"", false },
    { "\"1\"", "\"-1\"", false },
    { "\"m\"", "\"m\"", false },
    { "\"\"", "\"0\"", false },
    { "\"1e99\"", "\"1e99\"", false },
    { "\"1 \"", "\"1\"", false },
    { "\"0x10\"", "\"16\"", false },
    { "true", "\"1\"", false },
    { "\"1mi\"", "\"1Mi\"", false },
    { "\"1.2.3\"", "\"1.2.3\"", false },
};

static const struct value *json(struct arena *arena, const char *text)
{
    const struct value *value;
    struct error error = { 0 };
    if (!json_parse(arena, text, strlen(text), &value, &error))
        fail_msg("%s: %s", text, error.message);
    return value;
}

static void test_equal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        const struct value *a = json(arena, cases[i].a), *b = json(arena, cases[i].b);
        if (quantity_equal(a, b) != cases[i].same || quantity_equal(b, a) != cases[i].same)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_equal) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
