/* text: see text.h. */
#include "providers/build/docker/text.h"

#include "base/file.h"
#include "providers/build/path.h"

#include <string.h>

/* ----------------------------------------------------------------- what is changed */

static const struct dockerfile_stage *target_stage(const struct build *build)
{
    return &build->dockerfile.stages[build->plans[0].target];
}

/* "FROM --platform=… BASE AS name" in place of the target's own line. */
static const char *from_line(const struct build *build, struct arena *arena)
{
    const struct dockerfile_stage *stage = target_stage(build);
    return arena_printf(arena, "FROM %s%s%s%s%s", stage->platform ? "--platform=" : "",
                        stage->platform ? stage->platform : "", stage->platform ? " " : "",
                        build->spec->build.base,
                        stage->name ? arena_printf(arena, " AS %s", stage->name) : "");
}

/* Only the first line of an instruction has its place known. */
static bool base_fits(const struct build *build, struct error *err)
{
    const struct place *place = &target_stage(build)->head->place;
    const char *line = build->dockerfile.file->data + place->start;
    size_t length = place->end - place->start;
    while (length && strchr(" \t\r\n", line[length - 1]))
        length--;
    if (!build->spec->build.base || !length || line[length - 1] != build->dockerfile.escape)
        return true;
    return error_set(err, ERROR_INPUT,
                     "build.base: the FROM at %s:%u goes on in the next line; write it in one",
                     path_base(build->dockerfile.file->path), place->line);
}

static const char *with_base(const struct build *build, struct arena *arena, size_t end)
{
    const char *data = build->dockerfile.file->data;
    const struct place *place = &target_stage(build)->head->place;
    if (!build->spec->build.base)
        return arena_memdup(arena, data, end);
    return arena_printf(arena, "%.*s%s%.*s", (int)place->start, data, from_line(build, arena),
                        (int)(end - place->end), data + place->end);
}

/* What comes behind the target is not needed, and the settings are its last instructions. */
static const char *changed_text(const struct build *build, struct arena *arena)
{
    const struct source_file *file = build->dockerfile.file;
    if (!build->has_settings)
        return with_base(build, arena, file->length);
    const char *text = with_base(build, arena, build_behind_target(build));
    return build_add_settings(arena, text, strlen(text), build->dockerfile.escape,
                              build->settings_text);
}

/* ------------------------------------------------------------------- where it lies */

static const char *path_of(const struct build *build, struct arena *arena)
{
    const char *path = build->spec->build.dockerfile;
    return path_below(arena, path && *path ? path : "Dockerfile");
}

static bool is_listed(const struct context_list *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].path, path) == 0)
            return list->items[i].entry.kind == FILES_REGULAR
                   || list->items[i].entry.kind == FILES_EXECUTABLE;
    return false;
}

static bool is_files_own(const struct build *build, struct arena *arena,
                         const struct context_list *list)
{
    const char *template = build->spec->build.template;
    const char *whole = path_join(arena, build->context.folder, path_of(build, arena));
    return !(template && *template) && !build->has_settings && !build->spec->build.base
           && strcmp(build->dockerfile.file->path, whole) == 0
           && is_listed(list, path_of(build, arena));
}

/* --------------------------------------------------------------- who would take it */

/* A source of COPY that may name a file at the top of the context by more than its name. */
static bool takes_top(const char *source)
{
    while (*source == '/' || (*source == '.' && source[1] == '/'))
        source++;
    return !*source || strcmp(source, ".") == 0 || strcmp(source, "..") == 0
           || (!strchr(source, '/') && strpbrk(source, "*?[")) || strchr(source, '$');
}

static bool copies_context(const struct instruction *one)
{
    return (one->kind == INSTRUCTION_COPY && !instruction_flag(one, "from"))
           || one->kind == INSTRUCTION_ADD;
}

static bool takes_file(const struct instruction *one)
{
    for (size_t i = 0; copies_context(one) && i + 1 < one->words.count; i++)
        if (takes_top(one->words.items[i]))
            return true;
    return false;
}

static const char *at_line(const struct build *build, struct arena *arena,
                           const struct instruction *one, const char *what)
{
    return arena_printf(arena, "%s at %s:%u", what, path_base(build->dockerfile.file->path),
                        one->place.line);
}

/* Is a stage one that the target is made from, FROM by FROM? */
static bool is_below_target(const struct build *build, size_t stage)
{
    const struct build_plan *plan = &build->plans[0];
    int at = (int)plan->target;
    while (at >= 0 && (size_t)at != stage)
        at = dockerfile_stage(&build->dockerfile, plan->from[at], (size_t)at);
    return at >= 0;
}

static void find_taker(const struct build *build, struct arena *arena,
                       struct build_docker_text *ret)
{
    for (size_t i = 0; i < build->dockerfile.stage_count; i++) {
        const struct dockerfile_stage *stage = &build->dockerfile.stages[i];
        for (size_t j = 0; build->plans[0].needed[i] && j < stage->count; j++) {
            const struct instruction *one = &stage->instructions[j];
            if (!takes_file(one))
                continue;
            bool reaches = is_below_target(build, i);
            if (!ret->taken_by || (reaches && !ret->reaches_image))
                ret->taken_by = at_line(build, arena, one, one->name);
            ret->reaches_image |= reaches;
        }
    }
}

/* ---------------------------------------------------- what the classic builder lacks */

static bool classic_knows(const struct instruction *one, const struct instruction_flag *flag)
{
    if (one->kind == INSTRUCTION_HEALTHCHECK || one->kind == INSTRUCTION_FROM)
        return true;
    return strcmp(flag->name, "from") == 0 || strcmp(flag->name, "chown") == 0;
}

static const char *needs_buildkit(const struct build *build, struct arena *arena,
                                  const struct instruction *one)
{
    if (one->heredoc_count)
        return at_line(build, arena, one, "a here-document");
    for (size_t i = 0; i < one->flag_count; i++)
        if (!classic_knows(one, &one->flags[i]))
            return at_line(build, arena, one, arena_printf(arena, "--%s", one->flags[i].name));
    return NULL;
}

static const char *only_buildkit(const struct build *build, struct arena *arena)
{
    const struct dockerfile *dockerfile = &build->dockerfile;
    if (dockerfile->syntax)
        return arena_printf(arena, "syntax=%s", dockerfile->syntax);
    for (size_t i = 0; i < dockerfile->stage_count; i++)
        for (size_t j = 0; j < dockerfile->stages[i].count; j++) {
            const char *why = needs_buildkit(build, arena, &dockerfile->stages[i].instructions[j]);
            if (why && build->plans[0].needed[i])
                return why;
        }
    for (size_t i = 0; build->has_settings && i < build->settings.stages[0].count; i++) {
        const char *why = needs_buildkit(build, arena, &build->settings.stages[0].instructions[i]);
        if (why)
            return why;
    }
    return NULL;
}

bool build_docker_text(struct build *build, struct arena *arena, const struct context_list *list,
                       struct build_docker_text *ret, struct error *err)
{
    const char *target = build->spec->build.target;
    *ret = (struct build_docker_text){ .path = path_of(build, arena),
                                       .target = target && *target ? target : NULL };
    ret->buildkit = only_buildkit(build, arena);
    if (is_files_own(build, arena, list))
        return true;
    if (!base_fits(build, err))
        return false;
    ret->text = changed_text(build, arena);
    ret->path = BUILD_DOCKER_NAME;
    if (build->has_settings)
        ret->target = NULL; /* nothing stands behind it any more */
    find_taker(build, arena, ret);
    return true;
}
