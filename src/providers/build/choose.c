/* choose: which builder a Dockerfile can have, and why. */
#include "providers/build/inner.h"

#include "providers/build/path.h"

#include <string.h>

static const char *at_line(const struct build *build, struct arena *arena, const char *what,
                           const struct instruction *instruction)
{
    const char *file = path_base(build->dockerfile.file->path);
    return arena_printf(arena, "%s at %s:%u", what, file, instruction->place.line);
}

static bool is_remote(const char *source)
{
    static const char *const starts[] = { "http://", "https://", "git@", "git://", "ssh://" };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(source, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* ADD of what is not local: its content is not in git, so the source would not say all. */
static const char *remote_add(const struct build *build, struct arena *arena,
                              const struct instruction *add)
{
    for (size_t i = 0; i + 1 < add->words.count; i++)
        if (is_remote(add->words.items[i]))
            return at_line(
                build, arena,
                arena_printf(arena, "ADD of %s, which is not in git,", add->words.items[i]), add);
    return NULL;
}

static const char *in_stage(const struct build *build, struct arena *arena,
                            const struct dockerfile_stage *stage)
{
    for (size_t i = 0; i < stage->count; i++) {
        const struct instruction *one = &stage->instructions[i];
        const char *why = NULL;
        if (one->kind == INSTRUCTION_RUN)
            return at_line(build, arena, "RUN", one);
        if (one->kind == INSTRUCTION_ADD)
            why = remote_add(build, arena, one);
        if (why)
            return why;
    }
    return NULL;
}

/* "# syntax=docker/dockerfile:1" is the language that is read here; any other is not. */
static bool usual_syntax(const char *syntax)
{
    static const char *const names[] = { "docker/dockerfile", "docker.io/docker/dockerfile",
                                         "docker/dockerfile-upstream" };
    for (size_t i = 0; syntax && i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(syntax, names[i], length) == 0 && strchr(":@", syntax[length]))
            return true;
    }
    return !syntax;
}

const char *build_not_native(const struct build *build, struct arena *arena)
{
    const struct dockerfile *dockerfile = &build->dockerfile;
    if (!usual_syntax(dockerfile->syntax))
        return arena_printf(arena, "syntax=%s at %s:%u", dockerfile->syntax,
                            path_base(dockerfile->file->path), dockerfile->syntax_line);
    for (size_t p = 0; p < build->plan_count; p++) {
        if (build->plans[p].platform.os && strcmp(build->plans[p].platform.os, "windows") == 0)
            return "the platform windows";
        for (size_t i = 0; i < dockerfile->stage_count; i++) {
            const char *why =
                build->plans[p].needed[i] ? in_stage(build, arena, &dockerfile->stages[i]) : NULL;
            if (why)
                return why;
        }
    }
    return NULL;
}

/* What an engine's plain API cannot do. */
static const char *not_docker(const struct build *build)
{
    const struct image_build *spec = &build->spec->build;
    if (spec->secret_count)
        return "build.secrets";
    if (spec->ssh)
        return "build.ssh";
    if (spec->cache_from.count || spec->cache_to.count)
        return "build.cacheFrom and cacheTo";
    return build->plan_count > 1 ? "several platforms" : NULL;
}

bool build_choose(const struct build *build, struct build_choice *ret, struct error *err)
{
    const char *native = build_not_native(build, build->arena), *docker = not_docker(build);
    enum image_builder wanted = build->spec->build.builder;
    *ret = (struct build_choice){ wanted, "" };
    if (wanted == BUILDER_NATIVE && native)
        return error_set(err, ERROR_REFUSED, "builder: native cannot build it: %s", native);
    if (wanted == BUILDER_DOCKER && docker)
        return error_set(err, ERROR_REFUSED, "builder: docker cannot build it: %s needs buildkit",
                         docker);
    if (wanted != BUILDER_AUTO)
        return true;
    if (!native) {
        ret->builder = BUILDER_NATIVE;
        return true;
    }
    ret->builder = docker ? BUILDER_BUILDKIT : BUILDER_DOCKER;
    ret->reason = docker ? arena_printf(build->arena, "%s, and %s", native, docker) : native;
    return true;
}
