/*
 * rehearse: what is wrong with a Dockerfile's words and values, found before anything is built, so
 * that `validate` and every plan say it. The instructions are carried out as in a build (stage.h),
 * but no file is looked at. As long as the bases are not known, what hangs on their variables is
 * left alone.
 */
#include "providers/build/native/stage.h"

#include "base/cleanup.h"

#include <string.h>

/* The setting of the manifest that an instruction was made of; NULL: none that is written. */
static const char *setting_of(const struct stage *stage, enum instruction_kind kind)
{
    static const struct {
        enum instruction_kind kind;
        const char *name;
    } names[] = {
        { INSTRUCTION_COPY, "files" },
        { INSTRUCTION_ENV, "environment" },
        { INSTRUCTION_EXPOSE, "ports" },
        { INSTRUCTION_VOLUME, "volumes" },
        { INSTRUCTION_USER, "user" },
        { INSTRUCTION_WORKDIR, "workingDirectory" },
        { INSTRUCTION_STOPSIGNAL, "stopSignal" },
        { INSTRUCTION_HEALTHCHECK, "healthcheck" },
    };
    const struct build *build = stage->native->build;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (stage->dockerfile == &build->settings && names[i].kind == kind
            && value_at(build->spec->document, "spec", names[i].name, NULL))
            return names[i].name;
    return NULL;
}

static void add_fault(struct stage *stage, const struct instruction *instruction,
                      const struct error *error)
{
    struct native *native = stage->native;
    const struct image_spec *spec = native->build->spec;
    const struct source_file *file = stage->dockerfile->file;
    const char *setting = setting_of(stage, instruction->kind);
    if (setting)
        problem_add(native->rehearsal, spec->file,
                    value_at(spec->document, "spec", setting, NULL)->place, true, "spec.%s: %s",
                    setting, error->message);
    else
        problem_add(native->rehearsal, file, stage_place(stage, instruction), file->quotable,
                    "%s: %s", instruction->name, error->message);
}

void stage_fault(struct stage *stage, const struct instruction *instruction,
                 const struct error *error)
{
    if (stage->malformed || !stage->unknown)
        add_fault(stage, instruction, error);
    stage->open |= instruction->kind == INSTRUCTION_ENV || instruction->kind == INSTRUCTION_ARG;
}

static bool rehearse(struct build *build, const struct build_plan *plan, bool bases_known,
                     struct problems *problems, const struct wait *wait, struct error *err)
{
    static const struct build_target nowhere = { 0 };
    struct native native = { .build = build,
                             .plan = plan,
                             .target = &nowhere,
                             .arena = build->arena,
                             .wait = wait,
                             .rehearsal = problems,
                             .bases_known = bases_known };
    native.stages = arena_array(build->arena, build->dockerfile.stage_count, sizeof *native.stages);
    return stage_run(&native, plan->target, err)
           && (!build->has_settings
               || stage_more(&native.stages[plan->target], &build->settings, err));
}

/* A fault that platforms share is told once. */
bool build_rehearse(struct build *build, bool bases_known, struct problems *problems,
                    const struct wait *wait, struct error *err)
{
    size_t before = problems->errors;
    for (size_t i = 0; i < build->plan_count && problems->errors == before; i++)
        if (!rehearse(build, &build->plans[i], bases_known, problems, wait, err))
            return false;
    return true;
}
