/*
 * What BuildKit's programs print (recorded/, of Docker's own client) as a user reads it, what
 * they are told, the context that they are given, and the error where they are not there.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "providers/build/buildkit/command.h"
#include "providers/build/buildkit/folder.h"
#include "providers/build/buildkit/plain.h"
#include "providers/files_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void write_down(void *context, enum build_line kind, unsigned step, const char *text)
{
    static const char *const names[] = { "step", "cached", "output", "warning" };
    buf_printf(context, "%u %s: %s\n", step, names[kind], text);
}

static const char *read_recorded(struct arena *arena, const char *name)
{
    char *data;
    size_t length;
    struct error err;
    const char *path =
        arena_printf(arena, "%s/providers/build/buildkit/recorded/%s", TESTS_FOLDER, name);
    if (!file_read(arena, path, 1 << 20, &data, &length, &err))
        fail_msg("%s", err.message);
    return data;
}

static const char *log_of(struct arena *arena, const char *printed, size_t piece, int status)
{
    AUTO_BUF out = BUF_INIT(1 << 20);
    struct build_log *log = arena_alloc(arena, sizeof *log);
    struct plain plain;
    struct error err = { 0 };
    *log = (struct build_log){ .listener = write_down, .context = &out };
    plain_start(&plain, arena, log);
    for (size_t at = 0, length = strlen(printed); at < length; at += piece)
        plain_add(&plain, printed + at, piece < length - at ? piece : length - at);
    if (status) {
        assert_false(plain_failure(&plain, "docker buildx", status, &err));
        buf_printf(&out, "error: %s\n", err.message);
    }
    return arena_strdup(arena, buf_text(&out));
}

/* What a RUN prints of a secret it mounts: whole, in base64, and where a long line is cut. */
static void shows_no_secret(void **state)
{
    static const char value[] = "geheim-1234567";
    AUTO_ARENA arena = arena_new();
    AUTO_BUF out = BUF_INIT(1 << 20), printed = BUF_INIT(1 << 20);
    struct build_log *log = arena_alloc(arena, sizeof *log);
    struct plain plain;
    struct error err = { 0 };
    (void)state;
    *log = (struct build_log){ .listener = write_down, .context = &out };
    plain_start(&plain, arena, log);
    plain.redactor = redactor_new();
    redactor_learn(plain.redactor, value, strlen(value));
    buf_printf(&printed, "#5 [1/1] RUN cat /run/secrets/token\n#5 0.1 + login %s now\n", value);
    buf_printf(&printed, "#5 0.1 Basic dXNlcjpnZWhlaW0tMTIzNDU2Nw== sent\n#5 0.2 %.*s %s\n",
               BUILD_LOG_LINE_BYTES - 20, arena_printf(arena, "%0400d", 0), value);
    buf_printf(&printed, "#5 ERROR: process did not complete: exit code: 1\n");
    plain_add(&plain, printed.data, printed.length);
    assert_false(plain_failure(&plain, "buildctl", 1, &err));
    assert_non_null(strstr(buf_text(&out), "5 output: + login (secret) now\n"));
    assert_non_null(strstr(buf_text(&out), "5 output: Basic (secret) sent\n"));
    assert_non_null(strstr(err.message, "(secret)"));
    assert_null(strstr(buf_text(&out), "geh"));
    assert_null(strstr(err.message, "geh"));
    redactor_free(plain.redactor);
}

static void reads_what_is_printed(void **state)
{
    static const char done[] = "4 step: [one 1/2] FROM docker.io/library/base:1\n"
                               "4 cached: [one 1/2] FROM docker.io/library/base:1\n"
                               "5 step: [one 2/2] RUN echo hello $X; seq 3; echo err >&2\n"
                               "5 output: hello\n"
                               "5 output: 1\n"
                               "5 output: 2\n"
                               "5 output: 3\n"
                               "5 output: err\n"
                               "7 step: [stage-1 1/2] COPY a /a\n"
                               "8 step: [stage-1 2/2] RUN cat /a; echo \"ERROR: not really\"\n"
                               "8 output: aaa\n"
                               "8 output: ERROR: not really\n";
    static const char fails[] =
        "error: [one 2/2] RUN echo hello $X; seq 3; sleep 1; exit 3; echo err >&2: exit code 3; "
        "its last lines:\n  hello\n  1\n  2\n  3\n";
    (void)state;
    for (size_t piece = 1; piece < 10000; piece *= 23) {
        AUTO_ARENA arena = arena_new();
        assert_string_equal(log_of(arena, read_recorded(arena, "done.txt"), piece, 0), done);
        const char *log = log_of(arena, read_recorded(arena, "fails.txt"), piece, 1);
        assert_string_equal(strstr(log, "error: "), fails);
    }
}

