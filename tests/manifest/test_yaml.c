/*
 * The YAML reader beside its values: places, several faults in one file, and
 * ceilings that hold in milliseconds and megabytes. The values are compared with
 * kubectl's in test_yaml_cases.c.
 */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "manifest/value_yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MEBIBYTE ((size_t)1 << 20)

struct read {
    struct arena *arena;
    struct source_file file;
    struct problems problems;
    struct yaml_documents documents;
    bool fine;
    double seconds;
};

/* Of this process alone: a busy machine fails no test. */
static double processor_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void read_length(struct read *read, const char *data, size_t length)
{
    *read = (struct read){ .arena = arena_new() };
    read->file = (struct source_file){ .path = "f", .data = data, .length = length };
    problems_start(&read->problems, read->arena);
    double start = processor_time();
    read->fine = yaml_read(read->arena, &read->file, &read->documents, &read->problems);
    read->seconds = processor_time() - start;
}

static void read_text(struct read *read, const char *text)
{
    read_length(read, text, strlen(text));
}

static void read_done(struct read *read)
{
    arena_free(read->arena);
}

static const struct value *root(const struct read *read, size_t document)
{
    assert_true(document < read->documents.count);
    return read->documents.items[document].root;
}

/* The bytes that a place names, and where it stands. */
static void check_place(const struct read *read, struct place place, uint32_t line, uint32_t column,
                        const char *text)
{
    AUTO_BUF got = BUF_INIT(1 << 16);
    assert_true(place.start <= place.end && place.end <= read->file.length);
    buf_add(&got, read->file.data + place.start, place.end - place.start);
    assert_string_equal(buf_text(&got), text);
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static const struct member *member_at(const struct value *map, const char *key)
{
    const struct member *member = value_member(map, key);
    assert_non_null(member);
    return member;
}

static const char *problem_text(const struct read *read, size_t number)
{
    assert_true(number < read->problems.count);
    return read->problems.items[number].message;
}

/* ---------------------------------------------------------------------- places */

static void test_places_of_scalars(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, "a: é é  # c\n\"ü\": 'x y' # d\nb: |\n  one\n  two\n\n# e\nc: p\n  q\nd:\n");
    assert_true(read.fine);
    const struct value *map = root(&read, 0);
    check_place(&read, member_at(map, "a")->place, 1, 1, "a");
    check_place(&read, value_get(map, "a")->place, 1, 4, "é é");
    check_place(&read, member_at(map, "ü")->place, 2, 1, "\"ü\"");
    check_place(&read, value_get(map, "ü")->place, 2, 6, "'x y'");
    check_place(&read, value_get(map, "b")->place, 3, 4, "|\n  one\n  two");
    check_place(&read, value_get(map, "c")->place, 8, 4, "p\n  q");
    check_place(&read, value_get(map, "d")->place, 10, 3, "");
    read_done(&read);
}

static void test_places_of_containers(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, "m: # c\n  x: 1\n  q: {b: [1, 2 ] } # d\n\n# e\nl:\n- 1\n- k: v\n\n\nz: 1\n");
    assert_true(read.fine);
    const struct value *map = root(&read, 0);
    check_place(&read, value_get(map, "m")->place, 2, 3, "x: 1\n  q: {b: [1, 2 ] }");
    check_place(&read, value_at(map, "m", "q", NULL)->place, 3, 6, "{b: [1, 2 ] }");
    check_place(&read, value_at(map, "m", "q", "b", NULL)->place, 3, 10, "[1, 2 ]");
    check_place(&read, value_get(map, "l")->place, 7, 1, "- 1\n- k: v");
    check_place(&read, value_item(value_get(map, "l"), 1)->place, 8, 3, "k: v");
    read_done(&read);
}

static void test_places_behind_a_byte_order_mark_and_crlf(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, "\xEF\xBB\xBF"
                     "a: 1\r\nb: é\r\nc: 'x'\r\n---\r\nd: |\r\n  y\r\n");
    assert_true(read.fine);
    check_place(&read, value_get(root(&read, 0), "a")->place, 1, 4, "1");
    check_place(&read, value_get(root(&read, 0), "b")->place, 2, 4, "é");
    check_place(&read, value_get(root(&read, 0), "c")->place, 3, 4, "'x'");
    check_place(&read, value_get(root(&read, 1), "d")->place, 5, 4, "|\r\n  y");
    check_place(&read, read.documents.items[1].place, 5, 1, "d: |\r\n  y");
    read_done(&read);
}

