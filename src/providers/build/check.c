/*
 * check: does what a COPY names lie in the context? Asked when a build is opened, so that
 * `validate` and every plan say it, and not only the build. What only the build can tell
 * (variables, wildcards, links on the way) is left to it.
 */
#include "base/file.h"
#include "providers/build/inner.h"
#include "providers/build/path.h"

#include <string.h>

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

void build_check_sources(const struct build *build, struct problems *problems)
{
    for (size_t i = 0; i < build->dockerfile.stage_count; i++) {
        const struct dockerfile_stage *stage = &build->dockerfile.stages[i];
        for (size_t j = 0; is_needed(build, i) && j < stage->count; j++)
            check(build, &build->dockerfile, &stage->instructions[j], problems);
    }
    const struct dockerfile_stage *settings = build->has_settings ? build->settings.stages : NULL;
    for (size_t j = 0; settings && j < settings->count; j++)
        check(build, &build->settings, &settings->instructions[j], problems);
}
