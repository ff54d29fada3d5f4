/* choose: which builder a Dockerfile can have, and why. */
#include "providers/build/inner.h"

#include "oci/image.h"
#include "providers/build/path.h"

#include <string.h>
#include <strings.h>

static const char *at_line(const struct build *build, struct arena *arena, const char *what,
                           const struct instruction *instruction)
{
    const char *file = path_base(build->dockerfile.file->path);
    return arena_printf(arena, "%s at %s:%u", what, file, instruction->place.line);
}

bool build_is_remote(const char *source)
{
    static const char *const starts[] = { "http://", "https://", "git@", "git://", "ssh://" };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(source, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* Unpacked by what only an engine has; named by its ending, so that no file is read. */
static const char *packed_kind(const char *name)
{
    static const struct {
        const char *ending, *kind;
    } kinds[] = { { ".bz2", "a bzip2" },
                  { ".tbz", "a bzip2" },
                  { ".tbz2", "a bzip2" },
                  { ".xz", "an xz" },
                  { ".txz", "an xz" } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(name), ending = strlen(kinds[i].ending);
        if (length > ending && strcmp(name + length - ending, kinds[i].ending) == 0)
            return kinds[i].kind;
    }
    return NULL;
}

/* One that wildcards mean, though they do not end as it does; NULL: none. */
static const char *packed_match(const struct build *build, struct arena *arena, const char *word)
{
    struct pattern glob;
    struct context_list list = { 0 };
    struct error ignored;
    if (!glob_has_wildcards(word) || !glob_compile(arena, path_below(arena, word), &glob, &ignored)
        || !context_list(&build->context, arena, &list, &ignored))
        return NULL;
    for (size_t i = 0; i < list.count; i++)
        if (packed_kind(list.items[i].path) && glob_match(&glob, list.items[i].path))
            return list.items[i].path;
    return NULL;
}

static bool unpacks(const struct instruction *add)
{
    const char *flag = instruction_flag(add, "unpack");
    return !flag || strcasecmp(flag, "false") != 0;
}

/* What is not local is not in git, so that the source would not say all of the image. */
const char *build_not_native_add(const struct build *build, struct arena *arena,
                                 const struct instruction *add, const char *source)
{
    if (build_is_remote(source))
        return at_line(build, arena, arena_printf(arena, "ADD of %s, which is not in git,", source),
                       add);
    const char *name = packed_kind(source) ? source : packed_match(build, arena, source);
    if (!name || !unpacks(add))
        return NULL;
    return at_line(build, arena,
                   arena_printf(arena, "ADD of %s, %s archive,", name, packed_kind(name)), add);
}

static const char *in_add(const struct build *build, struct arena *arena,
                          const struct instruction *add)
{
    const char *why = NULL;
    for (size_t i = 0; i + 1 < add->words.count && !why; i++)
        why = build_not_native_add(build, arena, add, add->words.items[i]);
    return why;
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
            why = in_add(build, arena, one);
        if (why)
            return why;
    }
    return NULL;
}

/* ONBUILD of a stage that another one is made from. */
static const char *in_stage_before(const struct build *build, struct arena *arena,
                                   const struct build_plan *plan, size_t at)
{
    int before = dockerfile_stage(&build->dockerfile, plan->from[at], at);
    const struct dockerfile_stage *stage = before >= 0 ? &build->dockerfile.stages[before] : NULL;
    for (size_t i = 0; stage && i < stage->count; i++)
        if (stage->instructions[i].kind == INSTRUCTION_ONBUILD)
            return at_line(build, arena, "ONBUILD", &stage->instructions[i]);
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

static bool is_windows(const struct build_plan *plan)
{
    return plan->platform.os && strcmp(plan->platform.os, "windows") == 0;
}

bool build_is_usual(const struct build *build)
{
    for (size_t i = 0; i < build->plan_count; i++)
        if (is_windows(&build->plans[i]))
            return false;
    return usual_syntax(build->dockerfile.syntax);
}

const char *build_not_native(const struct build *build, struct arena *arena)
{
    const struct dockerfile *dockerfile = &build->dockerfile;
    if (!usual_syntax(dockerfile->syntax))
        return arena_printf(arena, "syntax=%s at %s:%u", dockerfile->syntax,
                            path_base(dockerfile->file->path), dockerfile->syntax_line);
    if (build->onbuild)
        return build->onbuild;
    for (size_t p = 0; p < build->plan_count; p++) {
        if (is_windows(&build->plans[p]))
            return "the platform windows";
        for (size_t i = 0; i < dockerfile->stage_count; i++) {
            const char *why =
                build->plans[p].needed[i] ? in_stage(build, arena, &dockerfile->stages[i]) : NULL;
            if (!why && build->plans[p].needed[i])
                why = in_stage_before(build, arena, &build->plans[p], i);
            if (why)
                return why;
        }
    }
    return build->filled_add;
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

/* Once, as long as its name means the same. */
bool build_load_base(const struct build *build, const struct build_plan *plan, size_t at,
                     struct image *ret, const struct wait *wait, struct error *err)
{
    const struct build_base *base = build_base(build, plan->from[at]);
    struct base_image *known = plan->bases[at];
    if (!known || strcmp(known->digest, base->descriptor.digest) != 0) {
        known = arena_alloc(build->arena, sizeof *known);
        known->digest = base->descriptor.digest;
        if (!image_load(base->store, build->arena, known->digest, &plan->platforms[at],
                        &known->image, wait, err))
            return error_prefix(err, "%s", base->reference);
        plan->bases[at] = known;
    }
    *ret = known->image;
    return true;
}

static bool look_at_base(struct build *build, const struct build_plan *plan, size_t at,
                         const struct wait *wait, struct error *err)
{
    const struct build_base *base = build_base(build, plan->from[at]);
    struct image image;
    if (!base || !base->store)
        return true;
    if (!build_load_base(build, plan, at, &image, wait, err))
        return false;
    if (image.config.on_build.count)
        build->onbuild = at_line(build, build->arena,
                                 arena_printf(build->arena, "ONBUILD of %s", base->reference),
                                 build->dockerfile.stages[at].head);
    return true;
}

/* What hangs on the variables of the bases can be told now. */
static bool rehearse_known(struct build *build, const struct wait *wait, struct error *err)
{
    struct problems problems;
    problems_start(&problems, build->arena);
    if (!build_rehearse(build, true, &problems, wait, err))
        return false;
    const struct problem *first = problems.items;
    return problems.count == 0
           || error_set(err, ERROR_INPUT, "%s:%u:%u: %s", first->file->path, first->place.line,
                        first->place.column, first->message);
}

bool build_look_at_bases(struct build *build, const struct wait *wait, struct error *err)
{
    for (size_t p = 0; p < build->plan_count; p++)
        for (size_t i = 0; i < build->dockerfile.stage_count && !build->onbuild; i++)
            if (build->plans[p].needed[i] && !look_at_base(build, &build->plans[p], i, wait, err))
                return false;
    return build->onbuild || !build_is_usual(build) || rehearse_known(build, wait, err);
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
