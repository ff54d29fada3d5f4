/*
 * build: see build.h. Opening: where the Dockerfile comes from, and what is left out of the
 * context.
 */
#include "providers/build/inner.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "providers/build/dockerignore.h"
#include "providers/build/path.h"
#include "providers/build/template/template.h"
#include "providers/files_disk.h"

#include <string.h>

int64_t build_epoch(const struct build *build)
{
    return build->spec->build.source_date_epoch;
}

const char *build_dockerfile(const struct build *build)
{
    return build->text;
}

bool build_dirty(const struct build *build)
{
    return build->files->dirty || build->spec->build.artifacts.count > 0;
}

/* ------------------------------------------------------------------------ Dockerfile */

static struct source_file *new_file(struct build *build, const char *path, const char *data,
                                    size_t length)
{
    struct source_file *file = arena_alloc(build->arena, sizeof *file);
    *file = (struct source_file){ .path = path,
                                  .source = path,
                                  .data = data,
                                  .length = length,
                                  .quotable = true,
                                  .folder = build->context.folder };
    return file;
}

static const char *below_context(struct build *build, const char *path)
{
    return path_below(build->arena, path_join(build->arena, build->context.folder, path));
}

static bool written_text(struct build *build, const char *name, const char *text,
                         struct source_file **ret)
{
    *ret = new_file(build, name, text, strlen(text));
    return true;
}

static bool has_settings(const struct image_spec *spec)
{
    const struct image_settings *settings = &spec->settings;
    return settings->file_count || settings->entrypoint || settings->args || spec->from
           || settings->environment.count;
}

/* Without a Dockerfile: settings alone over `from`, or over nothing. */
static bool no_dockerfile(struct build *build, const char *path, struct source_file **ret,
                          struct error *err)
{
    const struct image_spec *spec = build->spec;
    if (!has_settings(spec))
        return error_set(
            err, ERROR_INPUT,
            "%s%s: not there. Write one, let one be written (build.template: auto), or "
            "say in `files` and `entrypoint` what the image is",
            build->files->display, path);
    const char *from = spec->from ? spec->from : "scratch";
    return written_text(build, spec->name, arena_printf(build->arena, "FROM %s\n", from), ret);
}

/* What a Dockerfile stands on it says itself. */
static bool from_beside(struct build *build, const char *path, struct problems *problems,
                        struct error *err)
{
    const char *why = "names its base itself; use build.base in its place";
    const struct value *from = value_at(build->spec->document, "spec", "from", NULL);
    if (!from)
        return error_set(err, ERROR_INPUT, "from: %s %s", path, why);
    problem_add(problems, build->spec->file, from->place, true, "spec.from: %s %s", path, why);
    return false;
}

static bool find_dockerfile(struct build *build, struct source_file **ret,
                            struct problems *problems, struct error *err)
{
    const struct image_build *spec = &build->spec->build;
    const char *text,
        *path = below_context(build, spec->dockerfile ? spec->dockerfile : "Dockerfile");
    size_t length;
    struct error own;
    if (spec->template && *spec->template) {
        if (!template_dockerfile(build->arena, build->spec, &build->context, problems, &text, err))
            return false;
        return written_text(build, arena_printf(build->arena, "template %s", spec->template), text,
                            ret);
    }
    if (!spec->given)
        return no_dockerfile(build, path, ret, err);
    if (context_read(build->files, build->arena, path, DOCKERFILE_CEILING, &text, &length, &own)) {
        *ret = new_file(build, path, text, length);
        return !build->spec->from || from_beside(build, path, problems, err);
    }
    if (own.kind == ERROR_NOT_FOUND && !spec->dockerfile)
        return no_dockerfile(build, path, ret, err);
    if (own.kind == ERROR_NOT_FOUND)
        return error_set(err, ERROR_INPUT, "build.dockerfile: %s%s is not there",
                         build->files->display, path);
    *err = own;
    return false;
}

/* What comes behind the target is not needed, and would have the settings in its place. */
static void add_settings(struct build *build)
{
    if (build->has_settings)
        build->text = build_add_settings(build->arena, build->text, build_behind_target(build),
                                         build->dockerfile.escape, build->settings_text);
}

/* Settings are a stage of their own, so that a Dockerfile's escape and lines stay as they are. */
static bool read_settings(struct build *build, struct problems *problems, struct error *err)
{
    const char *text;
    if (!build_settings_text(build->arena, build->spec, build->dockerfile.escape, &text, err))
        return false;
    build->has_settings = *text != '\0';
    if (!build->has_settings)
        return true;
    const char *file =
        arena_printf(build->arena, "#escape=%c\nFROM scratch\n%s", build->dockerfile.escape, text);
    build->settings_text = text;
    return dockerfile_read(build->arena, new_file(build, build->spec->name, file, strlen(file)),
                           &build->settings, problems);
}

static bool read_dockerfile(struct build *build, struct problems *problems, struct error *err)
{
    struct source_file *file;
    if (!find_dockerfile(build, &file, problems, err))
        return false;
    build->text = file->data;
    return dockerfile_read(build->arena, file, &build->dockerfile, problems)
           && read_settings(build, problems, err);
}

/* ---------------------------------------------------------------------- ignore rules */

