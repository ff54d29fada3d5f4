/*
 * run_images: the Images of a run, from loading to the plans of its targets. Joins reconcile.c
 * and planning.c with images/.
 */
#include "base/log.h"
#include "reconciler/images/join.h"
#include "reconciler/images/machines.h"
#include "reconciler/reconcile_inner.h"

#include <string.h>

static bool *flags(const struct run *run, bool value)
{
    bool *flags = arena_array(run->arena, run->set.image_count + 1, sizeof *flags);
    for (size_t i = 0; i < run->set.image_count; i++)
        flags[i] = value;
    return flags;
}

/* Where a Dockerfile has faults they were told one by one; all else is one sentence. */
static void take_problems(struct run *run, const struct image_run *image)
{
    const struct value *build = value_at(image->spec->document, "spec", "build", NULL);
    bool written = build && build->place.line;
    problems_append(&run->problems, &image->problems);
    if (image->state == IMAGE_FAILED && !image->problems.errors)
        problem_add(&run->problems, image->spec->file, written ? build->place : image->spec->place,
                    true, "Image/%s: %s", image->spec->name, image->error.message);
}

void run_open_images(struct run *run)
{
    size_t count;
    if (!run->set.image_count || !run->options->with_images)
        return;
    run->images = images_new(&run->set, &run->source, &run->options->images);
    images_open(run->images, flags(run, true));
    images_find_circles(run->images);
    const struct image_run *all = images_all(run->images, &count);
    for (size_t i = 0; i < count; i++)
        take_problems(run, &all[i]);
}

/* -l and -n name a part of the objects, and with it what these run. */
static bool takes_all(const struct run *run)
{
    return !run->options->selector && !run->options->namespace;
}

bool run_resolve_images(struct run *run, const struct wait *wait, struct error *err)
{
    if (!run->images)
        return true;
    bool *chosen = flags(run, takes_all(run));
    for (size_t i = 0; i < run->target_count; i++)
        images_used(run->images, run->targets[i].desired, run->targets[i].desired_count, chosen);
    if (!images_resolve(run->images, chosen, wait, err))
        return false;
    images_look_for_older(run->images, wait);
    return true;
}

/* Does any target's object run it? */
static bool *unused(struct run *run)
{
    bool *used = flags(run, false);
    for (size_t i = 0; i < run->target_count; i++)
        images_used(run->images, run->targets[i].desired, run->targets[i].desired_count, used);
    for (size_t i = 0; i < run->set.image_count; i++)
        used[i] = !used[i];
    return used;
}

/* Only a warning hangs on it: who may not look goes without. */
static void find_misfits(struct run *run, struct target_run *target, const struct wait *wait)
{
    struct machine_count *machines;
    struct error error = { 0 };
    size_t count;
    if (!target->plan_options.images || !target->provider->platforms)
        return;
    if (target->provider->platforms(target->session, run->arena, &machines, &count, wait, &error))
        images_misfits(run->images, target->plan_options.images, run->arena, machines, count,
                       &target->misfits);
    else
        log_debug("the platforms of the nodes are not known: %s", error.message);
}

/* What nothing runs goes with the first target. */
void run_join_images(struct run *run, struct target_run *target, const struct wait *wait)
{
    if (!run->images)
        return;
    const char *since = target->record.exists ? target->record.source.commit : "";
    const bool *also = target == run->targets && takes_all(run) ? unused(run) : NULL;
    target->plan_options.images =
        images_join(run->images, run->arena, target->desired, target->desired_count, also, since);
    find_misfits(run, target, wait);
}