static void tells_other_ends(void **state)
{
    static const struct {
        const char *printed;
        int status;
        const char *log;
    } cases[] = {
        { "", 3, "error: docker buildx ended with exit code 3\n" },
        { "what a surprise\n", 1,
          "0 output: what a surprise\nerror: docker buildx ended with exit code 1; its last "
          "lines:\n  what a surprise\n" },
        { "ERROR: OCI exporter is not supported for the docker driver\n", 1,
          "error: docker buildx: OCI exporter is not supported for the docker driver\n" },
        { "#2 [internal] load x\n#2 ERROR: no such image\nERROR: failed to solve: no such image", 1,
          "error: docker buildx: failed to solve: no such image\n" },
        { "#99999999999 x\n#0 [1/1] RUN x\n# y\n#", 0, "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_ARENA arena = arena_new();
        assert_string_equal(log_of(arena, cases[i].printed, 3, cases[i].status), cases[i].log);
    }
}

/* -------------------------------------------------------------------- a build */

struct world {
    struct arena *arena;
    char folder[32];
    struct files *files;
    struct build *build;
    struct image_spec spec;
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
    strcpy(world->folder, "/tmp/cmx-kit-XXXXXX");
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
        fail_msg("%s", err.message);
}

static void end(struct world *world)
{
    build_close(world->build);
    world->files->table->close(world->files);
    folder_remove(world->folder);
    assert_int_equal(access(world->folder, F_OK), -1);
    arena_free(world->arena);
}

/* A store that says it is a registry's, and is never asked. */
static struct image_store registry = { .name = "r", .host = "localhost:5000", .repository = "b" };

static bool open_base(void *context, struct arena *arena, const char *reference,
                      struct image_store **ret_store, struct descriptor *ret_descriptor,
                      const struct wait *wait, struct error *err)
{
    (void)context, (void)arena, (void)reference, (void)wait, (void)err;
    *ret_store = &registry;
    *ret_descriptor = (struct descriptor){ .digest = "sha256:abc", .size = 1 };
    return true;
}

static void tells_programs_what_to_do(void **state)
{
    static const char buildctl[] =
        "buildctl build --progress plain --frontend dockerfile.v0 --local context=/c --local "
        "dockerfile=/d --opt platform=linux/amd64,linux/arm64 --opt target=t --opt "
        "force-network-mode=none --opt build-arg:A=1 2 --opt label:l=m --opt "
        "build-arg:SOURCE_DATE_EPOCH=7 --import-cache type=registry,ref=r/c --export-cache "
        "type=inline --output type=oci,dest=/o --opt "
        "context:localhost:5000/b=docker-image://localhost:5000/b@sha256:abc --opt "
        "context:x:2=docker-image://docker.io/library/x@sha256:abc --secret id=s,env=S --secret "
        "id=f,src=/f --ssh default";
    static const char buildx[] =
        "docker buildx build --progress=plain --platform linux/amd64,linux/arm64 --file "
        "/d/Dockerfile --target t --network none --build-arg A=1 2 --label l=m --build-arg "
        "SOURCE_DATE_EPOCH=7 --cache-from type=registry,ref=r/c --cache-to type=inline --output "
        "type=oci,dest=/o --build-context "
        "localhost:5000/b=docker-image://localhost:5000/b@sha256:abc --build-context "
        "x:2=docker-image://docker.io/library/x@sha256:abc --secret id=s,env=S --secret "
        "id=f,src=/f --ssh default /c";
    static const char engine[] =
        "docker buildx build --progress=plain --platform linux/amd64,linux/arm64 --file "
        "/d/Dockerfile --target t --network none --build-arg A=1 2 --label l=m --build-arg "
        "SOURCE_DATE_EPOCH=7 --cache-from type=registry,ref=r/c --cache-to type=inline --load "
        "--iidfile /i --secret id=s,env=S --secret id=f,src=/f --ssh default /c";
    static const struct buildkit_places places = { "/c", "/d", "/o", "t", NULL };
    static const struct buildkit_places in_engine = { "/c", "/d", "/o", "t", "/i" };
    static const char *from[] = { "r/c" }, *to[] = { "type=inline" };
    static const char *platforms[] = { "linux/amd64", "linux/arm64" };
    static struct image_pair args[] = { { "A", "1 2" } }, labels[] = { { "l", "m" } };
    static struct image_secret secrets[] = { { "s", "S", NULL }, { "f", NULL, "/f" } };
    static const struct {
        enum buildkit_program program;
        const struct buildkit_places *places;
        const char *line;
    } cases[] = { { BUILDKIT_BUILDCTL, &places, buildctl },
                  { BUILDKIT_BUILDX, &places, buildx },
                  { BUILDKIT_BUILDX, &in_engine, engine } };
    const struct build_opener opener = { NULL, open_base };
    struct wait wait = wait_for(10000, NULL);
    struct world world;
    struct error err;
    (void)state;
    start(&world);
    put(&world, "Dockerfile", "FROM localhost:5000/b AS t\nRUN x\nCOPY --from=x:2 / /\n", 0644);
    struct image_build *spec = &world.spec.build;
    spec->cache_from = (struct text_list){ from, 1, 1 };
    spec->cache_to = (struct text_list){ to, 1, 1 };
    spec->platforms = (struct text_list){ platforms, 2, 2 };
    spec->args = (struct image_pairs){ args, 1, 1 };
    spec->labels = (struct image_pairs){ labels, 1, 1 };
    spec->secrets = secrets;
    spec->secret_count = 2;
    spec->ssh = true;
    spec->network = "none";
    spec->source_date_epoch = 7;
    open_build(&world);
    assert_true(build_resolve(world.build, &opener, &wait, &err));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AUTO_BUF line = BUF_INIT(1 << 16);
        const char *const *arguments;
        if (!buildkit_arguments(world.build, world.arena, cases[i].program, cases[i].places,
                                &arguments, &err))
            fail_msg("%s", err.message);
        for (size_t j = 0; arguments[j]; j++)
            buf_printf(&line, "%s%s", j ? " " : "", arguments[j]);
        assert_string_equal(buf_text(&line), cases[i].line);
    }
    secrets[1].file = "/a,b";
    const char *const *arguments;
    assert_false(
        buildkit_arguments(world.build, world.arena, BUILDKIT_BUILDX, &places, &arguments, &err));
    assert_non_null(strstr(err.message, "build.secrets: \"/a,b\""));
    end(&world);
}

