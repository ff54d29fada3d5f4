/*
 * The keys of credentials: for which registries and repositories they are.
 */
#include "base/cleanup.h"
#include "oci/registry/credential_file.h"
#include "oci/registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ann:1 bob:2 cid:3 */
#define ANN "{\"auth\": \"YW5uOjE=\"}"
#define BOB "{\"auth\": \"Ym9iOjI=\"}"
#define CID "{\"username\": \"cid\", \"password\": \"3\"}"

/* Who a document (as in a pull secret of the old form) has for a repository; "none". */
static const char *who(struct arena *arena, const char *document, const char *registry,
                       const char *repository)
{
    struct credential_file file;
    struct error err = { 0 };
    if (!credential_file_read(arena, "test", document, strlen(document), true, &file, &err))
        fail_msg("%s: %s", document, err.message);
    const struct credential_entry *entry = credential_file_find(&file, registry, repository);
    return entry ? entry->credential.user : "none";
}

/* As the kubelet takes keys of pull secrets, but for a path that ends within a part. */
static void keys_are_read_as_the_kubelet_does(void **state)
{
    AUTO_ARENA arena = arena_new();
    (void)state;
    static const struct {
        const char *key, *registry, *repository;
        bool fits;
    } cases[] = {
        { "*.kubernetes.io", "prefix.kubernetes.io", "a", true },
        { "prefix.*.io", "prefix.kubernetes.io", "a", true },
        { "prefix.kubernetes.*", "prefix.kubernetes.io", "a", true },
        { "*-good.kubernetes.io", "prefix-good.kubernetes.io", "a", true },
        { "*.kubernetes.io/blah", "prefix.kubernetes.io", "blah", true },
        { "prefix.*.io/foo", "prefix.kubernetes.io", "foo/bar", true },
        { "*.kubernetes.io:1111/blah", "prefix.kubernetes.io:1111", "blah", true },
        { "https://*.docker.io/v1/", "prefix.docker.io", "a/b", true },
        { "https://*.docker.io/v2/", "prefix.docker.io", "a/b", true },
        { "https://*.docker.io:8888", "PREFIX.docker.io:8888", "a", true },
        { "*.dkr.ecr.*.amazonaws.com", "12.dkr.ecr.eu-west-1.amazonaws.com", "a", true },
        { "r?.io", "r1.io", "a", true },
        { "http://test.io/v1/", "test.io", "a", true },
        { "http://test.io/v2", "test.io", "a", true },
        { "[::1]:5000", "[::1]:5000", "a", true },
        { "*.kubernetes.io", "kubernetes.io", "a", false },
        { "*.*.kubernetes.io", "prefix.kubernetes.io", "a", false },
        { "*", "kubernetes.io", "a", false },
        { "kubernetes.io", "kubernetes.com", "a", false },
        { "k*.io", "quay.io", "a", false },
        { "*.kubernetes.io:1234", "prefix.kubernetes.io:1111", "a", false },
        { "prefix.*.io/foo", "prefix.kubernetes.io:1111", "foo/bar", false },
        { "prefix.kubernetes.*", "prefix.kubernetes.io:1111", "a", false },
        { "prefix.kubernetes.*:1111", "prefix.kubernetes.io", "a", false },
        { "https://prefix.docker.c*", "prefix.docker.io", "a", false },
        { "*.kubernetes.io/blah", "prefix.kubernetes.io", "other", false },
        { "*.kubernetes.io/blah", "prefix.kubernetes.io", "blahs", false },
        { "[::*]:5000", "[::1]:5000", "a", false },
        { "https://index.docker.io/v1/", "world.mesos.org", "foo/bar", false },
        { "https://index.docker.io/v1/", "docker.io", "google/registry", true },
        { "http://index.docker.io", "docker.io", "library/jenkins", true },
        { "registry-1.docker.io/v2/", "docker.io", "library/jenkins", true },
        { "docker.io/vendor", "docker.io", "vendor/product", true },
        { "docker.io/vendor", "docker.io", "library/vendor", false },
        { "myhostdocker.io", "docker.io", "a/b", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *document = arena_printf(arena, "{\"%s\": " ANN "}", cases[i].key);
        const char *found = who(arena, document, cases[i].registry, cases[i].repository);
        if (strcmp(found, cases[i].fits ? "ann" : "none") != 0)
            fail_msg("%s and %s/%s", cases[i].key, cases[i].registry, cases[i].repository);
    }
}

/* What is named comes before a pattern, however long that is. */
static void a_named_host_comes_before_a_pattern(void **state)
{
    AUTO_ARENA arena = arena_new();
    static const char document[] =
        "{\"*.example.io/acme\": " ANN ", \"x.example.io\": " BOB ", \"*.example.io\": " CID "}";
    (void)state;
    assert_string_equal(who(arena, document, "x.example.io", "acme/api"), "bob");
    assert_string_equal(who(arena, document, "y.example.io", "acme/api"), "ann");
    assert_string_equal(who(arena, document, "y.example.io", "other"), "cid");
}

/* What stands in `auth`, and how it is read: "user:password", or "wrong". */
static void reads_what_auth_holds(void **state)
{
    AUTO_ARENA arena = arena_new();
    static const struct {
        const char *entry, *read;
    } cases[] = {
        { "\"auth\": \"Zm9vOmJhcg==\"", "foo:bar" },
        { "\"auth\": \"Zm9vOmJhcg\"", "foo:bar" },
        { "\"auth\": \"Zm9vOm\\nJhcg==\\n\"", "foo:bar" },
        { "\"auth\": \"dXNlcjpwYXNzd29yZA==\"", "user:password" },
        { "\"auth\": \"YTpiOmM6\"", "a:b:c:" }, /* a password may have colons */
        { "\"auth\": \"cGluZzpwb25n\", \"username\": \"foo\", \"password\": \"bar\"", "ping:pong" },
        { "\"auth\": \"\", \"username\": \"foo\", \"password\": \"bar\"", "foo:bar" },
        { "\"email\": \"a@b\", \"username\": \"foo\", \"password\": \"bar\"", "foo:bar" },
        { "\"auth\": \"cGFudHM=\"", "wrong" }, /* no colon */
        { "\"auth\": \"Zm9vOmJhcg== \"", "wrong" },
        { "\"auth\": \"pants\"", "wrong" },
        { "\"auth\": \"bad-auth-bad\"", "wrong" },
        { "", "none" },
        { "\"username\": \"foo\"", "none" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *document = arena_printf(arena, "{\"a.io\": {%s}}", cases[i].entry), *read;
        struct credential_file file;
        struct error err;
        if (!credential_file_read(arena, "test", document, strlen(document), true, &file, &err)) {
            read = "wrong";
        } else {
            const struct credential_entry *entry = credential_file_find(&file, "a.io", "x");
            read = entry ? arena_printf(arena, "%s:%s", entry->credential.user,
                                        entry->credential.password)
                         : "none";
        }
        if (strcmp(read, cases[i].read) != 0)
            fail_msg("%s: %s", document, read);
    }
}

/* Docker's own variable, before files; not where one file alone was named. */
static void the_environment_may_hold_a_document(void **state)
{
    AUTO_ARENA arena = arena_new();
    const struct registry_settings named = { .config_file = "/dev/null" };
    static const struct {
        const char *value, *user;
    } cases[] = {
        { "{\"auths\": {\"a.io\": " ANN "}, \"credsStore\": \"nowhere\"}", "ann" },
        { "{\"auths\": {\"b.io\": " ANN "}}", NULL },
        { "{\"auths\": 7}", NULL },
        { "/builds/acme/api.tmp/DOCKER_AUTH_CONFIG", NULL },
        { "", NULL },
    };
    (void)state;
    unsetenv("REGISTRY_AUTH_FILE");
    setenv("HOME", "/nowhere", 1);
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        struct credentials *credentials = credentials_new(i % 2 ? &named : NULL);
        const char *wanted = i % 2 ? NULL : cases[i / 2].user;
        struct wait wait = wait_for(10000, NULL);
        struct credential found;
        struct error err = { 0 };
        setenv("DOCKER_AUTH_CONFIG", cases[i / 2].value, 1);
        if (!credentials_load(credentials, &err)
            || !credentials_find(credentials, arena, "a.io", "x", &found, &wait, &err))
            fail_msg("%s: %s", cases[i / 2].value, err.message);
        if (!found.user != !wanted || (wanted && strcmp(found.user, wanted) != 0))
            fail_msg("%s: %s", cases[i / 2].value, found.user ? found.user : "none");
        credentials_free(credentials);
    }
    unsetenv("DOCKER_AUTH_CONFIG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_read_as_the_kubelet_does),
        cmocka_unit_test(a_named_host_comes_before_a_pattern),
        cmocka_unit_test(reads_what_auth_holds),
        cmocka_unit_test(the_environment_may_hold_a_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
