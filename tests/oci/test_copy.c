/*
 * Copies between stores: what arrives, in which order, what is not sent again; and that a cut
 * at any point leaves no tag on an incomplete image and a second run finishes.
 * labels: threads
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "oci/archive.h"
#include "oci/copy.h"
#include "oci/image_maker.h"
#include "oci/layout.h"
#include "oci/store_spy.h"

/* ----------------------------------------------------------------------- the world */

struct world {
    struct arena *arena;
    const char *folder;
    struct image_store *from, *to; /* layouts */
    struct spy source, target;
};

static int start(void **state)
{
    struct arena *arena = arena_new();
    struct world *world = arena_alloc(arena, sizeof *world);
    world->arena = arena;
    world->folder = maker_folder(arena);
    must(layout_create(path_join(arena, world->folder, "from"), &world->from, &err));
    must(layout_create(path_join(arena, world->folder, "to"), &world->to, &err));
    spy_start(&world->source, world->from);
    spy_start(&world->target, world->to);
    *state = world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    world->from->table->close(world->from);
    world->to->table->close(world->to);
    buf_done(&world->source.log);
    buf_done(&world->target.log);
    run(world->arena, "rm", "-rf", world->folder);
    arena_free(world->arena);
    return 0;
}

static bool copy(struct world *world, const struct copy_options *options, struct copy_result *ret,
                 struct error *err)
{
    return image_copy(&world->source.store, "1.0", &world->target.store, options, world->arena, ret,
                      &maker_wait, err);
}

/* ------------------------------------------------------------------- what arrives */

static void test_index(void **state)
{
    struct world *world = *state;
    struct copy_options options = { .tag = "new" };
    struct copy_result result;
    struct descriptor index = maker_index(world->from, world->arena, "hello", "1.0"), found;
    must(copy(world, &options, &result, &err));
    assert_string_equal(result.top.digest, index.digest);
    assert_int_equal(result.sent, 4);
    assert_int_equal(result.manifests, 3);
    must(world->to->table->resolve(world->to, world->arena, "new", &found, &maker_wait, &err));
    assert_string_equal(found.digest, index.digest);
    assert_string_equal(maker_content(world->to, world->arena, "new", "linux/arm64"),
                        "file app 0755 0:0 @0 15 hello for arm64\n");

    must(copy(world, &options, &result, &err));
    assert_int_equal(result.sent, 0);
    assert_int_equal(result.there, 4);
}

/* Blobs, the images, their index with its tag: nothing else, and in this order. */
static void test_order(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct copy_options options = { .tag = "new", .blobs = 1 };
    struct copy_result result;
    struct descriptor index = maker_index(world->from, arena, "hello", "1.0");
    must(copy(world, &options, &result, &err));
    const char *log = buf_text(&world->target.log), *first = strstr(log, "manifest ");
    const char *last = arena_printf(arena, "manifest %.10s new\n", index.digest + 7);
    assert_non_null(first);
    assert_null(strstr(first, "put "));
    assert_string_equal(log + strlen(log) - strlen(last), last);
    assert_int_equal(world->target.calls, 4 + 4 + 3);
}

static const struct {
    const char *platforms[3];
    const char *refused;
    size_t sent, manifests;
    bool same; /* the digest of the index stays */
} platforms[] = {
    { { NULL }, NULL, 4, 3, true },
    { { "linux/arm64" }, NULL, 2, 1, false },
    { { "linux/arm64", "linux/amd64" }, NULL, 4, 3, true },
    { { "linux/s390x" }, "linux/s390x", 0, 0, false },
    { { "linux/amd64", "linux/s390x" }, "linux/s390x", 0, 0, false },
};

static void test_platforms(void **state)
{
    struct world *world = *state;
    struct descriptor index = maker_index(world->from, world->arena, "hello", "1.0");
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++) {
        struct platform wanted[3];
        struct copy_options options = { .platforms = wanted, .tag = "new" };
        struct copy_result result = { 0 };
        struct error why = { 0 };
        const char *folder = arena_printf(world->arena, "%s/to%zu", world->folder, i);
        struct image_store *to;
        must(layout_create(folder, &to, &err));
        for (; platforms[i].platforms[options.platform_count]; options.platform_count++)
            must(platform_parse(world->arena, platforms[i].platforms[options.platform_count],
                                &wanted[options.platform_count], &err));
        bool fine =
            image_copy(world->from, "1.0", to, &options, world->arena, &result, &maker_wait, &why);
        assert_int_equal(fine, !platforms[i].refused);
        if (!fine)
            assert_non_null(strstr(why.message, platforms[i].refused));
        assert_int_equal(result.sent, platforms[i].sent);
        assert_int_equal(result.manifests, platforms[i].manifests);
        if (fine)
            assert_int_equal(strcmp(result.top.digest, index.digest) == 0, platforms[i].same);
        to->table->close(to);
    }
}

