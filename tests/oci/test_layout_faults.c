/*
 * A layout folder when things go wrong around it: the disk is full, another one holds the
 * lock, the program is killed. No tag ever names an image that is not whole, and nothing is
 * left behind that a next run stumbles over.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "oci/archive.h"
#include "oci/image_maker.h"
#include "oci/layout.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct world {
    struct arena *arena;
    const char *folder, *layout;
};

static int start(void **state)
{
    struct arena *arena = arena_new();
    struct world *world = arena_alloc(arena, sizeof *world);
    *world = (struct world){ .arena = arena, .folder = maker_folder(arena) };
    world->layout = path_join(arena, world->folder, "layout");
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

/* ---------------------------------------------------------------------------- lock */

static void test_locked(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *store;
    struct descriptor image;
    must(layout_create(world->layout, &store, &err));
    image = maker_image(store, arena, "amd64", "hello", COMPRESSION_GZIP, NULL);
    AUTO_CLOSE lock = open(world->layout, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    const char *bytes;
    must(store->table->manifest(store, arena, image.digest, &image, &bytes, &maker_wait, &err));
    struct wait short_wait = wait_for(500, NULL);
    must_not(store->table->put_manifest(store, &image, bytes, "1.0", &short_wait, &err),
             ERROR_TIMEOUT, "another writer");
    assert_int_equal(flock(lock, LOCK_UN), 0);
    must(store->table->put_manifest(store, &image, bytes, "1.0", &maker_wait, &err));
    store->table->close(store);
}

/* ----------------------------------------------------------------------- a full disk */

/* What is longer than this cannot be written. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit = { bytes, RLIM_INFINITY };
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool put_large(struct image_store *store, struct arena *arena, struct error *err)
{
    AUTO_BUF content = BUF_INIT(1 << 20);
    struct descriptor stored;
    buf_fill(&content, 'x', 1 << 20);
    return image_put(store, arena, MEDIA_OCI_LAYER, content.data, content.length, &stored,
                     &maker_wait, err);
}

static void test_full_disk(void **state)
{
    struct world *world = *state;
    struct arena *arena = world->arena;
    struct image_store *layout, *archive;
    must(layout_create(world->layout, &layout, &err));
    must(archive_create(path_join(arena, world->folder, "a.tar"), ARCHIVE_OCI, NULL, &archive,
                        &err));
    limit_files(100000);
    must_not(put_large(layout, arena, &err), ERROR_LOCAL, "cannot write");
    must_not(put_large(archive, arena, &err), ERROR_LOCAL, "cannot write");
    limit_files(RLIM_INFINITY);
    assert_string_equal(run(arena, "find", world->layout, "-type", "f", "-size", "+1k"), "");
    maker_image(archive, arena, "amd64", "hello", COMPRESSION_GZIP, "1.0");
    must(store_finish(archive, &maker_wait, &err));
    archive->table->close(archive);
    layout->table->close(layout);
    must(archive_open(path_join(arena, world->folder, "a.tar"), &archive, &maker_wait, &err));
    assert_string_equal(maker_content(archive, arena, "1.0", NULL),
                        "file app 0755 0:0 @0 5 hello\n");
    archive->table->close(archive);
}

/* ------------------------------------------------------------------------------ kills */

/* Moves a tag on and on, until somebody ends it. */
static void write_for_ever(struct world *world)
{
    for (int i = 0;; i++) {
        AUTO_ARENA arena = arena_new();
        struct image_store *store;
        must(layout_create(world->layout, &store, &err));
        maker_image(store, arena, "amd64", arena_printf(arena, "%d", i), COMPRESSION_GZIP, "1.0");
        maker_image(store, arena, "arm64", arena_printf(arena, "%d", i), COMPRESSION_NONE,
                    arena_printf(arena, "t%d", i % 3));
        store->table->close(store);
    }
}

static void require_whole(struct world *world)
{
    struct arena *arena = world->arena;
    struct image_store *store;
    const char **tags;
    size_t count;
    must(layout_create(world->layout, &store, &err));
    must(store->table->tags(store, arena, &tags, &count, &maker_wait, &err));
    for (size_t i = 0; i < count; i++)
        maker_content(store, arena, tags[i], NULL);
    store->table->close(store);
}

static void test_kill(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < 40; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            write_for_ever(world);
            _exit(1);
        }
        usleep(1000 + i * 1700); /* a moment of its work, another one each time */
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        require_whole(world);
    }
    struct image_store *store;
    const char **tags;
    size_t count;
    must(layout_open(world->layout, &store, &err));
    must(store->table->tags(store, world->arena, &tags, &count, &maker_wait, &err));
    assert_true(count >= 1); /* the test saw something */
    store->table->close(store);
    assert_string_equal(run(world->arena, "find", world->layout, "-name", "*.tmp"), "");
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(test_locked),
        with_folder(test_full_disk),
        with_folder(test_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
