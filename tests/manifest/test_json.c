/*
 * The JSON reader and writer: the grammar of RFC 8259, numbers in the API
 * server's form, parts handed over one by one, ceilings, and the same result
 * wherever the bytes are cut.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ------------------------------------------------------------ whole documents */

/* What is read, written again; NULL where it is refused (in the way that `wrong` says). */
static void check(const char *text, size_t length, const char *wanted, const char *wrong)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF got = BUF_INIT(1 << 20);
    const struct value *value = NULL;
    struct error err = { 0 };
    bool read = json_parse(arena, text, length, &value, &err);
    if (read != !wrong)
        fail_msg("%s: %s", text, read ? "was read" : err.message);
    if (wrong) {
        assert_int_equal(err.kind, ERROR_INPUT);
        if (!strstr(err.message, wrong))
            fail_msg("%s: said \"%s\"", text, err.message);
        return;
    }
    json_write(&got, value);
    assert_string_equal(buf_text(&got), wanted);
}

static void test_values(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "null", "null" },
        { " true ", "true" },
        { "false\n", "false" },
        { "\"\"", "\"\"" },
        { "[]", "[]" },
        { "{ }", "{}" },
        { "[1,[2,[]],{}]", "[1,[2,[]],{}]" },
        { "{\"b\":1,\"a\":{\"d\":[],\"c\":\"x\"}}", "{\"a\":{\"c\":\"x\",\"d\":[]},\"b\":1}" },
        { "{\"\":0}", "{\"\":0}" },
        { "\t[ 1 ,\r\n 2 ] ", "[1,2]" },
        { "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"a\\\"\\\\/\\b\\f\\n\\r\\t\"" },
        { "\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "\"A\u00e9\u20ac\U0001F600\"" },
        { "\"\\u0000\\u001f\"", "\"\\u0000\\u001f\"" },
        { "\"\u00e9\U0001F600\"", "\"\u00e9\U0001F600\"" },
        { "\"12345678901234567890\\n12345678\"", "\"12345678901234567890\\n12345678\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i][0], strlen(cases[i][0]), cases[i][1], NULL);
}

/* Integers keep their digits; all else is written as the API server writes it. */
static void test_numbers(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "0", "0" },
        { "-0", "0" },
        { "-1", "-1" },
        { "9007199254740993", "9007199254740993" },
        { "18446744073709551615", "18446744073709551615" },
        { "123456789012345678901234567890", "123456789012345678901234567890" },
        { "1.0", "1" },
        { "1.50", "1.5" },
        { "-2.5e-2", "-0.025" },
        { "1e3", "1000" },
        { "1E+2", "100" },
        { "1e20", "100000000000000000000" },
        { "1e21", "1e+21" },
        { "1e-6", "0.000001" },
        { "1e-7", "1e-7" },
        { "1.5e-10", "1.5e-10" },
        { "0.1", "0.1" },
        { "0.30000000000000004", "0.30000000000000004" },
        { "5e-324", "5e-324" },
        { "1.7976931348623157e308", "1.7976931348623157e+308" },
        { "5.684341886080802e-14", "5.684341886080802e-14" },
        { "-0.0", "0" },
        { "0e5", "0" },
        { "1e400", "1e400" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i][0], strlen(cases[i][0]), cases[i][1], NULL);
}

static void test_what_is_no_json(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "", "empty" },
        { "  ", "empty" },
        { "nul", "expected a value" },
        { "nulll", "expected a value" },
        { "True", "expected a value" },
        { "'a'", "expected a value" },
        { "+1", "expected a value" },
        { ".5", "expected a value" },
        { "01", "malformed" },
        { "-", "malformed" },
        { "1.", "malformed" },
        { "1.e3", "malformed" },
        { "1e", "malformed" },
        { "1e+", "malformed" },
        { "1.2.3", "malformed" },
        { "--1", "malformed" },
        { "[1,]", "expected a value" },
        { "[1 2]", "expected a comma" },
        { "[1", "ends in the middle" },
        { "[1}", "closes what was not opened" },
        { "]", "expected a value" },
        { "{1:2}", "expected a key" },
        { "{\"a\"}", "expected a colon" },
        { "{\"a\":}", "expected a value" },
        { "{\"a\":1,}", "expected a key" },
        { "{\"a\":1", "ends in the middle" },
        { "{\"a\":1,\"b\":2,\"a\":3}", "stands twice" },
        { "{\"a\":1,\"\\u0061\":3}", "stands twice" },
        { "{\"a\\u0000\":1}", "NUL" },
        { "\"a", "ends in the middle" },
        { "\"a\nb\"", "control character" },
        { "\"\\x\"", "escape" },
        { "\"\\u12g4\"", "escape" },
        { "\"\\ud83d\"", "surrogate" },
        { "\"\\ud83dx\"", "surrogate" },
        { "\"\\ude00\"", "surrogate" },
        { "\"\\ud83d\\n\"", "escape" },
        { "\"\\ud83d\\ud83d\"", "surrogate" },
        { "\"\xFF\"", "UTF-8" },
        { "\"\xC0\x80\"", "UTF-8" },
        { "\"\xED\xA0\x80\"", "UTF-8" },
        { "\"\xF4\x90\x80\x80\"", "UTF-8" },
        { "\"\xE2\x82\"", "UTF-8" },
        { "1 2", "more than one" },
        { "{} x", "expected a value" },
        { "// c\n1", "expected a value" },
        { "\xEF\xBB\xBF{}", "expected a value" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(cases[i][0], strlen(cases[i][0]), NULL, cases[i][1]);
    check("1\0", 2, NULL, "expected a value");
}

