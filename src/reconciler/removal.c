/* removal: see removal.h. */
#include "reconciler/removal.h"

#include "reconciler/elsewhere.h"
#include "reconciler/history.h"
#include "reconciler/home.h"
#include "reconciler/inventory.h"
#include "reconciler/member.h"
#include "reconciler/rollback/stick.h"
#include "reconciler/rules.h"
#include "reconciler/strays.h"

#include <string.h>

void run_without_source(struct run *run, const char *name, const char *namespace)
{
    run->source.commit = (struct record_source){
        .origin = "", .path = "", .ref = "", .commit = "", .subject = "", .author = ""
    };
    run->source.revision = "";
    run->without_source = true;
    run->set = (struct set){ .arena = run->arena };
    run->set.project = (struct project){
        .name = name,
        .namespace = namespace ? namespace : "default",
        .prune = true,
        .prune_budget = { -1, -1 },
    };
}

const char *set_lacks(struct arena *arena, const struct target_run *target)
{
    return arena_printf(arena, "the set %s has no such object", target->target.set_name);
}

/* Keeps the members that fit; the others stay in the record untouched. */
static bool narrow(struct run *run, struct target_run *target, const struct object_id *pattern,
                   struct record *record, struct error *err)
{
    struct record_member *inside = arena_array(run->arena, record->count, sizeof *inside);
    struct record_member *outside = arena_array(run->arena, record->count, sizeof *outside);
    size_t count = 0, rest = 0;
    const struct record_member *found;
    if (pattern
        && !member_find(run->arena, record, pattern, set_lacks(run->arena, target), &found, err))
        return false;
    for (size_t i = 0; i < record->count; i++)
        if (!pattern || object_id_matches(pattern, &record->members[i].id))
            inside[count++] = record->members[i];
        else
            outside[rest++] = record->members[i];
    record->members = inside;
    record->count = count;
    target->plan.outside = outside;
    target->plan.outside_count = rest;
    return true;
}

bool set_open(struct run *run, struct target_run *target, const struct wait *wait,
              struct error *err)
{
    if (!target->session && !target_open(run, target, wait, err))
        return false;
    if (!target->record.exists)
        return error_set(err, ERROR_NOT_FOUND, "there is no set %s in namespace %s of %s",
                         target->target.set_name, target->target.set_namespace,
                         target->description);
    return true;
}

static bool plan_removal(struct run *run, struct target_run *target,
                         const struct object_id *pattern, const struct wait *wait,
                         struct error *err)
{
    if (!set_open(run, target, wait, err))
        return false;
    struct record record = target->record;
    if (!narrow(run, target, pattern, &record, err))
        return false;
    const struct record_member *outside = target->plan.outside;
    size_t rest = target->plan.outside_count;
    target->plan_options = (struct plan_options){
        .may_delete = true,
        .removal = true,
        .home = run->set.project.namespace,
        .allow_delete = run->options->allow_delete,
        .allow_delete_count = run->options->allow_delete_count,
        .concurrency = run->options->concurrency,
    };
    target->desired = NULL;
    target->desired_count = 0;
    target->planned = plan_build(&target->plan, run->arena, target->provider, target->session, NULL,
                                 0, &record, &target->plan_options, wait, err);
    target->plan.outside = outside;
    target->plan.outside_count = rest;
    if (target->planned) {
        strays_find(run, target);
        home_check(target);
    } else
        plan_done(&target->plan);
    return target->planned;
}

bool run_plan_removal(struct run *run, const struct object_id *pattern, const struct wait *wait,
                      struct error *err)
{
    if (!run_targets(run, err))
        return false;
    for (size_t i = 0; i < run->target_count; i++)
        if (!plan_removal(run, &run->targets[i], pattern, wait, err))
            return false;
    return pattern || elsewhere_recall(run, err);
}

