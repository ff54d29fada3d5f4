/*
 * Archives: OCI's and Docker's, written and read; skopeo reads ours and we read skopeo's; what
 * docker save wrote of old; what is broken or lies is refused.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "oci/archive.h"
#include "oci/image_maker.h"
#include "oci/layout.h"

struct world {
    struct arena *arena;
    const char *folder;
};

static int start(void **state)
{
    struct arena *arena = arena_new();
    struct world *world = arena_alloc(arena, sizeof *world);
    *world = (struct world){ arena, maker_folder(arena) };
    *state = world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    run(world->arena, "rm", "-rf", world->folder);
    arena_free(world->arena);
    return 0;
}

static const char *at(struct world *world, const char *name)
{
    return path_join(world->arena, world->folder, name);
}

static const char hello[] = "file app 0755 0:0 @0 5 hello\n";

/* An archive of one image "1.0"; its manifest. */
static struct descriptor write_one(struct world *world, const char *name, enum archive_form form,
                                   enum compression compression)
{
    struct image_store *store;
    must(archive_create(at(world, name), form, "shop/api", &store, &err));
    struct descriptor image =
        maker_image(store, world->arena, "amd64", "hello", compression, "1.0");
    must(store_finish(store, &maker_wait, &err));
    store->table->close(store);
    return image;
}

static struct image_store *open_one(struct world *world, const char *name)
{
    struct image_store *store = NULL;
    must(archive_open(at(world, name), &store, &maker_wait, &err));
    return store;
}

/* ------------------------------------------------------------------------ our own */

static void test_write(void **state)
{
    struct world *world = *state;
    static const enum archive_form forms[] = { ARCHIVE_OCI, ARCHIVE_DOCKER };
    for (int i = 0; i < 2; i++) {
        struct descriptor image = write_one(world, "a.tar", forms[i], COMPRESSION_GZIP), found;
        struct image_store *store = open_one(world, "a.tar");
        must(store->table->resolve(store, world->arena, "1.0", &found, &maker_wait, &err));
        assert_string_equal(maker_content(store, world->arena, "", NULL), hello);
        store->table->close(store);
        assert_string_equal(found.digest, image.digest); /* it is ours, not the store's */
    }
}

static void test_index(void **state)
{
    struct world *world = *state;
    struct image_store *store;
    must(archive_create(at(world, "a.tar"), ARCHIVE_OCI, NULL, &store, &err));
    maker_index(store, world->arena, "hello", "1.0");
    must(store_finish(store, &maker_wait, &err));
    store->table->close(store);
    store = open_one(world, "a.tar");
    assert_string_equal(maker_content(store, world->arena, "1.0", "linux/arm64"),
                        "file app 0755 0:0 @0 15 hello for arm64\n");
    store->table->close(store);

    must(archive_create(at(world, "b.tar"), ARCHIVE_DOCKER, NULL, &store, &err));
    maker_index(store, world->arena, "hello", "1.0");
    must_not(store_finish(store, &maker_wait, &err), ERROR_REFUSED, "say which platform");
    store->table->close(store);
}

static void test_same_bytes(void **state)
{
    struct world *world = *state;
    write_one(world, "a.tar", ARCHIVE_DOCKER, COMPRESSION_GZIP);
    run(world->arena, "cp", at(world, "a.tar"), at(world, "b.tar"));
    write_one(world, "a.tar", ARCHIVE_DOCKER, COMPRESSION_GZIP);
    run(world->arena, "cmp", at(world, "a.tar"), at(world, "b.tar"));
}

