/* planning: the flow of a run up to its plans; see reconcile.h. Part of reconcile.c. */
#include "base/cleanup.h"
#include "reconciler/early.h"
#include "reconciler/elsewhere.h"
#include "reconciler/home.h"
#include "reconciler/images/join.h"
#include "reconciler/inventory.h"
#include "reconciler/plan/budget.h"
#include "reconciler/reconcile_inner.h"
#include "reconciler/rollback/stick.h"
#include "reconciler/strays.h"

#include <string.h>

static void fill_budget(struct run *run, struct plan_options *options)
{
    options->budget = run->set.project.prune_budget;
    options->budget_origin = "the default: 10 objects or 20 % of the set";
    if (options->budget.count >= 0)
        options->budget_origin =
            arena_printf(run->arena, "Project.pruneBudget: %lld", (long long)options->budget.count);
    else if (options->budget.percent >= 0)
        options->budget_origin = arena_printf(run->arena, "Project.pruneBudget: %lld%%",
                                              (long long)options->budget.percent);
    if (run->options->prune_budget && budget_parse(run->options->prune_budget, &options->budget))
        options->budget_origin =
            arena_printf(run->arena, "--prune-budget %s", run->options->prune_budget);
}

static void fill_plan_options(struct run *run, struct plan_options *options)
{
    const struct run_options *given = run->options;
    *options = (struct plan_options){
        .adopt = given->adopt_given ? given->adopt : run->set.project.adopt,
        .allow_delete = given->allow_delete,
        .allow_delete_count = given->allow_delete_count,
        .concurrency = given->concurrency,
        .force_conflicts = given->force_conflicts,
        .failed = run->set.failed,
        .failed_count = run->set.failed_count,
        .part_of_source = run_part_of_source(run) != NULL,
        .may_delete = true,
        .source_count = run->set.count,
        .home = run->set.project.namespace,
    };
    fill_budget(run, options);
    options->why_not_delete = run->partial              ? run->partial
                              : !run->set.project.prune ? "Project.prune is off"
                              : given->no_prune         ? "--no-prune"
                                                        : NULL;
    options->may_delete = options->why_not_delete == NULL;
}

bool target_connect(struct run *run, struct target_run *target, const struct wait *wait,
                    struct error *err)
{
    if (!target->provider->open(&target->target, run->arena, &target->session, wait, err))
        return false;
    target->description = target->provider->describe(target->session);
    return true;
}

bool target_open(struct run *run, struct target_run *target, const struct wait *wait,
                 struct error *err)
{
    if (early_take(run, target, wait)) {
        target->description =
            target->session ? target->provider->describe(target->session) : target->description;
        *err = target->error;
        return target->error.kind == ERROR_NONE;
    }
    return target_connect(run, target, wait, err)
           && target->provider->record_read(target->session, run->arena, &target->record, wait,
                                            err);
}

/* A partial source reaches only what it names; the rest of the record is left as it is. */
static struct record reachable(struct run *run, struct target_run *target)
{
    struct record record = target->record;
    struct record_member *outside;
    if (!run->partial)
        return record;
    record.members = arena_array(run->arena, record.count, sizeof *record.members);
    outside = arena_array(run->arena, record.count, sizeof *outside);
    record.count = 0;
    for (size_t i = 0; i < target->record.count; i++) {
        const struct record_member *member = &target->record.members[i];
        if (resources_find(target->desired, target->desired_count, &member->id))
            record.members[record.count++] = *member;
        else
            outside[target->plan.outside_count++] = *member;
    }
    target->plan.outside = outside;
    return record;
}

bool run_same_source(const struct record_source *a, const struct record_source *b)
{
    return strcmp(a->origin, b->origin) == 0 && strcmp(a->path, b->path) == 0;
}

