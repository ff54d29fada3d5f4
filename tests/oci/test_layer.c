/*
 * Layers unpacked while they stream: each way to compress them, whatever pieces they come in;
 * bombs, cuts and wrong digests.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "oci/image_maker.h"
#include "oci/layout.h"

#include <sys/resource.h>

/* ---------------------------------------------------------------------- unpacking alone */

static bool unpack(const struct buf *packed, size_t step, int64_t ceiling, struct buf *out,
                   struct error *err)
{
    struct unpacker *unpacker = unpacker_new(ceiling, tar_text_sink, out);
    bool fine = true;
    for (size_t at = 0; fine && at < packed->length; at += step)
        fine = unpacker_feed(unpacker, packed->data + at,
                             packed->length - at < step ? packed->length - at : step, err);
    fine = fine && unpacker_end(unpacker, err);
    unpacker_free(unpacker);
    return fine;
}

/* What a case is made of, letter by letter. */
static void make(struct buf *out, const char *recipe)
{
    for (; *recipe; recipe++)
        switch (*recipe) {
        case 'g':
            maker_gzip(out, "hello ", 6);
            break;
        case 'e':
            maker_gzip(out, "", 0);
            break;
        case 'z':
            maker_zstd(out, "hello ", 6);
            break;
        case 's': /* a frame that is to be skipped */
            buf_add(out, "\x50\x2a\x4d\x18\x03\0\0\0xyz", 11);
            break;
        case '0':
            buf_fill(out, '\0', 600);
            break;
        case '-': /* cut */
            out->length--;
            break;
        default:
            buf_putc(out, *recipe);
        }
}

static const struct {
    const char *recipe, *text, *refused;
} cases[] = {
    { "", "", NULL },
    { "A", "A", NULL },
    { "ABC", "ABC", NULL },
    { "ABCDEFGH", "ABCDEFGH", NULL },
    { "g", "hello ", NULL },
    { "ggg", "hello hello hello ", NULL },
    { "geg", "hello hello ", NULL },
    { "e", "", NULL },
    { "g0", "hello ", NULL },
    { "z", "hello ", NULL },
    { "zzz", "hello hello hello ", NULL },
    { "sz", "hello ", NULL },
    { "zs", "hello ", NULL },
    { "g-", NULL, "middle of its gzip" },
    { "gg-", NULL, "middle of its gzip" },
    { "gX", NULL, "middle of its gzip" },
    { "gXYZ", NULL, "gzip is broken" },
    { "g0g", NULL, "behind the end of its gzip" },
    { "z-", NULL, "middle of its zstd" },
    { "zX", NULL, "middle of its zstd" },
    { "zXYXYXY", NULL, "zstd is broken" },
};

static void test_unpack(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 2000; step = step * 3 + 1) {
            AUTO_BUF packed = BUF_INIT(1 << 16), out = BUF_INIT(1 << 16);
            struct error why = { 0 };
            make(&packed, cases[i].recipe);
            bool fine = unpack(&packed, step, 0, &out, &why);
            if (fine != !cases[i].refused)
                fail_msg("%s in steps of %zu: %s", cases[i].recipe, step, why.message);
            if (fine)
                assert_string_equal(buf_text(&out), cases[i].text);
            else if (!strstr(why.message, cases[i].refused) || why.kind != ERROR_INVALID)
                fail_msg("%s in steps of %zu: %s", cases[i].recipe, step, why.message);
        }
}

/* More than a window, so that the output comes in pieces. */
static void test_large(void **state)
{
    (void)state;
    AUTO_BUF content = BUF_INIT(4 << 20);
    for (int i = 0; i < 300000; i++)
        buf_printf(&content, "%d\n", i % 1000 * 7919 % 100003 + i);
    for (int zstd = 0; zstd < 2; zstd++)
        for (size_t step = 1000; step < 4 << 20; step *= 100) {
            AUTO_BUF packed = BUF_INIT(4 << 20), out = BUF_INIT(4 << 20);
            (zstd ? maker_zstd : maker_gzip)(&packed, content.data, content.length);
            must(unpack(&packed, step, 0, &out, &err));
            assert_int_equal(out.length, content.length);
            assert_memory_equal(out.data, content.data, content.length);
        }
}

/* ------------------------------------------------------------------------ out of a store */

