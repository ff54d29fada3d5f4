/*
 * manual: a rollback by hand, and its end; see rollback.h.
 *
 * Needs the record of the set and git, no clone. The plan has the one object desired, as the
 * older commit has it, with what goes along; all else of the record is out of its reach.
 */
#include "base/cleanup.h"
#include "base/who.h"
#include "manifest/config_hash.h"
#include "reconciler/history.h"
#include "reconciler/hold.h"
#include "reconciler/removal.h"
#include "reconciler/rollback/rollback.h"
#include "reconciler/rollback/stick.h"

#include <string.h>

void rollback_plan_done(struct rollback_plan *plan)
{
    revisions_done(&plan->revisions);
}

/* ------------------------------------------------------------------- what is refused */

/* What runs is what the last commit wants of it, as far as anybody can tell. */
static const struct revision *revision_of_now(struct rollback_plan *plan, const struct wait *wait)
{
    const struct record_source *source = &plan->target->record.source;
    const struct revision *now;
    struct error why = { .kind = ERROR_NONE };
    if (!*source->commit || source->dirty
        || !revisions_load(&plan->revisions, source->commit, &now, wait, &why))
        return NULL;
    return now;
}

/* What it read when it was applied; "" where that commit has another document of it. */
static const char *reads_of_now(struct arena *arena, const struct revision *now,
                                const struct record_member *member)
{
    const struct resource *resource = now ? revision_find(now, &member->id) : NULL;
    size_t lacks;
    if (!resource || strcmp(resource_digest(arena, resource), member->digest) != 0)
        return "";
    return config_hash_of(arena, &now->run->set, resource, &lacks);
}

/* One that was put back already refuses what it refused: git still wants that. */
static struct record_rollback refused_of(struct run *run, const struct revision *now,
                                         const struct target_run *target,
                                         const struct record_member *member)
{
    struct record_rollback refused = {
        .refused = member->digest,
        .from = target->record.source.commit,
        .with = "",
        .by = who_runs(run->arena),
        .reason = "",
        .since = clock_unix(),
    };
    if (!member->rollback || *member->rollback->with) {
        refused.reads = reads_of_now(run->arena, now, member);
        return refused;
    }
    refused.refused = member->rollback->refused;
    refused.reads = member->rollback->reads;
    refused.from = member->rollback->from;
    return refused;
}

static bool check_kind(const struct rollback_plan *plan, const char *name, struct error *err)
{
    const struct record *record = &plan->target->record;
    AUTO_ARENA arena = arena_new();
    if (strcmp(plan->id.kind, "Secret") == 0 && !*plan->id.group)
        return error_set(err, ERROR_REFUSED,
                         "%s: the record keeps no digest of Secrets, so that nobody could tell "
                         "when it is another: roll back the workload that reads it",
                         name);
    for (size_t i = 0; i < record->hold_count; i++)
        if (object_id_compare(&record->holds[i].id, &plan->id) == 0)
            return error_set(err, ERROR_REFUSED, "%s is %s: let it go first (unhold)", name,
                             hold_text(arena, &record->holds[i]));
    return true;
}

/* What was put back already goes nowhere by itself: neither forward with another, nor in vain. */
static bool check_member(const struct rollback_plan *plan, const struct record_member *member,
                         const char *to, const char *name, struct error *err)
{
    const struct record_rollback *rollback = member->rollback;
    AUTO_ARENA arena = arena_new();
    if (rollback && *rollback->with)
        return error_set(
            err, ERROR_REFUSED, "%s was put back with %s: roll that back, or release it", name,
            object_name_text(arena,
                             arena_memdup(arena, rollback->with, strcspn(rollback->with, ",")),
                             plan->target->target.set_namespace));
    if (rollback && !to)
        return error_set(err, ERROR_REFUSED,
                         "%s is rolled back to %s already; to go further back: --to COMMIT, as "
                         "cmx-reconcile history %s has them",
                         name, commit_short(arena, rollback->to), name);
    return true;
}

/* -------------------------------------------------------------------- the revision */

static bool choose(struct rollback_plan *plan, const char *to,
                   const struct record_rollback *refused, const struct revision **ret,
                   const struct wait *wait, struct error *err)
{
    struct revisions *revisions = &plan->revisions;
    size_t entry = revisions->history_count;
    if (!to) {
        if (!revisions_before(revisions, &plan->id, refused, ret, &entry, wait, err))
            return err->kind == ERROR_NOT_FOUND
                       ? error_set(err, ERROR_NOT_FOUND,
                                   "%s: the history of the set knows nothing else that ran well "
                                   "before; --to COMMIT names any",
                                   object_id_text(revisions->arena, &plan->id,
                                                  plan->target->target.set_namespace))
                       : false;
    } else if (!revisions_load(revisions, to, ret, wait, err))
        return false;
    for (size_t i = 0; to && i < revisions->history_count; i++)
        if (strcmp(revisions->history[i].commit, (*ret)->commit) == 0)
            entry = i;
    plan->hook = history_hook_since(revisions->history, revisions->history_count, entry);
    return true;
}

