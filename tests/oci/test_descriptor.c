/* Descriptors, media types, platforms, and bytes that are checked while they pass. */
#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "oci/descriptor.h"
#include "oci/platform.h"
#include "oci/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PARAMETERS                                                                                 \
    "{\"mediaType\":\"text/plain; charset=utf-8\",\"size\":1,\"digest\":\"" DIGEST "\"}"
#define HEAD "{\"mediaType\":\"" MEDIA_OCI_LAYER "\",\"digest\":\"" DIGEST "\""

static bool read_text(struct arena *arena, const char *text, struct descriptor *ret,
                      struct error *err)
{
    const struct value *value;
    assert_true(json_parse(arena, text, strlen(text), &value, err));
    return descriptor_read(arena, value, ret, err);
}

static void test_read(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    const char *text =
        "{\"annotations\":{\"a\":\"b\"},\"artifactType\":\"text/x\",\"digest\":\"" DIGEST
        "\",\"mediaType\":\"" MEDIA_OCI_MANIFEST
        "\",\"platform\":{\"architecture\":\"arm\",\"os\":\"linux\",\"os.version\":"
        "\"5\",\"variant\":\"v7\"},\"size\":7,\"urls\":[\"https://x\"]}";
    struct descriptor read;
    struct error err = { 0 };
    AUTO_BUF out = BUF_INIT(4096);
    assert_true(read_text(arena, text, &read, &err));
    assert_string_equal(read.platform.variant, "v7");
    assert_int_equal(read.size, 7);
    json_write(&out, descriptor_value(arena, &read));
    assert_string_equal(buf_text(&out), text);
    assert_true(read_text(arena, PARAMETERS, &read, &err));
    assert_string_equal(read.media_type, "text/plain; charset=utf-8");
}

static const struct {
    const char *text, *part;
} wrong[] = {
    { "[]", "missing" },
    { "{}", "mediaType" },
    { HEAD "}", "size" },
    { HEAD ",\"size\":-1}", "size" },
    { HEAD ",\"size\":1.5}", "size" },
    { HEAD ",\"size\":\"1\"}", "size" },
    { HEAD ",\"size\":99999999999999999999}", "size" },
    { "{\"mediaType\":\"a/b\",\"size\":1}", "digest" },
    { "{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"sha256:zz\"}", "digest" },
    { "{\"mediaType\":\"a\\r\\nX: b\",\"size\":1,\"digest\":\"" DIGEST "\"}", "mediaType" },
    { "{\"mediaType\":\"a/b; c=d\\r\\nX: e\",\"size\":1,\"digest\":\"" DIGEST "\"}", "mediaType" },
    { "{\"mediaType\":\"a b\",\"size\":1,\"digest\":\"" DIGEST "\"}", "mediaType" },
    { "{\"mediaType\":\";a=b\",\"size\":1,\"digest\":\"" DIGEST "\"}", "mediaType" },
    { HEAD ",\"size\":1,\"annotations\":[]}", "annotations" },
    { HEAD ",\"size\":1,\"annotations\":{\"a\":1}}", "annotations" },
};

static void test_wrong(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct descriptor read;
        struct error err = { 0 };
        if (read_text(arena, wrong[i].text, &read, &err))
            fail_msg("%s was read", wrong[i].text);
        assert_int_equal(err.kind, ERROR_INVALID);
        if (!strstr(err.message, wrong[i].part))
            fail_msg("%s: %s", wrong[i].text, err.message);
    }
}

