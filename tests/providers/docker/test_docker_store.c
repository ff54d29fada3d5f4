/*
 * `docker:NAME` as a store, at real engines: an image goes out into a layout and back under
 * another name, and runs; skopeo and docker say the same of it. Whatever was spooled is gone
 * behind it.
 * labels: cluster
 * timeout: 240
 */
#include "providers/docker/engine_test.h"

#include "oci/copy.h"
#include "oci/image.h"
#include "oci/layout.h"
#include "providers/docker/docker_store.h"
#include "providers/docker/engine_image.h"

#include <unistd.h>

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("expected \"%s\" in \"%s\"", part, text);
}

static const struct test_file built_context[] = {
    { "Dockerfile",
      "FROM localhost/base:1\n"
      "RUN echo made >/made && mkdir /private && chmod 0700 /private\n"
      "COPY big /big\n"
      "USER 1000:1000\n"
      "CMD [\"sh\", \"-c\", \"cat /made; id -u\"]\n",
      0 },
    { "big", "0123456789abcdef0123456789abcdef", 300000 },
};

static const char *built_image(struct engine_test *test, const char *tag)
{
    struct engine_build build = { .tag = tag };
    struct error err;
    const char *id;
    must(test_build(test, &build, built_context, 2, &id, &test->wait, &err), err);
    return id;
}

static const char *in_folder(const struct engine_test *test, const char *name)
{
    return path_join(test->arena, test->folder, name);
}

static void copy(struct engine_test *test, struct image_store *from, struct image_store *to,
                 const char *tag)
{
    struct copy_options options = { .tag = tag };
    struct copy_result result;
    struct error err;
    must(image_copy(from, "", to, &options, test->arena, &result, &test->wait, &err), err);
    must(store_finish(to, &test->wait, &err), err);
    from->table->close(from);
    to->table->close(to);
}

static struct image_store *opened(struct engine_test *test, const char *name)
{
    struct image_store *store;
    struct error err;
    must(docker_store_open(test->engine, name, DOCKER_LAYERS_PLAIN, &store, &test->wait, &err),
         err);
    return store;
}

static struct image_store *layout_at(struct engine_test *test, const char *name)
{
    struct image_store *layout;
    struct error err;
    must(layout_create(in_folder(test, name), &layout, &err), err);
    return layout;
}

static const char *spools(struct engine_test *test)
{
    const char *const arguments[] = { "find", in_folder(test, "spool"), "-mindepth", "1", NULL };
    return test_run(test, arguments);
}

/* Its config is the image's id: the same bytes as in the engine. */
static void takes_an_image_out(void **state)
{
    struct engine_test *test = *state;
    const char *id = built_image(test, "localhost/shop/api:1.2");
    struct image_store *store = opened(test, "localhost/shop/api:1.2");
    struct image image;
    struct error err;
    assert_string_equal(store->name, "docker:localhost/shop/api:1.2");
    must(image_load(store, test->arena, "1.2", NULL, &image, &test->wait, &err), err);
    assert_string_equal(image.manifest.config.digest, id);
    assert_string_equal(image.config.user, "1000:1000");
    assert_string_equal(spools(test), ""); /* it is open, and has no name any more */
    copy(test, store, layout_at(test, "out"), "1.2");
    const char *const inspect[] = { "skopeo",
                                    "inspect",
                                    "--config",
                                    "--raw",
                                    arena_printf(test->arena, "oci:%s:1.2", in_folder(test, "out")),
                                    NULL };
    assert_holds(test_run(test, inspect), image.config.diff_ids.items[1]);
    /* By its id, too. */
    copy(test, opened(test, id), layout_at(test, "by-id"), "1.2");
}

