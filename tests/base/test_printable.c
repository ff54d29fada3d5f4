/* printable: nothing of another's text acts on a terminal or on the log of a CI job. */
#include "base/printable.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text, *expected;
    bool colours;
} cases[] = {
    { "plain: a=b, ünïcode → ok\n\tindented\n", "plain: a=b, ünïcode → ok\n\tindented\n", false },
    { "", "", false },
    { "\033[2J\033]0;title\a", "?[2J?]0;title?", false },
    { "\033[2J", "?[2J", true },
    { "\033[31mred\033[0m \033[30;40mhidden", "\033[31mred\033[0m ?[30;40mhidden", true },
    { "\033[31mred", "?[31mred", false },
    { "\302\2332J", "?2J", false },
    { "a\rb\177c", "a?b?c", false },
    { "\342\200\256gnp.exe\342\201\246", "?gnp.exe?", false },
    { "bad \377\233 bytes \342\202", "bad ?? bytes ??", false },
    { "::error::x", ": :error::x", false },
    { "a\n  \t::error::x\nb::c", "a\n  \t: :error::x\nb::c", false },
    { "\302\240\343\200\200::warning::x", "\302\240\343\200\200: :warning::x", false },
    { "\033[2m  ::error::x\033[0m", "\033[2m  : :error::x\033[0m", true },
    { "see [2001:db8::1]:443, std::string", "see [2001:db8::1]:443, std::string", false },
    { "x ##[error]y ##vso[task.x]z", "x # #[error]y # #vso[task.x]z", false },
    { "## Heading [1], ###, ##", "## Heading [1], ###, ##", false },
    { "###[x]", "## #[x]", false },
};

static void text_is_cleaned(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_BUF out = BUF_INIT(1000);
        printable_add(&out, cases[i].text, strlen(cases[i].text), cases[i].colours);
        assert_string_equal(buf_text(&out), cases[i].expected);
    }
}

static void a_line_stays_one(void **state)
{
    AUTO_ARENA arena = arena_new();
    (void)state;
    assert_string_equal(printable_line(arena, "too slow\r\n\tfor\177 \303\274s"),
                        "too slow   for  \303\274s");
}

/* Once clean, always clean; and what changed only because of a command says so beforehand. */
static void cleaning_is_final(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_BUF again = BUF_INIT(1000);
        const char *expected = cases[i].expected;
        printable_add(&again, expected, strlen(expected), cases[i].colours);
        assert_string_equal(buf_text(&again), expected);
        assert_false(printable_is_command(expected, strlen(expected)));
    }
    assert_true(printable_is_command("a\n ::x", 6));
    assert_true(printable_is_command("a ##[x]", 7));
}

static void errors_are_clean(void **state)
{
    struct error error = { 0 };
    (void)state;
    error_set(&error, ERROR_INPUT, "the server says: %s", "no\033[2J\n::error::way");
    assert_string_equal(error.message, "the server says: no?[2J\n: :error::way");
    error_prefix(&error, "%s", "in \033[1mbold");
    assert_string_equal(error.message, "in ?[1mbold: the server says: no?[2J\n: :error::way");
}

/* A message that does not fit ends in the mark, whole characters before it, and a NUL behind it. */
static void long_errors_are_cut(void **state)
{
    struct error error = { 0 };
    char text[5000];
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 4 < sizeof text; i += 3)
            memcpy(text + i, "\342\202\254", 4);
        error_set(&error, ERROR_INPUT, "%s", text);
        size_t length = strlen(error.message);
        assert_in_range(length, sizeof error.message - 8, sizeof error.message - 1);
        assert_string_equal(error.message + length - 3, "…");
        assert_memory_equal(error.message + length - 6, "\342\202\254", 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cleaned),     cmocka_unit_test(a_line_stays_one),
        cmocka_unit_test(cleaning_is_final),   cmocka_unit_test(errors_are_clean),
        cmocka_unit_test(long_errors_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
