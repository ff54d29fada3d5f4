/*
 * Where the engine is looked for: variables, contexts and config.json, in Docker's own
 * order; and what a failed request says of it. No engine is asked.
 */
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/process.h"
#include "providers/docker/engine_error.h"
#include "providers/docker/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char home[] = "/tmp/cmx-place-XXXXXX";

static void set(const char *name, const char *text)
{
    AUTO_ARENA arena = arena_new();
    if (!text)
        unsetenv(name);
    else if (*text == '~')
        setenv(name, arena_printf(arena, "%s%s", home, text + 1), 1);
    else
        setenv(name, text, 1);
}

static void put(const char *path, const char *text)
{
    AUTO_ARENA arena = arena_new();
    const char *whole = path_join(arena, home, path);
    struct error err;
    char *folder = arena_strdup(arena, whole);
    *strrchr(folder, '/') = '\0';
    assert_true(folder_make(folder, &err));
    assert_true(file_write(whole, text, strlen(text), 0600, &err));
}

/* What `docker context create NAME` leaves. */
static void put_context(const char *name, const char *meta, bool certificates)
{
    AUTO_ARENA arena = arena_new();
    struct digest digest = digest_sha256(name, strlen(name));
    const char *hex = digest_hex(arena, &digest);
    static const char *const files[] = { "ca.pem", "cert.pem", "key.pem" };
    put(arena_printf(arena, ".docker/contexts/meta/%s/meta.json", hex), meta);
    for (size_t i = 0; certificates && i < 3; i++)
        put(arena_printf(arena, ".docker/contexts/tls/%s/docker/%s", hex, files[i]), "x");
}

static int make_home(void **state)
{
    (void)state;
    if (!mkdtemp(home))
        return -1;
    put(".docker/config.json", "{\"auths\":{},\"currentContext\":\"lab\"}");
    put_context("lab", "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"unix:///lab\"}}}",
                false);
    put_context("prod", "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://10.0.0.5\"}}}", true);
    put_context("lax",
                "{\"Endpoints\":{\"docker\":{\"Host\":\"tcp://l:1\",\"SkipTLSVerify\":true}}}",
                false);
    put_context("far", "{\"Endpoints\":{\"docker\":{\"Host\":\"ssh://me@far\"}}}", false);
    put_context("hostless", "{\"Endpoints\":{}}", false);
    put_context("broken", "{", false);
    put("plain/config.json", "{}");
    put("wrong/config.json", "{");
    put("run/podman/podman.sock", "");
    setenv("HOME", home, 1);
    set("XDG_RUNTIME_DIR", "~/run");
    return 0;
}

static int remove_home(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const char *const arguments[] = { "rm", "-rf", home, NULL };
    struct wait wait = wait_for(10000, NULL);
    struct error err;
    char *output;
    int status;
    return process_run(arena, arguments, NULL, NULL, 100, &wait, &output, &status, &err) ? 0 : -1;
}

static const char *text_or(const char *text)
{
    return text ? text : "-";
}

/* "URL SOCKET FROM CA", the home folder as "~", "-" for what is not set. */
static const char *found(struct arena *arena, const struct engine_options *options)
{
    struct engine_place place;
    struct error err = { 0 };
    AUTO_BUF line = BUF_INIT(4096);
    if (!engine_place_find(arena, options, &place, &err))
        return arena_printf(arena, "%d: %s", (int)err.kind, err.message);
    buf_printf(&line, "%s | %s | %s | %s%s", place.url, text_or(place.endpoint.unix_socket),
               text_or(place.from), text_or(place.endpoint.ca_file),
               place.endpoint.insecure ? " insecure" : "");
    return arena_strdup(arena, buf_text(&line));
}

/* "~" is the home folder, "!" the first of the usual sockets that is there. */
static const char *with_home(struct arena *arena, const char *text)
{
    AUTO_BUF out = BUF_INIT(4096);
    static const char docker[] = "/var/run/docker.sock";
    for (; *text; text++) {
        if (*text == '~')
            buf_puts(&out, home);
        else if (*text != '!')
            buf_putc(&out, *text);
        else if (access(docker, F_OK) == 0)
            buf_puts(&out, docker);
        else
            buf_printf(&out, "%s/run/podman/podman.sock", home);
    }
    return arena_strdup(arena, buf_text(&out));
}