static void test_media(void **state)
{
    (void)state;
    assert_int_equal(media_role(MEDIA_DOCKER_INDEX), MEDIA_INDEX);
    assert_int_equal(media_role("application/vnd.docker.distribution.manifest.v1+prettyjws"),
                     MEDIA_SCHEMA1);
    assert_int_equal(media_role("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
                     MEDIA_FOREIGN);
    assert_int_equal(media_role("application/spdx+json"), MEDIA_OTHER);
    assert_int_equal(media_compression(MEDIA_DOCKER_LAYER_GZIP), COMPRESSION_GZIP);
    assert_int_equal(media_compression(MEDIA_OCI_LAYER_ZSTD), COMPRESSION_ZSTD);
    assert_int_equal(media_compression(MEDIA_OCI_LAYER), COMPRESSION_NONE);
}

static const struct {
    const char *wanted, *offered;
    bool fits;
} fits[] = {
    { "linux/amd64", "linux/amd64", true },
    { "linux/amd64", "linux/amd64/v1", true },
    { "linux/amd64", "linux/amd64/v3", false },
    { "linux/amd64/v3", "linux/amd64", true },
    { "linux/amd64", "linux/arm64", false },
    { "linux/amd64", "windows/amd64", false },
    { "linux/arm64", "linux/arm64/v8", true },
    { "linux/arm64/v8", "linux/arm64", true },
    { "linux/arm64", "linux/arm64/v9", false },
    { "linux/arm", "linux/arm/v7", true },
    { "linux/arm/v7", "linux/arm/v6", true },
    { "linux/arm/v6", "linux/arm/v7", false },
    { "linux/arm64", "linux/arm/v7", false },
    { "linux/aarch64", "linux/arm64", true },
    { "linux/riscv64", "linux/riscv64", true },
    { "linux/x86_64", "linux/amd64", true },
    { "linux/ppc64le/p9", "linux/ppc64le/p8", false },
};

static void test_platforms(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error err;
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++) {
        struct platform wanted, offered;
        assert_true(platform_parse(arena, fits[i].wanted, &wanted, &err));
        assert_true(platform_parse(arena, fits[i].offered, &offered, &err));
        if (platform_fits(&wanted, &offered) != fits[i].fits)
            fail_msg("%s for %s", fits[i].offered, fits[i].wanted);
    }
    struct platform windows = { "windows", "amd64", NULL, "10.0.17763" }, other = windows;
    other.os_version = "10.0.17763.1999";
    assert_true(platform_fits(&windows, &other));
    other.os_version = "10.0.177630";
    assert_false(platform_fits(&windows, &other));
}

/* As containerd's platforms package (v1.0.0-rc.5) answers: Format(Normalize(Parse(text))). */
static const struct name {
    const char *text, *normal;
} names[] = {
    { "linux/amd64", "linux/amd64" },       { "linux/amd64/v1", "linux/amd64" },
    { "linux/amd64/v2", "linux/amd64/v2" }, { "linux/x86_64", "linux/amd64" },
    { "linux/x86-64", "linux/amd64" },      { "linux/i386", "linux/386" },
    { "linux/arm64", "linux/arm64" },       { "linux/arm64/v8", "linux/arm64" },
    { "linux/arm64/8", "linux/arm64" },     { "linux/arm64/v9", "linux/arm64/v9" },
    { "linux/aarch64", "linux/arm64" },     { "linux/aarch64/v8", "linux/arm64" },
    { "linux/arm", "linux/arm/v7" },        { "linux/arm/7", "linux/arm/v7" },
    { "linux/arm/v7", "linux/arm/v7" },     { "linux/arm/v6", "linux/arm/v6" },
    { "linux/arm/6", "linux/arm/v6" },      { "linux/arm/v5", "linux/arm/v5" },
    { "linux/arm/8", "linux/arm/v8" },      { "linux/armhf", "linux/arm/v7" },
    { "linux/armhf/v6", "linux/arm/v7" },   { "linux/armel", "linux/arm/v6" },
    { "linux/armel/v7", "linux/arm/v6" },   { "linux/ppc64le", "linux/ppc64le" },
    { "linux/riscv64", "linux/riscv64" },   { "macos/arm64", "darwin/arm64" },
};

/* Which of those offered it takes, by its Only(). (An arm64 machine's arm, and an amd64's 386, are
 * no answer here: an image that falls back to another architecture surprises.) */