static void test_single_platform(void **state)
{
    struct world *world = *state;
    struct platform arm = { .os = "linux", .architecture = "arm64" };
    struct copy_options options = { .platforms = &arm, .platform_count = 1, .tag = "new" };
    struct copy_result result;
    maker_image(world->from, world->arena, "amd64", "hello", COMPRESSION_GZIP, "1.0");
    must_not(copy(world, &options, &result, &err), ERROR_NOT_FOUND, "linux/arm64");
    arm.architecture = "amd64";
    must(copy(world, &options, &result, &err));
}

/* Notes, and notes about notes. */
static void test_referrers(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct copy_options options = { .tag = "new" };
    struct copy_result result;
    struct descriptor image =
        maker_image(world->from, arena, "amd64", "hello", COMPRESSION_GZIP, "1.0");
    struct descriptor first = maker_note(world->from, arena, &image, "built by ana");
    struct descriptor second = maker_note(world->from, arena, &first, "seen by bob"), *found;
    size_t count;
    must(copy(world, &options, &result, &err));
    assert_int_equal(result.manifests, 1);
    options.referrers = true;
    must(copy(world, &options, &result, &err));
    assert_int_equal(result.manifests, 4); /* image, both notes, and the tag */
    must(world->to->table->referrers(world->to, arena, first.digest, NULL, &found, &count,
                                     &maker_wait, &err));
    assert_int_equal(count, 1);
    assert_string_equal(found[0].digest, second.digest);
    const char *last = arena_printf(arena, "manifest %.10s new\n", image.digest + 7);
    const char *log = buf_text(&world->target.log);
    assert_string_equal(log + strlen(log) - strlen(last), last);
}

static void test_mount(void **state)
{
    struct world *world = *state;
    struct copy_options options = { .tag = "new" };
    struct copy_result result;
    maker_image(world->from, world->arena, "amd64", "hello", COMPRESSION_GZIP, "1.0");
    world->source.store.host = world->target.store.host = "registry:5000";
    world->source.store.repository = "a";
    world->target.store.repository = "b";
    must(copy(world, &options, &result, &err)); /* the registry does not mount: sent */
    assert_int_equal(result.sent, 2);
    assert_non_null(strstr(buf_text(&world->target.log), "mount "));
    must(copy(world, &options, &result, &err)); /* the image is there: no look at its parts */
    assert_int_equal(result.sent + result.there + result.mounted + result.manifests, 0);
    world->target.mounts = true;
    maker_image(world->from, world->arena, "amd64", "other", COMPRESSION_GZIP, "1.0");
    must(copy(world, &options, &result, &err));
    assert_int_equal(result.mounted, 2);
    assert_int_equal(result.sent, 0);
}

static void test_archive(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    maker_index(world->from, arena, "hello", "1.0");
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        struct copy_options options = { .tag = "1.0", .blobs = threads };
        struct copy_result result;
        struct image_store *archive;
        const char *path = arena_printf(arena, "%s/%u.tar", world->folder, threads);
        must(archive_create(path, ARCHIVE_OCI, NULL, &archive, &err));
        must(image_copy(world->from, "1.0", archive, &options, arena, &result, &maker_wait, &err));
        must(store_finish(archive, &maker_wait, &err));
        archive->table->close(archive);
    }
    run(arena, "cmp", path_join(arena, world->folder, "1.tar"),
        path_join(arena, world->folder, "4.tar"));
}

/* --------------------------------------------------------------------- what goes wrong */

static bool is_whole(struct world *world, const char *tag)
{
    struct image_store *check;
    struct copy_options options = { .tag = NULL };
    struct copy_result result;
    struct error why;
    const char *folder = path_join(world->arena, world->folder, "check");
    must(layout_create(folder, &check, &err));
    bool whole =
        image_copy(world->to, tag, check, &options, world->arena, &result, &maker_wait, &why);
    check->table->close(check);
    run(world->arena, "rm", "-rf", folder);
    return whole;
}

