/* decide: every combination of its inputs against the rows of cases/decide.txt. */
#include "reconciler/plan/decide.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 10, MOST_ROWS = 64 };

struct row {
    char *columns[COLUMNS]; /* eight inputs, "->", the action */
    size_t used;
};

static size_t read_rows(struct arena *arena, struct row *rows)
{
    struct error error = { 0 };
    char *data, *line_state, *word_state;
    size_t length, count = 0;
    if (!file_read(arena, TESTS_FOLDER "/reconciler/cases/decide.txt", 1 << 20, &data, &length,
                   &error))
        fail_msg("%s", error.message);
    for (char *line = strtok_r(data, "\n", &line_state); line;
         line = strtok_r(NULL, "\n", &line_state)) {
        size_t columns = 0;
        if (*line == '#')
            continue;
        struct row row = { 0 };
        for (char *word = strtok_r(line, " ", &word_state); word;
             word = strtok_r(NULL, " ", &word_state))
            if (columns < COLUMNS)
                row.columns[columns++] = word;
        if (columns == 0)
            continue;
        assert_int_equal(columns, COLUMNS);
        assert_string_equal(row.columns[8], "->");
        assert_true(count < MOST_ROWS);
        rows[count++] = row;
    }
    return count;
}

static bool fits(const char *pattern, const char *word)
{
    size_t length = strlen(word);
    if (strcmp(pattern, "*") == 0)
        return true;
    for (const char *at = pattern; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, word, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return true;
    return false;
}

static const char *const YES_NO[] = { "no", "yes" };
static const char *const LIVE[] = { "unknown", "absent", "same", "different" };
static const char *const OWNER[] = { "none", "self", "set", "tool", "controller" };
static const char *const ADOPT[] = { "unowned", "never", "all" };

static struct row *expected(struct row *rows, size_t count, const struct situation *s)
{
    const char *words[] = { YES_NO[s->recorded],  YES_NO[s->desired], LIVE[s->live],
                            OWNER[s->owner],      ADOPT[s->adopt],    YES_NO[s->may_delete],
                            YES_NO[s->protected], YES_NO[s->ended] };
    for (size_t i = 0; i < count; i++) {
        size_t column = 0;
        while (column < 8 && fits(rows[i].columns[column], words[column]))
            column++;
        if (column == 8)
            return &rows[i];
    }
    fail_msg("no row for recorded=%s desired=%s live=%s owner=%s adopt=%s delete=%s protected=%s "
             "ended=%s",
             words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
    return NULL;
}

static struct situation situation_of(unsigned number)
{
    struct situation s = { 0 };
    s.desired = number % 2, number /= 2;
    s.recorded = number % 2, number /= 2;
    s.may_delete = number % 2, number /= 2;
    s.protected = number % 2, number /= 2;
    s.ended = number % 2, number /= 2;
    s.live = number % 4, number /= 4;
    s.adopt = number % 3, number /= 3;
    s.owner = number % 5;
    return s;
}

static void every_combination(void **state)
{
    AUTO_ARENA arena = arena_new();
    struct row rows[MOST_ROWS];
    size_t count = read_rows(arena, rows);
    (void)state;
    for (unsigned number = 0; number < 2 * 2 * 2 * 2 * 2 * 4 * 3 * 5; number++) {
        struct situation situation = situation_of(number);
        const char *why = "untouched";
        struct row *row = expected(rows, count, &situation);
        enum action action = decide(&situation, &why);
        assert_string_equal(action_name(action), row->columns[9]);
        bool told = action == ACTION_REFUSE || action == ACTION_RETAIN || action == ACTION_UNKNOWN;
        if (told)
            assert_non_null(why);
        row->used++;
    }
    for (size_t i = 0; i < count; i++)
        assert_true(rows[i].used > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_combination) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
