/* Versions and ranges of versions, against the table semver.txt. */
#include "git_test.h"

#include "providers/git/semver.h"

static bool is_blank(const char *line)
{
    return !*line || *line == '#';
}

static void check_range(struct arena *arena, const char *range, const char *expected,
                        const char *versions)
{
    struct semver_range *parsed;
    struct error err;
    AUTO_BUF fitting = BUF_INIT(1 << 20);
    char *words = arena_strdup(arena, versions), *rest = NULL;
    if (!semver_range_parse(arena, range, &parsed, &err)) {
        if (strcmp(expected, "error") != 0)
            fail_msg("%s: %s", range, err.message);
        return;
    }
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        struct semver version;
        if (semver_parse(arena, word, &version) && semver_range_fits(parsed, &version))
            buf_printf(&fitting, "%s%s", fitting.length ? " " : "", word);
    }
    if (strcmp(buf_text(&fitting), expected) != 0)
        fail_msg("\"%s\"\n  fits:     %s\n  expected: %s", range, buf_text(&fitting), expected);
}

static void ranges(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error err;
    char *text, *rest = NULL;
    const char *versions = NULL;
    size_t length, cases = 0;
    assert_true(file_read(arena, GIT_TESTS "semver.txt", 1 << 20, &text, &length, &err));
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *arrow = strstr(line, " =>");
        if (strncmp(line, "versions: ", 10) == 0)
            versions = line + 10;
        if (is_blank(line) || !arrow)
            continue;
        assert_non_null(versions);
        *arrow = '\0';
        check_range(arena, line, arrow[3] ? arrow + 4 : "", versions);
        cases++;
    }
    assert_true(cases > 100);
}

/* The order of section 11 of the specification, whole. */
static void order(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    static const char *const sorted[] = {
        "0.0.0",       "0.0.1-0",       "0.0.1",
        "1.0.0-0",     "1.0.0-2",       "1.0.0-10",
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
        "1.0.0-rc.1",  "1.0.0-rc-1",    "1.0.0",
        "1.0.1",       "1.9.0",         "1.10.0",
        "2.0.0",       "10.0.0",
    };
    enum { COUNT = sizeof sorted / sizeof *sorted };
    struct semver versions[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        assert_true(semver_parse(arena, sorted[i], &versions[i]));
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++) {
            int found = semver_compare(&versions[i], &versions[j]);
            int expected = i < j ? -1 : i > j;
            /* "rc.1" and "rc-1" are "rc" and "rc-1" word by word */
            if ((found > 0) - (found < 0) != expected)
                fail_msg("%s against %s: %d", sorted[i], sorted[j], found);
        }
}

static void not_versions(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    static const char *const texts[] = {
        "",        "1",          "1.2",    "v",
        "vv1.2.3", "01.2.3",     "1.02.3", "1.2.3.4",
        "1.2.3-",  "1.2.3-a..b", "1.2.3+", "1.2.3-01",
        "a.b.c",   "1.2.3 ",     " 1.2.3", "1.2.99999999999999999999"
    };
    struct semver version;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (semver_parse(arena, texts[i], &version))
            fail_msg("\"%s\" was taken for a version", texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ranges), cmocka_unit_test(order),
                                        cmocka_unit_test(not_versions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