static void test_nesting(void **state)
{
    (void)state;
    AUTO_BUF text = BUF_INIT(1 << 20);
    buf_fill(&text, '[', JSON_NESTING_CEILING);
    buf_fill(&text, ']', JSON_NESTING_CEILING);
    check(text.data, text.length, text.data, NULL);
    buf_clear(&text);
    buf_fill(&text, '[', 1 << 19);
    check(text.data, text.length, NULL, "256 deep");
}

static void test_large_objects_are_sorted(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF text = BUF_INIT(1 << 22);
    const struct value *value;
    struct error err;
    for (int i = 0; i < 50000; i++)
        buf_printf(&text, "%s\"k%d\":%d", i ? "," : "{", (i * 7919) % 50000, i);
    buf_putc(&text, '}');
    assert_true(json_parse(arena, text.data, text.length, &value, &err));
    assert_int_equal(value_count(value), 50000);
    for (size_t i = 1; i < 50000; i++)
        assert_true(strcmp(value->map.members[i - 1].key, value->map.members[i].key) < 0);
    assert_int_equal(value_int(value_get(value, "k7919"), 0), 1);
}

/* ---------------------------------------------------------------------- parts */

struct parts {
    struct buf text;
    size_t count, refuse_at, most_used;
};

static bool on_part(void *context, struct arena *arena, const struct value *value,
                    struct error *err)
{
    struct parts *parts = context;
    if (arena_used(arena) > parts->most_used)
        parts->most_used = arena_used(arena);
    if (++parts->count == parts->refuse_at)
        return error_set(err, ERROR_CANCELLED, "enough");
    json_write(&parts->text, value);
    return buf_putc(&parts->text, '\n');
}

static bool read_parts(enum json_mode mode, const char *text, size_t step, size_t ceiling,
                       struct parts *parts, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const struct value *rest = NULL;
    size_t length = strlen(text);
    struct json_reader *reader = json_reader_new(mode, ceiling, on_part, parts);
    bool fine = true;
    for (size_t at = 0; fine && at < length; at += step)
        fine = json_reader_feed(reader, text + at, length - at < step ? length - at : step, err);
    fine = fine && json_reader_end(reader, arena, &rest, err);
    json_reader_free(reader);
    if (fine && rest)
        json_write(&parts->text, rest);
    return fine;
}

/* The same for every length of the chunks, errors included. */
static void check_parts(enum json_mode mode, const char *text, const char *wanted,
                        const char *wrong)
{
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        struct parts parts = { .text = BUF_INIT(1 << 20) };
        struct error err = { 0 };
        bool fine = read_parts(mode, text, step, 1000, &parts, &err);
        if (fine != !wrong || strcmp(buf_text(&parts.text), wanted) != 0)
            fail_msg("%s in steps of %zu: %s %s", text, step, buf_text(&parts.text), err.message);
        if (wrong && strcmp(err.message, wrong) != 0)
            fail_msg("%s in steps of %zu: said \"%s\"", text, step, err.message);
        buf_done(&parts.text);
    }
}

