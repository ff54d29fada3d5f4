/*
 * plan: what a Dockerfile comes to for each platform: names behind FROM, which stages are
 * needed, which images it stands on; and finding those.
 */
#include "providers/build/inner.h"

#include "manifest/reference.h"
#include "providers/build/dockerfile/expand.h"

#include <string.h>
#include <strings.h>

/* ----------------------------------------------------------------- global arguments */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* Arguments that are there unasked. A build is the same on every machine, so its own platform is
 * a fixed one. */
static void set_predefined(struct build *build, struct build_plan *plan)
{
    const struct platform *target = &plan->platform;
    const struct platform here = { .os = "linux", .architecture = "amd64" };
    const char *stage = build->spec->build.target;
    const struct image_pair pairs[] = {
        { "BUILDPLATFORM", platform_text(build->arena, &here) },
        { "BUILDOS", here.os },
        { "BUILDOSVERSION", "" },
        { "BUILDARCH", here.architecture },
        { "BUILDVARIANT", "" },
        { "TARGETPLATFORM", platform_text(build->arena, target) },
        { "TARGETOS", target->os },
        { "TARGETOSVERSION", or_empty(target->os_version) },
        { "TARGETARCH", target->architecture },
        { "TARGETVARIANT", or_empty(target->variant) },
        { "TARGETSTAGE", stage && *stage ? stage : "default" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *given = variables_get(&build->spec->build.args, pairs[i].key);
        variables_set(build->arena, &plan->global, pairs[i].key, given ? given : pairs[i].text);
    }
}

#define WRONG(build, problems, instruction, word, ...)                                             \
    (problem_add((problems), (build)->dockerfile.file,                                             \
                 instruction_place((build)->dockerfile.file, instruction, word),                   \
                 (build)->dockerfile.file->quotable, __VA_ARGS__),                                 \
     false)

static bool set_argument(struct build *build, struct build_plan *plan,
                         const struct instruction *arg, const char *word, struct problems *problems)
{
    struct error err;
    const char *equals = strchr(word, '=');
    const char *name = equals ? arena_memdup(build->arena, word, (size_t)(equals - word)) : word;
    const char *value = variables_get(&build->spec->build.args, name);
    if (!value && equals
        && !expand_word(build->arena, equals + 1, build->dockerfile.escape, &plan->global, &value,
                        &err))
        return WRONG(build, problems, arg, word, "%s", err.message);
    if (value)
        variables_set(build->arena, &plan->global, name, value);
    return true;
}

static bool set_global(struct build *build, struct build_plan *plan, struct problems *problems)
{
    set_predefined(build, plan);
    for (size_t i = 0; i < build->dockerfile.global_count; i++) {
        const struct instruction *arg = &build->dockerfile.global[i];
        for (size_t j = 0; j < arg->words.count; j++)
            if (!set_argument(build, plan, arg, arg->words.items[j], problems))
                return false;
    }
    return true;
}

/* ---------------------------------------------------------------------------- stages */

static bool set_stage(struct build *build, struct build_plan *plan, size_t at,
                      struct problems *problems)
{
    const struct dockerfile_stage *stage = &build->dockerfile.stages[at];
    struct error err;
    const char *platform;
    plan->platforms[at] = plan->platform;
    if (!expand_word(build->arena, stage->from, build->dockerfile.escape, &plan->global,
                     &plan->from[at], &err))
        return WRONG(build, problems, stage->head, stage->from, "%s", err.message);
    if (!*plan->from[at])
        return WRONG(build, problems, stage->head, stage->from,
                     "FROM %s names no image: its arguments are empty", stage->from);
    if (!stage->platform)
        return true;
    if (!expand_word(build->arena, stage->platform, build->dockerfile.escape, &plan->global,
                     &platform, &err)
        || !platform_parse(build->arena, platform, &plan->platforms[at], &err))
        return WRONG(build, problems, stage->head, "--platform", "--platform=%s: %s",
                     stage->platform, err.message);
    return true;
}

/* Told where the manifest names it. */
static bool no_target(const struct build *build, struct problems *problems, const struct error *err)
{
    const struct image_spec *spec = build->spec;
    const struct value *target = value_at(spec->document, "spec", "build", "target", NULL);
    if (target)
        problem_add(problems, spec->file, target->place, true, "spec.build.target: %s",
                    err->message);
    return false;
}

static bool set_stages(struct build *build, struct build_plan *plan, struct problems *problems,
                       struct error *err)
{
    size_t count = build->dockerfile.stage_count, before = problems->errors;
    plan->from = arena_array(build->arena, count, sizeof *plan->from);
    plan->platforms = arena_array(build->arena, count, sizeof *plan->platforms);
    plan->needed = arena_array(build->arena, count, sizeof *plan->needed);
    plan->bases = arena_array(build->arena, count, sizeof(struct base_image *));
    for (size_t i = 0; i < count; i++)
        if (!set_stage(build, plan, i, problems))
            continue;
    if (problems->errors != before)
        return false;
    if (build->spec->build.base) {
        size_t last = count - 1;
        int target = build->spec->build.target
                         ? dockerfile_stage(&build->dockerfile, build->spec->build.target, count)
                         : (int)last;
        plan->from[target >= 0 ? (size_t)target : last] = build->spec->build.base;
    }
    return dockerfile_needed(&build->dockerfile, build->arena, build->spec->build.target,
                             plan->from, plan->needed, &plan->target, err)
           || no_target(build, problems, err);
}

/* ----------------------------------------------------------------------------- bases */

struct build_base *build_base(const struct build *build, const char *reference)
{
    for (size_t i = 0; i < build->base_count; i++)
        if (strcmp(build->bases[i].reference, reference) == 0)
            return &build->bases[i];
    return NULL;
}

/* A layout's folder is named after "oci:". */
static bool add_base(struct build *build, const char *reference, const struct instruction *by,
                     const char *word, struct problems *problems)
{
    struct reference parsed;
    struct error err;
    bool filled = strchr(word, '$') != NULL; /* then the name alone would not say why */
    if (build_base(build, reference))
        return true;
    if (strncmp(reference, "oci:", 4) != 0
        && !reference_parse(build->arena, reference, &parsed, &err))
        return WRONG(build, problems, by, word, "%s%s%s: %s", by->name, filled ? " " : "",
                     filled ? word : "", err.message);
    struct build_base base = { .reference = reference,
                               .place = instruction_place(build->dockerfile.file, by, word) };
    arena_push(build->arena, build->bases, build->base_count, build->base_capacity, base);
    return true;
}

/* FROM names a stage by its name alone, COPY --from by its number, too. */
static bool from_stage(const struct build *build, const char *name, size_t at)
{
    size_t length = strlen(name);
    bool number = length && strspn(name, "0123456789") == length;
    return !number && dockerfile_stage(&build->dockerfile, name, at) >= 0;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static bool add_copied(struct build *build, const struct instruction *copy, size_t at,
                       struct problems *problems)
{
    const char *from = instruction_flag(copy, "from");
    if (copy->kind != INSTRUCTION_COPY || !from)
        return true;
    if (strpbrk(from, "$"))
        return WRONG(build, problems, copy, "--from",
                     "--from=%s: no variables here; write FROM %s AS NAME and copy from NAME", from,
                     from);
    if (dockerfile_stage(&build->dockerfile, from, at) >= 0)
        return true;
    if (is_number(from))
        return WRONG(build, problems, copy, "--from",
                     "--from=%s: there is no stage %s before this one", from, from);
    if (dockerfile_stage(&build->dockerfile, from, build->dockerfile.stage_count) >= 0)
        return WRONG(build, problems, copy, "--from", "--from=%s: that stage comes only later",
                     from);
    if (strcmp(from, "scratch") == 0)
        return WRONG(build, problems, copy, "--from", "--from=scratch: there is nothing in it");
    return add_base(build, from, copy, "--from", problems);
}

static bool add_bases(struct build *build, const struct build_plan *plan, struct problems *problems)
{
    bool fine = true;
    for (size_t i = 0; i < build->dockerfile.stage_count; i++) {
        const struct dockerfile_stage *stage = &build->dockerfile.stages[i];
        if (!plan->needed[i])
            continue;
        if (strcmp(plan->from[i], "scratch") != 0 && !from_stage(build, plan->from[i], i))
            fine &= add_base(build, plan->from[i], stage->head, stage->from, problems);
        for (size_t j = 0; j < stage->count; j++)
            fine &= add_copied(build, &stage->instructions[j], i, problems);
    }
    return fine;
}

static bool plan_one(struct build *build, struct build_plan *plan, const char *platform,
                     struct problems *problems, struct error *err)
{
    return platform_parse(build->arena, platform, &plan->platform, err)
           && set_global(build, plan, problems) && set_stages(build, plan, problems, err)
           && add_bases(build, plan, problems);
}

/* linux/arm64 and linux/arm64/v8 are one: an index would hold it twice. */
static bool check_once(const struct build *build, size_t count, const char *name, struct error *err)
{
    const char *own = platform_text(build->arena, &build->plans[count].platform);
    for (size_t i = 0; i < count; i++)
        if (strcmp(platform_text(build->arena, &build->plans[i].platform), own) == 0)
            return error_set(err, ERROR_INPUT, "build.platforms: %s is %s, which is there already",
                             name, own);
    return true;
}

size_t build_behind_target(const struct build *build)
{
    size_t next = build->plans[0].target + 1;
    return next < build->dockerfile.stage_count ? build->dockerfile.stages[next].head->place.start
                                                : build->dockerfile.file->length;
}

bool build_plan_all(struct build *build, struct problems *problems, struct error *err)
{
    static const char *const usual[] = { "linux/amd64" };
    const struct text_list *platforms = &build->spec->build.platforms;
    const char *const *names = platforms->count ? platforms->items : usual;
    build->plan_count = platforms->count ? platforms->count : 1;
    build->plans = arena_array(build->arena, build->plan_count, sizeof *build->plans);
    for (size_t i = 0; i < build->plan_count; i++)
        if (!plan_one(build, &build->plans[i], names[i], problems, err)
            || !check_once(build, i, names[i], err))
            return false;
    return true;
}

/* ------------------------------------------------------------------------- resolving */

struct build_base *build_bases(struct build *build, size_t *ret_count)
{
    *ret_count = build->base_count;
    return build->bases;
}

bool build_resolve(struct build *build, const struct build_opener *opener, const struct wait *wait,
                   struct error *err)
{
    for (size_t i = 0; i < build->base_count; i++) {
        struct build_base *base = &build->bases[i];
        if (!opener->open(opener->context, build->arena, base->reference, &base->store,
                          &base->descriptor, wait, err))
            return error_prefix(err, "%s:%u:%u: %s", build->dockerfile.file->path, base->place.line,
                                base->place.column, base->reference);
    }
    build->resolved = true;
    return true;
}
