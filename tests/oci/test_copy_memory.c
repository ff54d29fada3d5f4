/*
 * What a copy takes of memory, however large what it copies is: a layer passes through a
 * window, manifests have a ceiling and are not kept parsed.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "oci/copy.h"
#include "oci/image_maker.h"
#include "oci/layout.h"
#include "oci/store_spy.h"

#include <sys/resource.h>

/* Sanitizers keep what was freed, and shadows of it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MEMORY_FACTOR = 20 };
#else
enum { MEMORY_FACTOR = 1 };
#endif

struct world {
    struct arena *arena;
    const char *folder;
    struct image_store *from, *to;
    struct spy source; /* of `from`: read as a registry is */
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
    *state = world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;
    world->from->table->close(world->from);
    world->to->table->close(world->to);
    buf_done(&world->source.log);
    run(world->arena, "rm", "-rf", world->folder);
    arena_free(world->arena);
    return 0;
}

struct pattern {
    int64_t at, size;
};

static bool pattern_read(void *context, char *data, size_t capacity, size_t *ret_length,
                         struct error *err)
{
    struct pattern *pattern = context;
    (void)err;
    int64_t left = pattern->size - pattern->at;
    *ret_length = left < (int64_t)capacity ? (size_t)left : capacity;
    for (size_t i = 0; i < *ret_length; i++)
        data[i] = (char)((pattern->at + (int64_t)i) * 2654435761u >> 16);
    pattern->at += (int64_t)*ret_length;
    return true;
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* A layer of 128 MiB passes through a window. */
static void test_memory(void **state)
{
    struct world *world = *state;
    struct pattern pattern = { 0, 128 << 20 };
    struct blob_source source = {
        .context = &pattern, .read = pattern_read, .media_type = MEDIA_OCI_LAYER, .size = -1
    };
    struct descriptor layer;
    struct copy_options options = { .tag = "new" };
    struct copy_result result;
    must(world->from->table->put_blob(world->from, world->arena, &source, &layer, &maker_wait,
                                      &err));
    struct image_manifest manifest = { .media_type = MEDIA_OCI_MANIFEST,
                                       .layers = &layer,
                                       .layer_count = 1 };
    AUTO_BUF out = BUF_INIT(1 << 20);
    manifest.config = maker_config(world->from, world->arena, "amd64", layer.digest);
    image_manifest_write(world->arena, &out, &manifest);
    maker_put(world->from, world->arena, MEDIA_OCI_MANIFEST, &out, "1.0");
    long before = peak_kib();
    must(image_copy(&world->source.store, "1.0", world->to, &options, world->arena, &result,
                    &maker_wait, &err));
    assert_int_equal(result.sent_bytes, layer.size + manifest.config.size);
    assert_true(peak_kib() - before < (16 << 10) * MEMORY_FACTOR);
}

/* Manifests are all kept until the end: together they have a ceiling, and are not kept parsed. */
static void test_large_manifests(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct descriptor entries[20], config, layer;
    const char *diff_id;
    struct copy_options options = { .tag = "new" };
    struct copy_result result;
    layer = maker_layer(world->from, arena, "hello", COMPRESSION_GZIP, &diff_id);
    config = maker_config(world->from, arena, "amd64", diff_id);
    for (int i = 0; i < 20; i++) {
        AUTO_ARENA scratch = arena_new();
        AUTO_BUF out = BUF_INIT(8 << 20);
        struct value *notes = value_map(scratch);
        for (int j = 0; j < 50000; j++)
            value_set(scratch, notes, arena_printf(scratch, "%06d%060d", j, i),
                      value_string(scratch, ""));
        struct image_manifest manifest = { .media_type = MEDIA_OCI_MANIFEST,
                                           .config = config,
                                           .layers = &layer,
                                           .layer_count = 1,
                                           .annotations = notes };
        image_manifest_write(scratch, &out, &manifest);
        entries[i] = maker_put(world->from, arena, MEDIA_OCI_MANIFEST, &out, NULL);
    }
    struct image_index index = { .media_type = MEDIA_OCI_INDEX, .manifests = entries, .count = 8 };
    for (; index.count <= 20; index.count += 12) {
        AUTO_BUF out = BUF_INIT(1 << 20);
        long before = peak_kib();
        image_index_write(arena, &out, &index);
        maker_put(world->from, arena, MEDIA_OCI_INDEX, &out, "1.0");
        if (index.count == 8)
            must(image_copy(world->from, "1.0", world->to, &options, arena, &result, &maker_wait,
                            &err));
        else
            must_not(image_copy(world->from, "1.0", world->to, &options, arena, &result,
                                &maker_wait, &err),
                     ERROR_REFUSED, "more than 64 MiB");
        assert_true(peak_kib() - before < (100 << 10) * MEMORY_FACTOR);
    }
}

#define with_stores(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_stores(test_memory),
        with_stores(test_large_manifests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