/* Without finish() there is no file; a blob that fails in its middle leaves no trace. */
static void test_unfinished(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store;
    struct blob_memory memory = { "hello", 5, 0 };
    struct blob_source source = blob_source_memory(&memory, MEDIA_OCI_LAYER, NULL);
    struct descriptor stored;
    must(archive_create(at(world, "a.tar"), ARCHIVE_OCI, NULL, &store, &err));
    must_not(store_finish(store, &maker_wait, &err), ERROR_REFUSED, "no image");
    store->table->close(store);
    assert_string_equal(run(arena, "ls", world->folder), "");

    must(archive_create(at(world, "a.tar"), ARCHIVE_OCI, NULL, &store, &err));
    source.digest = digest_text(arena, "other", 5);
    must_not(store->table->put_blob(store, arena, &source, &stored, &maker_wait, &err),
             ERROR_INVALID, "its digest is");
    source.digest = NULL;
    source.size = -1;
    memory.at = 0;
    must(store->table->put_blob(store, arena, &source, &stored, &maker_wait, &err));
    assert_string_equal(stored.digest, digest_text(arena, "hello", 5));
    maker_image(store, arena, "amd64", "hello", COMPRESSION_NONE, "1.0");
    must(store_finish(store, &maker_wait, &err));
    store->table->close(store);
    assert_null(
        strstr(run(arena, "tar", "-tf", at(world, "a.tar")), digest_text(arena, "other", 5) + 7));
    store = open_one(world, "a.tar");
    assert_string_equal(maker_content(store, arena, "1.0", NULL), hello);
    store->table->close(store);
}

/* What stands there is no archive of ours to take the place of, or leads to where it is. */
static void test_not_over_devices(void **state)
{
    struct world *world = *state;
    struct image_store *store;
    run(world->arena, "mkfifo", at(world, "pipe"));
    run(world->arena, "ln", "-s", "pipe", at(world, "link"));
    run(world->arena, "ln", "-s", "a.tar", at(world, "good"));
    run(world->arena, "touch", at(world, "a.tar"));
    const char *const refused[] = { "pipe", "link", "." };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        must_not(archive_create(at(world, refused[i]), ARCHIVE_OCI, NULL, &store, &err),
                 ERROR_USAGE, "is no regular file");
    write_one(world, "good", ARCHIVE_OCI, COMPRESSION_NONE);
    store = open_one(world, "a.tar");
    store->table->close(store);
    assert_string_equal(run(world->arena, "readlink", at(world, "good")), "a.tar\n");
}

/* ------------------------------------------------------------------------- skopeo */

static const char *config_digest(struct arena *arena, struct image_store *store)
{
    struct image image;
    must(image_load(store, arena, "", NULL, &image, &maker_wait, &err));
    return image.manifest.config.digest;
}

static void test_skopeo_reads(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct descriptor image = write_one(world, "a.tar", ARCHIVE_OCI, COMPRESSION_ZSTD);
    const char *raw = run(arena, "skopeo", "inspect", "--raw",
                          arena_printf(arena, "oci-archive:%s:1.0", at(world, "a.tar")));
    assert_string_equal(digest_text(arena, raw, strlen(raw)), image.digest);
    write_one(world, "b.tar", ARCHIVE_DOCKER, COMPRESSION_GZIP);
    run(arena, "skopeo", "copy", "-q",
        arena_printf(arena, "docker-archive:%s:shop/api:1.0", at(world, "b.tar")),
        arena_printf(arena, "oci:%s:x", at(world, "layout")));
    struct image_store *store;
    must(layout_open(at(world, "layout"), &store, &err));
    assert_string_equal(maker_content(store, arena, "x", NULL), hello);
    store->table->close(store);
}

static void test_skopeo_writes(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    write_one(world, "a.tar", ARCHIVE_OCI, COMPRESSION_GZIP);
    struct image_store *ours = open_one(world, "a.tar");
    static const char *const forms[] = { "oci-archive:%s/b.tar:shop/api:1", NULL,
                                         "docker-archive:%s/c.tar:shop/api:1", NULL };
    for (int i = 0; i < 4; i += 2) {
        run(arena, "skopeo", "copy", "-q",
            arena_printf(arena, "oci-archive:%s", at(world, "a.tar")),
            arena_printf(arena, forms[i], world->folder));
        struct image_store *store = open_one(world, i ? "c.tar" : "b.tar");
        struct descriptor found;
        assert_string_equal(maker_content(store, arena, "", NULL), hello);
        assert_string_equal(maker_content(store, arena, "docker.io/shop/api:1", NULL), hello);
        must_not(store->table->resolve(store, arena, "shop/api:2", &found, &maker_wait, &err),
                 ERROR_NOT_FOUND, "shop/api:1");
        assert_string_equal(config_digest(arena, store), config_digest(arena, ours));
        store->table->close(store);
    }
    ours->table->close(ours);
}

