/*
 * Manifests, indexes and configs: read, written the same way each time, refused with a
 * reason; and which entry of an index is taken.
 */
#include "base/cleanup.h"
#include "oci/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"

#define PART(type, digest, size)                                                                   \
    "{\"digest\":\"" digest "\",\"mediaType\":\"" type "\",\"size\":" size "}"
#define CONFIG PART(MEDIA_OCI_CONFIG, D1, "7")
#define LAYERS "[" PART(MEDIA_OCI_LAYER_GZIP, D2, "9") "]"

static const char manifest_text[] =
    "{\"annotations\":{\"a\":\"b\"},\"artifactType\":\"text/x\",\"config\":" CONFIG
    ",\"layers\":" LAYERS ",\"mediaType\":\"" MEDIA_OCI_MANIFEST
    "\",\"schemaVersion\":2,\"subject\":" PART(MEDIA_OCI_MANIFEST, D2, "8") "}";

static const char index_text[] = "{\"manifests\":[" PART(
    MEDIA_DOCKER_MANIFEST, D1, "7") ","
                                    "{\"digest\":\"" D2 "\",\"mediaType\":\"" MEDIA_DOCKER_MANIFEST
                                    "\",\"platform\":{\"architecture\":\"arm\",\"os\":\"linux\","
                                    "\"variant\":\"v7\"},\"size\":3}],"
                                    "\"mediaType\":\"" MEDIA_DOCKER_INDEX "\",\"schemaVersion\":2}";

/* Every member there is, in the order in which it is written. */
static const char config_text[] =
    "{\"architecture\":\"arm\",\"author\":\"ana\",\"config\":{\"ArgsEscaped\":true,\"Cmd\":[],"
    "\"Entrypoint\":[\"/a\",\"-b\"],\"Env\":[\"PATH=/bin\",\"B=1\",\"A=2\"],"
    "\"ExposedPorts\":{\"53/udp\":{},\"8080/tcp\":{}},\"Healthcheck\":{\"Interval\":30000000000,"
    "\"Retries\":3,\"StartInterval\":5,\"StartPeriod\":4,\"Test\":[\"CMD\",\"x\"],\"Timeout\":6},"
    "\"Labels\":{\"k\":\"v\"},\"OnBuild\":[\"RUN x\"],\"Shell\":[\"/bin/sh\",\"-c\"],"
    "\"StopSignal\":\"SIGINT\",\"StopTimeout\":0,\"User\":\"1000\",\"Volumes\":{\"/data\":{}},"
    "\"WorkingDir\":\"/w\"},\"created\":\"1970-01-01T00:00:00Z\",\"history\":[{\"author\":\"x\","
    "\"comment\":\"c\",\"created\":\"1970-01-01T00:00:00Z\",\"created_by\":\"COPY\"},{"
    "\"empty_layer\":true}],\"os\":\"linux\",\"os.features\":[\"f\"],\"os.version\":\"1\","
    "\"rootfs\":{\"diff_ids\":[\"" D1 "\"],\"type\":\"layers\"},\"variant\":\"v7\"}";

static void test_manifest(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(1 << 16);
    struct image_manifest read;
    struct error err = { 0 };
    if (!image_manifest_read(arena, manifest_text, strlen(manifest_text), &read, &err))
        fail_msg("%s", err.message);
    assert_int_equal(read.layer_count, 1);
    assert_string_equal(read.subject.digest, D2);
    image_manifest_write(arena, &out, &read);
    assert_string_equal(buf_text(&out), manifest_text);
}

static void test_index(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(1 << 16);
    struct image_index read;
    struct error err = { 0 };
    if (!image_index_read(arena, index_text, strlen(index_text), &read, &err))
        fail_msg("%s", err.message);
    assert_int_equal(read.count, 2);
    image_index_write(arena, &out, &read);
    assert_string_equal(buf_text(&out), index_text);
}

static void test_config(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(1 << 16);
    struct image_config read;
    struct error err = { 0 };
    if (!image_config_read(arena, config_text, strlen(config_text), &read, &err))
        fail_msg("%s", err.message);
    assert_string_equal(read.environment.items[2], "A=2");
    assert_true(read.has_command && read.command.count == 0 && read.has_stop_timeout);
    image_config_write(arena, &out, &read);
    assert_string_equal(buf_text(&out), config_text);
}