/* A cut at each call in turn, until one run goes through. */
static void test_cuts(void **state)
{
    struct world *world = *state;
    struct copy_options options = { .tag = "new", .referrers = true };
    struct copy_result result;
    struct descriptor index = maker_index(world->from, world->arena, "hello", "1.0"), found;
    maker_note(world->from, world->arena, &index, "built by ana");
    for (int call = 1;; call++) {
        struct error why = { 0 }, ignored;
        run(world->arena, "rm", "-rf", path_join(world->arena, world->folder, "to"));
        world->to->table->close(world->to);
        must(layout_create(path_join(world->arena, world->folder, "to"), &world->to, &err));
        buf_done(&world->target.log);
        spy_start(&world->target, world->to);
        world->target.fail_at = call;
        if (copy(world, &options, &result, &why)) {
            assert_true(call > 10);
            break;
        }
        assert_int_equal(why.kind, ERROR_UNREACHABLE);
        assert_false(world->to->table->resolve(world->to, world->arena, "new", &found, &maker_wait,
                                               &ignored));
        world->target.fail_at = 0;
        must(copy(world, &options, &result, &err));
        assert_true(is_whole(world, "new"));
    }
}

static void test_lies(void **state)
{
    struct world *world = *state;
    struct copy_options options = { .tag = "new" };
    struct copy_result result;
    struct descriptor found;
    maker_image(world->from, world->arena, "amd64", "hello", COMPRESSION_GZIP, "1.0");
    world->source.lies = true;
    must_not(copy(world, &options, &result, &err), ERROR_INVALID, "its digest is");
    must_not(world->to->table->resolve(world->to, world->arena, "new", &found, &maker_wait, &err),
             ERROR_NOT_FOUND, "new");
    assert_string_equal(
        run(world->arena, "find", path_join(world->arena, world->folder, "to/blobs"), "-type", "f"),
        "");
}

static void test_missing(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct copy_options options = { .tag = "new" };
    struct copy_result result;
    struct image image;
    maker_image(world->from, arena, "amd64", "hello", COMPRESSION_GZIP, "1.0");
    must_not(image_copy(world->from, "2.0", world->to, &options, arena, &result, &maker_wait, &err),
             ERROR_NOT_FOUND, "2.0");
    must(image_load(world->from, arena, "1.0", NULL, &image, &maker_wait, &err));
    unlink(arena_printf(arena, "%s/from/blobs/sha256/%s", world->folder,
                        image.manifest.layers[0].digest + 7));
    must_not(copy(world, &options, &result, &err), ERROR_NOT_FOUND,
             image.manifest.layers[0].digest);
    must_not(world->to->table->resolve(world->to, arena, "new", &result.top, &maker_wait, &err),
             ERROR_NOT_FOUND, "new");
}

/* An index that names the same index many times, level by level: each is looked at once. */
static void test_many_ways(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct descriptor entries[50];
    struct copy_options options = { .tag = "new" };
    struct copy_result result;
    entries[0] = maker_image(world->from, arena, "amd64", "x", COMPRESSION_GZIP, NULL);
    for (int level = 0; level <= COPY_DEPTH_CEILING; level++) {
        struct image_index index = { .media_type = MEDIA_OCI_INDEX,
                                     .manifests = entries,
                                     .count = 50 };
        AUTO_BUF out = BUF_INIT(1 << 20);
        for (int i = 1; i < 50; i++)
            entries[i] = entries[0];
        image_index_write(arena, &out, &index);
        entries[0] = maker_put(world->from, arena, MEDIA_OCI_INDEX, &out, "1.0");
        if (level < COPY_DEPTH_CEILING)
            must(copy(world, &options, &result, &err));
        else
            must_not(copy(world, &options, &result, &err), ERROR_INVALID, "8 deep");
    }
}

#define with_stores(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_stores(test_index),           with_stores(test_order),     with_stores(test_platforms),
        with_stores(test_single_platform), with_stores(test_referrers), with_stores(test_mount),
        with_stores(test_archive),         with_stores(test_cuts),      with_stores(test_lies),
        with_stores(test_missing),         with_stores(test_many_ways),

    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