static void says_what_is_missing(void **state)
{
    AUTO_ARENA arena = arena_new();
    struct wait wait = wait_for(10000, NULL);
    const char *path = arena_strdup(arena, getenv("PATH"));
    enum buildkit_program program;
    struct error err = { 0 };
    (void)state;
    setenv("PATH", "/nowhere", 1);
    assert_false(buildkit_find(arena, &program, &wait, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "install docker buildx (docker-buildx-plugin), or"));
    setenv("PATH", path, 1);
}

/* The listing of what was written: type, mode, time, name, target. */
static void writes_the_context_out(void **state)
{
    static const char wanted[] = "d 755 60 bin\n"
                                 "f 644 60 Dockerfile\n"
                                 "f 755 60 bin/run\n"
                                 "l 777 60 link -> ../outside\n";
    struct wait wait = wait_for(10000, NULL);
    struct context_list list;
    struct world world;
    struct error err;
    char out[] = "/tmp/cmx-kit-out-XXXXXX", *listing;
    int status;
    (void)state;
    start(&world);
    put(&world, "Dockerfile", "FROM a\n", 0600);
    put(&world, "bin/run", "#!/bin/sh", 0700);
    assert_int_equal(symlink("../outside", path_join(world.arena, world.folder, "link")), 0);
    open_build(&world);
    assert_non_null(mkdtemp(out));
    mode_t mask = umask(0077);
    assert_true(context_list(&world.build->context, world.arena, &list, &err));
    if (!folder_write(out, &list, 60, &wait, &err))
        fail_msg("%s", err.message);
    umask(mask);
    const char *const arguments[] = {
        "bash", "-c",
        "cd \"$0\" && find . -mindepth 1 -printf '%y %m %T@ %P -> %l\\n' | sed 's/\\.0* / /; s/ -> "
        "$//' | LC_ALL=C sort",
        out, NULL
    };
    assert_true(
        process_run(world.arena, arguments, NULL, NULL, 1 << 16, &wait, &listing, &status, &err));
    assert_string_equal(listing, wanted);
    folder_remove(out);
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_printed), cmocka_unit_test(shows_no_secret),
        cmocka_unit_test(tells_other_ends),      cmocka_unit_test(tells_programs_what_to_do),
        cmocka_unit_test(says_what_is_missing),  cmocka_unit_test(writes_the_context_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
