/*
 * A layout folder: what is put is found again, by us and by skopeo and umoci; the same images
 * give the same folder; two writers lose nothing; what is broken in it is refused.
 * labels: threads
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/pool.h"
#include "oci/image_maker.h"
#include "oci/layout.h"

#include <sys/stat.h>

struct world {
    struct arena *arena;
    const char *folder, *layout;
    struct image_store *store;
};

static int start(void **state)
{
    struct arena *arena = arena_new();
    struct world *world = arena_alloc(arena, sizeof *world);
    world->arena = arena;
    world->folder = maker_folder(arena);
    world->layout = path_join(arena, world->folder, "layout");
    must(layout_create(world->layout, &world->store, &err));
    *state = world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    world->store->table->close(world->store);
    run(world->arena, "rm", "-rf", world->folder);
    arena_free(world->arena);
    return 0;
}

static const char *at(struct world *world, const char *name)
{
    return path_join(world->arena, world->folder, name);
}

/* ------------------------------------------------------------------- what is found */

static void test_find(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store = world->store;
    struct descriptor index = maker_index(store, arena, "hello", "1.0"), found;
    maker_image(store, arena, "amd64", "other", COMPRESSION_ZSTD, "shop/api:2");
    const char **tags;
    size_t count;
    must(store->table->tags(store, arena, &tags, &count, &maker_wait, &err));
    assert_int_equal(count, 2);
    assert_string_equal(tags[0], "1.0");
    assert_string_equal(tags[1], "shop/api:2");
    must(store->table->resolve(store, arena, "1.0", &found, &maker_wait, &err));
    assert_string_equal(found.digest, index.digest);
    assert_string_equal(found.media_type, MEDIA_OCI_INDEX);
    must(store->table->resolve(store, arena, index.digest, &found, &maker_wait, &err));
    assert_string_equal(found.media_type, MEDIA_OCI_INDEX);
    assert_string_equal(maker_content(store, arena, "1.0", "linux/arm64"),
                        "file app 0755 0:0 @0 15 hello for arm64\n");
    assert_string_equal(maker_content(store, arena, "shop/api:2", NULL),
                        "file app 0755 0:0 @0 5 other\n");
}

static void test_missing(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store = world->store, *other;
    struct descriptor found;
    struct image image;
    struct platform arm = { .os = "linux", .architecture = "s390x" };
    maker_index(store, arena, "hello", "1.0");
    must_not(store->table->resolve(store, arena, "2.0", &found, &maker_wait, &err), ERROR_NOT_FOUND,
             "there is: 1.0");
    must_not(
        store->table->resolve(store, arena, digest_text(arena, "x", 1), &found, &maker_wait, &err),
        ERROR_NOT_FOUND, "there is no manifest sha256:");
    must_not(image_load(store, arena, "1.0", NULL, &image, &maker_wait, &err), ERROR_NOT_FOUND,
             "linux/amd64, linux/arm64");
    must_not(image_load(store, arena, "1.0", &arm, &image, &maker_wait, &err), ERROR_NOT_FOUND,
             "linux/s390x");
    must_not(layout_open(at(world, "none"), &other, &err), ERROR_NOT_FOUND, "oci-layout");
    must_not(layout_open(world->folder, &other, &err), ERROR_NOT_FOUND, "oci-layout");
    must_not(layout_create(world->folder, &other, &err), ERROR_REFUSED, "not empty");
}

/* What an index names itself is not listed; a single image has no need of a name. */
static void test_unnamed(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store = world->store;
    struct descriptor found, image;
    char *data;
    size_t length;
    must_not(store->table->resolve(store, arena, "", &found, &maker_wait, &err), ERROR_NOT_FOUND,
             "0 images");
    image = maker_image(store, arena, "amd64", "alone", COMPRESSION_GZIP, NULL);
    must(store->table->resolve(store, arena, "", &found, &maker_wait, &err));
    assert_string_equal(found.digest, image.digest);
    maker_index(store, arena, "hello", "1.0");
    must(file_read(arena, path_join(arena, world->layout, "index.json"), 1 << 20, &data, &length,
                   &err));
    struct image_index index;
    must(image_index_read(arena, data, length, &index, &err));
    assert_int_equal(index.count, 2);
    must_not(store->table->resolve(store, arena, "", &found, &maker_wait, &err), ERROR_USAGE,
             "2 images");
}

static void test_referrers(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store = world->store;
    struct descriptor image = maker_image(store, arena, "amd64", "a", COMPRESSION_GZIP, "a");
    struct descriptor note = maker_note(store, arena, &image, "built by ana"), *found;
    size_t count;
    must(store->table->referrers(store, arena, image.digest, NULL, &found, &count, &maker_wait,
                                 &err));
    assert_int_equal(count, 1);
    assert_string_equal(found[0].digest, note.digest);
    assert_string_equal(found[0].artifact_type, "text/x");
    assert_string_equal(value_text(value_get(found[0].annotations, "text")), "built by ana");
    must(store->table->referrers(store, arena, image.digest, "text/y", &found, &count, &maker_wait,
                                 &err));
    assert_int_equal(count, 0);
}