static void refuse_other_source(struct run *run, struct target_run *target)
{
    const struct record_source *old = &target->record.source;
    if (run->partial || run->options->take_set || run_same_source(old, &run->source.commit))
        return;
    plan_refuse(&target->plan, "--take-set, or another name in the Project",
                "the set %s was made from another source: %s%s%s, this one is %s%s%s",
                target->target.set_name, *old->origin ? old->origin : "a folder without git",
                *old->path ? " " : "", old->path,
                *run->source.commit.origin ? run->source.commit.origin : "a folder without git",
                *run->source.commit.path ? " " : "", run->source.commit.path);
}

/* Two CI jobs out of order must not revert and prune. */
static bool refuse_older(struct run *run, struct target_run *target, struct error *err)
{
    const char *last = target->record.source.commit;
    enum git_order order;
    if (!run->source.git || !*last || run->options->allow_older)
        return true;
    if (!git_compare(run->source.git, last, &order, err))
        return false;
    if (order == GIT_SAME || order == GIT_DESCENDANT)
        return true;
    const char *ours = commit_short(run->arena, run->source.commit.commit);
    const char *theirs = commit_short(run->arena, last);
    const char *why = order == GIT_OLDER      ? "%s is older than %s, which runs"
                      : order == GIT_DIVERGED ? "%s does not descend from %s, which runs"
                                              : "%s: the commit %s, which runs, is not known here";
    plan_refuse(&target->plan, "--allow-older", why, ours, theirs);
    return true;
}

static bool adds_members(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (!plan->changes[i].subject->recorded && action_writes(plan->changes[i].action))
            return true;
    return false;
}

/* What the record cannot hold is told before anything is written; what it holds already fits. */
static void refuse_too_large(struct run *run, struct target_run *target)
{
    struct record wide;
    struct error error = { 0 };
    if (!target->provider->record_fits || !adds_members(&target->plan))
        return;
    inventory_widen(run->arena, &target->plan, &run->source.commit, &wide);
    if (!target->provider->record_fits(target->session, &wide, &error))
        plan_refuse(&target->plan, NULL, "%s", error.message);
}

static bool refuse_whole(struct run *run, struct target_run *target, struct error *err)
{
    refuse_too_large(run, target);
    home_check(target);
    if (!target->record.exists)
        return true;
    refuse_other_source(run, target);
    return refuse_older(run, target, err);
}

static bool plan_target(struct run *run, struct target_run *target, const struct wait *wait,
                        struct error *err)
{
    if (!target_open(run, target, wait, err))
        return false;
    size_t errors = run->problems.errors;
    if (!target->provider->bind_scopes(target->session, &run->set, wait, err))
        return false;
    if (run->problems.errors > errors) /* two objects turned out to be one */
        return error_set(err, ERROR_INPUT, "%s",
                         run->problems.items[run->problems.count - 1].message);
    resources_sort(target->desired, target->desired_count); /* scopes may have moved some */
    fill_plan_options(run, &target->plan_options);
    target->plan_options.creates_unasked = run->options->creates_unasked && !target->record.exists;
    target->plan_options.whole = &target->record;
    run_join_images(run, target, wait);
    rollbacks_judge(run, target);
    struct record record = reachable(run, target);
    const struct record_member *outside = target->plan.outside;
    size_t outside_count = target->plan.outside_count;
    target->planned =
        plan_build(&target->plan, run->arena, target->provider, target->session, target->desired,
                   target->desired_count, &record, &target->plan_options, wait, err);
    target->plan.outside = outside;
    target->plan.outside_count = outside_count;
    if (!target->planned) {
        plan_done(&target->plan);
        return false;
    }
    strays_find(run, target);
    return refuse_whole(run, target, err);
}

bool run_plan(struct run *run, const struct wait *wait, struct error *err)
{
    if (!run_targets(run, err) || !run_resolve_images(run, wait, err))
        return false;
    for (size_t i = 0; i < run->target_count; i++) {
        struct target_run *target = &run->targets[i];
        struct error error = { 0 };
        if (!plan_target(run, target, wait, &error))
            target->error = error;
        if (error.kind == ERROR_CANCELLED) {
            *err = error;
            return false;
        }
        if (i == 0 && target->planned && !run->partial && !elsewhere_recall(run, err))
            return false;
    }
    return true;
}
