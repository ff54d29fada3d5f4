/*
 * check: does what a COPY names lie in the context? Asked when a build is opened, so that
 * `validate` and every plan say it, and not only the build. What only the build can tell
 * (variables, wildcards, links on the way) is left to it.
 */
#include "base/file.h"
#include "manifest/shape.h"
#include "providers/build/inner.h"
#include "providers/build/path.h"

#include <string.h>
#include <strings.h>

static bool is_needed(const struct build *build, size_t stage)
{
    for (size_t p = 0; p < build->plan_count; p++)
        if (build->plans[p].needed[stage])
            return true;
    return false;
}

/* A plain path, which means itself. */
static bool is_plain(const struct instruction *one, const char *source)
{
    return !strpbrk(source, "$*?[]\\\"'") && !build_is_remote(source)
           && !instruction_heredoc(one, source);
}

/* Is it, or something on the way to it, a link? Where that leads the build will find out. */
static bool is_linked(const struct build *build, const char *path)
{
    const struct context *context = &build->context;
    for (size_t length = strlen(path); length; length--) {
        struct files_entry entry;
        struct error none;
        if (path[length] && path[length] != '/')
            continue;
        const char *above = arena_memdup(build->arena, path, length);
        const char *whole = path_join(build->arena, context->folder, above);
        if (build->files->table->find(build->files, build->arena, whole, &entry, &none)
            && entry.kind == FILES_LINK)
            return true;
    }
    return false;
}

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (!path[length] || path[length] == '/');
}

/* Of `build.artifacts`, or a folder on the way to one. */
static bool is_artifact(const struct build *build, const char *path)
{
    const struct text_list *artifacts = &build->spec->build.artifacts;
    for (size_t i = 0; i < artifacts->count; i++) {
        const char *artifact = path_below(build->arena, artifacts->items[i]);
        if (is_below(path, artifact) || is_below(artifact, path))
            return true;
    }
    return false;
}

static bool is_there(const struct build *build, const char *path)
{
    const struct context *context = &build->context;
    struct files_entry entry;
    struct error none;
    const char *whole = path_join(build->arena, context->folder, path);
    if (!*path || is_artifact(build, path) || is_linked(build, path))
        return true;
    return build->files->table->find(build->files, build->arena, whole, &entry, &none)
           && (!patterns_match(context->ignore, build->arena, path, NULL, NULL)
               || patterns_except_below(context->ignore, path));
}

const char *build_absent(const struct build *build, struct arena *arena, const char *source)
{
    const char *folder = build->context.folder;
    const char *why = context_absent(&build->context, arena, source);
    if (why)
        return why;
    return arena_printf(arena, "%s: not found in the context%s%s", source, *folder ? " " : "",
                        folder);
}

static void check(const struct build *build, const struct dockerfile *dockerfile,
                  const struct instruction *one, struct problems *problems)
{
    bool copies = one->kind == INSTRUCTION_COPY || one->kind == INSTRUCTION_ADD;
    if (!copies || instruction_flag(one, "from"))
        return;
    for (size_t i = 0; i + 1 < one->words.count; i++) {
        const char *source = one->words.items[i];
        if (is_plain(one, source) && !is_there(build, path_below(build->arena, source)))
            problem_add(problems, dockerfile->file, one->place, dockerfile->file->quotable,
                        "%s: %s", one->name, build_absent(build, build->arena, source));
    }
}

/* Settings are told where they stand; their COPYs come first, one for each of `files`. */
static void check_file(const struct build *build, size_t at, struct problems *problems)
{
    const struct instruction *copy = &build->settings.stages->instructions[at];
    const struct value *files = value_at(build->spec->document, "spec", "files", NULL);
    const struct value *from = value_get(value_item(files, at), "from");
    const char *source = build->spec->settings.files[at].from;
    if (!from)
        check(build, &build->settings, copy, problems);
    else if (!is_there(build, path_below(build->arena, source)))
        problem_add(problems, build->spec->file, from->place, true, "spec.files[%zu].from: %s", at,
                    build_absent(build, build->arena, source));
}

/* ----------------------------------------------------------------------- arguments */

static void collect(struct arena *arena, const struct instruction *arg, struct text_list *ret)
{
    for (size_t i = 0; arg->kind == INSTRUCTION_ARG && i < arg->words.count; i++) {
        const char *word = arg->words.items[i];
        const char *name = arena_memdup(arena, word, strcspn(word, "="));
        arena_push(arena, ret->items, ret->count, ret->capacity, name);
    }
}

/* Those that every build has, or that BuildKit itself reads. */
static bool is_predefined(const char *name)
{
    static const char *const names[] = { "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY",
                                         "NO_PROXY",   "ALL_PROXY",   "SOURCE_DATE_EPOCH" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "BUILDKIT_", 9) == 0;
}

static void check_argument(const struct build *build, const struct text_list *known,
                           const char *name, struct problems *problems)
{
    const struct value *args = value_at(build->spec->document, "spec", "build", "args", NULL);
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->items[i], name) == 0)
            return;
    const char *meant = suggest(name, known->items, known->count);
    if (!is_predefined(name) && value_get(args, name))
        problem_warn(problems, build->spec->file, value_get(args, name)->place, false,
                     "spec.build.args: the Dockerfile has no ARG %s%s%s%s", name,
                     meant ? " (did you mean " : "", meant ? meant : "", meant ? "?)" : "");
}

void build_check_arguments(const struct build *build, struct problems *problems)
{
    const struct dockerfile *file = &build->dockerfile;
    const struct image_pairs *args = &build->spec->build.args;
    struct text_list known = { 0 };
    if (file->syntax)
        return;
    for (size_t i = 0; i < file->global_count; i++)
        collect(build->arena, &file->global[i], &known);
    for (size_t i = 0; i < file->stage_count; i++)
        for (size_t j = 0; j < file->stages[i].count; j++)
            collect(build->arena, &file->stages[i].instructions[j], &known);
    for (size_t i = 0; i < args->count; i++)
        check_argument(build, &known, args->items[i].key, problems);
}

void build_check_sources(const struct build *build, struct problems *problems)
{
    for (size_t i = 0; i < build->dockerfile.stage_count; i++) {
        const struct dockerfile_stage *stage = &build->dockerfile.stages[i];
        for (size_t j = 0; is_needed(build, i) && j < stage->count; j++)
            check(build, &build->dockerfile, &stage->instructions[j], problems);
    }
    for (size_t j = 0; j < build->spec->settings.file_count; j++)
        check_file(build, j, problems);
}
