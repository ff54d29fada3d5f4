/* Marks of the record: when two of them tell that an object has changed. */
#include "providers/record.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *recorded, *now;
    bool differs;
} cases[] = {
    { NULL, "a", false },                            /* never recorded */
    { "", "a", false },        { "a", NULL, false }, /* could not be read now */
    { "a", "a", false },       { "a", "b", true },
    { "a", "", true }, /* every field of ours was taken */
    { "a", "aa", true },       { "a-x", "a-x", false },
    { "a-x", "a-y", true },                           /* the same fields, other values */
    { "a-x", "b-x", true },    { "a", "a-x", false }, /* of an older record */
    { "a-x", "a", false },                            /* read in another API version */
    { "b", "a-x", true },      { "a-x", "a-", true },
    { "a-x.n", "a-x", false }, /* a note of the provider's own */
    { "a-x.n", "a-y", true },  { "a.n", "a-x", false },
    { "a.n", "b", true },
};

static void test_marks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (record_mark_differs(cases[i].recorded, cases[i].now) != cases[i].differs)
            fail_msg("\"%s\" and \"%s\"", cases[i].recorded, cases[i].now);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_marks) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
