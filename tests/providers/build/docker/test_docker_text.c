/*
 * Which Dockerfile another builder is given, where it lies in the context, who would copy it
 * along, and what only BuildKit can do; and the context as a tar, as tar lists it. No engine
 * is asked.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "providers/build/docker/tar_source.h"
#include "providers/build/docker/text.h"
#include "providers/files_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    struct arena *arena;
    char folder[32];
    struct files *files;
    struct build *build;
    struct image_spec spec;
    struct context_list list;
};

static void put(struct world *world, const char *path, const char *text, mode_t mode)
{
    const char *whole = path_join(world->arena, world->folder, path);
    char *folder = arena_strdup(world->arena, whole);
    struct error err;
    *strrchr(folder, '/') = '\0';
    assert_true(folder_make(folder, &err));
    assert_true(file_write(whole, text, strlen(text), mode, &err));
}

static void start(struct world *world)
{
    *world = (struct world){ .arena = arena_new() };
    strcpy(world->folder, "/tmp/cmx-text-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->spec = (struct image_spec){ .name = "api", .build = { .given = true } };
}

static void open_build(struct world *world)
{
    struct build_options options = { .spec = &world->spec };
    struct problems problems;
    struct error err;
    problems_start(&problems, world->arena);
    if (!files_disk_open(world->folder, &world->files, &err))
        fail_msg("%s", err.message);
    options.files = world->files;
    if (!build_open(&options, &world->build, &problems, &err))
        fail_msg("%s: %s", err.message, problems.count ? problems.items[0].message : "");
    if (!context_list(&world->build->context, world->arena, &world->list, &err))
        fail_msg("%s", err.message);
}

static void end(struct world *world)
{
    const char *const arguments[] = { "rm", "-rf", world->folder, NULL };
    struct wait wait = wait_for(10000, NULL);
    struct error err;
    char *output;
    int status;
    build_close(world->build);
    world->files->table->close(world->files);
    assert_true(
        process_run(world->arena, arguments, NULL, NULL, 100, &wait, &output, &status, &err));
    arena_free(world->arena);
}

static const char *or_none(const char *text)
{
    return text ? text : "-";
}

static void chooses_text_and_place(void **state)
{
    static const struct {
        const char *dockerfile, *ignore;
        const char *base, *target, *user; /* what the manifest says */
        const char *text;                 /* NULL: the file as it is */
        const char *wanted;               /* path, who takes it, where, what needs BuildKit */
    } cases[] = {
        { "FROM a\nRUN x\nCOPY . /\n", "", NULL, NULL, NULL, NULL, "Dockerfile - no -" },
        { "FROM a\nRUN x\nCOPY . /\n", "Dockerfile\n", NULL, NULL, NULL,
          "FROM a\nRUN x\nCOPY . /\n", BUILD_DOCKER_NAME " COPY at Dockerfile:3 image -" },
        { "FROM a\nCOPY src/ /\nADD x y /z/\n", "Dockerfile\n", NULL, NULL, NULL,
          "FROM a\nCOPY src/ /\nADD x y /z/\n", BUILD_DOCKER_NAME " - no -" },
        { "FROM a AS one\nADD *.c /\nFROM b\nCOPY --from=one / /\n", "Dockerfile\n", NULL, NULL,
          NULL, "FROM a AS one\nADD *.c /\nFROM b\nCOPY --from=one / /\n",
          BUILD_DOCKER_NAME " ADD at Dockerfile:2 no -" },
        { "FROM a AS one\nCOPY ./ /\nFROM one\n", "Dockerfile\n", NULL, NULL, NULL,
          "FROM a AS one\nCOPY ./ /\nFROM one\n",
          BUILD_DOCKER_NAME " COPY at Dockerfile:2 image -" },
        /* build.base takes the place of the target's FROM, the rest stays */
        { "FROM a AS x\nRUN y\nFROM --platform=linux/amd64 b AS z\nRUN q\n", "", "c:1", "x", NULL,
          "FROM c:1 AS x\nRUN y\nFROM --platform=linux/amd64 b AS z\nRUN q\n", NULL },
        { "FROM --platform=linux/amd64 a AS x\n", "", "c:1", NULL, NULL,
          "FROM --platform=linux/amd64 c:1 AS x\n", BUILD_DOCKER_NAME " - no -" },
        /* settings come behind the target, and what follows it is left out */
        { "FROM a AS one\nRUN x\nFROM b\n", "", NULL, "one", "me",
          "FROM a AS one\nRUN x\nUSER \"me\"\n", BUILD_DOCKER_NAME " - no -" },
        { "FROM a", "", NULL, NULL, "me", "FROM a\nUSER \"me\"\n", BUILD_DOCKER_NAME " - no -" },
        { "FROM a\nRUN --mount=type=cache,target=/c x\n", "", NULL, NULL, NULL, NULL,
          "Dockerfile - no --mount at Dockerfile:2" },
        { "FROM a\nCOPY --chmod=755 x /\n", "", NULL, NULL, NULL, NULL,
          "Dockerfile - no --chmod at Dockerfile:2" },
        { "FROM a\nRUN <<E\nx\nE\n", "", NULL, NULL, NULL, NULL,
          "Dockerfile - no a here-document at Dockerfile:2" },
        { "FROM a\nCOPY --chown=1 x /\nHEALTHCHECK --interval=3s CMD x\n", "", NULL, NULL, NULL,
          NULL, "Dockerfile - no -" },
        /* a stage that is not needed asks for nothing */
        { "FROM a AS one\nRUN --mount=type=cache,target=/c x\nFROM b\n", "", NULL, NULL, NULL, NULL,
          "Dockerfile - no -" },
    };
    /* what the cases copy: a source that is not there is an error before any text is made */
    static const char *const sources[] = { "x", "y", "a.c", "src/a" };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        struct build_docker_text text;
        struct error err;
        start(&world);
        put(&world, "Dockerfile", cases[i].dockerfile, 0644);
        put(&world, ".dockerignore", cases[i].ignore, 0644);
        for (size_t j = 0; j < sizeof sources / sizeof *sources; j++)
            put(&world, sources[j], "", 0644);
        world.spec.build.base = cases[i].base;
        world.spec.build.target = cases[i].target;
        world.spec.settings.user = cases[i].user;
        open_build(&world);
        if (!build_docker_text(world.build, world.arena, &world.list, &text, &err))
            fail_msg("%s: %s", cases[i].dockerfile, err.message);
        assert_string_equal(or_none(text.text), or_none(cases[i].text));
        const char *got =
            arena_printf(world.arena, "%s %s %s %s", text.path, or_none(text.taken_by),
                         text.reaches_image ? "image" : "no", or_none(text.buildkit));
        if (cases[i].wanted)
            assert_string_equal(got, cases[i].wanted);
        end(&world);
    }
}

