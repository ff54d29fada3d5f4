/*
 * registry_test: real registries, started for a test program by registry.sh, and blobs with a
 * known content. Group setup and teardown start and end them.
 */
#ifndef CMX_TESTS_REGISTRY_TEST_H
#define CMX_TESTS_REGISTRY_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "oci/image.h"
#include "oci/registry/registry.h"

#include <stdlib.h>
#include <string.h>

struct registry_test {
    struct arena *arena;
    struct http *http;
    struct process servers;
    char folder[40];
    const char *ports; /* "plain 35135\ntls …" */
    struct registry_settings settings;
    struct registries *registries;
};

/*
 * Set by the test program: the arguments of registry.sh behind the folder; or NULL, then
 * lying_server.py is what is asked.
 */
extern const char *const *const registry_kinds;

static inline struct wait soon(void)
{
    return wait_for(60000, NULL);
}

/* "127.0.0.1:PORT" of a registry. */
static inline const char *registry_at(const struct registry_test *test, const char *name)
{
    const char *key = arena_printf(test->arena, "%s ", name);
    const char *line = strstr(test->ports, key);
    if (!line)
        fail_msg("no registry %s in: %s", name, test->ports);
    return arena_printf(test->arena, "127.0.0.1:%d", atoi(line + strlen(key)));
}

static inline const char *test_write(struct registry_test *test, const char *name, const char *text)
{
    struct error err;
    const char *path = arena_printf(test->arena, "%s/%s", test->folder, name);
    if (!file_write(path, text, strlen(text), 0600, &err))
        fail_msg("%s", err.message);
    return path;
}

/* Begins anew: no tokens, no connections known, credentials from this file. */
static inline void registry_forget(struct registry_test *test, const char *config_file)
{
    registries_free(test->registries);
    test->settings.config_file = config_file;
    test->registries = registries_new(test->http, &test->settings);
}

static inline bool await_servers(struct registry_test *test, struct buf *lines)
{
    struct wait wait = soon();
    struct error err;
    while (!strstr(buf_text(lines), "ready 1\n")) {
        char chunk[512];
        size_t length;
        if (!process_read(&test->servers, chunk, sizeof chunk, &length, &wait, &err) || !length)
            return false;
        buf_add(lines, chunk, length);
    }
    return true;
}

static inline int registry_test_start(void **state)
{
    struct registry_test *test = calloc(1, sizeof *test);
    const char *arguments[16] = { "bash", TESTS_FOLDER "/registry.sh", test->folder };
    struct error err;
    AUTO_BUF lines = BUF_INIT(4096);
    strcpy(test->folder, "/tmp/cmx-registry-XXXXXX");
    if (!mkdtemp(test->folder))
        return -1;
    for (size_t i = 0; registry_kinds && registry_kinds[i]; i++)
        arguments[3 + i] = registry_kinds[i];
    if (!registry_kinds) {
        arguments[0] = "python3";
        arguments[1] = TESTS_FOLDER "/registries/lying_server.py";
    }
    if (!process_start(arguments, NULL, &test->servers, &err) || !await_servers(test, &lines))
        return -1;
    test->arena = arena_new();
    test->ports = arena_strdup(test->arena, buf_text(&lines));
    test->http = http_new();
    test->settings.certs_folder = test->folder;
    registry_forget(test, test_write(test, "empty.json", "{}"));
    *state = test;
    return 0;
}

static inline int registry_test_end(void **state)
{
    struct registry_test *test = *state;
    const char *const arguments[] = { "rm", "-rf", test->folder, NULL };
    struct wait wait = soon();
    struct error err;
    char *output;
    int status;
    registries_free(test->registries);
    http_free(test->http);
    close(test->servers.input); /* the script then ends what it started */
    test->servers.input = -1;
    process_end(&test->servers);
    bool removed =
        process_run(test->arena, arguments, NULL, NULL, 100, &wait, &output, &status, &err);
    arena_free(test->arena);
    free(test);
    return removed ? 0 : -1;
}

/* ------------------------------------------------------------------------ blobs */

/* Bytes by a pattern, so that any part of them can be made anew. */
struct pattern {
    size_t size, at;
    unsigned seed;
    size_t seeks;
};

static inline char pattern_byte(const struct pattern *pattern, size_t at)
{
    return (char)(at * 37 + at / 4099 + pattern->seed);
}

static inline bool pattern_read(void *context, char *data, size_t capacity, size_t *ret_length,
                                struct error *err)
{
    struct pattern *pattern = context;
    size_t length = pattern->size - pattern->at;
    (void)err;
    length = length < capacity ? length : capacity;
    for (size_t i = 0; i < length; i++)
        data[i] = pattern_byte(pattern, pattern->at + i);
    pattern->at += length;
    *ret_length = length;
    return true;
}

static inline bool pattern_seek(void *context, int64_t offset, struct error *err)
{
    struct pattern *pattern = context;
    (void)err;
    pattern->at = (size_t)offset;
    pattern->seeks++;
    return true;
}

static inline struct descriptor pattern_descriptor(struct arena *arena, size_t size, unsigned seed)
{
    struct pattern pattern = { .size = size, .seed = seed };
    char *data = arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++)
        data[i] = pattern_byte(&pattern, i);
    return descriptor_of(arena, MEDIA_OCI_LAYER, data, size);
}

/* A sink that compares. */
static inline bool pattern_sink(void *context, const char *data, size_t length, struct error *err)
{
    struct pattern *pattern = context;
    for (size_t i = 0; i < length; i++)
        if (data[i] != pattern_byte(pattern, pattern->at + i))
            return error_set(err, ERROR_BUG, "byte %zu is another one", pattern->at + i);
    pattern->at += length;
    return true;
}

static inline struct image_store *open_repository(struct registry_test *test, const char *registry,
                                                  const char *repository)
{
    struct reference reference = { .registry = registry, .repository = repository };
    struct image_store *store;
    struct error err;
    if (!registry_open(test->registries, &reference, &store, &err))
        fail_msg("%s", err.message);
    return store;
}

/* What must work; the message else. */
#define works(call)                                                                                \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, err.message);                                                \
    } while (0)

#define fails_with(call, wanted_kind, words)                                                       \
    do {                                                                                           \
        err = (struct error){ 0 };                                                                 \
        if (call)                                                                                  \
            fail_msg("%s: expected a failure with \"%s\"", #call, words);                          \
        if (!strstr(err.message, words))                                                           \
            fail_msg("%s: expected \"%s\" in \"%s\"", #call, words, err.message);                  \
        assert_int_equal(err.kind, wanted_kind);                                                   \
    } while (0)

/* What lying_server.py has seen for a repository. */
static inline const char *requests_of(struct registry_test *test, const char *name)
{
    struct http_response response;
    struct wait wait = soon();
    struct error err;
    struct http_request request = { .method = "GET",
                                    .url = arena_printf(test->arena, "http://%s/requests/%s",
                                                        registry_at(test, "registry"), name) };
    works(http_do(test->http, test->arena, &request, &response, &wait, &err));
    return response.body;
}

static inline size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

#endif
