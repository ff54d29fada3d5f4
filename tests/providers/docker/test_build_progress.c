/*
 * What real engines streamed while they built (recorded/NAME.json: Docker 20.10 with both
 * builders, Podman 4.3), and what a user reads of it (recorded/NAME.log), however the bytes
 * are cut; what is broken; and the last lines in an error.
 */
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "providers/docker/build_progress.h"
#include "providers/docker/protobuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void write_down(void *context, enum build_line kind, unsigned step, const char *text)
{
    static const char *const names[] = { "step", "cached", "output", "warning" };
    buf_printf(context, "%u %s: %s\n", step, names[kind], text);
}

static const char *read_recorded(struct arena *arena, const char *name, const char *end)
{
    char *data;
    size_t length;
    struct error err;
    const char *path =
        arena_printf(arena, "%s/providers/docker/recorded/%s.%s", TESTS_FOLDER, name, end);
    if (!file_read(arena, path, 1 << 20, &data, &length, &err))
        fail_msg("%s", err.message);
    return data;
}

/* The log of a stream, and behind it the image or the error. */
static const char *log_of(struct arena *arena, const char *stream, size_t piece)
{
    AUTO_BUF out = BUF_INIT(1 << 20);
    struct build_log *log = arena_alloc(arena, sizeof *log);
    struct build_progress progress;
    struct error err = { 0 };
    const char *id;
    *log = (struct build_log){ .listener = write_down, .context = &out };
    build_progress_start(&progress, arena, log);
    struct json_reader *reader =
        json_reader_new(JSON_STREAM, 1 << 20, build_progress_add, &progress);
    bool read = true;
    for (size_t at = 0, length = strlen(stream); read && at < length; at += piece)
        read =
            json_reader_feed(reader, stream + at, piece < length - at ? piece : length - at, &err);
    read = read && json_reader_end(reader, arena, NULL, &err);
    json_reader_free(reader);
    if (read && build_progress_end(&progress, &id, &err))
        buf_printf(&out, "image %s\n", id);
    else
        buf_printf(&out, "error: %s\n", err.message);
    return arena_strdup(arena, buf_text(&out));
}

static void reads_what_engines_stream(void **state)
{
    static const char *const names[] = { "buildkit",      "buildkit-fails", "classic",
                                         "classic-fails", "podman",         "podman-fails" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        AUTO_ARENA arena = arena_new();
        const char *stream = read_recorded(arena, names[i], "json");
        const char *wanted = read_recorded(arena, names[i], "log");
        for (size_t piece = 1; piece < 100000; piece *= 37) {
            const char *got = log_of(arena, stream, piece);
            if (strcmp(got, wanted) != 0)
                fail_msg("%s, in pieces of %zu:\n%s", names[i], piece, got);
        }
    }
}

static void tells_odd_streams(void **state)
{
    static const struct {
        const char *stream, *log;
    } cases[] = {
        { "", "error: the engine ended the build without an image\n" },
        { "{\"stream\":\"Step 1/1 : FROM x\\n\"}",
          "1 step: [1/1] FROM x\nerror: the engine ended the build without an image\n" },
        { "{\"id\":\"moby.buildkit.trace\",\"aux\":\"#\"}",
          "error: BuildKit's progress cannot be read: it is not base64\n" },
        { "{\"id\":\"moby.buildkit.trace\",\"aux\":\"CgU=\"}",
          "error: BuildKit's progress cannot be read: it is no protocol buffers message\n" },
        { "{\"error\":\"dockerfile parse error line 2: unknown instruction: RUM\"}",
          "error: dockerfile parse error line 2: unknown instruction: RUM\n" },
        { "{\"stream\":\"10%\\r50%\\r100%\\r\\nA \\u001b[1;31mred\\u001b[0m \\u0007word\\n\"}"
          "{\"aux\":{\"ID\":\"sha256:1\"}}",
          "0 output: 100%\n0 output: A red ?word\nimage sha256:1\n" },
        { "{\"stream\":\"::error::no command\\n\"}{\"aux\":{\"ID\":\"sha256:1\"}}",
          "0 output: : :error::no command\nimage sha256:1\n" },
        { "[1", "error: not valid JSON at byte 2: it ends in the middle of a document\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        assert_string_equal(log_of(arena, cases[i].stream, 5), cases[i].log);
    }
}

static void keeps_the_last_thirty_lines(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF stream = BUF_INIT(1 << 20);
    buf_puts(&stream, "{\"stream\":\"Step 1/1 : RUN make\\n");
    for (int i = 1; i <= 100; i++)
        buf_printf(&stream, "line %d\\n", i);
    buf_puts(&stream, "\"}{\"error\":\"a non-zero code: 7\"}");
    const char *got = strstr(log_of(arena, buf_text(&stream), 1000), "error: ");
    assert_non_null(
        strstr(got, "error: [1/1] RUN make: exit code 7; its last lines:\n  line 71\n"));
    assert_non_null(strstr(got, "\n  line 100\n"));
    /* Long lines: fewer of them, the last ones, none cut in its middle. */
    buf_clear(&stream);
    for (int i = 1; i <= 40; i++)
        buf_printf(&stream, "{\"stream\":\"%d %0300d\\n\"}", i, 0);
    buf_puts(&stream, "{\"error\":\"no\"}");
    got = strstr(log_of(arena, buf_text(&stream), 1000), "error: ");
    assert_true(strlen(got) < sizeof((struct error *)0)->message);
    assert_non_null(strstr(got, "no; the last lines:\n  36 000"));
    assert_non_null(strstr(got, "\n  40 000"));
}

/* A field after the other: "1=5" a number, "2:abc" bytes. */
static void reads_protocol_buffers(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *fields;
    } cases[] = {
        { "", 0, "" },
        { "\x08\x96\x01", 3, "1=150 " },
        { "\x12\x03\x61\x62\x63\x08\x01", 7, "2:abc 1=1 " },
        { "\x12\x00", 2, "2: " },
        { "\x09\x01\x00\x00\x00\x00\x00\x00\x80", 9, "1=9223372036854775809 " },
        { "\x0d\xff\xff\xff\xff", 5, "1=4294967295 " },
        { "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "1=18446744073709551615 " },
        { "\xfa\xff\xff\xff\x0f\x01x", 7, "536870911:x " },
        { "\x08", 1, "broken" },
        { "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12, "broken" },
        { "\x12\x04\x61\x62\x63", 5, "broken" },
        { "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 12, "broken" },
        { "\x09\x01", 2, "broken" },
        { "\x0b", 1, "broken" },
        { "\x00\x01", 2, "broken" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_BUF got = BUF_INIT(1000);
        struct protobuf message = protobuf_of(cases[i].bytes, cases[i].length);
        struct protobuf_field field;
        while (protobuf_next(&message, &field)) {
            if (field.is_bytes)
                buf_printf(&got, "%u:%.*s ", field.number, (int)field.length, field.data);
            else
                buf_printf(&got, "%u=%llu ", field.number, (unsigned long long)field.integer);
        }
        buf_puts(&got, message.broken ? "broken" : "");
        assert_string_equal(buf_text(&got), cases[i].fields);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_engines_stream),
        cmocka_unit_test(tells_odd_streams),
        cmocka_unit_test(keeps_the_last_thirty_lines),
        cmocka_unit_test(reads_protocol_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