static void test_places_in_json_with_surrogates(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, "{\"a\": \"\\ud83d\\ude00 \\\"\\uD83D\\uDE01\", \"b\": 12}{\"c\":\n 3}");
    assert_true(read.fine);
    assert_string_equal(value_text_at(root(&read, 0), "a", NULL),
                        "\xF0\x9F\x98\x80 \"\xF0\x9F\x98\x81");
    check_place(&read, value_get(root(&read, 0), "a")->place, 1, 7,
                "\"\\ud83d\\ude00 \\\"\\uD83D\\uDE01\"");
    check_place(&read, value_get(root(&read, 0), "b")->place, 1, 43, "12");
    check_place(&read, value_get(root(&read, 1), "c")->place, 2, 2, "3");
    read_done(&read);
}

/* ------------------------------------------------------------------- documents */

static void test_empty_files(void **state)
{
    (void)state;
    static const char *const empty[] = { "", "\n", "# only a comment", "\xEF\xBB\xBF", "\r\n\r\n" };
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct read read;
        read_text(&read, empty[i]);
        assert_true(read.fine);
        assert_int_equal(read.documents.count, 0);
        read_done(&read);
    }
}

/* Read as JSON up to where that fails: there too a document that says null is an empty one. */
static void test_null_in_json_has_no_root(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, "{}null {}\n");
    assert_true(read.fine);
    assert_int_equal(read.documents.count, 3);
    assert_non_null(root(&read, 0));
    assert_null(root(&read, 1));
    assert_non_null(root(&read, 2));
    read_done(&read);
}

static void test_empty_documents_have_no_root(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, "---\n---\n# c\n---\na: 1\n---\n~\n");
    assert_true(read.fine);
    assert_int_equal(read.documents.count, 4);
    assert_null(root(&read, 0));
    assert_null(root(&read, 1));
    assert_int_equal(value_int(value_get(root(&read, 2), "a"), 0), 1);
    assert_null(root(&read, 3));
    read_done(&read);
}

static void test_all_faults_of_a_file_are_told(void **state)
{
    (void)state;
    struct read read;
    read_text(&read,
              "a: 1\n---\nb: {x: 1, x: 2}\nb: .inf\n---\nc: [\n---\nd: 1\n---\ne: 1\n\tf: 2\n"
              "---\ng: *h\n");
    assert_false(read.fine);
    assert_int_equal(read.documents.count, 2);
    assert_int_equal(value_int(value_get(root(&read, 0), "a"), 0), 1);
    assert_int_equal(value_int(value_get(root(&read, 1), "d"), 0), 1);
    assert_int_equal(read.problems.count, 6);
    static const uint32_t lines[] = { 3, 4, 4, 7, 11, 13 };
    for (size_t i = 0; i < read.problems.count; i++)
        assert_int_equal(read.problems.items[i].place.line, lines[i]);
    assert_string_equal(problem_text(&read, 4), "a tab: YAML is indented with blanks only");
    read_done(&read);
}

static void test_wide_encodings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t length;
    } wide[] = { { "\xFF\xFE"
                   "a\0:\0",
                   6 },
                 { "\xFE\xFF\0a\0:", 6 },
                 { "a\0:\0", 4 },
                 { "\0a\0:", 4 } };
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        struct read read;
        read_length(&read, wide[i].data, wide[i].length);
        assert_false(read.fine);
        assert_non_null(strstr(problem_text(&read, 0), "UTF-16"));
        read_done(&read);
    }
}

static void test_what_is_no_utf8_is_refused_with_its_place(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, "a: é\nb: x\xFFy\n");
    assert_false(read.fine);
    assert_non_null(strstr(problem_text(&read, 0), "UTF-8"));
    check_place(&read, read.problems.items[0].place, 2, 5, "\xFF");
    read_done(&read);
}

/* -------------------------------------------------------------------- ceilings */

/* A file of `piece` again and again behind `head`. It is refused or read in time. */
static void check_hostile(const char *head, const char *piece, size_t size, const char *message)
{
    struct read read;
    AUTO_BUF text = BUF_INIT(YAML_FILE_CEILING + 64);
    buf_puts(&text, head);
    while (text.length + strlen(piece) < size)
        buf_puts(&text, piece);
    read_length(&read, buf_text(&text), text.length);
    print_message("%.12s… %zu bytes: %.2f s, %zu KiB: %s\n", piece, text.length, read.seconds,
                  arena_used(read.arena) / 1024,
                  read.problems.count ? problem_text(&read, 0) : "read");
    assert_int_equal(read.fine, !message);
    if (message)
        assert_non_null(strstr(problem_text(&read, 0), message));
    assert_true(read.seconds < 10); /* with sanitizers; below 1 s without */
    read_done(&read);
}

