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
    { "foo_bar.com:8080", "docker.io/library/foo_bar.com:8080", "foo_bar.com:8080" },
    { "192.168.0.1:80", "docker.io/library/192.168.0.1:80", "192.168.0.1:80" },
    { "localhost@" DIGEST, "docker.io/library/localhost@" DIGEST, "localhost@" DIGEST },
    { "localhost:8080@" DIGEST, "docker.io/library/localhost:8080@" DIGEST,
      "localhost:8080@" DIGEST },
    { "test_com/foo", "docker.io/test_com/foo", "test_com/foo" },
    { "[2001:db8::]:5000/a:1@" DIGEST, "[2001:db8::]:5000/a:1@" DIGEST,
      "[2001:db8::]:5000/a:1@" DIGEST },
    { "xn--7o8h.com/m:xn--7o8h.com@sha512:" HEX64 HEX64,
      "xn--7o8h.com/m:xn--7o8h.com@sha512:" HEX64 HEX64,
      "xn--7o8h.com/m:xn--7o8h.com@sha512:" HEX64 HEX64 },
    { "docker.io/" HEX64, "docker.io/library/" HEX64, "docker.io/library/" HEX64 },
    { "docker.io/library/sha256:" HEX64, "docker.io/library/sha256:" HEX64,
      "docker.io/library/sha256:" HEX64 },
    { "sha256:1", "docker.io/library/sha256:1", "sha256:1" },
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
    { "sha256:" HEX64, "id" },
    { "a b", "lower-case letters" },
    { ":justtag", "lower-case letters" },
    { "@" DIGEST, "lower-case letters" },
    { "aa/asdf$$^/aa", "lower-case letters" },
    { "a/a/a/", "lower-case letters" },
    { "____/____", "lower-case letters" },
    { "_docker/_docker", "lower-case letters" },
    { "docker_/docker_", "lower-case letters" },
    { "dock_.er/docker", "no registry" },
    { "foo.com/", "lower-case letters" },
    { "foo.com/a-/a", "lower-case letters" },
    { "x.io/__underscore/a", "lower-case letters" },
    { "x.io/.dots/a", "lower-case letters" },
    { "docker.io/docker///docker", "lower-case letters" },
    { "[2001:db8::1]", "lower-case letters" },
    { "[2001:db8::1]:tag", "lower-case letters" },
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
    { "a@" DIGEST "x", "digest" },
    { "b@char/image", "digest" },
    { "a:c@n'tuse", "digest" },
    { "registry.com:8080/myapp:invalid~tag", "tag" },
    { "host:/a", "no registry" },
    { "host:http/a", "no registry" },
    { "docker./docker", "no registry" },
    { ".docker/docker", "no registry" },
    { "do..cker/docker", "no registry" },
    { "do__cker:8080/docker", "no registry" },
    { "ab.-com/a", "no registry" },
    { "ab.com-/a", "no registry" },
    { "192.168.1.1:750050/a", "no registry" },
    { "fc00::1:5000/debian", "no registry" },
    { "[fd00:1:2::3]::75050/a", "no registry" },
    { "[fe80::1%eth0]:5000/debian", "no registry" },
    { "[2001:db8:3:4::192.0.2.33]:5000/debian", "no registry" },
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