static bool check_resource(const struct rollback_plan *plan, const struct revision *revision,
                           const struct resource *resource, const struct record_rollback *refused,
                           bool rolled_back, const char *name, struct error *err)
{
    const char *commit = commit_short(plan->revisions.arena, revision->commit);
    if (!resource)
        return error_set(err, ERROR_NOT_FOUND, "%s is not in %s", name, commit);
    if (resource->until)
        return error_set(err, ERROR_REFUSED,
                         "%s ran an image in %s that is not to be had any more: %s. Build it "
                         "from that commit (cmx-reconcile build --ref %s)",
                         name, commit, resource->until, commit);
    if (resource->options.hook != HOOK_NONE)
        return error_set(err, ERROR_REFUSED, "%s is a hook: what it did cannot be taken back",
                         name);
    if (!revision_is_refused(plan->revisions.arena, revision, resource, refused))
        return true;
    if (rolled_back)
        return error_set(err, ERROR_REFUSED,
                         "%s is in %s what it was rolled back from; to have that again: --release",
                         name, commit);
    return error_set(err, ERROR_REFUSED,
                     "%s is in %s what it is now: there is nothing to go back to", name, commit);
}

/* ------------------------------------------------------------------------ the plan */

static bool is_restored(const struct restore *restore, const struct object_id *id)
{
    for (size_t i = 0; i < restore->count; i++)
        if (restore->items[i].resource && object_id_compare(&restore->items[i].id, id) == 0)
            return true;
    return false;
}

/* All else of the record stays as it is, but for what is only kept. */
static void set_outside(struct run *run, struct target_run *target, const struct restore *restore)
{
    struct record_member *outside =
        arena_array(run->arena, target->record.count + 1, sizeof *outside);
    size_t count = 0;
    for (size_t i = 0; i < target->record.count; i++)
        if (!is_restored(restore, &target->record.members[i].id))
            outside[count++] = target->record.members[i];
    restore_keep(restore, outside, count);
    target->plan.outside = outside;
    target->plan.outside_count = count;
}

static bool build(struct run *run, struct target_run *target, const struct restore *restore,
                  const struct wait *wait, struct error *err)
{
    struct record members = restore_members(restore);
    target->desired_count = restore_desired(restore, &target->desired);
    target->plan_options = (struct plan_options){
        .why_not_delete = "nothing is pruned by a rollback",
        .budget = { -1, -1 },
        .source_count = target->desired_count,
        .home = run->set.project.namespace,
        .concurrency = run->options->concurrency,
        .force_conflicts = run->options->force_conflicts,
    };
    target->planned =
        plan_build(&target->plan, run->arena, target->provider, target->session, target->desired,
                   target->desired_count, &members, &target->plan_options, wait, err);
    if (!target->planned) {
        plan_done(&target->plan);
        return false;
    }
    restore_mark(restore, &target->plan);
    set_outside(run, target, restore);
    return true;
}

/* The run is about this target, and about the revision that it goes back to. */
static void narrow(struct run *run, struct rollback_plan *plan, const struct revision *revision)
{
    struct target_run *target = arena_alloc(run->arena, sizeof *target);
    *target = *plan->target;
    for (size_t i = 0; i < run->target_count; i++)
        if (&run->targets[i] != plan->target && run->targets[i].session)
            run->targets[i].provider->close(run->targets[i].session);
    plan->target = plan->revisions.target = run->targets = target;
    run->target_count = 1;
    run->source.commit = revision->run->source.commit;
    run->source.revision = revision->run->source.revision;
    run->without_source = true; /* the recorded ignore rules stay */
    run->command = "rollback";
    run->partial = arena_printf(run->arena, "only %s is put back",
                                object_id_text(run->arena, &plan->id, run->set.project.namespace));
}

static const char *others_of(struct run *run, const struct restore *restore,
                             const struct restore_request *request)
{
    const struct resource *other =
        restore_disturbs(restore, &request->resource->id, request->wanted, request->wanted_count);
    return other ? object_id_text(run->arena, &other->id, run->set.project.namespace) : NULL;
}