static void test_hostile_files_end_soon(void **state)
{
    (void)state;
    size_t most = YAML_FILE_CEILING;
    check_hostile("", "[", most, "128 deep");
    check_hostile("", "[\n", most, "128 deep");
    check_hostile("", "{a: ", most, "128 deep");
    check_hostile("", "- ", most, "128 deep");
    check_hostile("", "? ", most, "128 deep");
    check_hostile("", "&a ", most, "");
    check_hostile("", "x ", most, NULL);
    check_hostile("", "x\n", most, NULL);
    check_hostile("\"", "x", most, "closing quote");
    check_hostile("# ", "x", most, NULL);
    check_hostile("", "\n", most, NULL);
    check_hostile("", "- \n", most, "more than 1048576 values");
    check_hostile("", "---\n", most, "10000 documents");
    check_hostile("", "---\n[\n", most, "expected");
    check_hostile("", "%TAG !a! x\n", most, "%TAG");
    check_hostile("", "\t", most, "tab");
    check_hostile("a: |\n", "  \n", most, NULL);
    check_hostile("a: >\n", " x\n\n", most, NULL);
}

static void test_a_file_above_the_ceiling(void **state)
{
    (void)state;
    struct read read;
    size_t length = YAML_FILE_CEILING + 1;
    char *data = memory_alloc(length + 1);
    memset(data, ' ', length);
    data[length] = '\0';
    read_length(&read, data, length);
    assert_false(read.fine);
    assert_non_null(strstr(problem_text(&read, 0), "8 MiB"));
    read_done(&read);
    free(data);
}

/* Numbered pieces: anchors, keys from the last to the first, aliases of all. */
static void check_numbered(const char *format, int count, bool downwards, const char *message)
{
    struct read read;
    AUTO_BUF text = BUF_INIT(YAML_FILE_CEILING);
    for (int i = 0; i < count; i++)
        buf_printf(&text, format, downwards ? count - i : i);
    assert_false(text.overflowed);
    read_length(&read, buf_text(&text), text.length);
    assert_int_equal(read.fine, !message);
    assert_true(read.seconds < 10);
    read_done(&read);
}

static void test_many_anchors_and_keys(void **state)
{
    (void)state;
    check_numbered("- &a%d x\n", 400000, false, NULL);
    check_numbered("k%06d: x\n", 400000, true, NULL);
    check_numbered("%%TAG !a%d! x\n", 400000, false, "");
    check_numbered("same: %d\n", 400000, false, "");
}

static void test_billion_laughs(void **state)
{
    (void)state;
    struct read read;
    AUTO_BUF text = BUF_INIT(1 << 16);
    buf_puts(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 40; i++) {
        buf_printf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            buf_printf(&text, "%s*a%d", j ? ", " : "", i - 1);
        buf_puts(&text, "]\n");
    }
    read_length(&read, buf_text(&text), text.length);
    assert_false(read.fine);
    assert_int_equal(read.documents.count, 0);
    assert_non_null(strstr(problem_text(&read, 0), "1048576 values"));
    assert_true(read.seconds < 0.5);
    assert_true(arena_used(read.arena) < MEBIBYTE);
    read_done(&read);
}

/* Merging copies members, so it is counted like an alias. */
static void test_billion_merges(void **state)
{
    (void)state;
    struct read read;
    AUTO_BUF text = BUF_INIT(YAML_FILE_CEILING);
    buf_puts(&text, "base: &base {");
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "k%d: x, ", i);
    buf_puts(&text, "}\nlist:\n");
    for (int i = 0; i < 5000; i++)
        buf_puts(&text, "- {<<: [*base, *base]}\n");
    read_length(&read, buf_text(&text), text.length);
    assert_false(read.fine);
    assert_non_null(strstr(problem_text(&read, 0), "1048576 values"));
    assert_true(arena_used(read.arena) < 64 * MEBIBYTE);
    read_done(&read);
}

static void test_aliases_share_their_nodes(void **state)
{
    (void)state;
    struct read read;
    read_text(&read, "a: &x {k: [1]}\nb: *x\n");
    assert_true(read.fine);
    assert_ptr_equal(value_get(root(&read, 0), "a"), value_get(root(&read, 0), "b"));
    read_done(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_of_scalars),
        cmocka_unit_test(test_places_of_containers),
        cmocka_unit_test(test_places_behind_a_byte_order_mark_and_crlf),
        cmocka_unit_test(test_places_in_json_with_surrogates),
        cmocka_unit_test(test_empty_files),
        cmocka_unit_test(test_empty_documents_have_no_root),
        cmocka_unit_test(test_null_in_json_has_no_root),
        cmocka_unit_test(test_all_faults_of_a_file_are_told),
        cmocka_unit_test(test_wide_encodings_are_refused),
        cmocka_unit_test(test_what_is_no_utf8_is_refused_with_its_place),
        cmocka_unit_test(test_hostile_files_end_soon),
        cmocka_unit_test(test_a_file_above_the_ceiling),
        cmocka_unit_test(test_many_anchors_and_keys),
        cmocka_unit_test(test_billion_laughs),
        cmocka_unit_test(test_billion_merges),
        cmocka_unit_test(test_aliases_share_their_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