/* Docker writes null for what is empty, and one string for a list of one. */
static void test_docker_config(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(1 << 16);
    struct image_config read;
    struct error err = { 0 };
    static const char text[] =
        "{\"architecture\":\"amd64\",\"config\":{\"Hostname\":\"\",\"User\":\"\",\"Env\":null,"
        "\"Cmd\":null,\"Entrypoint\":\"/a b\",\"Labels\":null,\"Volumes\":null,\"OnBuild\":null},"
        "\"container_config\":{},\"history\":null,\"os\":\"linux\",\"rootfs\":{\"type\":"
        "\"layers\",\"diff_ids\":null}}";
    if (!image_config_read(arena, text, strlen(text), &read, &err))
        fail_msg("%s", err.message);
    image_config_write(arena, &out, &read);
    assert_string_equal(buf_text(&out),
                        "{\"architecture\":\"amd64\",\"config\":{\"Entrypoint\":[\"/a b\"]},"
                        "\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[],\"type\":\"layers\"}}");
}

enum document { MANIFEST, INDEX, CONFIG_DOCUMENT };

static const struct {
    enum document kind;
    const char *text, *part;
} wrong[] = {
    { MANIFEST, "", "nothing" },
    { MANIFEST, "<html>", "JSON" },
    { MANIFEST, "[]", "a list" },
    { MANIFEST, "{}", "another kind" },
    { MANIFEST, "{\"schemaVersion\":1,\"fsLayers\":[]}", "schema 1" },
    { MANIFEST,
      "{\"schemaVersion\":1,\"mediaType\":"
      "\"application/vnd.docker.distribution.manifest.v1+prettyjws\"}",
      "schema 1" },
    { INDEX, "{\"schemaVersion\":1}", "schema 1" },
    { MANIFEST, index_text, MEDIA_DOCKER_INDEX },
    { INDEX, manifest_text, MEDIA_OCI_MANIFEST },
    { MANIFEST, "{\"schemaVersion\":3,\"config\":" CONFIG ",\"layers\":[]}", "schemaVersion" },
    { MANIFEST, "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}", "config: " },
    { MANIFEST, "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":{}}", "not a list" },
    { MANIFEST, "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[1]}", "layers[0]" },
    { MANIFEST, "{\"schemaVersion\":2,\"config\":" CONFIG ",\"subject\":[]}", "subject" },
    { MANIFEST, "{\"schemaVersion\":2,\"config\":" CONFIG ",\"artifactType\":1}", "artifactType" },
    { MANIFEST,
      "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_MANIFEST "\",\"config\":" CONFIG
      ",\"layers\":[],\"manifests\":[]}",
      "at once" },
    { INDEX,
      "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX "\",\"layers\":[],\"manifests\":[]}",
      "at once" },
    { INDEX, "{\"schemaVersion\":2,\"manifests\":[{}]}", "manifests[0]" },
    { CONFIG_DOCUMENT, "{}", "rootfs" },
    { CONFIG_DOCUMENT, "{\"rootfs\":{}}", "architecture" },
    { CONFIG_DOCUMENT, "{\"os\":1}", "os" },
    { CONFIG_DOCUMENT, "{\"config\":[]}", "config" },
    { CONFIG_DOCUMENT, "{\"config\":{\"Env\":[1]}}", "Env" },
    { CONFIG_DOCUMENT, "{\"config\":{\"Labels\":{\"a\":1}}}", "Labels" },
    { CONFIG_DOCUMENT, "{\"config\":{\"Volumes\":[]}}", "Volumes" },
    { CONFIG_DOCUMENT, "{\"config\":{\"Healthcheck\":{\"Test\":1}}}", "Healthcheck" },
    { CONFIG_DOCUMENT, "{\"history\":{}}", "history" },
    { CONFIG_DOCUMENT, "{\"history\":[{\"created\":1}]}", "history[0]" },
    { CONFIG_DOCUMENT, "{\"rootfs\":{\"diff_ids\":[\"x\"]}}", "diff_ids[0]" },
};

static bool read_one(struct arena *arena, enum document kind, const char *text, size_t length,
                     struct error *err)
{
    struct image_manifest manifest;
    struct image_index index;
    struct image_config config;
    return kind == MANIFEST ? image_manifest_read(arena, text, length, &manifest, err)
           : kind == INDEX  ? image_index_read(arena, text, length, &index, err)
                            : image_config_read(arena, text, length, &config, err);
}

static void test_wrong(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = { 0 };
        if (read_one(arena, wrong[i].kind, wrong[i].text, strlen(wrong[i].text), &err))
            fail_msg("%s was read", wrong[i].text);
        assert_int_equal(err.kind, ERROR_INVALID);
        if (!strstr(err.message, wrong[i].part))
            fail_msg("%s: %s", wrong[i].text, err.message);
    }
}