/* ------------------------------------------------------------- docker save of old */

/* Members by name: "NAME=CONTENT", a link as "NAME>TARGET", a gzip of the layer as "NAME#". */
static void make_tar(struct world *world, const char *name, const char *const *members,
                     const struct buf *layer)
{
    AUTO_BUF tar = BUF_INIT(8 << 20);
    struct tar_writer writer;
    tar_writer_start(&writer, tar_text_sink, &tar);
    for (; *members; members++) {
        size_t length = strcspn(*members, "=>#");
        char kind = (*members)[length];
        const char *text = *members + length + 1;
        AUTO_BUF content = BUF_INIT(8 << 20);
        if (kind == '#')
            maker_gzip(&content, layer->data, layer->length);
        else if (strcmp(text, "LAYER") == 0)
            buf_add(&content, layer->data, layer->length);
        else if (kind == '=')
            buf_puts(&content, text);
        struct tar_entry entry = { .kind = kind == '>' ? TAR_SYMLINK : TAR_FILE,
                                   .path = arena_memdup(world->arena, *members, length),
                                   .link = kind == '>' ? text : NULL,
                                   .size = (int64_t)content.length };
        must(tar_writer_entry(&writer, &entry, &err));
        must(tar_writer_data(&writer, content.data, content.length, &err));
    }
    must(tar_writer_end(&writer, &err));
    must(file_write(at(world, name), tar.data, tar.length, 0600, &err));
}

static const char *config_text(struct world *world, const char *diff_ids)
{
    return arena_printf(world->arena,
                        "c.json={\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{"
                        "\"type\":\"layers\",\"diff_ids\":[%s]}}",
                        diff_ids);
}

static void test_docker_save(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    AUTO_BUF layer = BUF_INIT(1 << 20);
    maker_tar(&layer, "hello");
    const char *id = digest_text(arena, layer.data, layer.length);
    const char *members[] = {
        config_text(world, arena_printf(arena, "\"%s\",\"%s\",\"%s\"", id, id, id)),
        "aa/layer.tar=LAYER",
        "bb/layer.tar>../aa/layer.tar",
        "cc/layer.tar#",
        "manifest.json=[{\"Config\":\"c.json\",\"RepoTags\":[\"shop/api:1\",\"shop/api:latest\"],"
        "\"Layers\":[\"aa/layer.tar\",\"bb/layer.tar\",\"cc/layer.tar\"]}]",
        "repositories={}",
        NULL,
    };
    make_tar(world, "a.tar", members, &layer);
    struct image_store *store = open_one(world, "a.tar");
    struct image image, again;
    must(image_load(store, arena, "shop/api:1", NULL, &image, &maker_wait, &err));
    must(image_load(store, arena, "docker.io/shop/api:latest", NULL, &again, &maker_wait, &err));
    assert_string_equal(image.descriptor.digest, again.descriptor.digest);
    assert_string_equal(image.manifest.layers[0].digest, id);
    assert_string_equal(image.manifest.layers[1].digest, id);
    assert_string_equal(image.manifest.layers[2].media_type, MEDIA_OCI_LAYER_GZIP);
    for (int i = 0; i < 3; i++) {
        AUTO_BUF text = BUF_INIT(1 << 16);
        must(layer_read_tar(store, arena, &image.manifest.layers[i], id, NULL, &tar_text_handler,
                            &text, &maker_wait, &err));
        assert_string_equal(buf_text(&text), hello);
    }
    store->table->close(store);
}

