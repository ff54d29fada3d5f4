/*
 * Credentials: which file, which key and which helper counts, and what is written back.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "oci/registry/credential_places.h"
#include "oci/registry/credentials.h"
#include "oci/registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct home {
    struct arena *arena;
    char folder[40];
};

/* Credentials from this file alone; freed with the place. */
static struct credentials *credentials_of(struct home *place, const char *file)
{
    struct registry_settings *settings = arena_alloc(place->arena, sizeof *settings);
    *settings = (struct registry_settings){ .config_file = file };
    return credentials_new(settings);
}

static const char *path_of(struct home *place, const char *name)
{
    return path_join(place->arena, place->folder, name);
}

static void write_file(struct home *place, const char *name, const char *text, mode_t mode)
{
    struct error err;
    const char *path = path_of(place, name);
    const char *folder = arena_memdup(place->arena, path, (size_t)(strrchr(path, '/') - path));
    if (!folder_make(folder, &err) || !file_write(path, text, strlen(text), mode, &err))
        fail_msg("%s", err.message);
}

/* A helper that knows one registry, keeps what it is told in a file, and fails for "broken". */
static const char helper[] =
    "#!/bin/sh\n"
    "here=$(dirname \"$0\")\n"
    "read -r server || true\n"
    "echo \"$1 $server\" >>\"$here/calls\"\n"
    "case \"$1 $server\" in\n"
    "\"get known.io\") echo "
    "'{\"ServerURL\":\"known.io\",\"Username\":\"helped\",\"Secret\":\"pw\"}' ;;\n"
    "\"get https://index.docker.io/v1/\") echo '{\"Username\":\"<token>\",\"Secret\":\"refresh\"}' "
    ";;\n"
    "\"get blank.io\") echo '{\"ServerURL\":\"\",\"Username\":\"\",\"Secret\":\"\"}' ;;\n"
    "\"get broken.io\") echo 'the vault is locked'; exit 1 ;;\n"
    "\"get spills.io\") echo '{\"Username\":\"ann\",\"Secret\":\"s3cret\"}'; exit 1 ;;\n"
    "\"get comma.io\") echo '{\"Username\":\"ann\",\"Secret\":\"s3cret\",}' ;;\n"
    "\"store {\"*spills.io*) echo \"cannot keep $server\"; exit 1 ;;\n"
    "get*) echo 'credentials not found in native keychain'; exit 1 ;;\n"
    "esac\n";