struct place_case {
    const char *host, *context; /* asked for */
    struct {
        const char *host, *context, *verify, *certificates, *config;
    } environment;
    const char *found;
};

static void finds_the_engine_as_docker_does(void **state)
{
    static const struct place_case cases[] = {
        /* config.json's context, unless something says otherwise */
        { NULL, NULL, { 0 }, "http://engine | /lab | the docker context lab | -" },
        { NULL, NULL, { .host = "unix:///h" }, "http://engine | /h | DOCKER_HOST | -" },
        { NULL,
          NULL,
          { .host = "unix:///h", .context = "prod" },
          "http://engine | /h | DOCKER_HOST | -" },
        { NULL,
          NULL,
          { .context = "lax" },
          "https://l:1 | - | the docker context lax | - insecure" },
        { NULL,
          "lax",
          { .host = "unix:///h" },
          "https://l:1 | - | the docker context lax | - insecure" },
        { "unix:///asked", "lax", { .host = "unix:///h" }, "http://engine | /asked | - | -" },
        { NULL, "default", { .host = "unix:///h" }, "http://engine | /h | DOCKER_HOST | -" },
        /* nothing named: the first socket that is there */
        { NULL, NULL, { .config = "~/plain" }, "http://engine | ! | - | -" },
        { NULL, NULL, { .config = "~/none" }, "http://engine | ! | - | -" },
        { NULL, NULL, { .context = "default" }, "http://engine | ! | - | -" },
        { NULL, "default", { 0 }, "http://engine | ! | - | -" },
        /* addresses */
        { "tcp://h", NULL, { 0 }, "http://h:2375 | - | - | -" },
        { "tcp://h:1", NULL, { .verify = "1" }, "https://h:1 | - | - | ~/.docker/ca.pem" },
        { "tcp://h",
          NULL,
          { .verify = "1", .certificates = "~/ours" },
          "https://h:2376 | - | - | ~/ours/ca.pem" },
        { "tcp://h", NULL, { .certificates = "~/ours" }, "https://h:2376 | - | - | ~/ours/ca.pem" },
        { "tcp://[::1]", NULL, { 0 }, "http://[::1]:2375 | - | - | -" },
        { "https://h:99", NULL, { 0 }, "https://h:99 | - | - | -" },
        { "unix:///h", NULL, { .verify = "1" }, "http://engine | /h | - | -" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        struct engine_options options = { cases[i].host, cases[i].context };
        set("DOCKER_HOST", cases[i].environment.host);
        set("DOCKER_CONTEXT", cases[i].environment.context);
        set("DOCKER_TLS_VERIFY", cases[i].environment.verify);
        set("DOCKER_CERT_PATH", cases[i].environment.certificates);
        set("DOCKER_CONFIG", cases[i].environment.config);
        assert_string_equal(found(arena, &options), with_home(arena, cases[i].found));
    }
}

static void a_context_brings_its_certificates(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct engine_options options = { NULL, "prod" };
    struct engine_place place;
    struct error err;
    set("DOCKER_HOST", NULL);
    set("DOCKER_CERT_PATH", NULL);
    set("DOCKER_CONFIG", NULL);
    assert_true(engine_place_find(arena, &options, &place, &err));
    assert_string_equal(place.url, "https://10.0.0.5:2376");
    assert_string_equal(place.text, "tcp://10.0.0.5");
    assert_non_null(strstr(place.endpoint.ca_file, "/docker/ca.pem"));
    assert_non_null(strstr(place.endpoint.certificate_file, "/docker/cert.pem"));
    assert_non_null(strstr(place.endpoint.key_file, "/docker/key.pem"));
}

static void says_what_cannot_be_used(void **state)
{
    static const struct {
        const char *host, *context, *config;
        enum error_kind kind;
        const char *words;
    } cases[] = {
        { "npipe:////./pipe/docker", NULL, NULL, ERROR_USAGE,
          "unix:///PATH or tcp://HOST:PORT is" },
        { "unix://docker.sock", NULL, NULL, ERROR_USAGE, "has to be absolute" },
        { "tcp://", NULL, NULL, ERROR_USAGE, "tcp://HOST:PORT" },
        { "tcp://h/path", NULL, NULL, ERROR_USAGE, "tcp://HOST:PORT" },
        { NULL, "far", NULL, ERROR_USAGE,
          "the docker context far: ssh://me@far: engines over ssh" },
        { NULL, "gone", NULL, ERROR_NOT_FOUND, "there is no docker context gone in ~/.docker" },
        { NULL, "hostless", NULL, ERROR_USAGE, "context hostless names no Docker host" },
        { NULL, "broken", NULL, ERROR_INPUT, "meta.json: not valid JSON" },
        { NULL, NULL, "~/wrong", ERROR_INPUT, "~/wrong/config.json: not valid JSON" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        struct engine_options options = { cases[i].host, cases[i].context };
        struct engine_place place;
        struct error err = { 0 };
        set("DOCKER_CONFIG", cases[i].config);
        assert_false(engine_place_find(arena, &options, &place, &err));
        const char *words = with_home(arena, cases[i].words);
        if (!strstr(err.message, words))
            fail_msg("expected \"%s\" in \"%s\"", words, err.message);
        assert_int_equal(err.kind, cases[i].kind);
    }
}

static void agrees_on_a_version(void **state)
{
    static const struct {
        const char *newest, *oldest, *agreed;
    } cases[] = {
        { "1.41", "1.12", "1.41" }, /* 20.10 */
        { "1.51", "1.44", "1.51" }, { "1.56", "1.40", "1.51" },
        { "1.70", "1.60", "1.60" }, /* what we know is given up: its oldest */
        { "2.1", "2.0", "2.0" },    { "1.24", NULL, "1.24" },
        { "", NULL, NULL },         { "x", NULL, NULL },
        { "1", NULL, NULL },        { "1.4.1", NULL, NULL },
        { NULL, NULL, NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        struct engine_version version;
        bool agreed = engine_agree(cases[i].newest, cases[i].oldest, &version);
        assert_int_equal(agreed, cases[i].agreed != NULL);
        if (agreed)
            assert_string_equal(arena_printf(arena, "%d.%d", version.major, version.minor),
                                cases[i].agreed);
    }
}

static void puts_refusals_into_words(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum error_kind kind;
        const char *words;
    } cases[] = {
        { 404, "{\"message\":\"No such image: x\"}", ERROR_NOT_FOUND,
          "cannot do it: the engine at unix:///s: No such image: x" },
        { 409, "{\"cause\":\"c\",\"message\":\"in use\",\"response\":409}", ERROR_CONFLICT,
          ": in use" },
        { 400, "{\"message\":\"bad\"}", ERROR_INVALID, ": bad" },
        { 403, "{\"message\":\"authz\"}", ERROR_DENIED, ": authz" },
        { 500, "<html>", ERROR_UNREACHABLE, ": it answered 500" },
        { 502, "", ERROR_UNREACHABLE, ": it answered 502" },
        { 500, "{\"message\":\"a\\u001b[2Jb\"}", ERROR_UNREACHABLE, ": a?[2Jb" },
        { 400, "Client sent an HTTP request to an HTTPS server.\n", ERROR_UNREACHABLE,
          "speaks TLS only: set DOCKER_TLS_VERIFY=1" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        struct engine_place place = { .text = "unix:///s" };
        struct http_response response = { .status = cases[i].status,
                                          .body = cases[i].body,
                                          .body_length = strlen(cases[i].body) };
        struct error err = { 0 };
        assert_false(engine_refused(arena, &place, &response, "do it", &err));
        if (!strstr(err.message, cases[i].words))
            fail_msg("expected \"%s\" in \"%s\"", cases[i].words, err.message);
        assert_int_equal(err.kind, cases[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_engine_as_docker_does),
        cmocka_unit_test(a_context_brings_its_certificates),
        cmocka_unit_test(says_what_cannot_be_used),
        cmocka_unit_test(agrees_on_a_version),
        cmocka_unit_test(puts_refusals_into_words),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