static void test_items(void **state)
{
    (void)state;
    check_parts(
        JSON_ITEMS,
        "{\"kind\":\"L\",\"items\":[{\"b\":1,\"a\":[2]},3,\"\\u00e9\",null],\"n\":{\"items\":[4]}}",
        "{\"a\":[2],\"b\":1}\n3\n\"\u00e9\"\nnull\n"
        "{\"items\":[],\"kind\":\"L\",\"n\":{\"items\":[4]}}",
        NULL);
    check_parts(JSON_ITEMS, "{\"items\":null,\"a\":1}", "{\"a\":1,\"items\":null}", NULL);
    check_parts(JSON_ITEMS, "{\"items\":[]}", "{\"items\":[]}", NULL);
    check_parts(JSON_ITEMS, "{\"items\":{\"items\":[1]}}", "{\"items\":{\"items\":[1]}}", NULL);
    check_parts(JSON_ITEMS, "{\"kind\":\"Status\",\"code\":410}",
                "{\"code\":410,\"kind\":\"Status\"}", NULL);
    check_parts(JSON_ITEMS, "[[1],2]", "[[1],2]", NULL);
    check_parts(JSON_ITEMS, " 12.50 ", "12.5", NULL);
    check_parts(JSON_ITEMS, "{\"items\":[1,2", "1\n",
                "not valid JSON at byte 13: it ends in the middle of a document");
    check_parts(JSON_ITEMS, "{\"items\":[1]} x", "1\n",
                "not valid JSON at byte 14: something stands behind the document");
    check_parts(JSON_ITEMS, "{\"items\":[1,{\"a\":01}]}", "1\n",
                "not valid JSON at byte 17: a number is malformed");
}

struct seen {
    struct json_reader *reader;
    size_t with, without; /* items that came behind a "metadata", and before it */
};

static bool look_at_metadata(void *context, struct arena *arena, const struct value *value,
                             struct error *err)
{
    struct seen *seen = context;
    const struct value *metadata = json_reader_member(seen->reader, "metadata");
    (void)arena, (void)value, (void)err;
    seen->with += metadata && strcmp(value_text_at(metadata, "continue", NULL), "next") == 0;
    seen->without += !metadata;
    return true;
}

