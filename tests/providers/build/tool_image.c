/*
 * tool_image: builds an image natively, for tests in scripts.
 *
 *   tool_image REPOSITORY OPTION=VALUE…
 *
 * Options: to=LAYOUT tag=TAG bases=LAYOUT (FROM X is its tag X) context= dockerfile= target=
 * arg=K=V platform= ignore= artifact= epoch= threads= base= template=; work=1 reads the
 * work tree, disk=1 the folder alone; digest=1 prints only the source digest, print=1 the
 * Dockerfile; settings of the image
 * as entrypoint= cmd= env=K=V user= workdir= port= volume= label=K=V file=FROM:TO[:MODE[:OWNER]].
 */
#include "base/cleanup.h"
#include "oci/layout.h"
#include "providers/build/build.h"
#include "providers/files_disk.h"
#include "providers/git/git.h"

#include <stdlib.h>
#include <string.h>

static const struct wait forever = { .deadline = INT64_MAX };

struct world {
    struct arena *arena;
    const char *repository, *to, *tag, *bases, *mode;
    bool work, disk, digest, print;
    unsigned threads;
    struct image_spec spec;
    struct text_list entrypoint, args;
};

static void push(struct arena *arena, struct text_list *list, const char *text)
{
    arena_push(arena, list->items, list->count, list->capacity, text);
}

static void push_pair(struct arena *arena, struct image_pairs *pairs, const char *text)
{
    const char *equals = strchr(text, '=');
    struct image_pair pair = { arena_memdup(arena, text, (size_t)(equals - text)), equals + 1 };
    arena_push(arena, pairs->items, pairs->count, pairs->capacity, pair);
}

static void push_file(struct world *world, const char *text)
{
    struct image_settings *settings = &world->spec.settings;
    char *from = arena_strdup(world->arena, text), *to = strchr(from, ':'), *mode, *owner;
    *to++ = '\0';
    struct image_file file = { .from = from, .to = to, .mode = -1 };
    if ((mode = strchr(to, ':'))) {
        *mode++ = '\0';
        if ((owner = strchr(mode, ':'))) {
            *owner++ = '\0';
            file.owner = owner;
        }
        file.mode = strtol(mode, NULL, 8);
    }
    settings->files =
        memory_realloc(settings->files, (settings->file_count + 1) * sizeof *settings->files);
    settings->files[settings->file_count++] = file;
}

static bool set_text(struct world *world, const char *name, const char *value)
{
    struct image_build *build = &world->spec.build;
    struct image_settings *settings = &world->spec.settings;
    const struct {
        const char *name, **place;
    } texts[] = {
        { "to", &world->to },
        { "tag", &world->tag },
        { "bases", &world->bases },
        { "context", &build->context },
        { "dockerfile", &build->dockerfile },
        { "target", &build->target },
        { "base", &build->base },
        { "template", &build->template },
        { "from", &world->spec.from },
        { "user", &settings->user },
        { "workdir", &settings->working_directory },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].name, name) == 0) {
            *texts[i].place = value;
            return true;
        }
    return false;
}

static bool set_list(struct world *world, const char *name, const char *value)
{
    struct image_build *build = &world->spec.build;
    struct image_settings *settings = &world->spec.settings;
    const struct {
        const char *name;
        struct text_list *list;
        struct image_pairs *pairs;
    } lists[] = {
        { "platform", &build->platforms, NULL },
        { "ignore", &build->ignore, NULL },
        { "artifact", &build->artifacts, NULL },
        { "port", &settings->ports, NULL },
        { "volume", &settings->volumes, NULL },
        { "entrypoint", &world->entrypoint, NULL },
        { "cmd", &world->args, NULL },
        { "arg", NULL, &build->args },
        { "env", NULL, &settings->environment },
        { "label", NULL, &build->labels },
        { "set", NULL, &build->template_settings },
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (strcmp(lists[i].name, name) != 0)
            continue;
        if (lists[i].list)
            push(world->arena, lists[i].list, value);
        else
            push_pair(world->arena, lists[i].pairs, value);
        return true;
    }
    return false;
}