/* A tag that moves leaves no second entry. */
static void test_move(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store = world->store;
    struct descriptor found, second;
    const char **tags;
    size_t count;
    maker_image(store, arena, "amd64", "one", COMPRESSION_GZIP, "a");
    second = maker_image(store, arena, "amd64", "two", COMPRESSION_GZIP, "a");
    must(store->table->resolve(store, arena, "a", &found, &maker_wait, &err));
    assert_string_equal(found.digest, second.digest);
    must(store->table->tags(store, arena, &tags, &count, &maker_wait, &err));
    assert_int_equal(count, 1);
}

/* The order in which images come makes no difference to the folder. */
static void test_same_folder(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *other;
    must(layout_create(at(world, "other"), &other, &err));
    maker_index(world->store, arena, "hello", "1.0");
    maker_image(world->store, arena, "amd64", "two", COMPRESSION_GZIP, "2.0");
    maker_image(other, arena, "amd64", "two", COMPRESSION_GZIP, "2.0");
    maker_index(other, arena, "hello", "1.0");
    other->table->close(other);
    run(arena, "diff", "-r", world->layout, at(world, "other"));
}

/* --------------------------------------------------------------- skopeo and umoci */

static void test_skopeo(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct descriptor index = maker_index(world->store, arena, "hello", "1.0");
    const char *source = arena_printf(arena, "oci:%s:1.0", world->layout);
    const char *raw = run(arena, "skopeo", "inspect", "--raw", source);
    assert_string_equal(digest_text(arena, raw, strlen(raw)), index.digest);
    const char *config =
        run(arena, "skopeo", "--override-arch", "arm64", "inspect", "--config", source);
    assert_non_null(strstr(config, "\"architecture\": \"arm64\""));
    run(arena, "skopeo", "copy", "-q", "--all", source,
        arena_printf(arena, "oci:%s:copied", at(world, "copy")));
    struct image_store *copy;
    must(layout_open(at(world, "copy"), &copy, &err));
    assert_string_equal(maker_content(copy, arena, "copied", "linux/amd64"),
                        "file app 0755 0:0 @0 15 hello for amd64\n");
    copy->table->close(copy);
}

static void test_umoci(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    char *data;
    size_t length;
    maker_image(world->store, arena, "amd64", "hello", COMPRESSION_GZIP, "1.0");
    run(arena, "umoci", "unpack", "--rootless", "--image",
        arena_printf(arena, "%s:1.0", world->layout), at(world, "bundle"));
    must(file_read(arena, at(world, "bundle/rootfs/app"), 100, &data, &length, &err));
    assert_string_equal(data, "hello");
}

/* ------------------------------------------------------------------------- writers */

struct writer {
    const char *layout;
    int number;
};

static void write_one(void *context, struct arena *arena)
{
    struct writer *writer = context;
    struct image_store *store;
    const char *tag = arena_printf(arena, "t%d", writer->number);
    must(layout_create(writer->layout, &store, &err));
    maker_image(store, arena, "amd64", writer->number % 2 ? "same" : tag, COMPRESSION_GZIP, tag);
    store->table->close(store);
}

static void test_writers(void **state)
{
    struct world *world = *state;
    struct writer writers[16];
    struct image_store *store;
    const char **tags;
    size_t count;
    for (int i = 0; i < 16; i++)
        writers[i] = (struct writer){ at(world, "shared"), i };
    pool_each(8, write_one, writers, 16, sizeof *writers);
    must(layout_open(at(world, "shared"), &store, &err));
    must(store->table->tags(store, world->arena, &tags, &count, &maker_wait, &err));
    assert_int_equal(count, 16);
    assert_string_equal(maker_content(store, world->arena, "t15", NULL),
                        "file app 0755 0:0 @0 4 same\n");
    store->table->close(store);
}

/* ---------------------------------------------------------------------- what is broken */

static const char *blob_at(struct world *world, const char *digest)
{
    return arena_printf(world->arena, "%s/blobs/sha256/%s", world->layout, digest + 7);
}

static void write_text(const char *path, const char *text)
{
    must(file_write(path, text, strlen(text), 0644, &err));
}