static int start(void **state)
{
    struct home *place = calloc(1, sizeof *place);
    strcpy(place->folder, "/tmp/cmx-credentials-XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    place->arena = arena_new();
    write_file(place, "bin/docker-credential-test", helper, 0755);
    setenv("PATH", arena_printf(place->arena, "%s:%s", path_of(place, "bin"), getenv("PATH")), 1);
    setenv("HOME", place->folder, 1);
    unsetenv("DOCKER_CONFIG");
    unsetenv("REGISTRY_AUTH_FILE");
    unsetenv("XDG_RUNTIME_DIR");
    unsetenv("XDG_CONFIG_HOME");
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct home *place = *state;
    const char *const arguments[] = { "rm", "-rf", place->folder, NULL };
    struct wait wait = wait_for(10000, NULL);
    struct error err;
    char *output;
    int status;
    bool ran = process_run(place->arena, arguments, NULL, NULL, 100, &wait, &output, &status, &err);
    arena_free(place->arena);
    free(place);
    return ran ? status : -1;
}

/* "user", "identity:…" or "none" for a repository. */
static const char *who(struct home *place, struct credentials *credentials, const char *registry,
                       const char *repository)
{
    struct credential found;
    struct wait wait = wait_for(20000, NULL);
    struct error err;
    if (!credentials_find(credentials, place->arena, registry, repository, &found, &wait, &err))
        return arena_strdup(place->arena, err.message);
    if (found.identity)
        return arena_printf(place->arena, "identity:%s", found.identity);
    return found.user ? found.user : "none";
}

/* ann:1 bob:2 cid:3 dan:4 */
#define ANN "\"auth\": \"YW5uOjE=\""
#define BOB "\"auth\": \"Ym9iOjI=\""
#define CID "\"username\": \"cid\", \"password\": \"3\""

static void the_longest_key_counts(void **state)
{
    struct home *place = *state;
    static const struct {
        const char *registry, *repository, *who;
    } cases[] = {
        { "ghcr.io", "acme/api", "bob" },
        { "ghcr.io", "acme/api/v2", "bob" },
        { "ghcr.io", "acme/apix", "ann" },
        { "ghcr.io", "other", "ann" },
        { "ghcr.io", NULL, "ann" },
        { "GHCR.IO", "x", "ann" },
        { "ghcr.io:443", "x", "none" },
        { "docker.io", "library/nginx", "cid" },
        { "localhost:5000", "a", "identity:t" },
        { "empty.io", "a", "none" },
        { "quay.io", "a/b", "bob" },
        { "quay.io", "a", "none" },
        { "bare.io", "a", "ann" },
    };
    write_file(place, "config.json",
               "{\"auths\": {\"https://ghcr.io/\": {" ANN "}, \"ghcr.io/acme/api\": {" BOB "},"
               "\"https://index.docker.io/v1/\": {" CID "}, \"empty.io\": {},"
               "\"localhost:5000\": {" ANN ", \"identitytoken\": \"t\"}, \"quay.io/a/b\": {" BOB
               "}, \"bare.io\": {\"auth\": \"YW5uOng\"}}, \"other\": [1, {\"x\": null}]}",
               0600);
    struct credentials *credentials = credentials_of(place, path_of(place, "config.json"));
    struct error err;
    assert_true(credentials_load(credentials, &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(who(place, credentials, cases[i].registry, cases[i].repository),
                            cases[i].who);
    credentials_free(credentials);
}

/* Secrets that were named before all; REGISTRY_AUTH_FILE before docker's file, that before
 * podman's; those that were only found behind all. */
static void the_first_file_that_knows_counts(void **state)
{
    struct home *place = *state;
    struct error err;
    static const char bare[] = "{\"c.io\": {" CID "}}",
                      whole[] =
                          "{\"credsStore\": \"none-of-ours\", \"auths\": {\"d.io\": {" CID "}}}";
    /* A secret names no programs: what it says of helpers does not count. */
    const struct registry_secret secrets[] = {
        { .name = "Secret/a/old", .data = bare, .length = strlen(bare), .bare = true },
        { .name = "Secret/a/pull", .data = whole, .length = strlen(whole) },
    };
    const struct registry_settings settings = { .secrets = secrets, .secret_count = 2 };
    static const char others[] = "{\"b.io\": {" CID "}, \"f.io\": {" CID "}}";
    const struct registry_secret last = {
        .name = "Secret/a/own", .data = others, .length = strlen(others), .bare = true
    };
    write_file(place, ".docker/config.json",
               "{\"auths\": {\"a.io\": {" ANN "}, \"b.io\": {" ANN "}, \"c.io\": {" ANN "}}}",
               0600);
    write_file(place, "run/containers/auth.json",
               "{\"auths\": {\"a.io\": {" BOB "}, \"e.io\": {" BOB "}}}", 0600);
    write_file(place, "own.json", "{\"auths\": {\"b.io\": {" BOB "}}}", 0600);
    setenv("XDG_RUNTIME_DIR", path_of(place, "run"), 1);
    for (int own = 0; own < 2; own++) {
        struct credentials *credentials = credentials_new(&settings);
        if (own)
            setenv("REGISTRY_AUTH_FILE", path_of(place, "own.json"), 1);
        assert_true(credentials_load(credentials, &err));
        assert_true(credentials_add(credentials, &last, &err));
        assert_string_equal(who(place, credentials, "a.io", "x"), "ann");
        assert_string_equal(who(place, credentials, "b.io", "x"), own ? "bob" : "ann");
        assert_string_equal(who(place, credentials, "c.io", "x"), "cid");
        assert_string_equal(who(place, credentials, "d.io", "x"), "cid");
        assert_string_equal(who(place, credentials, "f.io", "x"), "cid");
        assert_string_equal(who(place, credentials, "e.io", "x"), own ? "none" : "bob");
        credentials_free(credentials);
    }
    unsetenv("REGISTRY_AUTH_FILE");
    unsetenv("XDG_RUNTIME_DIR");
}

/* The places that the environment makes, one a line, without the home. */
static void places_are_those_of_docker_and_podman(void **state)
{
    struct home *place = *state;
    const char *run = arena_printf(place->arena, "/run/containers/%u/auth.json", getuid());
    const struct {
        const char *name, *value, *places;
    } cases[] = {
        { "XDG_RUNTIME_DIR", "/run/user/7",
          "~/.docker/config.json /run/user/7/containers/auth.json "
          "~/.config/containers/auth.json " },
        { "XDG_CONFIG_HOME", "/cfg",
          arena_printf(place->arena, "~/.docker/config.json %s /cfg/containers/auth.json ", run) },
        { "DOCKER_CONFIG", "/docker",
          arena_printf(place->arena, "/docker/config.json %s ~/.config/containers/auth.json ",
                       run) },
        { "REGISTRY_AUTH_FILE", "/own.json", "/own.json ~/.docker/config.json " },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct credential_place places[CREDENTIAL_PLACES];
        AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
        setenv(cases[i].name, cases[i].value, 1);
        size_t count = credential_places(place->arena, NULL, places), home = strlen(place->folder);
        unsetenv(cases[i].name);
        for (size_t j = 0; j < count; j++) {
            bool at_home = strncmp(places[j].path, place->folder, home) == 0;
            buf_printf(&out, "%s%s ", at_home ? "~" : "", places[j].path + (at_home ? home : 0));
        }
        assert_string_equal(buf_text(&out), cases[i].places);
    }
}

static void helpers_are_asked_once_a_registry(void **state)
{
    struct home *place = *state;
    char *calls;
    size_t length;
    struct error err;
    write_file(place, "helpers.json",
               "{\"credsStore\": \"test\", \"credHelpers\": {\"gone.io\": \"nowhere\"},"
               "\"auths\": {\"file.io\": {" ANN "}, \"gone.io\": {" ANN "}}}",
               0600);
    struct credentials *credentials = credentials_of(place, path_of(place, "helpers.json"));
    assert_true(credentials_load(credentials, &err));
    for (int i = 0; i < 3; i++)
        assert_string_equal(who(place, credentials, "known.io", "x"), "helped");
    assert_string_equal(who(place, credentials, "docker.io", "library/x"), "identity:refresh");
    assert_string_equal(who(place, credentials, "file.io", "x"), "ann");
    assert_non_null(strstr(who(place, credentials, "broken.io", "x"),
                           "docker-credential-test get failed: the vault is locked"));
    assert_non_null(strstr(who(place, credentials, "gone.io", "x"), "docker-credential-nowhere"));
    assert_string_equal(who(place, credentials, "blank.io", "x"), "none");
    assert_true(file_read(place->arena, path_of(place, "bin/calls"), 10000, &calls, &length, &err));
    assert_string_equal(calls, "get known.io\nget https://index.docker.io/v1/\nget file.io\n"
                               "get broken.io\nget blank.io\n");
    credentials_free(credentials);
}

/* A helper that fails, or whose answer is none, has printed a secret: nobody is told. */
static void what_a_helper_prints_may_be_a_secret(void **state)
{
    struct home *place = *state;
    struct wait wait = wait_for(20000, NULL);
    struct error err = { 0 };
    static const char *const registries[] = { "spills.io", "comma.io" };
    const char *where, *file = path_of(place, "spills.json");
    struct credential ann = { .user = "ann", .password = "s3cret" };
    write_file(place, "spills.json", "{\"credsStore\": \"test\"}", 0600);
    struct credentials *credentials = credentials_of(place, file);
    assert_true(credentials_load(credentials, &err));
    for (size_t i = 0; i < sizeof registries / sizeof *registries; i++) {
        const char *said = who(place, credentials, registries[i], "x");
        if (!strstr(said, "docker-credential-test") || strstr(said, "s3cret"))
            fail_msg("%s: %s", registries[i], said);
    }
    assert_false(credentials_keep(file, place->arena, "spills.io", &ann, &where, &wait, &err));
    assert_non_null(strstr(err.message, "store failed: cannot keep"));
    assert_null(strstr(err.message, "s3cret"));
    credentials_free(credentials);
}

/* A helper for everything that is not installed here keeps nobody from public images. */
static void a_missing_helper_for_all_is_passed_over(void **state)
{
    struct home *place = *state;
    struct error err;
    write_file(place, "desktop.json",
               "{\"credsStore\": \"desktop\", \"auths\": {\"a.io\": {" ANN "}}}", 0600);
    struct credentials *credentials = credentials_of(place, path_of(place, "desktop.json"));
    assert_true(credentials_load(credentials, &err));
    assert_string_equal(who(place, credentials, "a.io", "x"), "ann");
    assert_string_equal(who(place, credentials, "b.io", "x"), "none");
    credentials_free(credentials);
}

/* What is wrong is told by its place, and nothing of it is quoted. */
static void wrong_files_are_refused(void **state)
{
    struct home *place = *state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        { "{\"auths\": {\"a.io\": {\"auth\": \"s3cret!\"}}}", "a.io is not as docker writes it" },
        { "{\"auths\": {\"a.io\": {\"auth\": \"czNjcmV0\"}}}", "a.io is not as docker writes it" },
        { "{\"auths\": {\"a.io\": \"s3cret\"}}", "a.io is not as docker writes it" },
        { "{\"auths\": [{\"a.io\": {\"auth\": \"s3cret\"}}]}", "auths: it is no map" },
        { "{\"auths\": \"s3cret\"}", "auths: it is no map" },
        { "{\"credHelpers\": [\"s3cret\"]}", "credHelpers" },
        { "{\"auths\": s3cret", "not JSON" },
        { "[\"s3cret\"]", "not JSON" },
        { "{\"credsStore\": \"../s3cret\"}", "credsStore" },
        { "{\"credHelpers\": {\"a.io\": \"/bin/s3cret\"}}", "credHelpers" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = { 0 };
        write_file(place, "wrong.json", cases[i].text, 0600);
        struct credentials *credentials = credentials_of(place, path_of(place, "wrong.json"));
        assert_false(credentials_load(credentials, &err));
        if (!strstr(err.message, cases[i].words) || strstr(err.message, "s3cret"))
            fail_msg("%s: %s", cases[i].text, err.message);
        assert_int_equal(err.kind, ERROR_INPUT);
        credentials_free(credentials);
    }
    struct error err;
    struct credentials *credentials = credentials_of(place, path_of(place, "not-there.json"));
    assert_false(credentials_load(credentials, &err));
    credentials_free(credentials);
}

/* As Kubernetes leaves it where an optional Secret is not there; not where it was named. */
static void a_folder_is_no_file(void **state)
{
    struct home *place = *state;
    struct error err = { 0 };
    write_file(place, "mounted/config.json/x", "", 0600);
    setenv("DOCKER_CONFIG", path_of(place, "mounted"), 1);
    struct credentials *credentials = credentials_new(NULL);
    assert_true(credentials_load(credentials, &err));
    assert_string_equal(who(place, credentials, "no.io", "x"), "none");
    credentials_free(credentials);
    unsetenv("DOCKER_CONFIG");
    credentials = credentials_of(place, path_of(place, "mounted/config.json"));
    assert_false(credentials_load(credentials, &err));
    credentials_free(credentials);
}

static const char *content(struct home *place, const char *name)
{
    char *data;
    size_t length;
    struct error err;
    if (!file_read(place->arena, path_of(place, name), 100000, &data, &length, &err))
        return "";
    return data;
}

static void keeps_and_forgets(void **state)
{
    struct home *place = *state;
    struct wait wait = wait_for(20000, NULL);
    struct error err;
    struct stat stat_now;
    const char *where, *file = path_of(place, "new/kept.json");
    struct credential ann = { .user = "ann", .password = "1" };
    struct credential token = { .user = "ann", .password = "1", .identity = "refresh" };
    write_file(place, "new/kept.json",
               "{\"zeta\": 1, \"auths\": {\"https://a.io/v1/\": {" BOB "}, \"b.io\": {" BOB "}}}",
               0644);
    assert_true(credentials_keep(file, place->arena, "a.io", &ann, &where, &wait, &err));
    assert_string_equal(where, file);
    assert_true(credentials_keep(file, place->arena, "docker.io", &token, &where, &wait, &err));
    assert_int_equal(stat(file, &stat_now), 0);
    assert_int_equal(stat_now.st_mode & 0777, 0600);
    const char *text = content(place, "new/kept.json");
    assert_non_null(strstr(text, "\"zeta\""));
    assert_non_null(strstr(text, "https://index.docker.io/v1/"));
    assert_null(strstr(text, "https://a.io"));
    struct credentials *credentials = credentials_of(place, file);
    assert_true(credentials_load(credentials, &err));
    assert_string_equal(who(place, credentials, "a.io", "x"), "ann");
    assert_string_equal(who(place, credentials, "b.io", "x"), "bob");
    assert_string_equal(who(place, credentials, "docker.io", "x"), "identity:refresh");
    credentials_free(credentials);
    assert_true(credentials_forget(file, place->arena, "a.io", &where, &wait, &err));
    assert_string_equal(where, file);
    assert_true(credentials_forget(file, place->arena, "a.io", &where, &wait, &err));
    assert_null(where);
    assert_null(strstr(content(place, "new/kept.json"), "a.io"));
}

/* docker's config.json from a machine with Docker Desktop, on one without. */
static void keeps_and_forgets_where_the_store_is_missing(void **state)
{
    struct home *place = *state;
    struct wait wait = wait_for(20000, NULL);
    struct error err = { 0 };
    const char *where, *file = path_of(place, "copied.json");
    struct credential ann = { .user = "ann", .password = "s3cret" };
    write_file(place, "copied.json",
               "{\"credsStore\": \"desktop\", \"auths\": {\"a.io\": {" BOB "}}}", 0600);
    assert_false(credentials_keep(file, place->arena, "a.io", &ann, &where, &wait, &err));
    assert_non_null(strstr(err.message, "copied.json names it as credsStore"));
    assert_null(strstr(err.message, "s3cret"));
    assert_true(credentials_forget(file, place->arena, "a.io", &where, &wait, &err));
    assert_string_equal(where, file);
    assert_null(strstr(content(place, "copied.json"), "a.io"));
}

/* As other tools leave a file behind when the last registry is logged out of. */
static void keeps_in_a_file_whose_auths_are_null(void **state)
{
    struct home *place = *state;
    struct wait wait = wait_for(20000, NULL);
    struct error err;
    const char *where, *file = path_of(place, "null.json");
    struct credential ann = { .user = "ann", .password = "1" };
    write_file(place, "null.json", "{\"auths\": null}", 0600);
    assert_true(credentials_keep(file, place->arena, "a.io", &ann, &where, &wait, &err));
    assert_non_null(strstr(content(place, "null.json"), "a.io"));
}

/* "" is docker's way of saying that one registry's credentials are in the file. */
static void a_registry_without_a_helper_beside_a_store(void **state)
{
    struct home *place = *state;
    struct error err;
    write_file(place, "without.json",
               "{\"credsStore\": \"test\", \"credHelpers\": {\"broken.io\": \"\"},"
               "\"auths\": {\"broken.io\": {" BOB "}}}",
               0600);
    struct credentials *credentials = credentials_of(place, path_of(place, "without.json"));
    assert_true(credentials_load(credentials, &err));
    assert_string_equal(who(place, credentials, "broken.io", "x"), "bob");
    credentials_free(credentials);
}

static void keeps_with_a_helper(void **state)
{
    struct home *place = *state;
    struct wait wait = wait_for(20000, NULL);
    struct error err;
    const char *where, *file = path_of(place, "store.json");
    struct credential ann = { .user = "ann", .password = "s3cret" };
    write_file(place, "store.json", "{\"credsStore\": \"test\"}", 0600);
    assert_true(credentials_keep(file, place->arena, "known.io", &ann, &where, &wait, &err));
    assert_string_equal(where, "docker-credential-test");
    assert_null(strstr(content(place, "store.json"), "auths"));
    assert_non_null(strstr(content(place, "bin/calls"),
                           "store {\"ServerURL\":\"known.io\",\"Username\":\"ann\","
                           "\"Secret\":\"s3cret\"}"));
    assert_true(credentials_forget(file, place->arena, "known.io", &where, &wait, &err));
    assert_string_equal(where, "docker-credential-test");
    assert_non_null(strstr(content(place, "bin/calls"), "erase known.io"));
    assert_true(credentials_forget(file, place->arena, "unknown.io", &where, &wait, &err));
    assert_null(where);
}

/* What docker's login by a browser has left there goes, too. */
static void forgets_all_of_the_hub(void **state)
{
    struct home *place = *state;
    struct wait wait = wait_for(20000, NULL);
    struct error err;
    const char *where, *file = path_of(place, "hub.json"), *stored = path_of(place, "hub2.json");
    write_file(place, "hub.json",
               "{\"auths\": {\"https://index.docker.io/v1/\": {" ANN "},"
               "\"https://index.docker.io/v1/access-token\": {" ANN "},"
               "\"https://index.docker.io/v1/refresh-token\": {" ANN "},"
               "\"docker.io/vendor\": {" BOB "}}}",
               0600);
    assert_true(credentials_forget(file, place->arena, "docker.io", &where, &wait, &err));
    assert_null(strstr(content(place, "hub.json"), "index.docker.io"));
    assert_non_null(strstr(content(place, "hub.json"), "docker.io/vendor"));
    write_file(place, "hub2.json", "{\"credsStore\": \"test\"}", 0600);
    assert_true(credentials_forget(stored, place->arena, "docker.io", &where, &wait, &err));
    assert_non_null(strstr(content(place, "bin/calls"),
                           "erase https://index.docker.io/v1/\n"
                           "erase https://index.docker.io/v1/access-token\n"
                           "erase https://index.docker.io/v1/refresh-token\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_key_counts),
        cmocka_unit_test(the_first_file_that_knows_counts),
        cmocka_unit_test(places_are_those_of_docker_and_podman),
        cmocka_unit_test(helpers_are_asked_once_a_registry),
        cmocka_unit_test(what_a_helper_prints_may_be_a_secret),
        cmocka_unit_test(a_missing_helper_for_all_is_passed_over),
        cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(a_folder_is_no_file),
        cmocka_unit_test(keeps_and_forgets),
        cmocka_unit_test(keeps_and_forgets_where_the_store_is_missing),
        cmocka_unit_test(keeps_in_a_file_whose_auths_are_null),
        cmocka_unit_test(a_registry_without_a_helper_beside_a_store),
        cmocka_unit_test(keeps_with_a_helper),
        cmocka_unit_test(forgets_all_of_the_hub),
    };
    return cmocka_run_group_tests(tests, start, end);
}