/* The same image, id and content, with layers that are fit to be sent. */
static void compresses_layers(void **state)
{
    struct engine_test *test = *state;
    const char *id = built_image(test, "localhost/shop/api:1.2");
    struct image_store *store, *back;
    struct image image;
    struct error err;
    must(docker_store_open(test->engine, id, DOCKER_LAYERS_PACKED, &store, &test->wait, &err), err);
    must(image_load(store, test->arena, "", NULL, &image, &test->wait, &err), err);
    assert_string_equal(image.manifest.config.digest, id);
    assert_int_equal(image.manifest.layer_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(image.manifest.layers[i].media_type, MEDIA_OCI_LAYER_GZIP);
    assert_true(image.manifest.layers[2].size < 1 << 20); /* of 9.6 MB */
    assert_string_equal(spools(test), "");
    must(docker_store_create(test->engine, "localhost/packed:1", &back, &err), err);
    copy(test, store, back, NULL); /* the engine checks what they unpack to */
    const char *const arguments[] = { "docker", "inspect", "-f", "{{.Id}}", "localhost/packed:1",
                                      NULL };
    assert_string_equal(test_run(test, arguments), arena_printf(test->arena, "%s\n", id));
}

/* docker runs it and knows it by the same id. */
static void puts_an_image_in(void **state)
{
    struct engine_test *test = *state;
    struct image_store *store, *layout = layout_at(test, "out");
    struct image image;
    struct error err;
    must(image_load(layout, test->arena, "1.2", NULL, &image, &test->wait, &err), err);
    const char *id = image.manifest.config.digest;
    layout->table->close(layout);
    must(docker_store_create(test->engine, "localhost/copied/api:2", &store, &err), err);
    copy(test, layout_at(test, "out"), store, NULL);
    must(docker_store_create(test->engine, "localhost/copied/api", &store, &err), err);
    copy(test, layout_at(test, "out"), store, "3");
    assert_string_equal(spools(test), "");
    static const char *const names[] = { "localhost/copied/api:2", "localhost/copied/api:3" };
    for (size_t i = 0; i < 2; i++) {
        const char *const arguments[] = { "docker", "inspect", "-f", "{{.Id}}", names[i], NULL };
        assert_string_equal(test_run(test, arguments), arena_printf(test->arena, "%s\n", id));
    }
    if (engine_facts(test->engine)->podman)
        return;
    const char *const run[] = { "docker", "run", "--rm", names[0], NULL };
    assert_string_equal(test_run(test, run), "made\n1000\n");
}

/* What skopeo takes out has gzip layers: an engine takes those as well. */
static void puts_compressed_layers_in(void **state)
{
    struct engine_test *test = *state;
    struct image_store *store;
    struct error err;
    const char *const skopeo[] = { "skopeo",
                                   "copy",
                                   "-q",
                                   "--src-daemon-host",
                                   test->host,
                                   "docker-daemon:localhost/shop/api:1.2",
                                   arena_printf(test->arena, "oci:%s:1", in_folder(test, "gzip")),
                                   NULL };
    built_image(test, "localhost/shop/api:1.2");
    test_run(test, skopeo);
    struct image_store *layout = layout_at(test, "gzip");
    struct image image;
    must(image_load(layout, test->arena, "1", NULL, &image, &test->wait, &err), err);
    assert_string_equal(image.manifest.layers[0].media_type, MEDIA_OCI_LAYER_GZIP);
    must(docker_store_create(test->engine, "localhost/copied/gzip:1", &store, &err), err);
    copy(test, layout, store, NULL);
    const char *const inspect[] = {
        "docker", "inspect", "-f", "{{index .RootFS.Layers 1}}", "localhost/copied/gzip:1", NULL
    };
    assert_string_equal(test_run(test, inspect),
                        arena_printf(test->arena, "%s\n", image.config.diff_ids.items[1]));
}

static void says_what_is_not_there(void **state)
{
    static const struct {
        const char *name;
        enum error_kind kind;
        const char *words;
    } cases[] = {
        { "localhost/none:1", ERROR_NOT_FOUND, "cannot look for the image localhost/none:1: " },
        { "localhost/shop/api:9", ERROR_NOT_FOUND, "localhost/shop/api:9" },
        { "sha256:0123456789012345678901234567890123456789012345678901234567890123",
          ERROR_NOT_FOUND, "0123456789" },
        { "Shop", ERROR_USAGE, "docker:Shop: " },
    };
    struct engine_test *test = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image_store *store;
        struct error err = { 0 };
        assert_false(docker_store_open(test->engine, cases[i].name, DOCKER_LAYERS_PLAIN, &store,
                                       &test->wait, &err));
        assert_holds(err.message, cases[i].words);
        assert_int_equal(err.kind, cases[i].kind);
    }
}

/* A store that is closed without its end has changed nothing. */
static void an_unfinished_image_is_none(void **state)
{
    struct engine_test *test = *state;
    struct image_store *layout = layout_at(test, "out"), *store;
    struct copy_options options = { 0 };
    struct copy_result result;
    struct error err;
    must(docker_store_create(test->engine, "localhost/half:1", &store, &err), err);
    must(image_copy(layout, "", store, &options, test->arena, &result, &test->wait, &err), err);
    store->table->close(store);
    layout->table->close(layout);
    assert_false(docker_store_open(test->engine, "localhost/half:1", DOCKER_LAYERS_PLAIN, &store,
                                   &test->wait, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_string_equal(spools(test), "");
}

static void removes_what_nobody_names(void **state)
{
    struct engine_test *test = *state;
    struct engine_image image;
    struct error err;
    const struct test_file files[] = { { "Dockerfile",
                                         "FROM localhost/base:1\nRUN echo it >/alone\n", 0 } };
    struct engine_build build = { 0 };
    const char *id;
    must(test_build(test, &build, files, 1, &id, &test->wait, &err), err);
    must(engine_image_find(test->engine, test->arena, id, &image, &test->wait, &err), err);
    assert_string_equal(image.platform.os, "linux");
    assert_string_equal(image.id, id);
    must(engine_image_remove(test->engine, id, &test->wait, &err), err);
    assert_false(engine_image_find(test->engine, test->arena, id, &image, &test->wait, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static int start(void **state, const char *kind)
{
    unsetenv("TMPDIR"); /* of the group before */
    if (engine_test_start(state, kind) != 0)
        return -1;
    struct engine_test *test = *state;
    struct error err;
    setenv("TMPDIR", in_folder(test, "spool"), 1);
    return folder_make(in_folder(test, "spool"), &err) ? 0 : -1;
}

static int start_docker(void **state)
{
    return start(state, "docker");
}

static int start_podman(void **state)
{
    return start(state, "podman");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_an_image_out),        cmocka_unit_test(compresses_layers),
        cmocka_unit_test(puts_an_image_in),          cmocka_unit_test(puts_compressed_layers_in),
        cmocka_unit_test(says_what_is_not_there),    cmocka_unit_test(an_unfinished_image_is_none),
        cmocka_unit_test(removes_what_nobody_names),
    };
    int failed = cmocka_run_group_tests_name("docker", tests, start_docker, engine_test_end);
    return failed + cmocka_run_group_tests_name("podman", tests, start_podman, engine_test_end);
}