static void test_broken_blobs(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store = world->store;
    struct image image;
    struct descriptor found, blob;
    const char *bytes;
    size_t length;
    maker_image(store, arena, "amd64", "hello", COMPRESSION_GZIP, "1.0");
    must(image_load(store, arena, "1.0", NULL, &image, &maker_wait, &err));
    blob = image.manifest.config;
    char *other = arena_memdup(arena, image.config_bytes, image.config_length);
    other[image.config_length / 2] ^= 1;
    write_text(blob_at(world, blob.digest), other);
    must_not(image_load(store, arena, "1.0", NULL, &image, &maker_wait, &err), ERROR_INVALID,
             "its digest is");
    write_text(blob_at(world, blob.digest), "short");
    must_not(image_load(store, arena, "1.0", NULL, &image, &maker_wait, &err), ERROR_INVALID,
             "has 5 bytes");
    unlink(blob_at(world, blob.digest));
    must_not(image_load(store, arena, "1.0", NULL, &image, &maker_wait, &err), ERROR_NOT_FOUND,
             blob.digest);
    assert_int_equal(mkfifo(blob_at(world, blob.digest), 0644), 0);
    must_not(image_load(store, arena, "1.0", NULL, &image, &maker_wait, &err), ERROR_INVALID,
             "is no file");
    blob.digest = "sha256:../../../../etc/passwd";
    must_not(image_blob(store, arena, &blob, 1 << 20, &bytes, &length, &maker_wait, &err),
             ERROR_USAGE, "is no digest");
    must_not(store->table->manifest(store, arena, "sha256:../x", &found, &bytes, &maker_wait, &err),
             ERROR_NOT_FOUND, "no image");
}

static void test_broken_index(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct descriptor found;
    struct image_store *store = world->store, *again;
    const char *index = path_join(arena, world->layout, "index.json");
    write_text(index, "{\"schemaVersion\":2,\"manifests\":[");
    must_not(store->table->resolve(store, arena, "1.0", &found, &maker_wait, &err), ERROR_INVALID,
             "index.json");
    found = descriptor_of(arena, MEDIA_OCI_MANIFEST, "{}", 2);
    must_not(store->table->put_manifest(store, &found, "{}", "1.0", &maker_wait, &err),
             ERROR_INVALID, "index.json");
    write_text(path_join(arena, world->layout, "oci-layout"), "{\"imageLayoutVersion\":\"2.0.0\"}");
    must_not(layout_open(world->layout, &again, &err), ERROR_INVALID, "version 2.0.0");
    write_text(path_join(arena, world->layout, "oci-layout"), "<html>");
    must_not(layout_create(world->layout, &again, &err), ERROR_INVALID, "JSON");
}

/* A blob that is not what it is said to be is not kept; one that was cut short is replaced. */
static void test_wrong_source(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store = world->store;
    struct blob_memory memory = { "hello", 5, 0 };
    struct blob_source source =
        blob_source_memory(&memory, MEDIA_OCI_LAYER, digest_text(arena, "other", 5));
    struct descriptor stored;
    bool there;
    must_not(store->table->put_blob(store, arena, &source, &stored, &maker_wait, &err),
             ERROR_INVALID, "its digest is");
    assert_string_equal(run(arena, "find", world->layout, "-path", "*/blobs/*/*"), "");
    source.digest = digest_text(arena, "hello", 5);
    source.size = 4;
    memory.at = 0;
    must_not(store->table->put_blob(store, arena, &source, &stored, &maker_wait, &err),
             ERROR_INVALID, "longer than the 4 bytes");
    source.size = 5;
    write_text(blob_at(world, source.digest), "cut");
    memory.at = 0;
    must(store->table->put_blob(store, arena, &source, &stored, &maker_wait, &err));
    must(store->table->has_blob(store, &stored, &there, &maker_wait, &err));
    assert_true(there);
}

/* An index that leads to an index, and on: an end comes. */
static void test_deep(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct descriptor entry =
        maker_image(world->store, arena, "amd64", "x", COMPRESSION_GZIP, NULL);
    struct image image;
    for (int i = 0; i < 6; i++) {
        struct image_index index = { .media_type = MEDIA_OCI_INDEX,
                                     .manifests = &entry,
                                     .count = 1 };
        AUTO_BUF out = BUF_INIT(1 << 20);
        image_index_write(arena, &out, &index);
        entry =
            maker_put(world->store, arena, MEDIA_OCI_INDEX, &out, arena_printf(arena, "deep%d", i));
    }
    must(image_load(world->store, arena, "deep2", NULL, &image, &maker_wait, &err));
    must_not(image_load(world->store, arena, "deep5", NULL, &image, &maker_wait, &err),
             ERROR_INVALID, "4 deep");
}

#define with_layout(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_layout(test_find),         with_layout(test_missing),
        with_layout(test_unnamed),      with_layout(test_referrers),
        with_layout(test_move),         with_layout(test_same_folder),
        with_layout(test_skopeo),       with_layout(test_umoci),
        with_layout(test_writers),      with_layout(test_broken_blobs),
        with_layout(test_broken_index), with_layout(test_wrong_source),
        with_layout(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
