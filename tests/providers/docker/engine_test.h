/*
 * engine_test: a real engine (engine.sh), started for a group of tests, an open client
 * of it, and contexts made of a few texts.
 */
#ifndef CMX_TESTS_ENGINE_TEST_H
#define CMX_TESTS_ENGINE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "oci/tar.h"
#include "providers/docker/engine.h"
#include "providers/docker/engine_build.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine_test {
    struct arena *arena;
    const char *kind; /* "docker", "podman" */
    const char *host; /* "unix:///tmp/…/engine.sock" */
    char folder[32];
    struct process server;
    struct http *http;
    struct engine *engine;
    struct wait wait;
    struct build_log log;
    struct buf lines; /* of the log, each with its step: "2 output: hello" */
};

#define must(call, error)                                                                          \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, (error).message);                                            \
    } while (0)

/* Reads what engine.sh says until it is ready. */
static inline bool engine_test_await(struct engine_test *test)
{
    AUTO_BUF said = BUF_INIT(1 << 16);
    struct error err;
    char chunk[512];
    size_t length;
    while (!strstr(buf_text(&said), "ready\n")) {
        if (!process_read(&test->server, chunk, sizeof chunk, &length, &test->wait, &err)
            || !length) {
            fprintf(stderr, "%s\n", buf_text(&said));
            return false;
        }
        buf_add(&said, chunk, length);
    }
    return true;
}

static inline void engine_test_line(void *context, enum build_line kind, unsigned step,
                                    const char *text)
{
    static const char *const names[] = { "step", "cached", "output", "warning" };
    struct engine_test *test = context;
    buf_printf(&test->lines, "%u %s: %s\n", step, names[kind], text);
}

static inline int engine_test_start_with(void **state, const char *kind, const char *more)
{
    struct engine_test *test = calloc(1, sizeof *test);
    struct error err;
    test->kind = kind;
    test->arena = arena_new();
    test->wait = wait_for(100000, NULL);
    test->lines = BUF_INIT(1 << 20);
    test->log = (struct build_log){ .listener = engine_test_line, .context = test };
    strcpy(test->folder, "/tmp/cmx-engine-XXXXXX");
    if (!mkdtemp(test->folder))
        return -1;
    const char *const arguments[] = { "bash", TESTS_FOLDER "/providers/docker/engine.sh",
                                      kind,   test->folder,
                                      more,   NULL };
    if (!process_start(arguments, NULL, &test->server, &err) || !engine_test_await(test))
        return -1;
    test->host = arena_printf(test->arena, "unix://%s/engine.sock", test->folder);
    test->http = http_new();
    struct engine_options options = { .host = test->host };
    if (!engine_open(test->http, &options, &test->engine, &test->wait, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return -1;
    }
    *state = test;
    return 0;
}

static inline int engine_test_start(void **state, const char *kind)
{
    return engine_test_start_with(state, kind, NULL);
}

/* The text of a file in its folder, without a line break at its end. */
static inline const char *engine_test_text(struct engine_test *test, const char *name)
{
    char *data;
    size_t length;
    struct error err;
    must(file_read(test->arena, path_join(test->arena, test->folder, name), 1 << 16, &data, &length,
                   &err),
         err);
    data[strcspn(data, "\n")] = '\0';
    return data;
}

/* Closes its input and waits until it has cleaned up. */
static inline int engine_test_end(void **state)
{
    struct engine_test *test = *state;
    struct wait wait = wait_for(30000, NULL);
    struct error err;
    if (!test) /* it was not started */
        return 0;
    char rest[512];
    size_t length = 1;
    engine_close(test->engine);
    http_free(test->http);
    close(test->server.input);
    test->server.input = -1;
    while (length)
        if (!process_read(&test->server, rest, sizeof rest, &length, &wait, &err))
            return -1;
    int status = process_end(&test->server);
    buf_done(&test->lines);
    arena_free(test->arena);
    free(test);
    return status;
}

/* --- contexts --- */

struct test_file {
    const char *path, *text;
    size_t repeat; /* the text so many times; 0: once */
};

struct test_context {
    struct buf tar;
    size_t sent;
};

static inline bool test_context_add(void *context, const char *data, size_t length,
                                    struct error *err)
{
    (void)err;
    return buf_add(context, data, length);
}

static inline bool test_context_read(void *data, char *out, size_t capacity, size_t *ret_length,
                                     struct error *err)
{
    struct test_context *context = data;
    size_t left = context->tar.length - context->sent;
    (void)err;
    *ret_length = left < capacity ? left : capacity;
    memcpy(out, context->tar.data + context->sent, *ret_length);
    context->sent += *ret_length;
    return true;
}

static inline void test_context_make(struct test_context *context, const struct test_file *files,
                                     size_t count)
{
    struct tar_writer writer;
    struct error err;
    *context = (struct test_context){ .tar = BUF_INIT(BUF_OUTPUT_CEILING) };
    tar_writer_start(&writer, test_context_add, &context->tar);
    for (size_t i = 0; i < count; i++) {
        size_t repeat = files[i].repeat ? files[i].repeat : 1, length = strlen(files[i].text);
        struct tar_entry entry = { .kind = TAR_FILE,
                                   .path = files[i].path,
                                   .mode = 0644,
                                   .size = (int64_t)(length * repeat) };
        must(tar_writer_entry(&writer, &entry, &err), err);
        for (size_t j = 0; j < repeat; j++)
            must(tar_writer_data(&writer, files[i].text, length, &err), err);
    }
    must(tar_writer_end(&writer, &err), err);
}

/* Builds the files; `build` may ask for more. */
static inline bool test_build(struct engine_test *test, struct engine_build *build,
                              const struct test_file *files, size_t count, const char **ret_id,
                              const struct wait *wait, struct error *err)
{
    struct test_context context;
    test_context_make(&context, files, count);
    buf_clear(&test->lines);
    build->context = test_context_read;
    build->context_data = &context;
    build->log = &test->log;
    test->log.count = 0;
    if (!build->dockerfile)
        build->dockerfile = "Dockerfile";
    bool built = engine_build(test->engine, test->arena, build, ret_id, wait, err);
    buf_done(&context.tar);
    return built;
}

/* Runs a program to its end; what it prints, which must be a success. */
static inline const char *test_run(struct engine_test *test, const char *const *arguments)
{
    const char *const environment[] = { arena_printf(test->arena, "DOCKER_HOST=%s", test->host),
                                        NULL };
    struct error err;
    char *output;
    int status;
    must(process_run(test->arena, arguments, environment, NULL, 1 << 20, &test->wait, &output,
                     &status, &err),
         err);
    if (status != 0)
        fail_msg("%s %s: exit code %d: %s", arguments[0], arguments[1], status, output);
    return output;
}

#endif
