/*
 * cases_file: tables of cases in text files, for the tests of this folder.
 *
 *   ## name of the case
 *   @@ path/of/a/file      its content follows, up to the next mark
 *   @@ expect              what is to come out follows
 *
 * A program that is given --update rewrites the expectations; read them then.
 */
#ifndef CMX_TESTS_CASES_FILE_H
#define CMX_TESTS_CASES_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct case_part {
    const char *name, *text; /* the name "expect" is not a file */
};

struct test_case {
    const char *name;
    struct case_part parts[16];
    size_t count;
    const char *expected;
};

typedef void case_runner(struct arena *arena, const struct test_case *test, struct buf *out);

static inline const char *case_part_end(const char *at)
{
    while (*at && strncmp(at, "@@ ", 3) != 0 && strncmp(at, "## ", 3) != 0) {
        const char *line = strchr(at, '\n');
        at = line ? line + 1 : at + strlen(at);
    }
    return at;
}

/* Reads one case; returns the text behind it, or NULL where there is none. */
static inline const char *case_read(struct arena *arena, const char *at, struct test_case *test)
{
    *test = (struct test_case){ 0 };
    at = case_part_end(at);
    if (strncmp(at, "## ", 3) != 0)
        return NULL;
    size_t length = strcspn(at, "\n");
    test->name = arena_memdup(arena, at + 3, length - 3);
    at = case_part_end(at + length + 1);
    while (strncmp(at, "@@ ", 3) == 0 && test->count < 16) {
        struct case_part *part = &test->parts[test->count];
        length = strcspn(at, "\n");
        part->name = arena_memdup(arena, at + 3, length - 3);
        const char *text = at + length + (at[length] == '\n');
        at = case_part_end(text);
        length = (size_t)(at - text);
        while (length >= 2 && text[length - 1] == '\n' && text[length - 2] == '\n')
            length--; /* blank lines stand between cases, not in files */
        part->text = arena_memdup(arena, text, length);
        if (strcmp(part->name, "expect") == 0)
            test->expected = part->text;
        else
            test->count++;
    }
    return at;
}

static inline void case_write(struct buf *out, const struct test_case *test, const char *result)
{
    buf_printf(out, "## %s\n", test->name);
    for (size_t i = 0; i < test->count; i++)
        buf_printf(out, "@@ %s\n%s", test->parts[i].name, test->parts[i].text);
    buf_printf(out, "@@ expect\n%s\n", result);
}

static inline size_t without_blank_end(const char *text)
{
    size_t length = strlen(text);
    while (length && text[length - 1] == '\n')
        length--;
    return length;
}

static inline bool case_fits(const struct test_case *test, const char *result)
{
    const char *expected = test->expected ? test->expected : "";
    size_t length = without_blank_end(expected);
    if (length == without_blank_end(result) && memcmp(expected, result, length) == 0)
        return true;
    print_error("case \"%s\":\n--- expected\n%s--- got\n%s", test->name, expected, result);
    return false;
}

/* Runs all cases of a file below tests/; with `update` rewrites what they expect. */
static inline void cases_run(const char *name, case_runner *run, bool update)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF rewritten = BUF_INIT(BUF_OUTPUT_CEILING);
    struct error err = { 0 };
    struct test_case test;
    char *text;
    size_t length, failed = 0, count = 0;
    const char *path = arena_printf(arena, "%s/%s", TESTS_FOLDER, name);
    if (!file_read(arena, path, 64 << 20, &text, &length, &err))
        fail_msg("%s", err.message);
    const char *head = case_part_end(text);
    buf_add(&rewritten, text, (size_t)(head - text));
    for (const char *at = case_read(arena, text, &test); at; at = case_read(arena, at, &test)) {
        AUTO_BUF result = BUF_INIT(BUF_OUTPUT_CEILING);
        run(arena, &test, &result);
        case_write(&rewritten, &test, buf_text(&result));
        failed += !update && !case_fits(&test, buf_text(&result));
        count++;
    }
    assert_true(count > 0);
    if (update && !file_write(path, buf_text(&rewritten), rewritten.length, 0644, &err))
        fail_msg("%s", err.message);
    if (failed)
        fail_msg("%zu of %zu cases of %s", failed, count, name);
}

#endif