static const struct choice {
    const char *wanted, *offered[2], *taken;
} choices[] = {
    { "linux/amd64", { "linux/amd64/v2" }, NULL },
    { "linux/amd64/v2", { "linux/amd64", "linux/amd64/v2" }, "linux/amd64/v2" },
    { "linux/amd64/v3", { "linux/amd64", "linux/amd64/v2" }, "linux/amd64/v2" },
    { "linux/arm64", { "linux/arm64/v8" }, "linux/arm64/v8" },
    { "linux/arm64/v8", { "linux/arm64" }, "linux/arm64" },
    { "linux/arm64/v9", { "linux/arm64" }, "linux/arm64" },
    { "linux/arm", { "linux/arm/v7" }, "linux/arm/v7" },
    { "linux/arm", { "linux/arm/v5", "linux/arm/v6" }, "linux/arm/v6" },
    { "linux/arm", { "linux/arm/v6", "linux/arm/v7" }, "linux/arm/v7" },
    { "linux/arm/v7", { "linux/arm" }, "linux/arm" },
    { "linux/arm/v6", { "linux/arm" }, NULL },
    { "linux/arm/v6", { "linux/arm/v5" }, "linux/arm/v5" },
    { "linux/arm/v7", { "linux/arm/v8" }, NULL },
    { "linux/arm/v8", { "linux/arm" }, "linux/arm" },
    { "linux/386", { "linux/amd64" }, NULL },
    { "linux/amd64", { "windows/amd64" }, NULL },
};

static void test_platform_names(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct error err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct platform read;
        assert_true(platform_parse(arena, names[i].text, &read, &err));
        if (strcmp(platform_text(arena, &read), names[i].normal) != 0)
            fail_msg("%s is %s", names[i].text, platform_text(arena, &read));
    }
}

/* Descriptors and configs of others are not normalised: what they say is compared as it is. */
static struct platform as_written(struct arena *arena, const char *text)
{
    struct platform platform = { 0 };
    char *rest = arena_strdup(arena, text);
    platform.os = strsep(&rest, "/");
    platform.architecture = strsep(&rest, "/");
    platform.variant = rest;
    return platform;
}

static const char *take(struct arena *arena, const struct choice *choice)
{
    const char *taken = NULL;
    int best = 0;
    struct platform wanted;
    struct error err;
    assert_true(platform_parse(arena, choice->wanted, &wanted, &err));
    for (size_t i = 0; i < 2 && choice->offered[i]; i++) {
        struct platform offered = as_written(arena, choice->offered[i]);
        int score = platform_score(&wanted, &offered);
        taken = score > best ? choice->offered[i] : taken;
        best = score > best ? score : best;
    }
    return taken;
}

static void test_platform_choices(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        const char *taken = take(arena, &choices[i]), *right = choices[i].taken;
        if ((taken == NULL) != (right == NULL) || (taken && strcmp(taken, right) != 0))
            fail_msg("%s takes %s", choices[i].wanted, taken ? taken : "none");
    }
}

static void test_platform_texts(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    static const char *const bad[] = { "",         "linux",   "amd64",       "linux/",
                                       "/amd64",   "a/b/c/d", "Linux/amd64", "linux/amd 64",
                                       "linux//v7" };
    struct platform read;
    struct error err = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (platform_parse(arena, bad[i], &read, &err) || err.kind != ERROR_USAGE)
            fail_msg("%s was read", bad[i]);
    assert_true(platform_parse(arena, "linux/armhf", &read, &err));
    assert_string_equal(platform_text(arena, &read), "linux/arm/v7");
}

static bool check(const char *digest, int64_t size, const char *bytes, struct error *err)
{
    struct verifier *verifier = verifier_new(digest, size, NULL, NULL);
    bool fine = verifier_feed(verifier, bytes, strlen(bytes), err) && verifier_end(verifier, err);
    verifier_free(verifier);
    return fine;
}

static void test_verify(void **state)
{
    (void)state;
    static const char abc[] =
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char abc512[] =
        "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    struct error err = { 0 };
    AUTO_ARENA arena = arena_new();
    assert_string_equal(digest_text(arena, "abc", 3), abc);
    assert_true(check(abc, 3, "abc", &err));
    assert_true(check(abc512, -1, "abc", &err));
    assert_true(check(NULL, -1, "abd", &err));
    assert_false(check(abc, 3, "abd", &err));
    assert_non_null(strstr(err.message, "digest"));
    assert_false(check(abc, 3, "abcd", &err));
    assert_non_null(strstr(err.message, "longer"));
    assert_false(check(abc, 3, "ab", &err));
    assert_non_null(strstr(err.message, "2 bytes"));
    assert_int_equal(err.kind, ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_media),
        cmocka_unit_test(test_platforms),
        cmocka_unit_test(test_platform_texts),
        cmocka_unit_test(test_platform_names),
        cmocka_unit_test(test_platform_choices),
        cmocka_unit_test(test_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