static bool read_ignore(struct build *build, const char *path, bool *ret_there,
                        struct problems *problems, struct error *err)
{
    const char *text;
    size_t length;
    struct error own;
    *ret_there = false;
    if (!context_read(build->files, build->arena, path, DOCKERIGNORE_FILE_CEILING, &text, &length,
                      &own)) {
        *err = own;
        return own.kind == ERROR_NOT_FOUND;
    }
    *ret_there = true;
    dockerignore_read(build->arena, new_file(build, path, text, length), &build->ignore, problems);
    return true;
}

/* A template has rules of its own for a context that has none. */
static bool ignore_for_template(struct build *build, struct error *err)
{
    const char *template = build->spec->build.template;
    for (size_t i = 0; template && *template && template_ignore[i]; i++)
        if (!patterns_add(build->arena, &build->ignore, template_ignore[i], err))
            return false;
    patterns_say(&build->ignore, "the template's rule");
    return true;
}

static bool find_ignore(struct build *build, struct problems *problems, struct error *err)
{
    const struct image_build *spec = &build->spec->build;
    const char *own = arena_printf(build->arena, "%s.dockerignore",
                                   spec->dockerfile ? spec->dockerfile : "Dockerfile");
    bool there;
    if (!read_ignore(build, below_context(build, own), &there, problems, err)
        || (!there
            && !read_ignore(build, below_context(build, DOCKERIGNORE_NAME), &there, problems, err)))
        return false;
    if (!there && !ignore_for_template(build, err))
        return false;
    for (size_t i = 0; i < spec->ignore.count; i++)
        if (!patterns_add(build->arena, &build->ignore, spec->ignore.items[i], err))
            return error_prefix(err, "build.ignore");
    patterns_say(&build->ignore, "build.ignore");
    return true;
}

/* --------------------------------------------------------------------------- opening */

static bool open_context(struct build *build, struct error *err)
{
    const struct image_build *spec = &build->spec->build;
    struct files_entry entry;
    struct error own;
    build->context.folder = path_below(build->arena, spec->context ? spec->context : "");
    if (spec->artifacts.count && build->files->root
        && !files_disk_open(build->files->root, &build->disk, err))
        return false;
    build->context.disk = build->disk;
    if (build->files->table->find(build->files, build->arena, build->context.folder, &entry, &own)
        && entry.kind == FILES_FOLDER)
        return true;
    return error_set(err, ERROR_INPUT, "build.context: %s%s is no folder", build->files->display,
                     build->context.folder);
}

/* Another language has other words. */
static bool rehearse(struct build *build, struct problems *problems, struct error *err)
{
    const struct wait forever = { .deadline = INT64_MAX };
    return !build_is_usual(build) || build_rehearse(build, false, problems, &forever, err);
}

static bool read_all(struct build *build, struct problems *problems, struct error *err)
{
    size_t before = problems->errors;
    err->kind = ERROR_NONE;
    if (open_context(build, err) && find_ignore(build, problems, err)
        && read_dockerfile(build, problems, err) && problems->errors == before
        && build_plan_all(build, problems, err)) {
        add_settings(build);
        build_check_sources(build, problems);
        build_check_arguments(build, problems);
        if (rehearse(build, problems, err) && problems->errors == before)
            return true;
    }
    size_t count = problems->errors - before;
    if (count)
        error_set(err, ERROR_INPUT, "%zu %s in what image %s is built from", count,
                  count == 1 ? "error" : "errors", build->spec->name);
    return false;
}

static void close_disk(struct build *build)
{
    if (build->disk)
        build->disk->table->close(build->disk);
    build->disk = NULL;
}

bool build_open(const struct build_options *options, struct build **ret_build,
                struct problems *problems, struct error *err)
{
    struct arena *arena = arena_new();
    struct build *build = arena_alloc(arena, sizeof *build);
    *build = (struct build){ .arena = arena, .spec = options->spec, .files = options->files };
    build->context = (struct context){ .files = options->files,
                                       .ignore = &build->ignore,
                                       .artifacts = &options->spec->build.artifacts };
    if (read_all(build, problems, err)) {
        *ret_build = build;
        return true;
    }
    /* Problems name files of this arena, and quote them. */
    close_disk(build);
    arena_adopt(problems->arena, arena);
    return false;
}

void build_close(struct build *build)
{
    close_disk(build);
    arena_free(build->arena);
}

/* Dockerfile and ignore rules are read whether or not the rules leave them out. */
static bool is_read(const struct build *build, struct arena *arena, const char *path)
{
    const struct image_build *spec = &build->spec->build;
    const char *name = spec->dockerfile ? spec->dockerfile : "Dockerfile";
    const char *const own[] = { name, arena_printf(arena, "%s.dockerignore", name),
                                DOCKERIGNORE_NAME };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(path_join(arena, build->context.folder, path_below(arena, own[i])), path) == 0)
            return true;
    return false;
}

bool build_leaves_out(const struct build *build, const char *path)
{
    AUTO_ARENA arena = arena_new();
    const char *folder = build->context.folder;
    size_t length = strlen(folder);
    if (!build->ignore.count || strncmp(path, folder, length) != 0
        || (length && path[length] != '/') || is_read(build, arena, path))
        return false;
    const char *below = path + length + (length > 0);
    return patterns_match(&build->ignore, arena, below, NULL, NULL);
}
