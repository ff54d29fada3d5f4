/* rollback: when one sticks, and when one is tried, in every combination; and the history. */
#include "reconciler/rollback/rollback.h"
#include "reconciler/rollback/stick.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_COLUMNS = 10, MOST_ROWS = 32 };

/* The rows of a table: inputs, "->", and what comes out. */
struct table {
    char *cells[MOST_ROWS][MOST_COLUMNS];
    size_t columns[MOST_ROWS], count;
    size_t used[MOST_ROWS];
};

static void read_row(struct table *table, char *line)
{
    char *state;
    size_t columns = 0;
    for (char *word = strtok_r(line, " ", &state); word; word = strtok_r(NULL, " ", &state)) {
        assert_true(columns < MOST_COLUMNS);
        table->cells[table->count][columns++] = word;
    }
    table->columns[table->count] = columns;
    table->count += columns > 0;
}

static void read_table(struct arena *arena, const char *name, struct table *table)
{
    struct error error = { 0 };
    char *data, *state;
    size_t length;
    *table = (struct table){ 0 };
    const char *path = arena_printf(arena, TESTS_FOLDER "/reconciler/cases/%s", name);
    if (!file_read(arena, path, 1 << 20, &data, &length, &error))
        fail_msg("%s", error.message);
    for (char *line = strtok_r(data, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
        if (*line != '#' && table->count < MOST_ROWS)
            read_row(table, line);
}

static bool fits(const char *pattern, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = pattern; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, word, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return true;
    return strcmp(pattern, "*") == 0;
}

/* The last word of the first row that fits these inputs. */
static const char *expected(struct table *table, const char *const *words, size_t count)
{
    for (size_t i = 0; i < table->count; i++) {
        size_t column = 0;
        assert_int_equal(table->columns[i], count + 2);
        while (column < count && fits(table->cells[i][column], words[column]))
            column++;
        if (column < count)
            continue;
        table->used[i]++;
        return table->cells[i][count + 1];
    }
    fail_msg("no row fits");
    return NULL;
}

static void all_used(const struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        assert_true(table->used[i] > 0);
}

static const char *const YES_NO[] = { "no", "yes" };

static void test_sticks(void **state)
{
    static const char *const reads[] = { "same", "other", "unknown" };
    static const char *const documents[] = { "other", "same" };
    AUTO_ARENA arena = arena_new();
    struct table table;
    (void)state;
    read_table(arena, "rollback_sticks.txt", &table);
    for (unsigned number = 0; number < 2 * 2 * 2 * 3; number++) {
        struct rollback_sight sight = { .wanted = number & 1,
                                        .out_of_reach = number & 2,
                                        .same_document = number & 4,
                                        .reads = number / 8 };
        const char *words[] = { YES_NO[sight.wanted], YES_NO[sight.out_of_reach],
                                documents[sight.same_document], reads[sight.reads] };
        assert_string_equal(expected(&table, words, 4), YES_NO[rollback_sticks(&sight)]);
    }
    all_used(&table);
}

static void test_attempt(void **state)
{
    static const char *const names[] = {
        [ATTEMPT_NONE] = "none",       [ATTEMPT_GO] = "go",           [ATTEMPT_FIRST] = "first",
        [ATTEMPT_STOPPED] = "stopped", [ATTEMPT_UNKNOWN] = "unknown", [ATTEMPT_HOOK] = "hook",
        [ATTEMPT_SHARED] = "shared",
    };
    AUTO_ARENA arena = arena_new();
    struct table table;
    (void)state;
    read_table(arena, "rollback_attempt.txt", &table);
    for (unsigned n = 0; n < 256; n++) {
        struct attempt_sight sight = {
            n & 1, n & 2, n & 4, n & 8, n & 16, n & 32, n & 64, n & 128
        };
        const char *words[8];
        for (size_t i = 0; i < 8; i++)
            words[i] = YES_NO[n >> i & 1];
        assert_string_equal(expected(&table, words, 8), names[rollback_attempt(&sight)]);
    }
    all_used(&table);
}

static void test_goes_with(void **state)
{
    (void)state;
    assert_true(rollback_goes_with("Deployment.apps/shop/web", "Deployment.apps/shop/web"));
    assert_true(rollback_goes_with("A/b,Deployment.apps/shop/web", "Deployment.apps/shop/web"));
    assert_true(rollback_goes_with("A/b,C/d,E/f", "C/d"));
    assert_false(rollback_goes_with("A/b,C/d", "C/dd"));
    assert_false(rollback_goes_with("A/bb,C/d", "A/b"));
    assert_false(rollback_goes_with("", "A/b"));
}

/* In which runs an object ran well: that commit can be gone back to. */
static void test_ran_well(void **state)
{
    static const struct history_object web[] = {
        { .name = "W", .action = "change", .result = "done" },
        { .name = "W", .action = "change", .result = "failed" },
        { .name = "W", .action = "change", .result = "restored" },
        { .name = "W", .action = "change", .result = "held" },
        { .name = "W", .action = "change", .result = "blocked" },
        { .name = "V", .action = "change", .result = "failed" },
    };
    static const struct {
        struct history_entry entry;
        bool well;
    } cases[] = {
        { { .command = "apply", .commit = "c", .result = "done", .waited = true }, true },
        { { .command = "apply",
            .commit = "c",
            .result = "failed",
            .waited = true,
            .objects = &web[0],
            .object_count = 1 },
          true },
        { { .command = "apply",
            .commit = "c",
            .result = "failed",
            .waited = true,
            .objects = &web[5],
            .object_count = 1 },
          true },
        { { .command = "apply",
            .commit = "c",
            .result = "failed",
            .waited = true,
            .objects = &web[1],
            .object_count = 1 },
          false },
        { { .command = "apply",
            .commit = "c",
            .result = "failed",
            .waited = true,
            .objects = &web[2],
            .object_count = 1 },
          false },
        { { .command = "apply",
            .commit = "c",
            .result = "done",
            .waited = true,
            .objects = &web[3],
            .object_count = 1 },
          false },
        { { .command = "apply",
            .commit = "c",
            .result = "failed",
            .waited = true,
            .objects = &web[4],
            .object_count = 1 },
          false },
        /* what was not waited for, or was not committed, or was a part, or came to no end */
        { { .command = "apply", .commit = "c", .result = "done" }, false },
        { { .command = "apply", .commit = "c", .result = "done", .waited = true, .dirty = true },
          false },
        { { .command = "apply", .commit = "", .result = "done", .waited = true }, false },
        { { .command = "apply", .commit = "c", .result = "done", .waited = true, .partial = true },
          false },
        { { .command = "apply", .commit = "c", .result = "interrupted", .waited = true }, false },
        { { .command = "rollback", .commit = "c", .result = "done", .waited = true }, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (history_ran_well(&cases[i].entry, "W") != cases[i].well)
            fail_msg("case %zu", i);
}

/* Behind the run that made it nothing ran before; one that was made anew was there. */
static void test_ran_before(void **state)
{
    static const struct history_object
        made = { .name = "W", .action = "create", .result = "done" },
        broken = { .name = "W", .action = "create", .result = "failed" },
        anew = { .name = "W", .action = "create", .result = "done", .drift = "" },
        failed = { .name = "W", .action = "change", .result = "failed" };
#define RUN(of, list, length)                                                                      \
    {                                                                                              \
        .command = "apply", .commit = of, .result = "done", .waited = true, .objects = list,       \
        .object_count = length                                                                     \
    }
    static const struct {
        struct history_entry runs[3]; /* the oldest first */
        bool before;
    } cases[] = {
        { { RUN("a", NULL, 0), RUN("b", NULL, 0), RUN("c", &failed, 1) }, true },
        { { RUN("a", NULL, 0), RUN("b", &made, 1), RUN("c", &failed, 1) }, true },
        { { RUN("a", NULL, 0), RUN("c", &made, 1), RUN("c", &failed, 1) }, false },
        { { RUN("a", NULL, 0), RUN("b", &broken, 1), RUN("c", &failed, 1) }, false },
        { { RUN("a", NULL, 0), RUN("c", &anew, 1), RUN("c", &failed, 1) }, true },
        { { RUN("a", NULL, 0), RUN("b", NULL, 0), RUN("c", &broken, 1) }, false },
    };
#undef RUN
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (history_ran_before(cases[i].runs, 3, "W", "c") != cases[i].before)
            fail_msg("case %zu", i);
}

static void test_hook_since(void **state)
{
    static const struct history_object hooks[] = {
        { .name = "J", .hook = true },
        { .name = "R", .hook = true, .reversible = true },
    };
    static const struct history_entry entries[] = {
        { .objects = hooks, .object_count = 1 },
        { .objects = NULL },
        { .objects = &hooks[1], .object_count = 1 },
    };
    (void)state;
    assert_null(history_hook_since(entries, 3, 0)); /* its own hook is no hook in between */
    assert_null(history_hook_since(entries, 3, 2));
    static const struct history_entry turned[] = {
        { .objects = NULL },
        { .objects = &hooks[1], .object_count = 1 },
        { .objects = hooks, .object_count = 1 },
    };
    assert_string_equal(history_hook_since(turned, 3, 0), "J");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sticks),     cmocka_unit_test(test_attempt),
        cmocka_unit_test(test_goes_with),  cmocka_unit_test(test_ran_well),
        cmocka_unit_test(test_ran_before), cmocka_unit_test(test_hook_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
