/*
 * Reaching a real engine over TLS, by variables and by contexts that Docker's own client made;
 * and an engine that pulls from a registry with our credentials.
 * labels: cluster
 * timeout: 180
 */
#include "providers/docker/engine_test.h"

#include "providers/docker/engine_image.h"

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("expected \"%s\" in \"%s\"", part, text);
}

static const char *in_folder(const struct engine_test *test, const char *name)
{
    return path_join(test->arena, test->folder, name);
}

/* The engine's description, or what went wrong. */
static const char *reached(struct engine_test *test, const char *host, const char *context)
{
    struct engine_options options = { host, context };
    struct engine *engine;
    struct error err = { 0 };
    if (!engine_open(test->http, &options, &engine, &test->wait, &err))
        return arena_strdup(test->arena, err.message);
    const char *text = arena_strdup(test->arena, engine_describe(engine));
    engine_close(engine);
    return text;
}

static void speaks_tls(void **state)
{
    struct engine_test *test = *state;
    const char *host =
        arena_printf(test->arena, "tcp://127.0.0.1:%s", engine_test_text(test, "port"));
    setenv("DOCKER_HOST", host, 1);
    assert_holds(reached(test, NULL, NULL), "speaks TLS only: set DOCKER_TLS_VERIFY=1");
    setenv("DOCKER_TLS_VERIFY", "1", 1);
    setenv("DOCKER_CERT_PATH", in_folder(test, "tls"), 1);
    assert_string_equal(reached(test, NULL, NULL),
                        arena_printf(test->arena, "Docker engine at %s", host));
    /* Another authority, as if somebody else answered there. */
    setenv("DOCKER_CERT_PATH", in_folder(test, "other"), 1);
    assert_holds(reached(test, NULL, NULL), "its certificate is not trusted");
    unsetenv("DOCKER_CERT_PATH");
    unsetenv("DOCKER_TLS_VERIFY");
    unsetenv("DOCKER_HOST");
}

static void reads_contexts_that_docker_made(void **state)
{
    struct engine_test *test = *state;
    const char *host =
        arena_printf(test->arena, "tcp://127.0.0.1:%s", engine_test_text(test, "port"));
    const char *tls = in_folder(test, "tls");
    setenv("DOCKER_CONFIG", in_folder(test, "config"), 1);
    const char *const create[] = {
        "docker",
        "context",
        "create",
        "lab",
        "--docker",
        arena_printf(test->arena, "host=%s,ca=%s/ca.pem,cert=%s/cert.pem,key=%s/key.pem", host, tls,
                     tls, tls),
        NULL
    };
    const char *const use[] = { "docker", "context", "use", "lab", NULL };
    const char *const environment[] = { "DOCKER_HOST=", NULL };
    struct error err;
    char *output;
    int status;
    must(process_run(test->arena, create, environment, NULL, 1 << 16, &test->wait, &output, &status,
                     &err),
         err);
    assert_int_equal(status, 0);
    const char *wanted = arena_printf(test->arena, "Docker engine at %s", host);
    assert_string_equal(reached(test, NULL, "lab"), wanted);
    must(process_run(test->arena, use, environment, NULL, 1 << 16, &test->wait, &output, &status,
                     &err),
         err);
    assert_int_equal(status, 0);
    assert_string_equal(reached(test, NULL, NULL), wanted);
    assert_holds(reached(test, NULL, "none"), "there is no docker context none");
    unsetenv("DOCKER_CONFIG");
}

static void pulls_with_credentials(void **state)
{
    struct engine_test *test = *state;
    const char *port = engine_test_text(test, "port");
    const char *registry = arena_printf(test->arena, "127.0.0.1:%s", port);
    const struct engine_login right = { registry, "user", "secret", NULL };
    const struct engine_login wrong = { registry, "user", "guess", NULL };
    const struct {
        const char *name;
        const struct engine_login *login;
        enum error_kind kind; /* ERROR_NONE: pulled */
    } cases[] = {
        { "base:1", NULL, ERROR_DENIED },
        { "base:1", &wrong, ERROR_DENIED },
        { "base:none", &right, ERROR_NOT_FOUND },
        { "base:1", &right, ERROR_NONE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *name = arena_printf(test->arena, "%s/%s", registry, cases[i].name);
        struct error err = { 0 };
        bool pulled =
            engine_image_pull(test->engine, name, "linux/amd64", cases[i].login, &test->wait, &err);
        if (err.kind != cases[i].kind)
            fail_msg("%s: %s", name, err.message);
        assert_int_equal(pulled, cases[i].kind == ERROR_NONE);
        assert_null(strstr(err.message, "guess"));
        assert_null(strstr(err.message, "secret"));
    }
    struct engine_image image;
    struct error err;
    const char *name = arena_printf(test->arena, "%s/base:1", registry);
    must(engine_image_find(test->engine, test->arena, name, &image, &test->wait, &err), err);
    must(engine_image_tag(test->engine, image.id, "named:2", &test->wait, &err), err);
    must(engine_image_find(test->engine, test->arena, "named:2", &image, &test->wait, &err), err);
    assert_true(image.tags >= 2);
}

/* A second authority, which signed nothing that the engine has. */
static int start_tls(void **state)
{
    if (engine_test_start_with(state, "docker", "tls") != 0)
        return -1;
    struct engine_test *test = *state;
    const char *const script[] = {
        "bash", "-c",
        "mkdir \"$0/other\" && cp \"$0\"/tls/*.pem \"$0/other\" && openssl req -x509 -newkey ec "
        "-pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other -keyout \"$0/other/k\" "
        "-out \"$0/other/ca.pem\" 2>/dev/null",
        test->folder, NULL
    };
    test_run(test, script);
    return 0;
}

static int start_registry(void **state)
{
    return engine_test_start_with(state, "docker", "registry");
}

int main(void)
{
    const struct CMUnitTest tls[] = {
        cmocka_unit_test(speaks_tls),
        cmocka_unit_test(reads_contexts_that_docker_made),
    };
    const struct CMUnitTest registry[] = {
        cmocka_unit_test(pulls_with_credentials),
    };
    int failed = cmocka_run_group_tests_name("tls", tls, start_tls, engine_test_end);
    return failed
           + cmocka_run_group_tests_name("registry", registry, start_registry, engine_test_end);
}
