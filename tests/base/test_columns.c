/* How wide text is on a terminal, and where it is cut. */
#include "base/columns.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_columns(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
    } cases[] = {
        { "", 0 },          { "web", 3 },    { "→ ✓ · …", 7 },
        { "商店", 4 },      { "🚀", 2 },      { "e\u0301", 1 }, /* e and a combining accent */
        { "👍🏽", 2 },                                     /* with a skin tone */
        { "한글", 4 },      { "ｗｅｂ", 6 },                   /* full width */
        { "\xff\xfe", 2 },                                     /* no UTF-8: one a byte */
        { "\xe5\x95", 2 },                                     /* cut in the middle of a letter */
        { "a\xf0\x9f", 3 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (text_columns(cases[i].text) != cases[i].columns)
            fail_msg("\"%s\": %zu columns, not %zu", cases[i].text, text_columns(cases[i].text),
                     cases[i].columns);
}

static void test_fit(void **state)
{
    (void)state;
    assert_int_equal(text_fit("web", 10), 3);
    assert_int_equal(text_fit("web", 2), 2);
    assert_int_equal(text_fit("web", 0), 0);
    assert_int_equal(text_fit("商店", 3), 3); /* one letter: the second would not fit */
    assert_int_equal(text_fit("商店", 4), 6);
    assert_int_equal(text_fit("e\u0301x", 1), 3); /* the accent stays with its letter */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