/* `count` copies of `item` in a list within `head` and `tail`. */
static void repeat(struct buf *out, const char *head, const char *item, size_t count,
                   const char *tail)
{
    buf_puts(out, head);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i ? "," : "", item);
    buf_puts(out, tail);
}

static void test_ceilings(void **state)
{
    (void)state;
    static const char head[] = "{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[";
    static const char layer[] = PART(MEDIA_OCI_LAYER, D2, "9");
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(16 << 20);
    struct error err = { 0 };
    repeat(&out, head, layer, IMAGE_LAYERS_CEILING, "]}");
    assert_true(read_one(arena, MANIFEST, out.data, out.length, &err));
    buf_clear(&out);
    repeat(&out, head, layer, IMAGE_LAYERS_CEILING + 1, "]}");
    assert_false(read_one(arena, MANIFEST, out.data, out.length, &err));
    assert_non_null(strstr(err.message, "1001 entries"));
    buf_clear(&out);
    repeat(&out, "{\"schemaVersion\":2,\"x\":[", "1", 1000000, "]}");
    assert_false(read_one(arena, MANIFEST, out.data, out.length, &err));
    assert_true(arena_used(arena) < 80 << 20);
    buf_fill(&out, ' ', OCI_MANIFEST_CEILING);
    assert_false(read_one(arena, INDEX, out.data, out.length, &err));
    assert_non_null(strstr(err.message, "4 MiB"));
    buf_fill(&out, ' ', OCI_MANIFEST_CEILING);
    assert_false(read_one(arena, CONFIG_DOCUMENT, out.data, out.length, &err));
    assert_non_null(strstr(err.message, "8 MiB"));
}

/* --------------------------------------------------------------- which entry */

static const struct {
    const char *offers; /* separated by blanks; "-": an entry without a platform */
    const char *wanted; /* "": none */
    int chosen;         /* -1: none */
} choices[] = {
    { "linux/amd64 linux/arm64", "linux/arm64", 1 },
    { "linux/amd64 linux/amd64", "linux/amd64", 0 },
    { "linux/arm/v5 linux/arm/v6 linux/arm/v7", "linux/arm", 2 },
    { "linux/arm/v5 linux/arm/v6", "linux/arm/v7", 1 },
    { "linux/arm/v7", "linux/arm/v6", -1 },
    { "linux/amd64/v2 linux/amd64 linux/amd64/v3", "linux/amd64/v4", 2 },
    { "linux/amd64 unknown/unknown", "", 0 },
    { "linux/amd64 linux/arm64", "", -1 },
    { "unknown/unknown", "", -1 },
    { "-", "linux/amd64", 0 },
    { "- unknown/unknown", "linux/amd64", 0 },
    { "- -", "linux/amd64", -1 },
    { "- linux/amd64", "linux/amd64", 1 },
    { "linux/amd64", "linux/s390x", -1 },
    { "", "linux/amd64", -1 },
};

static struct image_index index_of(struct arena *arena, const char *offers)
{
    struct image_index index = { .media_type = MEDIA_OCI_INDEX };
    struct error err;
    char *rest = arena_strdup(arena, offers), *word;
    index.manifests = arena_array(arena, 8, sizeof *index.manifests);
    while ((word = strsep(&rest, " "))) {
        struct descriptor *entry = &index.manifests[index.count];
        *entry = (struct descriptor){ .media_type = MEDIA_OCI_MANIFEST, .size = 1 };
        entry->digest = arena_printf(arena, "sha256:%064zu", index.count);
        if (*word && *word != '-')
            assert_true(platform_parse(arena, word, &entry->platform, &err));
        index.count += *word != '\0';
    }
    return index;
}

static void test_choose(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        struct image_index index = index_of(arena, choices[i].offers);
        struct descriptor chosen = { .digest = "none" };
        struct platform wanted;
        struct error err = { 0 };
        bool asks = *choices[i].wanted;
        if (asks)
            assert_true(platform_parse(arena, choices[i].wanted, &wanted, &err));
        bool found = image_index_choose(arena, &index, asks ? &wanted : NULL, &chosen, &err);
        int which = found ? atoi(chosen.digest + 7) : -1;
        if (which != choices[i].chosen)
            fail_msg("\"%s\" of %s: %d", choices[i].wanted, choices[i].offers, which);
        assert_true(found || err.kind == ERROR_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifest), cmocka_unit_test(test_index),
        cmocka_unit_test(test_config),   cmocka_unit_test(test_docker_config),
        cmocka_unit_test(test_wrong),    cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
