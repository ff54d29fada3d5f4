/* How wide text is on a terminal, and where it is cut. */
#include "base/cleanup.h"
#include "base/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static void test_wrap(void **state)
{
    static const struct {
        const char *text;
        size_t used, width, indent;
        const char *wanted;
    } cases[] = {
        { "", 0, 10, 2, "" },
        { "one two", 0, 7, 2, "one two" },
        { "one two", 0, 6, 2, "one\n  two" },
        { "one two", 2, 7, 0, "one\ntwo" },
        { "a verylongword b", 0, 6, 1, "a\n verylongword\n b" },
        { "商店 商店", 0, 8, 0, "商店\n商店" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_BUF out = BUF_INIT(1000);
        size_t last =
            text_wrap(&out, cases[i].text, cases[i].used, cases[i].width, cases[i].indent);
        const char *line = strrchr(buf_text(&out), '\n');
        assert_int_equal(last, line ? text_columns(line + 1)
                                    : cases[i].used + text_columns(buf_text(&out)));
        assert_string_equal(buf_text(&out), cases[i].wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