static bool set_rest(struct world *world, const char *name, const char *value)
{
    if (strcmp(name, "epoch") == 0)
        world->spec.build.source_date_epoch = strtoll(value, NULL, 10);
    else if (strcmp(name, "threads") == 0)
        world->threads = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "work") == 0)
        world->work = true;
    else if (strcmp(name, "disk") == 0)
        world->disk = true;
    else if (strcmp(name, "digest") == 0)
        world->digest = true;
    else if (strcmp(name, "print") == 0)
        world->print = true;
    else if (strcmp(name, "nobuild") == 0)
        world->spec.build.given = false;
    else if (strcmp(name, "file") == 0)
        push_file(world, value);
    else
        return false;
    return true;
}

static void read_options(struct world *world, char **options)
{
    for (; *options; options++) {
        char *value = strchr(*options, '=');
        if (!value)
            exit(2);
        *value++ = '\0';
        if (!set_text(world, *options, value) && !set_list(world, *options, value)
            && !set_rest(world, *options, value)) {
            fprintf(stderr, "no option %s\n", *options);
            exit(2);
        }
    }
    if (world->entrypoint.count)
        world->spec.settings.entrypoint = &world->entrypoint;
    if (world->args.count)
        world->spec.settings.args = &world->args;
}

static bool open_base(void *context, struct arena *arena, const char *reference,
                      struct image_store **ret_store, struct descriptor *ret_descriptor,
                      const struct wait *wait, struct error *err)
{
    struct image_store *bases = context;
    if (!bases)
        return error_set(err, ERROR_NOT_FOUND, "no bases were given");
    *ret_store = bases;
    return bases->table->resolve(bases, arena, reference, ret_descriptor, wait, err);
}

static bool build_into(struct world *world, struct build *build, struct error *err)
{
    struct image_store *store;
    struct build_result result;
    struct build_target target = { .threads = world->threads };
    if (!layout_create(world->to, &store, err))
        return false;
    target.store = store;
    bool done = build_native(build, &target, world->arena, &result, &forever, err);
    if (done && world->tag) {
        const char *bytes;
        struct descriptor found;
        done = store->table->manifest(store, world->arena, result.descriptor.digest, &found, &bytes,
                                      &forever, err)
               && store->table->put_manifest(store, &found, bytes, world->tag, &forever, err);
    }
    store->table->close(store);
    if (done)
        printf("%s\n", result.descriptor.digest);
    return done;
}

static bool run(struct world *world, struct files *files, struct problems *problems,
                struct error *err)
{
    const struct build_options options = { &world->spec, files };
    struct image_store *bases = NULL;
    struct build *build;
    const char *digest;
    if (world->bases && !layout_open(world->bases, &bases, err))
        return false;
    const struct build_opener opener = { bases, open_base };
    if (!build_open(&options, &build, problems, err)) {
        if (bases)
            bases->table->close(bases);
        return false;
    }
    bool done = world->print || build_resolve(build, &opener, &forever, err);
    if (world->print) {
        fputs(build_dockerfile(build), stdout);
    } else if (done && world->digest) {
        done = build_digest(build, world->arena, &digest, err);
        if (done)
            printf("%s\n", digest);
    } else if (done) {
        done = build_into(world, build, err);
    }
    build_close(build);
    if (bases)
        bases->table->close(bases);
    return done;
}

static bool run_with_files(struct world *world, struct problems *problems, struct error *err)
{
    struct git_source *source = NULL;
    struct git_options options = { .folder = world->repository, .of_disk = world->work };
    struct files *files;
    if (!world->disk && !git_open(&options, &source, &forever, err))
        return false;
    bool done = world->disk ? files_disk_open(world->repository, &files, err)
                            : git_files(source, world->work, &files, err);
    if (done) {
        done = run(world, files, problems, err);
        files->table->close(files);
    }
    if (source)
        git_close(source);
    return done;
}

int main(int count, char **arguments)
{
    AUTO_ARENA arena = arena_new();
    AUTO_BUF text = BUF_INIT(1 << 20);
    struct world world = { .arena = arena, .spec = { .name = "image", .build.given = true } };
    struct problems problems;
    struct error err = { 0 };
    if (count < 2)
        return 2;
    problems_start(&problems, arena);
    world.repository = arguments[1];
    read_options(&world, arguments + 2);
    bool done = run_with_files(&world, &problems, &err);
    problems_print(&problems, &text, true, false);
    fputs(buf_text(&text), stderr);
    if (!done)
        fprintf(stderr, "%s\n", err.message);
    free(world.spec.settings.files);
    return done ? 0 : err.kind == ERROR_REFUSED ? 3 : 1;
}