struct world {
    struct arena *arena;
    const char *folder;
    struct image_store *store;
};

static int start(void **state)
{
    struct arena *arena = arena_new();
    struct world *world = arena_alloc(arena, sizeof *world);
    *world = (struct world){ .arena = arena, .folder = maker_folder(arena) };
    must(layout_create(path_join(arena, world->folder, "layout"), &world->store, &err));
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

static void test_diff_id(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    const char *wrong = digest_text(arena, "x", 1), *diff_id, *found;
    for (int compression = COMPRESSION_NONE; compression <= COMPRESSION_ZSTD; compression++) {
        AUTO_BUF out = BUF_INIT(1 << 20);
        struct descriptor layer =
            maker_layer(world->store, arena, "hello", (enum compression)compression, &diff_id);
        must(layer_read(world->store, arena, &layer, diff_id, 0, tar_text_sink, &out, NULL,
                        &maker_wait, &err));
        must(layer_read(world->store, arena, &layer, NULL, 0, tar_text_sink, &out, &found,
                        &maker_wait, &err));
        assert_string_equal(found, diff_id);
        must_not(layer_read(world->store, arena, &layer, wrong, 0, tar_text_sink, &out, NULL,
                            &maker_wait, &err),
                 ERROR_INVALID, "not what the config says");
        layer.media_type = MEDIA_OCI_LAYER; /* which lies */
        must(layer_read(world->store, arena, &layer, diff_id, 0, tar_text_sink, &out, NULL,
                        &maker_wait, &err));
    }
}

static void test_foreign(void **state)
{
    struct world *world = *state;
    AUTO_BUF out = BUF_INIT(1 << 20);
    struct descriptor layer = {
        .media_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        .digest = digest_text(world->arena, "x", 1),
        .size = 1,
    };
    const char *found = "untouched";
    must(layer_read(world->store, world->arena, &layer, NULL, 0, tar_text_sink, &out, &found,
                    &maker_wait, &err));
    assert_null(found);
    assert_int_equal(out.length, 0);
}

/* 128 MiB of zeros in 128 KiB: it ends at the ceiling, and memory stays small. */
static void test_bomb(void **state)
{
    struct world *world = *state;
    struct rusage before, after;
    struct descriptor bomb;
    AUTO_BUF packed = BUF_INIT(4 << 20), out = BUF_INIT(16 << 20);
    AUTO_FREE char *zeros = calloc(1, 1 << 20);
    for (int i = 0; i < 128; i++)
        maker_gzip(&packed, zeros, 1 << 20);
    must(image_put(world->store, world->arena, MEDIA_OCI_LAYER_GZIP, packed.data, packed.length,
                   &bomb, &maker_wait, &err));
    getrusage(RUSAGE_SELF, &before);
    must_not(layer_read(world->store, world->arena, &bomb, NULL, 8 << 20, tar_text_sink, &out, NULL,
                        &maker_wait, &err),
             ERROR_INVALID, "more than 8388608 bytes");
    struct tar_limits limits = { .unpacked = 1 };
    must_not(layer_read_tar(world->store, world->arena, &bomb, digest_text(world->arena, "x", 1),
                            &limits, &tar_text_handler, &out, &maker_wait, &err),
             ERROR_INVALID, "not what the config says");
    getrusage(RUSAGE_SELF, &after);
    assert_true(out.length <= 8 << 20);
    assert_true(after.ru_maxrss - before.ru_maxrss < 24 << 10);
}

/* What is behind the end of the tar is not looked at, but counts for the digest. */
static void test_no_tar(void **state)
{
    struct world *world = *state;
    struct descriptor layer;
    AUTO_BUF out = BUF_INIT(1 << 20), page = BUF_INIT(1 << 20);
    buf_fill(&page, 'h', 2000);
    must(image_put(world->store, world->arena, MEDIA_OCI_LAYER, page.data, page.length, &layer,
                   &maker_wait, &err));
    must_not(layer_read_tar(world->store, world->arena, &layer, NULL, NULL, &tar_text_handler, &out,
                            &maker_wait, &err),
             ERROR_INVALID, "not a tar");
    assert_string_equal(buf_text(&out), "");
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unpack), cmocka_unit_test(test_large), with_store(test_diff_id),
        with_store(test_foreign),      with_store(test_bomb),        with_store(test_no_tar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