/* The whole file compressed, as people do it. */
static void test_compressed(void **state)
{
    struct world *world = *state;
    write_one(world, "a.tar", ARCHIVE_DOCKER, COMPRESSION_NONE);
    run(world->arena, "gzip", at(world, "a.tar"));
    struct image_store *store = open_one(world, "a.tar.gz");
    assert_string_equal(maker_content(store, world->arena, "1.0", NULL), hello);
    store->table->close(store);
}

/* ------------------------------------------------------------------ what is refused */

#define ZEROS "sha256:0000000000000000000000000000000000000000000000000000000000000000"
#define LIST(layers)                                                                               \
    "manifest.json=[{\"Config\":\"c.json\",\"RepoTags\":null,\"Layers\":[" layers "]}]"
#define CONFIG(ids)                                                                                \
    "c.json={\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","         \
    "\"diff_ids\":[" ids "]}}"

static const struct {
    const char *members[5], *part;
} refused[] = {
    { { NULL }, "no image in it" },
    { { "a=b" }, "no image in it" },
    { { "manifest.json={}" }, "expected a list" },
    { { "manifest.json=[1]" }, "names no config" },
    { { "manifest.json=[{\"Config\":\"c.json\"}]" }, "c.json is not in it" },
    { { LIST("\"x\""), CONFIG("") }, "0 layers, it has 1" },
    { { LIST("\"x\""), CONFIG("\"" ZEROS "\"") }, "its layer x is not in it" },
    { { LIST("\"x\""), CONFIG("\"" ZEROS "\""), "x>y", "y>x" }, "its layer x is not in it" },
    { { LIST("\"../../etc/passwd\""), CONFIG("\"" ZEROS "\"") }, "is not in it" },
    { { LIST(""), CONFIG(""), CONFIG("") }, "twice" },
    { { "oci-layout={\"imageLayoutVersion\":\"1.0.0\"}" }, "index.json is not in it" },
    { { "oci-layout={\"imageLayoutVersion\":\"1.0.0\"}", "index.json=[]" }, "index.json" },
    { { "oci-layout={}", "index.json={}" }, "version" },
};

static void test_refused(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct image_store *store;
        struct error err = { 0 };
        make_tar(world, "a.tar", refused[i].members, NULL);
        if (archive_open(at(world, "a.tar"), &store, &maker_wait, &err))
            fail_msg("%zu was opened", i);
        if (err.kind != ERROR_INVALID && err.kind != ERROR_NOT_FOUND)
            fail_msg("%zu: kind %d", i, err.kind);
        if (!strstr(err.message, refused[i].part))
            fail_msg("%zu: %s", i, err.message);
    }
}

static void test_lies(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store;
    AUTO_BUF layer = BUF_INIT(1 << 20), text = BUF_INIT(1 << 20);
    struct image image;
    const char *members[] = { LIST("\"x\""), CONFIG("\"" ZEROS "\""), "x=LAYER", NULL };
    maker_tar(&layer, "hello");
    make_tar(world, "a.tar", members, &layer);
    store = open_one(world, "a.tar");
    must(image_load(store, arena, "", NULL, &image, &maker_wait, &err));
    must_not(layer_read_tar(store, arena, &image.manifest.layers[0], NULL, NULL, &tar_text_handler,
                            &text, &maker_wait, &err),
             ERROR_INVALID, "its digest is");
    store->table->close(store);
    run(arena, "truncate", "-s", "2000", at(world, "a.tar"));
    must_not(archive_open(at(world, "a.tar"), &store, &maker_wait, &err), ERROR_INVALID, "tar: ");
    must_not(archive_open(at(world, "none"), &store, &maker_wait, &err), ERROR_NOT_FOUND, "none");
    must_not(archive_open(world->folder, &store, &maker_wait, &err), ERROR_INVALID, "no file");
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(test_write),
        with_folder(test_index),
        with_folder(test_same_bytes),
        with_folder(test_unfinished),
        with_folder(test_skopeo_reads),
        with_folder(test_skopeo_writes),
        with_folder(test_docker_save),
        with_folder(test_compressed),
        with_folder(test_not_over_devices),
        with_folder(test_refused),
        with_folder(test_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