static bool plan_rollback(struct run *run, struct rollback_plan *plan,
                          const struct record_member *member, const char *to,
                          const struct wait *wait, struct error *err)
{
    const char *name = object_id_text(run->arena, &plan->id, run->set.project.namespace);
    const struct revision *revision, *now = revision_of_now(plan, wait);
    struct restore_request request = { .refused = refused_of(run, now, plan->target, member) };
    struct restore restore;
    if (!check_kind(plan, name, err) || !check_member(plan, member, to, name, err)
        || !choose(plan, to, &request.refused, &revision, wait, err))
        return false;
    request.revision = revision;
    request.resource = revision_find(revision, &plan->id);
    request.refused.to = revision->commit;
    if (!check_resource(plan, revision, request.resource, &request.refused, member->rollback, name,
                        err))
        return false;
    request.wanted = now ? now->list : NULL;
    request.wanted_count = now ? now->count : 0;
    if (!plan->target->provider->bind_scopes(plan->target->session, &revision->run->set, wait, err))
        return false;
    narrow(run, plan, revision);
    restore_start(&restore, run->arena, &plan->target->record);
    restore_add(&restore, &request);
    plan->from = request.refused.from;
    plan->to = revision->commit;
    plan->subject = revision->subject;
    plan->others = others_of(run, &restore, &request);
    rollback_tags_elsewhere(revision, request.resource, run->arena, &plan->tags);
    if (plan->hook)
        plan->hook = object_name_text(run->arena, plan->hook, run->set.project.namespace);
    return build(run, plan->target, &restore, wait, err);
}

bool run_plan_rollback(struct run *run, const struct object_id *pattern, const char *to,
                       struct rollback_plan *ret_plan, const struct wait *wait, struct error *err)
{
    const struct record_member *member;
    struct rollback_plan plan = { 0 };
    if (!run_targets(run, err) || !set_find(run, pattern, &plan.target, &member, wait, err))
        return false;
    plan.id = member->id;
    revisions_start(&plan.revisions, run, plan.target);
    bool planned = plan_rollback(run, &plan, member, to, wait, err);
    *ret_plan = plan;
    if (!planned)
        rollback_plan_done(ret_plan);
    return planned;
}

/* ------------------------------------------------------------------------- releasing */

/* `with` without that name; NULL where nothing is left. */
static const char *without(struct arena *arena, const char *with, const char *name)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (const char *at = with; *at;) {
        size_t length = strcspn(at, ",");
        if (length != strlen(name) || memcmp(at, name, length) != 0)
            buf_printf(&text, "%s%.*s", text.length ? "," : "", (int)length, at);
        at += length + (at[length] == ',');
    }
    return text.length ? arena_strdup(arena, buf_text(&text)) : NULL;
}

static void release_member(struct arena *arena, struct record_member *member,
                           const struct object_id *leader, const char *name)
{
    if (object_id_compare(&member->id, leader) == 0)
        member->rollback = NULL;
    if (!member->rollback || !rollback_goes_with(member->rollback->with, name))
        return;
    const char *with = without(arena, member->rollback->with, name);
    struct record_rollback *kept = arena_alloc(arena, sizeof *kept);
    *kept = *member->rollback;
    kept->with = with;
    member->rollback = with ? kept : NULL;
}

static struct record released(struct run *run, const struct target_run *target,
                              const struct object_id *id)
{
    struct record record = target->record;
    const char *name = object_id_full(run->arena, id);
    record.members = arena_array(run->arena, record.count + 1, sizeof *record.members);
    for (size_t i = 0; i < record.count; i++) {
        record.members[i] = target->record.members[i];
        release_member(run->arena, &record.members[i], id, name);
    }
    run->command = "rollback";
    history_note_command(run, target, "release", id, 1, &record);
    return record;
}

static bool check_released(struct run *run, const struct record_member *member, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *name = object_id_text(arena, &member->id, run->set.project.namespace);
    if (!member->rollback)
        return error_set(err, ERROR_NOT_FOUND, "%s is not rolled back", name);
    return !*member->rollback->with
           || error_set(err, ERROR_NOT_FOUND, "%s was put back with %s: release that", name,
                        member->rollback->with);
}

bool run_release_rollback(struct run *run, const struct object_id *pattern,
                          struct object_id *ret_id, settle_note *note, void *context,
                          const struct wait *wait, struct error *err)
{
    const struct record_member *member;
    struct target_run *target;
    struct wait writing = *wait, last = run_last_wait(wait);
    writing.soft = false;
    if (!run_targets(run, err) || !set_find(run, pattern, &target, &member, wait, err)
        || !check_released(run, member, err))
        return false;
    *ret_id = member->id;
    struct record record = released(run, target, &member->id);
    return target->provider->record_lock(target->session, run->options->lock_timeout, NULL, note,
                                         context, &writing, err)
           && target->provider->record_settle(target->session, &record, &last, err);
}