static void refuses_a_base_over_two_lines(void **state)
{
    (void)state;
    struct world world;
    struct build_docker_text text;
    struct error err;
    start(&world);
    put(&world, "Dockerfile", "FROM \\\n a\n", 0644);
    world.spec.build.base = "b";
    open_build(&world);
    assert_false(build_docker_text(world.build, world.arena, &world.list, &text, &err));
    assert_non_null(strstr(err.message, "the FROM at Dockerfile:1 goes on in the next line"));
    end(&world);
}

/* What `tar` lists: mode, owner, size, time, name, target. */
static void makes_a_tar_of_the_context(void **state)
{
    static const char wanted[] = "-rw-r--r-- 0/0 7 1970-01-01 00:01 Dockerfile\n"
                                 "-rwxr-xr-x 0/0 9 1970-01-01 00:01 bin/run\n"
                                 "-rw-r--r-- 0/0 0 1970-01-01 00:01 empty\n"
                                 "lrwxrwxrwx 0/0 0 1970-01-01 00:01 link -> bin/run\n"
                                 "-rw-r--r-- 0/0 5 1970-01-01 00:01 " BUILD_DOCKER_NAME "\n"
                                 "-rw-r--r-- 0/0 40 1970-01-01 00:01 .dockerignore\n";
    (void)state;
    struct world world;
    struct wait wait = wait_for(10000, NULL);
    struct tar_source source;
    struct error err;
    AUTO_BUF tar = BUF_INIT(1 << 20);
    start(&world);
    put(&world, "Dockerfile", "FROM a\n", 0600);
    put(&world, "bin/run", "#!/bin/sh", 0700);
    put(&world, "empty", "", 0666);
    assert_int_equal(symlink("bin/run", path_join(world.arena, world.folder, "link")), 0);
    open_build(&world);
    tar_source_start(&source, &world.list, 60, &wait);
    source.name = BUILD_DOCKER_NAME;
    source.text = "other";
    source.hide = true;
    char piece[7];
    for (size_t length = 1; length;) {
        if (!tar_source_read(&source, piece, sizeof piece, &length, &err))
            fail_msg("%s", err.message);
        buf_add(&tar, piece, length);
    }
    tar_source_done(&source);
    const char *path = path_join(world.arena, world.folder, "made.tar");
    assert_true(file_write(path, tar.data, tar.length, 0600, &err));
    const char *const arguments[] = {
        "bash", "-c", "TZ=UTC tar --numeric-owner -tvf \"$0\" | grep -v '^d' | tr -s ' '", path,
        NULL
    };
    char *output;
    int status;
    assert_true(
        process_run(world.arena, arguments, NULL, NULL, 1 << 16, &wait, &output, &status, &err));
    assert_string_equal(output, wanted);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_text_and_place),
        cmocka_unit_test(refuses_a_base_over_two_lines),
        cmocka_unit_test(makes_a_tar_of_the_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