static void test_what_stands_before_the_items(void **state)
{
    static const struct {
        const char *text;
        size_t with, without;
    } cases[] = {
        { "{\"kind\":\"L\",\"metadata\":{\"continue\":\"next\"},\"items\":[{\"metadata\":{}},2]}",
          2, 0 },
        { "{\"items\":[{\"metadata\":{}},2],\"metadata\":{\"continue\":\"next\"}}", 0, 2 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = { 0 };
        struct seen seen = { 0 };
        seen.reader = json_reader_new(JSON_ITEMS, 1000, look_at_metadata, &seen);
        assert_null(json_reader_member(seen.reader, "metadata"));
        assert_true(json_reader_feed(seen.reader, cases[i].text, strlen(cases[i].text), &err));
        assert_int_equal(seen.with, cases[i].with);
        assert_int_equal(seen.without, cases[i].without);
        assert_null(json_reader_member(seen.reader, "metadata"));
        json_reader_free(seen.reader);
    }
}

static void test_stream(void **state)
{
    (void)state;
    check_parts(JSON_STREAM, "{\"a\":\"x\\ny\"}\n{\"b\":[true,false]} 12 \"s\"null\n",
                "{\"a\":\"x\\ny\"}\n{\"b\":[true,false]}\n12\n\"s\"\nnull\n", NULL);
    check_parts(JSON_STREAM, "", "", NULL);
    check_parts(JSON_STREAM, "{\"a\":1}\n{\"a\"", "{\"a\":1}\n",
                "not valid JSON at byte 12: it ends in the middle of a document");
    check_parts(JSON_STREAM, "{\"a\":\"\xC3\xA9\xC3\"}", "",
                "not valid JSON at byte 5: a string is not valid UTF-8");
    check_parts(JSON_STREAM, "[\"a\tb\"]", "",
                "not valid JSON at byte 3: a control character in a string");
    check_parts(JSON_STREAM, "[\"abc\\q\"]", "",
                "not valid JSON at byte 1: an escape in this string is malformed");
    check_parts(JSON_STREAM, "[truth]", "", "not valid JSON at byte 1: expected a value");
}

static void test_the_handler_ends_the_reading(void **state)
{
    (void)state;
    struct parts parts = { .text = BUF_INIT(1 << 20), .refuse_at = 2 };
    struct error err = { 0 };
    assert_false(read_parts(JSON_ITEMS, "{\"items\":[1,2,3]}", 100, 1000, &parts, &err));
    assert_int_equal(err.kind, ERROR_CANCELLED);
    assert_int_equal(parts.count, 2);
    buf_done(&parts.text);
}

static void check_ceiling(enum json_mode mode, const char *text, bool fits)
{
    for (size_t step = 1; step <= strlen(text); step++) {
        struct parts parts = { .text = BUF_INIT(1 << 20) };
        struct error err = { 0 };
        if (read_parts(mode, text, step, 16, &parts, &err) != fits)
            fail_msg("%s in steps of %zu: %s", text, step, err.message);
        if (!fits)
            assert_non_null(strstr(err.message, "larger than 16 bytes"));
        buf_done(&parts.text);
    }
}

static void test_ceilings(void **state)
{
    (void)state;
    check_ceiling(JSON_STREAM,
                  "\"12345678901234\" [345678901234,6]\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n[]",
                  true);
    check_ceiling(JSON_STREAM, "[\"1234567890123\"]", false);
    check_ceiling(JSON_STREAM, "[               ]", false);
    check_ceiling(JSON_ITEMS, "{\"items\":[[345678901234,6],[345678901234,6]]}", true);
    check_ceiling(JSON_ITEMS, "{\"items\":[[2345678901234,67]]}", false);
    check_ceiling(JSON_ITEMS, "{\"items\":[1],\"k\":\"12345\"}", false);
}

/* "[[],[],…]": a hundred bytes of memory for three of text. */
static bool many_values(size_t count, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF text = BUF_INIT(16 << 20);
    const struct value *value;
    buf_putc(&text, '[');
    for (size_t i = 0; i < count; i++)
        buf_puts(&text, i ? ",[]" : "[]");
    buf_putc(&text, ']');
    return json_parse(arena, buf_text(&text), text.length, &value, err);
}

static void test_values_are_counted(void **state)
{
    (void)state;
    struct error err = { 0 };
    assert_true(many_values(JSON_VALUES_CEILING - 1, &err));
    assert_false(many_values(JSON_VALUES_CEILING, &err));
    assert_non_null(strstr(err.message, "too many values"));
}

/* A LIST of any length needs the memory of one object. */
static void test_items_are_dropped(void **state)
{
    (void)state;
    struct parts parts = { .text = BUF_INIT(1 << 24) };
    struct error err = { 0 };
    AUTO_BUF text = BUF_INIT(1 << 24);
    buf_puts(&text, "{\"items\":[");
    for (int i = 0; i < 20000; i++)
        buf_printf(&text, "%s\n  {\"name\":\"n%d\",\"labels\":{\"a\":\"b\",\"c\":\"d\"}}",
                   i ? "," : "", i);
    buf_puts(&text, "]}");
    assert_true(read_parts(JSON_ITEMS, text.data, 4096, 4096, &parts, &err));
    assert_int_equal(parts.count, 20000);
    assert_true(parts.most_used < 4096);
    buf_done(&parts.text);
}

/* -------------------------------------------------------------------- writing */

static void test_pretty(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF got = BUF_INIT(1 << 16);
    const struct value *value;
    struct error err;
    const char *text = "{\"a\":[1,{}],\"b\":{\"c\":[]},\"d\":\"x\"}";
    assert_true(json_parse(arena, text, strlen(text), &value, &err));
    json_write_pretty(&got, value);
    assert_string_equal(buf_text(&got),
                        "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n"
                        "  },\n  \"d\": \"x\"\n}");
}

static void check_yaml(const char *json, const char *wanted)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF got = BUF_INIT(1 << 16);
    const struct value *value;
    struct error err;
    if (!json_parse(arena, json, strlen(json), &value, &err))
        fail_msg("%s", err.message);
    yaml_write(&got, value);
    assert_string_equal(buf_text(&got), wanted);
}

static void test_yaml(void **state)
{
    (void)state;
    check_yaml("{\"b\":[{\"x\":1,\"y\":[]},[\"z\",[2]]],\"a\":{\"c\":{},\"d\":null}}",
               "a:\n  c: {}\n  d: null\nb:\n- x: 1\n  \"y\": []\n- - z\n  - - 2\n");
    check_yaml(
        "[\"yes\",\"1\",\"a: b\",\"a #b\",\"http://x:80/\",\"\",\" a\",\"-\",\"~\",\"2001-01-01\"]",
        "- \"yes\"\n- \"1\"\n- \"a: b\"\n- \"a #b\"\n- http://x:80/\n- \"\"\n- \" a\"\n- \"-\"\n"
        "- \"~\"\n- \"2001-01-01\"\n");
    check_yaml(
        "{\"a\":\"x\\ny\\n\",\"b\":\"x\\ny\",\"c\":\"x\\n\\n\",\"d\":\" x\\ny\",\"e\":\"\\u0007\"}",
        "a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\nd: \" x\\ny\"\ne: \"\\u0007\"\n");
    check_yaml("\"a\"", "a\n");
    check_yaml("{}", "{}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_what_is_no_json),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_large_objects_are_sorted),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_what_stands_before_the_items),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_the_handler_ends_the_reading),
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_values_are_counted),
        cmocka_unit_test(test_items_are_dropped),
        cmocka_unit_test(test_pretty),
        cmocka_unit_test(test_yaml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
