/* The list of holds: what counts, what goes at the next write, and what is kept of a newer one. */
#include "providers/hold.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define WEB   "{\"kind\":\"ConfigMap\",\"name\":\"web\",\"reason\":\"r\"}"
#define ENDED "{\"kind\":\"ConfigMap\",\"name\":\"old\",\"until\":\"1970-01-01T00:01:40Z\"}"
#define LASTS "{\"kind\":\"ConfigMap\",\"name\":\"new\",\"until\":\"1970-01-01T00:01:41Z\"}"
#define NEWER "{\"kind\":\"ConfigMap\",\"name\":\"api\",\"hold\":\"rollback\",\"to\":\"3f2a1c7\"}"

enum { NOW = 100 };

static const struct {
    const char *list;
    int holds; /* -1: damaged */
} readings[] = {
    { "[]", 0 },
    { "[" WEB "]", 1 },
    { "[" WEB "," ENDED "]", 1 }, /* until 100: over at 100 */
    { "[" LASTS "," NEWER "]", 2 },
    { "{}", -1 },
    { "[{}]", -1 },
    { "[3]", -1 },
    { "[{\"kind\":\"ConfigMap\"}]", -1 },
    { "[{\"kind\":\"ConfigMap\",\"name\":\"web\",\"until\":\"soon\"}]", -1 },
    { "[{\"kind\":\"ConfigMap\",\"name\":\"web\",\"until\":3}]", -1 },
};

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *value;
    struct error err;
    if (!json_parse(arena, text, strlen(text), &value, &err))
        fail_msg("%s: %s", text, err.message);
    return value;
}

static void test_readings(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        struct hold *holds;
        size_t count = 0;
        struct error err = { 0 };
        bool read = holds_read(arena, parse(arena, readings[i].list), NOW, &holds, &count, &err);
        if (read != (readings[i].holds >= 0) || (read && (int)count != readings[i].holds))
            fail_msg("%s: %s, %zu holds", readings[i].list, read ? "read" : err.message, count);
    }
}

static const char *names(struct arena *arena, const struct value *list)
{
    const char *text = "";
    for (size_t i = 0; i < value_count(list); i++)
        text = arena_printf(arena, "%s%s%s", text, *text ? " " : "",
                            value_text_at(value_item(list, i), "name", NULL));
    return text;
}

/* Another hold on the same object takes the place of the first; what has ended goes. */
static void test_changes(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error err = { 0 };
    struct value *list;
    const struct value *before = parse(arena, "[" WEB "," ENDED "," LASTS "," NEWER "]");
    struct hold web = { .id = { "", "ConfigMap", "", "web" },
                        .purpose = HOLD_PURPOSE,
                        .by = "ana@laptop",
                        .reason = "again",
                        .since = NOW };
    assert_true(holds_with(arena, before, &web, NOW, &list, &err));
    assert_string_equal(names(arena, list), "new api web");
    assert_string_equal(value_text_at(value_item(list, 1), "to", NULL), "3f2a1c7");
    assert_string_equal(value_text_at(value_item(list, 2), "reason", NULL), "again");
    assert_null(value_get(value_item(list, 2), "until"));
    assert_true(holds_without(arena, list, &web.id, NOW + 1, &list, &err));
    assert_string_equal(names(arena, list), "api");
    assert_true(holds_with(arena, NULL, &web, NOW, &list, &err));
    assert_string_equal(names(arena, list), "web");
}

static void test_ceiling(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error err = { 0 };
    struct value *list = value_list(arena);
    struct hold hold = { .id = { "", "ConfigMap", "", "" }, .purpose = "", .by = "", .reason = "" };
    for (int i = 0; i < HOLDS_MOST; i++) {
        hold.id.name = arena_printf(arena, "c%d", i);
        assert_true(holds_with(arena, list, &hold, NOW, &list, &err));
    }
    assert_true(holds_with(arena, list, &hold, NOW, &list, &err)); /* in place of itself */
    hold.id.name = "more";
    assert_false(holds_with(arena, list, &hold, NOW, &list, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_readings),
                                        cmocka_unit_test(test_changes),
                                        cmocka_unit_test(test_ceiling) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
