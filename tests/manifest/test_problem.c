/*
 * Problems as a compiler prints them: sorted, with the source line and a caret
 * under the range, and never a line that may not be quoted.
 */
#include "base/cleanup.h"
#include "manifest/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct source_file file_of(const char *path, const char *data)
{
    return (
        struct source_file){ .path = path, .data = data, .length = strlen(data), .quotable = true };
}

/* Where `text` stands in the file. */
static struct place place_of(const struct source_file *file, const char *text)
{
    struct place place = { .line = 1, .column = 1 };
    const char *start = strstr(file->data, text);
    assert_non_null(start);
    for (const char *at = file->data; at < start; at++) {
        place.column = *at == '\n' ? 1 : place.column + (((unsigned char)*at & 0xC0) != 0x80);
        place.line += *at == '\n';
    }
    place.start = (uint32_t)(start - file->data);
    place.end = place.start + (uint32_t)strlen(text);
    return place;
}

static void check_print(const struct problems *problems, bool quote, bool colour,
                        const char *wanted)
{
    AUTO_BUF got = BUF_INIT(1 << 20);
    problems_print(problems, &got, quote, colour);
    assert_string_equal(buf_text(&got), wanted);
}

/* One problem at `text`. */
static void check_one(const char *data, const char *text, const char *wanted)
{
    AUTO_ARENA arena = arena_new();
    struct problems problems;
    struct source_file file = file_of("f.yaml", data);
    problems_start(&problems, arena);
    problem_add(&problems, &file, place_of(&file, text), true, "bad");
    check_print(&problems, true, false, wanted);
}

static void test_caret(void **state)
{
    (void)state;
    check_one("a: 1\n  replicas: three\n", "three",
              "f.yaml:2:13: error: bad\n    2 |   replicas: three\n      |             ^~~~~\n");
    check_one("x", "x", "f.yaml:1:1: error: bad\n    1 | x\n      | ^\n");
    check_one("a: |\n  b\n  c\n", "|\n  b\n  c",
              "f.yaml:1:4: error: bad\n    1 | a: |\n      |    ^\n");
    check_one("a:\tb\r\nc\r\n", "b", "f.yaml:1:4: error: bad\n    1 | a:\tb\n      |   \t^\n");
    check_one("é: öä # c\n", "öä", "f.yaml:1:4: error: bad\n    1 | é: öä # c\n      |    ^~\n");
    check_one("日本: 語x\n", "語x",
              "f.yaml:1:5: error: bad\n    1 | 日本: 語x\n      |       ^~~\n");
    check_one("a\x1b[31m: b\n", "b",
              "f.yaml:1:9: error: bad\n    1 | a?[31m: b\n      |         ^\n");
}

static void test_what_is_not_quoted(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct problems problems;
    struct source_file file = file_of("f", "password: hunter2\n"), secret = file;
    char longer[400];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    struct source_file wide = file_of("w", longer);
    secret.quotable = false;
    problems_start(&problems, arena);
    problem_add(&problems, &secret, place_of(&secret, "hunter2"), true, "in a Secret");
    problem_add(&problems, &file, place_of(&file, "hunter2"), false, "in its document");
    problem_add(&problems, &file, (struct place){ .line = 9, .column = 1, .start = 99, .end = 100 },
                true, "past the end");
    problem_add(&problems, &file, (struct place){ 0 }, true, "of the file");
    problem_add(&problems, &wide, place_of(&wide, "xx"), true, "a long line");
    problem_add(&problems, NULL, (struct place){ 0 }, true, "of no file");
    check_print(&problems, true, false,
                "error: of no file\nf: error: of the file\nf:1:11: error: in a Secret\n"
                "f:1:11: error: in its document\nf:9:1: error: past the end\n"
                "w:1:1: error: a long line\n");
}

static void test_order_and_colours(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct problems problems;
    struct source_file a = file_of("a", "x: 1\ny: 2\n"), b = file_of("b", "z\n");
    problems_start(&problems, arena);
    problem_add(&problems, &b, place_of(&b, "z"), true, "fourth");
    problem_add(&problems, &a, place_of(&a, "2"), true, "third");
    problem_warn(&problems, &a, place_of(&a, "1"), true, "second %d", 2);
    problem_add(&problems, &a, place_of(&a, "x"), true, "first");
    assert_int_equal(problems.count, 4);
    assert_int_equal(problems.errors, 3);
    check_print(&problems, false, false,
                "a:1:1: error: first\na:1:4: warning: second 2\na:2:4: error: third\n"
                "b:1:1: error: fourth\n");
    problems.count = 1;
    problems.errors = 1;
    check_print(&problems, true, true,
                "b:1:1: \033[1;31merror:\033[0m fourth\n    1 | z\n      | \033[32m^\033[0m\n");
}

static void test_control_characters_of_messages(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct problems problems;
    struct source_file file = file_of("a\x1b"
                                      "b",
                                      "x\n");
    problems_start(&problems, arena);
    problem_add(&problems, &file, place_of(&file, "x"), true,
                "key \"\x1b[2J\xC2\x9B\"\nsecond line");
    check_print(&problems, false, false, "a?b:1:1: error: key \"?[2J?\"\nsecond line\n");
}

static void test_ceiling(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF got = BUF_INIT(1 << 20);
    struct problems problems;
    problems_start(&problems, arena);
    for (int i = 0; i < 1040; i++)
        problem_add(&problems, NULL, (struct place){ 0 }, false, "problem %04d", i);
    problem_warn(&problems, NULL, (struct place){ 0 }, false, "a warning");
    assert_int_equal(problems.errors, 1040);
    assert_int_equal(problems.count, 1000);
    problems_print(&problems, &got, false, false);
    assert_non_null(strstr(buf_text(&got), "problem 0999\nand 40 more errors\n"));
}

static void test_nothing(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct problems problems;
    problems_start(&problems, arena);
    check_print(&problems, true, true, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caret),
        cmocka_unit_test(test_what_is_not_quoted),
        cmocka_unit_test(test_order_and_colours),
        cmocka_unit_test(test_control_characters_of_messages),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
