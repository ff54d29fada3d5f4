/* The history of a set: what is written is read, and it stays within its bounds. */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "providers/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct history_object OBJECTS[] = {
    { .name = "Deployment.apps/shop/web",
      .action = "change",
      .result = "restored",
      .note = "pod web-1: CrashLoopBackOff" },
    { .name = "ConfigMap/shop/config",
      .action = "change",
      .result = "done",
      .drift = "",
      .note = "" },
    { .name = "Job.batch/shop/migrate",
      .action = "replace",
      .result = "done",
      .note = "",
      .hook = true,
      .reversible = true },
};

static struct history_entry entry_of(int64_t time)
{
    return (struct history_entry){ .time = time,
                                   .milliseconds = 1200,
                                   .command = "apply",
                                   .by = "ana@laptop",
                                   .commit = "3f2a1c7000000000000000000000000000000000",
                                   .subject = "Raise \"api\" – replicas",
                                   .dirty = true,
                                   .result = "failed",
                                   .waited = true,
                                   .partial = true,
                                   .counts = { .changed = 2, .failed = 1, .restored = 1 },
                                   .objects = OBJECTS,
                                   .object_count = 3,
                                   .more = 7 };
}

static void test_round_trip(void **state)
{
    AUTO_ARENA arena = arena_new();
    struct history_entry entry = entry_of(1764000000), *back;
    size_t count;
    (void)state;
    const char *text = history_add(arena, NULL, &entry);
    history_read(arena, history_add(arena, text, &entry), &back, &count);
    assert_int_equal(count, 2);
    assert_true(value_equal(history_value(arena, &entry), history_value(arena, &back[1])));
    assert_int_equal(back[1].time, 1764000000);
    assert_int_equal(back[1].counts.restored, 1);
    assert_int_equal(back[1].more, 7);
    assert_true(back[1].dirty && back[1].waited && back[1].partial);
    assert_null(back[1].objects[0].drift);
    assert_string_equal(back[1].objects[1].drift, "");
    assert_true(back[1].objects[2].hook && back[1].objects[2].reversible);
    assert_string_equal(history_find(&back[1], "ConfigMap/shop/config")->result, "done");
    assert_null(history_find(&back[1], "ConfigMap/shop/confi"));
}

/* The oldest go first, by number and by bytes; the newest always has room. */
static void test_bounds(void **state)
{
    AUTO_ARENA arena = arena_new();
    struct history_entry entry = entry_of(0), *back;
    struct history_object many[HISTORY_OBJECTS_MOST];
    char name[1200];
    const char *text = NULL;
    size_t count;
    (void)state;
    entry.object_count = 0;
    for (int64_t i = 0; i < HISTORY_MOST + 20; i++) {
        entry.time = i;
        text = history_add(arena, text, &entry);
    }
    history_read(arena, text, &back, &count);
    assert_int_equal(count, HISTORY_MOST);
    assert_int_equal(back[0].time, 20);
    assert_int_equal(back[count - 1].time, HISTORY_MOST + 19);

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (size_t i = 0; i < HISTORY_OBJECTS_MOST; i++)
        many[i] = (struct history_object){
            .name = name, .action = "change", .result = "failed", .note = ""
        };
    entry.objects = many;
    entry.object_count = HISTORY_OBJECTS_MOST;
    entry.more = 1;
    text = history_add(arena, text, &entry);
    assert_true(strlen(text) <= HISTORY_BYTES + HISTORY_MOST + 2);
    history_read(arena, text, &back, &count);
    assert_true(count > 1); /* it takes half of the names, and leaves room for others */
    assert_int_equal(back[count - 1].object_count + back[count - 1].more, HISTORY_OBJECTS_MOST + 1);
    assert_true(back[count - 1].object_count > 0);
}

/* What cannot be read is left out. */
static void test_damaged(void **state)
{
    static const struct {
        const char *text;
        size_t count;
    } cases[] = {
        { NULL, 0 },
        { "", 0 },
        { "[{", 0 },
        { "{}", 0 },
        { "[]", 0 },
        { "[1,null,{}]", 0 },
        { "[{\"time\":\"yesterday\"}]", 0 },
        { "[{\"time\":\"2026-11-24T07:11:00Z\",\"later\":1}]", 1 },
        { "[{\"time\":\"2026-11-24T07:11:00Z\",\"objects\":[{},{\"name\":\"a\"}]}]", 1 },
        { "[{\"time\":\"2026-11-24T07:11:00Z\",\"counts\":{\"created\":-1},\"more\":-1}]", 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        struct history_entry *back, entry = entry_of(1);
        size_t count, then;
        history_read(arena, cases[i].text, &back, &count);
        if (count != cases[i].count)
            fail_msg("%s: %zu entries", cases[i].text, count);
        if (count) {
            assert_string_equal(back[0].command, "");
            assert_int_equal(back[0].counts.created, 0);
            assert_int_equal(back[0].more, 0);
            assert_true(back[0].object_count <= 1);
        }
        history_read(arena, history_add(arena, cases[i].text, &entry), &back, &then);
        assert_int_equal(then, count + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_round_trip),
                                        cmocka_unit_test(test_bounds),
                                        cmocka_unit_test(test_damaged) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