static bool nothing_is_left(const struct target_run *target)
{
    for (size_t i = 0; i < target->plan.count; i++) {
        const struct change *change = &target->plan.changes[i];
        bool gone = change->action == ACTION_FORGET
                    || (change->action == ACTION_DELETE && change->progress == PROGRESS_DONE);
        if (!gone)
            return false;
    }
    return target->plan.outside_count == 0;
}

void run_remove(struct run *run, struct target_run *target, const struct execute_events *events,
                const struct wait *wait)
{
    struct error error = { 0 };
    run->command = "delete";
    run->source.commit = target->record.source;
    run_apply(run, target, events, wait);
    if (target->error.kind != ERROR_NONE || target->stale || !nothing_is_left(target))
        return;
    if (!target->provider->record_remove(target->session, wait, &error))
        target->error = error;
}

static bool release_all(struct run *run, struct target_run *target, size_t *ret_count,
                        const struct wait *wait, struct error *err)
{
    for (size_t i = 0; i < target->plan.count; i++) {
        struct change *change = &target->plan.changes[i];
        if (wait_stopped(wait))
            return error_set(err, ERROR_CANCELLED, "interrupted: %zu of %zu objects are released",
                             *ret_count, target->plan.count);
        if (change->subject->live.state == LIVE_UNKNOWN)
            return error_set(err, ERROR_UNREACHABLE, "%s: %s",
                             object_id_text(run->arena, &change->subject->id, NULL),
                             change->subject->live.why);
        if (change->subject->live.state != LIVE_ABSENT
            && !target->provider->release(target->session, change->arena, change->subject, wait,
                                          err))
            return error_prefix(err, "%s", object_id_text(run->arena, &change->subject->id, NULL));
        change->action = ACTION_FORGET;
        ++*ret_count;
    }
    return true;
}

static void note_release(struct run *run, const struct target_run *target, struct record *kept)
{
    struct object_id *ids = arena_array(run->arena, target->plan.count + 1, sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < target->plan.count; i++)
        if (target->plan.changes[i].action == ACTION_FORGET)
            ids[count++] = target->plan.changes[i].subject->id;
    run->command = "release";
    history_note_command(run, target, "release", ids, count, kept);
}

bool run_release(struct run *run, struct target_run *target, size_t *ret_count,
                 const struct wait *wait, struct error *err)
{
    const struct provider *provider = target->provider;
    struct record kept;
    struct error error = { 0 };
    struct wait writing = *wait, last = run_last_wait(wait);
    writing.soft = false;
    *ret_count = 0;
    if (!provider->record_lock(target->session, run->options->lock_timeout, NULL, NULL, NULL,
                               &writing, err))
        return false;
    bool released = release_all(run, target, ret_count, &writing, err);
    inventory_settle(run->arena, &target->plan, &target->record.source, &target->record, false,
                     &kept);
    rules_note(run, target, &kept);
    note_release(run, target, &kept);
    bool settled = provider->record_settle(target->session, &kept, &last, &error);
    if (released && !settled)
        *err = error;
    if (!released || !settled || kept.count)
        return released && settled;
    return provider->record_remove(target->session, &writing, err);
}

static bool look(struct run *run, struct target_run *target, const struct wait *wait,
                 struct error *err)
{
    struct plan *plan = &target->plan;
    if (!set_open(run, target, wait, err))
        return false;
    rollbacks_show(run->arena, &target->record);
    *plan = (struct plan){ .arena = run->arena };
    plan->subjects = arena_array(run->arena, target->record.count, sizeof *plan->subjects);
    for (size_t i = 0; i < target->record.count; i++) {
        plan->subjects[i].id = target->record.members[i].id;
        plan->subjects[i].recorded = &target->record.members[i];
    }
    if (!target->provider->observe(target->session, run->arena, plan->subjects,
                                   target->record.count, wait, err))
        return false;
    strays_find(run, target);
    return true;
}

bool run_look(struct run *run, const struct wait *wait, struct error *err)
{
    if (!run->targets && !run_targets(run, err))
        return false;
    for (size_t i = 0; i < run->target_count; i++)
        if (!look(run, &run->targets[i], wait, err))
            return false;
    return true;
}
