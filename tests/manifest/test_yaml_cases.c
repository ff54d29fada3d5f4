/*
 * The YAML reader against kubectl's values: every case in the folder cases/yaml (see
 * the README.md there). What is read is also written as YAML and as JSON, and
 * must read back as the same.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "manifest/value_json.h"
#include "manifest/value_yaml.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char HEAD[] = "apiVersion: v1\nkind: ConfigMap\n"
                           "metadata: {name: x, namespace: default}\n";

enum { LEAST_CASES = 600, MOST_ANSWERS = 16 };

struct yaml_case {
    const char *name;
    bool raw, crlf, bom, open;
    struct buf input;
    const char *answers[MOST_ANSWERS];
    size_t answer_count;
};

static size_t cases, failures;

#define NOTE(one, ...)                                                                             \
    (failures++, print_error("%s: %s: ", path, (one)->name), print_error(__VA_ARGS__))

/* ------------------------------------------------------------------- the input */

static void compose(const struct yaml_case *one, struct buf *out)
{
    if (one->bom)
        buf_puts(out, "\xEF\xBB\xBF");
    AUTO_BUF whole = BUF_INIT(1 << 20);
    buf_puts(&whole, buf_text(&one->input));
    if (!one->raw)
        buf_puts(&whole, HEAD);
    for (size_t i = 0; i < whole.length - one->open; i++) {
        if (one->crlf && whole.data[i] == '\n')
            buf_putc(out, '\r');
        buf_putc(out, whole.data[i]);
    }
}

static bool read_text(struct arena *arena, const struct buf *text, struct yaml_documents *documents,
                      struct buf *ret_problems)
{
    struct problems problems;
    struct source_file *file = arena_alloc(arena, sizeof *file);
    *file = (struct source_file){ .path = "f", .length = text->length };
    file->data = arena_memdup(arena, buf_text(text), text->length);
    problems_start(&problems, arena);
    bool fine = yaml_read(arena, file, documents, &problems);
    problems_print(&problems, ret_problems, false, false);
    assert_int_equal(fine, problems.count == 0);
    return fine;
}

/* ---------------------------------------------------------------- the answers */

/* "error: 3:1: words" → "f:3:1: error: words", as the problem is printed. */
static void add_message(struct buf *out, const char *answer)
{
    const char *message = strstr(answer, ": ") + 2;
    size_t place = strspn(message, "0123456789:");
    if (place)
        buf_printf(out, "f:%.*s error: %s\n", (int)place, message, message + place + 1);
    else
        buf_printf(out, "f: error: %s\n", message);
}

static struct value *without_head(struct arena *arena, const struct value *value, bool raw)
{
    struct value *copy = value_copy(arena, value);
    if (raw)
        return copy;
    value_remove(copy, "apiVersion");
    value_remove(copy, "kind");
    value_remove(copy, "metadata");
    return copy;
}

static void check_written(const char *path, const struct yaml_case *one, const struct value *value)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF yaml = BUF_INIT(1 << 24), json = BUF_INIT(1 << 24), messages = BUF_INIT(1 << 16);
    struct yaml_documents documents;
    const struct value *again;
    struct error err;
    yaml_write(&yaml, value);
    json_write(&json, value);
    if (!read_text(arena, &yaml, &documents, &messages) || documents.count != 1
        || !value_equal(documents.items[0].root, value))
        NOTE(one, "written as YAML it reads back as something else:\n%s\n", buf_text(&yaml));
    if (!json_parse(arena, json.data, json.length, &again, &err) || !value_equal(again, value))
        NOTE(one, "written as JSON it reads back as something else:\n%s\n", buf_text(&json));
}

static void check_document(const char *path, const struct yaml_case *one, const char *answer,
                           const struct value *value)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF got = BUF_INIT(1 << 24);
    const struct value *wanted;
    struct error err;
    if (!json_parse(arena, answer, strlen(answer), &wanted, &err)) {
        NOTE(one, "bad answer: %s\n", err.message);
        return;
    }
    struct value *document = without_head(arena, value, one->raw);
    json_write(&got, document);
    if (!value_equal(document, wanted))
        NOTE(one, "got %s, wanted %s\n", buf_text(&got), answer);
    check_written(path, one, value);
}

static void check_case(const char *path, const struct yaml_case *one)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF text = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20), wanted = BUF_INIT(1 << 20);
    struct yaml_documents documents;
    size_t at = 0;
    compose(one, &text);
    read_text(arena, &text, &documents, &got);
    for (size_t i = 0; i < one->answer_count; i++) {
        const char *answer = one->answers[i];
        if (strncmp(answer, "accepted: ", 10) == 0)
            answer += 10;
        if (strncmp(answer, "error: ", 7) == 0 || strncmp(answer, "refused: ", 9) == 0) {
            add_message(&wanted, answer);
            continue;
        }
        while (at < documents.count && !documents.items[at].root)
            at++;
        if (at == documents.count)
            NOTE(one, "a document is missing: %s\n", answer);
        else
            check_document(path, one, answer, documents.items[at++].root);
    }
    while (at < documents.count && !documents.items[at].root)
        at++;
    if (at < documents.count && one->raw)
        NOTE(one, "a document too many\n");
    if (strcmp(buf_text(&got), buf_text(&wanted)) != 0)
        NOTE(one, "said\n%swanted\n%s", buf_text(&got), buf_text(&wanted));
}

/* --------------------------------------------------------------------- the table */

static void start_case(struct yaml_case *one, char *line)
{
    char *flags = strstr(line, " | ");
    *one = (struct yaml_case){ .name = line, .input = BUF_INIT(1 << 20) };
    if (!flags || (strncmp(flags, " | raw", 6) != 0 && strcmp(flags, " | crlf") != 0))
        return;
    one->raw = strstr(flags, "raw");
    one->crlf = strstr(flags, "crlf");
    one->bom = strstr(flags, "bom");
    one->open = strstr(flags, "open");
}

static void end_case(const char *path, struct yaml_case *one)
{
    if (!one->name)
        return;
    cases++;
    if (one->answer_count == 0)
        NOTE(one, "no answer\n");
    check_case(path, one);
    buf_done(&one->input);
    one->name = NULL;
}

static void check_file(const char *path)
{
    AUTO_ARENA arena = arena_new();
    struct error err;
    char *data;
    size_t length;
    struct yaml_case one = { 0 };
    assert_true(file_read(arena, path, 1 << 24, &data, &length, &err));
    for (char *line = data, *next; *line; line = next) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        next = end + 1;
        if (strncmp(line, "== ", 3) == 0) {
            end_case(path, &one);
            start_case(&one, line + 3);
        } else if (strncmp(line, "-> ", 3) == 0) {
            assert_true(one.answer_count < MOST_ANSWERS);
            one.answers[one.answer_count++] = line + 3;
        } else if (one.name) {
            buf_puts(&one.input, line);
            buf_putc(&one.input, '\n');
        }
    }
    end_case(path, &one);
}

static void test_cases(void **state)
{
    (void)state;
    glob_t files;
    assert_int_equal(glob(TESTS_FOLDER "/manifest/cases/yaml/*.txt", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        check_file(files.gl_pathv[i]);
    globfree(&files);
    print_message("%zu cases\n", cases);
    assert_int_equal(failures, 0);
    assert_true(cases >= LEAST_CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
