/*
 * Names of images: the grammar of distribution/reference and Docker Hub's short forms. The
 * whole form and the short form of each, or what is said against it.
 */
#include "base/cleanup.h"
#include "manifest/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX64
#define A16    "aaaaaaaaaaaaaaaa"
#define A64    A16 A16 A16 A16
#define A128   A64 A64

static const struct {
    const char *text, *whole, *brief;
} good[] = {
    { "nginx", "docker.io/library/nginx", "nginx" },
    { "nginx:1.25", "docker.io/library/nginx:1.25", "nginx:1.25" },
    { "acme/api", "docker.io/acme/api", "acme/api" },
    { "library/nginx", "docker.io/library/nginx", "nginx" },
    { "library/a/b", "docker.io/library/a/b", "library/a/b" },
    { "docker.io/nginx", "docker.io/library/nginx", "nginx" },
    { "index.docker.io/acme/api:2", "docker.io/acme/api:2", "acme/api:2" },
    { "nginx@" DIGEST, "docker.io/library/nginx@" DIGEST, "nginx@" DIGEST },
    { "nginx:1@" DIGEST, "docker.io/library/nginx:1@" DIGEST, "nginx:1@" DIGEST },
    { "ghcr.io/acme/api:1", "ghcr.io/acme/api:1", "ghcr.io/acme/api:1" },
    { "localhost/api", "localhost/api", "localhost/api" },
    { "docker.io/localhost/api", "docker.io/localhost/api", "docker.io/localhost/api" },
    { "docker.io/lr.io/a/b:1", "docker.io/lr.io/a/b:1", "docker.io/lr.io/a/b:1" },
    { "library/" HEX64, "docker.io/library/" HEX64, "docker.io/library/" HEX64 },
    { "localhost:5000/api", "localhost:5000/api", "localhost:5000/api" },
    { "localhost:5000", "docker.io/library/localhost:5000", "localhost:5000" },
    { "registry:5000/a:b", "registry:5000/a:b", "registry:5000/a:b" },
    { "127.0.0.1:5000/a", "127.0.0.1:5000/a", "127.0.0.1:5000/a" },
    { "[::1]:5000/a:1", "[::1]:5000/a:1", "[::1]:5000/a:1" },
    { "[2001:db8::7]/a/b", "[2001:db8::7]/a/b", "[2001:db8::7]/a/b" },
    { "x.io/a.b/c_d/e__f/g---h", "x.io/a.b/c_d/e__f/g---h", "x.io/a.b/c_d/e__f/g---h" },
    { "EXAMPLE.com/a:Tag_1.x-", "EXAMPLE.com/a:Tag_1.x-", "EXAMPLE.com/a:Tag_1.x-" },
    { "a:" A128, "docker.io/library/a:" A128, "a:" A128 },
    { "x.io/" A128 "/" A64 A16 A16 A16 "aaaaaaaaaaaaaa", NULL, NULL },
};

static const struct {
    const char *text, *part; /* of the message */
} wrong[] = {
    { "", "empty" },
    { "Nginx", "upper-case" },
    { "Acme/api", "upper-case" },
    { "ghcr.io/Acme/api", "upper-case" },
    { "https://ghcr.io/acme/api", "without https://" },
    { HEX64, "id" },
    { "a b", "lower-case letters" },
    { "a//b", "lower-case letters" },
    { "a/", "lower-case letters" },
    { "/a", "lower-case letters" },
    { "-a", "lower-case letters" },
    { "a-", "lower-case letters" },
    { "a..b", "lower-case letters" },
    { "a___b", "lower-case letters" },
    { "a._b", "lower-case letters" },
    { "a\xc3\xa4", "lower-case letters" },
    { "a:", "tag" },
    { "a:.b", "tag" },
    { "a:-b", "tag" },
    { "a:b:c", "tag" },
    { "a:b c", "tag" },
    { "a:" A128 "a", "tag" },
    { "a@", "digest" },
    { "a@sha256:123", "digest" },
    { "a@md5:" HEX64, "digest" },
    { "a@" DIGEST "@" DIGEST, "digest" },
    { "a@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", "digest" },
    { "host:/a", "no registry" },
    { "host:0/a", "no registry" },
    { "host:65536/a", "no registry" },
    { "host:5x/a", "no registry" },
    { "-host.io/a", "no registry" },
    { "host-.io/a", "no registry" },
    { "host..io/a", "no registry" },
    { ".io/a", "no registry" },
    { "ho_st.io/a", "no registry" },
    { "[::1/a", "no registry" },
    { "[::g]/a", "no registry" },
    { "[]:1/a", "no registry" },
    { "[::1]5000/a", "no registry" },
    { "[::1]:5000", "lower-case letters" },
    { "user:password@host.io/a", "digest" },
    { "x.io/" A128 "/" A64 A16 A16 A16 "aaaaaaaaaaaaaaa", "255" },
    { A128 A128 A128 A128 A128 A128 A128 A128 "a", "1024" },
};

static void test_good(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct reference read, again;
        struct error err = { 0 };
        const char *whole = good[i].whole ? good[i].whole : good[i].text;
        if (!reference_parse(arena, good[i].text, &read, &err))
            fail_msg("%s: %s", good[i].text, err.message);
        assert_string_equal(reference_text(arena, &read), whole);
        assert_string_equal(reference_short(arena, &read), good[i].brief ? good[i].brief : whole);
        assert_true(reference_parse(arena, reference_short(arena, &read), &again, &err));
        assert_string_equal(reference_text(arena, &again), whole);
        assert_true(reference_same_repository(&read, &again));
    }
}

static void test_wrong(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct reference read = { .tag = "untouched" };
        struct error err = { 0 };
        if (reference_parse(arena, wrong[i].text, &read, &err))
            fail_msg("%s was read", wrong[i].text);
        assert_int_equal(err.kind, ERROR_USAGE);
        if (!strstr(err.message, wrong[i].part))
            fail_msg("%s: %s", wrong[i].text, err.message);
        assert_string_equal(read.tag, "untouched");
    }
}

static void test_same_repository(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct reference a, b, c;
    struct error err;
    assert_true(reference_parse(arena, "nginx:1", &a, &err));
    assert_true(reference_parse(arena, "docker.io/library/nginx@" DIGEST, &b, &err));
    assert_true(reference_parse(arena, "ghcr.io/library/nginx", &c, &err));
    assert_true(reference_same_repository(&a, &b));
    assert_false(reference_same_repository(&a, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_same_repository),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
