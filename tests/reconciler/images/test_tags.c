/* Tags with what the commit says filled in, as a table. */
#include "reconciler/images/tags.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COMMIT "3f2a1c7d5e6f708192a3b4c5d6e7f8091a2b3c4d"
#define TREE   "91c0e2bd5e6f708192a3b4c5d6e7f8091a2b3c4d"

static const struct tag_facts clean = { COMMIT, TREE, "main", 1700000000, false };
static const struct tag_facts dirty = { COMMIT, TREE, "feature/cart #7", 1700000000, true };
static const struct tag_facts detached = { COMMIT, TREE, "", 1700000000, false };
static const struct tag_facts nothing = { "", "", "", 0, false };

static void test_fill(void **state)
{
    static const struct {
        const char *text;
        const struct tag_facts *facts;
        const char *tag, *error; /* one of them */
    } rows[] = {
        { "latest", &nothing, "latest", NULL },
        { "${commit}", &clean, COMMIT, NULL },
        { "${shortCommit}", &clean, "3f2a1c7", NULL },
        { "${tree}", &clean, TREE, NULL },
        { "v1-${date}.${shortCommit}", &clean, "v1-2023-11-14.3f2a1c7", NULL },
        { "${branch}", &clean, "main", NULL },
        { "${branch}", &dirty, "feature-cart--7", NULL },
        { "${shortCommit}", &dirty, "3f2a1c7-dirty", NULL },
        { "${commit}", &dirty, COMMIT "-dirty", NULL },
        { "${tree}", &dirty, TREE "-dirty", NULL },
        { "latest", &dirty, "latest", NULL },
        { "${branch}", &detached, NULL,
          "the tag \"${branch}\" names ${branch}, and this source has none" },
        { "${commit}", &nothing, NULL,
          "the tag \"${commit}\" names ${commit}, and this source has none: it is no git "
          "repository with a commit" },
        { "${date}", &nothing, NULL,
          "the tag \"${date}\" names ${date}, and this source has none: it is no git repository "
          "with a commit" },
        { "${commit}${commit}${commit}${commit}", &clean, NULL,
          "the tag \"${commit}${commit}${commit}${commit}\" becomes \"" COMMIT COMMIT COMMIT COMMIT
          "\": use at most 128 characters, with no \".\" or \"-\" in front" },
    };
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *tag = NULL;
        struct error err = { 0 };
        assert_int_equal(tag_fill(arena, rows[i].text, rows[i].facts, &tag, &err),
                         rows[i].tag != NULL);
        assert_string_equal(tag ? tag : err.message, rows[i].tag ? rows[i].tag : rows[i].error);
    }
}

/* A branch whose name begins with a dot. */
static void test_front(void **state)
{
    struct tag_facts facts = { COMMIT, TREE, ".x", 0, false };
    const char *tag = NULL;
    struct error err = { 0 };
    (void)state;
    AUTO_ARENA arena = arena_new();
    assert_false(tag_fill(arena, "${branch}", &facts, &tag, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_true(tag_fill(arena, "v${branch}", &facts, &tag, &err));
    assert_string_equal(tag, "v.x");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_fill), cmocka_unit_test(test_front) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
