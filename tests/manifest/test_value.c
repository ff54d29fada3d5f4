/* Values: building, reading whatever is asked of whatever kind, copies, comparing. */
#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct value *parse(struct arena *arena, const char *text)
{
    const struct value *value;
    struct error err;
    if (!json_parse(arena, text, strlen(text), &value, &err))
        fail_msg("%s", err.message);
    return value;
}

static void check_json(const struct value *value, const char *wanted)
{
    AUTO_BUF got = BUF_INIT(1 << 16);
    json_write(&got, value);
    assert_string_equal(buf_text(&got), wanted);
}

static void test_members_are_sorted(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct value *map = value_map(arena);
    value_set(arena, map, "b", value_integer(arena, 2));
    value_set(arena, map, "a", value_integer(arena, 1));
    value_set(arena, map, "é", value_null(arena));
    value_set(arena, map, "B", value_bool(arena, true));
    value_set(arena, map, "b", value_string(arena, "again"));
    check_json(map, "{\"B\":true,\"a\":1,\"b\":\"again\",\"é\":null}");
    assert_true(value_remove(map, "a"));
    assert_false(value_remove(map, "a"));
    assert_false(value_remove(NULL, "a"));
    assert_false(value_remove(value_list(arena), "a"));
    check_json(map, "{\"B\":true,\"b\":\"again\",\"é\":null}");
}

static void test_many_members(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct value *map = value_map(arena), *list = value_list(arena);
    for (int i = 0; i < 1000; i++) {
        value_set(arena, map, arena_printf(arena, "k%d", (i * 7) % 1000),
                  value_integer(arena, (i * 7) % 1000));
        value_push(arena, list, value_integer(arena, i));
    }
    assert_int_equal(value_count(map), 1000);
    assert_int_equal(value_count(list), 1000);
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(value_int(value_get(map, key), -1), i);
        assert_int_equal(value_int(value_item(list, (size_t)i), -1), i);
    }
    assert_null(value_item(list, 1000));
    assert_null(value_get(map, "k1000"));
}

static void test_questions_to_the_wrong_kind(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const struct value *map = parse(arena, "{\"s\":\"x\",\"n\":7,\"b\":true,\"l\":[1],\"z\":null}");
    assert_null(value_get(NULL, "s"));
    assert_null(value_get(value_get(map, "s"), "s"));
    assert_null(value_member(value_get(map, "l"), "s"));
    assert_null(value_text(value_get(map, "n")));
    assert_null(value_text(NULL));
    assert_null(value_text_at(map, "s", "x", NULL));
    assert_null(value_item(map, 0));
    assert_null(value_item(NULL, 0));
    assert_int_equal(value_count(value_get(map, "s")), 0);
    assert_int_equal(value_count(NULL), 0);
    assert_int_equal(value_int(value_get(map, "s"), 5), 5);
    assert_int_equal(value_int(NULL, 5), 5);
    assert_true(value_is_true(value_get(map, "n"), true));
    assert_false(value_is_true(NULL, false));
    assert_true(value_is_true(value_get(map, "b"), false));
    assert_string_equal(value_text_at(map, "s", NULL), "x");
    assert_ptr_equal(value_at(map, NULL), map);
    assert_string_equal(value_member(map, "l")->key, "l");
}

static void test_integers(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    assert_true(value_int(parse(arena, "9223372036854775807"), 0) == INT64_MAX);
    assert_true(value_int(parse(arena, "-9223372036854775808"), 0) == INT64_MIN);
    assert_int_equal(value_int(parse(arena, "9223372036854775808"), 3), 3);
    assert_int_equal(value_int(parse(arena, "1.5"), 3), 3);
    assert_int_equal(value_int(parse(arena, "1e21"), 3), 3);
    assert_int_equal(value_int(parse(arena, "1e3"), 3), 1000);
    check_json(value_integer(arena, INT64_MIN), "-9223372036854775808");
}

static void test_texts_hold_any_byte(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct value *text = value_string_length(arena, "a\0b", 3);
    assert_int_equal(text->text.length, 3);
    assert_int_equal(text->text.data[3], '\0');
    check_json(text, "\"a\\u0000b\"");
    check_json(value_string(arena, "a\xFF\xC3(\xE2\x82"), "\"a\uFFFD\uFFFD(\uFFFD\uFFFD\"");
    AUTO_BUF yaml = BUF_INIT(64);
    yaml_write(&yaml, value_string(arena, "\xFF\n\xF0\x9F"));
    assert_string_equal(buf_text(&yaml), "\"\uFFFD\\n\uFFFD\uFFFD\"\n");
    assert_false(value_equal(text, value_string(arena, "a")));
    assert_true(value_equal(text, value_string_length(arena, "a\0b", 3)));
}

static void test_equal(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    static const char *const values[] = { "null",
                                          "true",
                                          "false",
                                          "0",
                                          "1",
                                          "1.5",
                                          "\"1\"",
                                          "\"\"",
                                          "[]",
                                          "[1]",
                                          "[1,2]",
                                          "[2,1]",
                                          "{}",
                                          "{\"a\":1}",
                                          "{\"a\":2}",
                                          "{\"b\":1}",
                                          "{\"a\":1,\"b\":{\"c\":[]}}" };
    size_t count = sizeof values / sizeof *values;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            assert_int_equal(value_equal(parse(arena, values[i]), parse(arena, values[j])), i == j);
    assert_true(value_equal(parse(arena, "{\"a\":1,\"b\":2}"), parse(arena, "{\"b\":2,\"a\":1}")));
    assert_true(value_equal(parse(arena, "1.0"), parse(arena, "1")));
    assert_true(value_equal(NULL, NULL));
    assert_false(value_equal(NULL, parse(arena, "null")));
}

static void test_copies_share_nothing(void **state)
{
    (void)state;
    struct arena *first = arena_new();
    AUTO_ARENA arena = arena_new();
    struct value *map = value_copy(first, parse(first, "{\"a\":[1,{\"b\":\"x\"}],\"c\":null}"));
    map->place = (struct place){ 1, 2, 3, 4 };
    map->map.members[0].place = (struct place){ 5, 6, 7, 8 };
    struct value *copy = value_copy(arena, map);
    assert_true(value_equal(copy, map));
    assert_int_equal(copy->place.end, 4);
    assert_int_equal(copy->map.members[0].place.start, 7);
    value_remove(map, "a");
    arena_free(first);
    value_push(arena, copy->map.members[0].value, value_null(arena));
    value_set(arena, copy, "d", value_bool(arena, false));
    check_json(copy, "{\"a\":[1,{\"b\":\"x\"},null],\"c\":null,\"d\":false}");
}

static void test_kind_names(void **state)
{
    (void)state;
    assert_string_equal(value_kind_name(VALUE_NULL), "null");
    assert_string_equal(value_kind_name(VALUE_MAP), "a map");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_sorted),          cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_questions_to_the_wrong_kind), cmocka_unit_test(test_integers),
        cmocka_unit_test(test_texts_hold_any_byte),         cmocka_unit_test(test_equal),
        cmocka_unit_test(test_copies_share_nothing),        cmocka_unit_test(test_kind_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
