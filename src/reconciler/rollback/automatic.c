/*
 * automatic: what failed in an apply is put back to what ran before; see rollback.h.
 *
 * Works on the record as the run would settle it, while the set is still locked: what is put
 * back is observed, planned and carried out anew, as any other change, and noted in that record.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/who.h"
#include "manifest/config_hash.h"
#include "providers/hold.h"
#include "providers/record.h"
#include "reconciler/home.h"
#include "reconciler/inventory.h"
#include "reconciler/rollback/rollback.h"

#include <string.h>

enum attempt rollback_attempt(const struct attempt_sight *sight)
{
    if (!sight->automatic || !sight->workload || !sight->unhealthy)
        return ATTEMPT_NONE;
    if (sight->stopped)
        return ATTEMPT_STOPPED;
    if (!sight->existed)
        return ATTEMPT_FIRST;
    if (!sight->known)
        return ATTEMPT_UNKNOWN;
    if (sight->hook)
        return ATTEMPT_HOOK;
    return sight->shared ? ATTEMPT_SHARED : ATTEMPT_GO;
}

/* One that failed. */
struct candidate {
    const struct change *change;
    struct attempt_sight sight;
    enum attempt attempt;
    struct restore_request request;
    const char *why; /* nobody knows, the hook, or who shares */
};

struct recovery {
    struct run *run;
    struct target_run *target;
    struct record *record;
    const struct wait *wait;
    struct revisions revisions;
    struct candidate *candidates;
    size_t count, capacity;
    struct restore restore;
};

/* ------------------------------------------------------------------- who may go back */

static bool is_automatic(const struct run *run, const struct resource *desired)
{
    enum rollback_policy own = desired->options.rollback;
    return (own == ROLLBACK_UNSAID ? run->set.project.rollback : own) == ROLLBACK_AUTOMATIC;
}

/* The server took it, and then its pods did not do well. */
static bool is_unhealthy(const struct change *change)
{
    return change->progress == PROGRESS_FAILED && change->written && change->error
           && action_writes(change->action) && change->action != ACTION_DELETE
           && (change->error->kind == ERROR_INVALID || change->error->kind == ERROR_TIMEOUT);
}

static struct attempt_sight look_at(const struct recovery *recovery, const struct change *change)
{
    const struct subject *subject = change->subject;
    const struct resource *desired = subject->desired;
    if (!desired)
        return (struct attempt_sight){ 0 };
    return (struct attempt_sight){
        .automatic = is_automatic(recovery->run, desired),
        .workload =
            pod_template(&subject->id, desired->document) && desired->options.hook == HOOK_NONE,
        .unhealthy = is_unhealthy(change),
        .existed = subject->recorded && change->action != ACTION_CREATE,
        .stopped = recovery->target->result.interrupted || wait_stopped(recovery->wait),
    };
}

static void find_candidates(struct recovery *recovery)
{
    struct plan *plan = &recovery->target->plan;
    for (size_t i = 0; i < plan->count; i++) {
        struct candidate candidate = { .change = &plan->changes[i],
                                       .sight = look_at(recovery, &plan->changes[i]) };
        candidate.attempt = rollback_attempt(&candidate.sight);
        if (candidate.attempt != ATTEMPT_NONE)
            arena_push(recovery->run->arena, recovery->candidates, recovery->count,
                       recovery->capacity, candidate);
    }
}

/* --------------------------------------------------------------- what it goes back to */

static const char *cut(struct arena *arena, const char *text)
{
    const char *line = printable_text(arena, arena_memdup(arena, text, strcspn(text, "\n")));
    size_t length = strlen(line);
    while (length > HOLD_REASON_MOST || ((unsigned char)line[length] & 0xC0) == 0x80)
        length--;
    return arena_memdup(arena, line, length);
}

static struct record_rollback refused_by(const struct recovery *recovery,
                                         const struct change *change)
{
    const struct run *run = recovery->run;
    size_t lacks;
    struct record_rollback refused = {
        .refused = resource_digest(run->arena, change->subject->desired),
        .reads = config_hash_of(run->arena, &run->set, change->subject->desired, &lacks),
        .from = run->source.commit.commit,
        .with = "",
        .by = who_runs(run->arena),
        .reason = cut(run->arena, change->error->message),
        .since = clock_unix(),
        .automatic = true,
    };
    if (lacks && run->partial)
        refused.reads = "";
    return refused;
}

/* A hook that ran in this very run, or in one since the entry. */
static const char *hook_since(const struct recovery *recovery, size_t entry)
{
    const struct plan *plan = &recovery->target->plan;
    for (size_t i = 0; i < plan->count; i++) {
        const struct change *change = &plan->changes[i];
        const struct resource *desired = change->subject->desired;
        if (desired && desired->options.hook != HOOK_NONE && !desired->options.hook_reversible
            && change->written)
            return object_id_full(recovery->run->arena, &change->subject->id);
    }
    return history_hook_since(recovery->revisions.history, recovery->revisions.history_count,
                              entry);
}

static void find_revision(struct recovery *recovery, struct candidate *candidate)
{
    struct error why = { .kind = ERROR_NONE };
    const struct revision *revision;
    const struct object_id *id = &candidate->change->subject->id;
    struct restore_request *request = &candidate->request;
    size_t entry;
    request->refused = refused_by(recovery, candidate->change);
    request->wanted = recovery->target->desired;
    request->wanted_count = recovery->target->desired_count;
    candidate->sight.known = revisions_before(&recovery->revisions, id, &request->refused,
                                              &revision, &entry, recovery->wait, &why);
    if (candidate->sight.known) {
        request->revision = revision;
        request->resource = revision_find(revision, id);
        request->refused.to = revision->commit;
        candidate->why = hook_since(recovery, entry);
        candidate->sight.hook = candidate->why != NULL;
    } else
        candidate->why = arena_strdup(recovery->run->arena, why.message);
    candidate->attempt = rollback_attempt(&candidate->sight);
}

static void collect(struct recovery *recovery)
{
    restore_start(&recovery->restore, recovery->run->arena, recovery->record);
    for (size_t i = 0; i < recovery->count; i++)
        if (recovery->candidates[i].attempt == ATTEMPT_GO)
            restore_add(&recovery->restore, &recovery->candidates[i].request);
}

/* What the candidate shares with one that works, others that go back left out; or NULL. */
static const struct resource *disturbed_by(struct recovery *recovery,
                                           const struct candidate *candidate)
{
    const struct target_run *target = recovery->target;
    collect(recovery);
    return restore_disturbs(&recovery->restore, &candidate->change->subject->id, target->desired,
                            target->desired_count);
}

/* Together they may put back what they share. One less may leave another alone with it. */
static void leave_others_alone(struct recovery *recovery)
{
    for (size_t i = 0; i < recovery->count; i++) {
        struct candidate *candidate = &recovery->candidates[i];
        const struct resource *other =
            candidate->attempt == ATTEMPT_GO ? disturbed_by(recovery, candidate) : NULL;
        if (!other)
            continue;
        candidate->sight.shared = true;
        candidate->why = object_id_full(recovery->run->arena, &other->id);
        candidate->attempt = rollback_attempt(&candidate->sight);
        leave_others_alone(recovery);
        return;
    }
}

/* -------------------------------------------------------------------- putting it back */

/* The members of `part` in place of those of the same identity. */
static void merge(struct arena *arena, struct record *record, const struct record *part)
{
    struct record_member *members =
        arena_array(arena, record->count + part->count + 1, sizeof *members);
    size_t count = 0;
    for (size_t i = 0; i < record->count; i++)
        if (!record_find(part, &record->members[i].id))
            members[count++] = record->members[i];
    for (size_t i = 0; i < part->count; i++)
        members[count++] = part->members[i];
    record->members = members;
    record->count = count;
    record_sort(record);
}

static struct plan_options plan_options_of(const struct recovery *recovery)
{
    struct plan_options options = recovery->target->plan_options;
    options.may_delete = false;
    options.why_not_delete = "nothing is pruned by a rollback";
    options.whole = NULL;
    options.creates_unasked = false;
    options.failed_count = 0;
    return options;
}

/* What is made anew has to be in the record before. */
static bool widen(struct recovery *recovery, const struct plan *plan, struct error *err)
{
    struct record wide = *recovery->record, part;
    inventory_widen(recovery->run->arena, plan, &recovery->record->source, &part);
    if (plan->counts.create == 0)
        return true;
    merge(recovery->run->arena, &wide, &part);
    return recovery->target->provider->record_widen(recovery->target->session, &wide,
                                                    recovery->wait, err);
}

static void execute(struct recovery *recovery, struct plan *plan,
                    const struct plan_options *plan_options, const struct execute_events *events)
{
    const struct run *run = recovery->run;
    const struct target_run *target = recovery->target;
    struct record part;
    struct execute_result result;
    int64_t own = run->options->timeout ? run->options->timeout : run->set.project.wait_timeout;
    struct execute_options options = {
        .plan = plan_options,
        .events = events,
        .wait_timeout = own,
        .home = home_of(target),
        .concurrency = run->options->concurrency,
    };
    struct wait whole = wait_for(run->set.project.timeout, recovery->wait);
    whole.soft = false;
    plan_execute(plan, target->provider, target->session, &options, &whole, &result);
    inventory_settle(run->arena, plan, &recovery->record->source, recovery->record, false, &part);
    merge(run->arena, recovery->record, &part);
    restore_keep(&recovery->restore, recovery->record->members, recovery->record->count);
}

/* False with err where nothing was put back. */
static bool put_back(struct recovery *recovery, struct plan *plan,
                     const struct execute_events *events, struct error *err)
{
    struct target_run *target = recovery->target;
    const struct resource **desired;
    size_t count = restore_desired(&recovery->restore, &desired);
    struct record members = restore_members(&recovery->restore);
    struct plan_options options = plan_options_of(recovery);
    if (!plan_build(plan, recovery->run->arena, target->provider, target->session, desired, count,
                    &members, &options, recovery->wait, err))
        return false;
    restore_mark(&recovery->restore, plan);
    if (!widen(recovery, plan, err))
        return false;
    execute(recovery, plan, &options, events);
    return true;
}

/* ----------------------------------------------------------------------------- telling */

static const char *why_not(struct arena *arena, const struct candidate *candidate, const char *home)
{
    const char *why = candidate->why ? object_name_text(arena, candidate->why, home) : "";
    switch (candidate->attempt) {
    case ATTEMPT_FIRST:
        return "it did not run before: there is nothing to go back to";
    case ATTEMPT_STOPPED:
        return "the run was stopped";
    case ATTEMPT_HOOK:
        return arena_printf(arena,
                            "%s ran in between, and does not say that it is reversible "
                            "(cmx.dev/hook)",
                            why);
    case ATTEMPT_SHARED:
        return arena_printf(arena, "%s reads the same ConfigMap or Secret, and works", why);
    case ATTEMPT_NONE:
    case ATTEMPT_GO:
    case ATTEMPT_UNKNOWN:
        break;
    }
    return why;
}

static const struct change *change_of(const struct plan *plan, const struct object_id *id)
{
    for (size_t i = 0; i < plan->count; i++)
        if (object_id_compare(&plan->changes[i].subject->id, id) == 0)
            return &plan->changes[i];
    return NULL;
}

static const struct error *error_copy(struct arena *arena, const struct error *error)
{
    struct error *copy = arena_alloc(arena, sizeof *copy);
    *copy = *error;
    return copy;
}

static const struct error *error_of(struct arena *arena, const struct change *change)
{
    struct error error = { .kind = ERROR_NONE };
    if (change->error)
        return error_copy(arena, change->error);
    error_set(&error, ERROR_REFUSED, "%s", change->why ? change->why : "it was not begun");
    return error_copy(arena, &error);
}

static void tell(struct recovery *recovery, const struct plan *plan, const struct error *failed)
{
    struct target_run *target = recovery->target;
    struct arena *arena = recovery->run->arena;
    const char *home = recovery->run->set.project.namespace;
    target->restored = arena_array(arena, recovery->count + 1, sizeof *target->restored);
    for (size_t i = 0; i < recovery->count; i++) {
        const struct candidate *candidate = &recovery->candidates[i];
        const struct change *change = change_of(plan, &candidate->change->subject->id);
        struct restored *restored = &target->restored[target->restored_count++];
        *restored = (struct restored){ .id = candidate->change->subject->id,
                                       .attempt = candidate->attempt,
                                       .companions = "" };
        if (candidate->attempt != ATTEMPT_GO) {
            restored->why = why_not(arena, candidate, home);
            continue;
        }
        restored->commit = candidate->request.revision->commit;
        restored->subject = candidate->request.revision->subject;
        restored->companions = restore_companions(&recovery->restore, &restored->id, home);
        restored->done = change && change->progress == PROGRESS_DONE;
        if (!restored->done)
            restored->error = change && failed->kind == ERROR_NONE ? error_of(arena, change)
                                                                   : error_copy(arena, failed);
    }
}

void rollback_automatic(struct run *run, struct target_run *target,
                        const struct execute_events *events, const struct wait *wait,
                        struct record *record)
{
    struct recovery recovery = { .run = run, .target = target, .record = record, .wait = wait };
    struct error error = { .kind = ERROR_NONE };
    struct plan *plan = arena_alloc(run->arena, sizeof *plan);
    if (target->plan_options.removal || strcmp(run->command, "apply") != 0)
        return;
    find_candidates(&recovery);
    if (recovery.count == 0)
        return;
    revisions_start(&recovery.revisions, run, target);
    for (size_t i = 0; i < recovery.count; i++)
        if (recovery.candidates[i].attempt == ATTEMPT_UNKNOWN)
            find_revision(&recovery, &recovery.candidates[i]);
    leave_others_alone(&recovery);
    collect(&recovery);
    target->recovery = plan; /* the record has texts of it */
    if (recovery.restore.count && !put_back(&recovery, plan, events, &error))
        log_debug("nothing was put back: %s", error.message);
    tell(&recovery, plan, &error);
    rollback_tags(run, target, wait);
    revisions_done(&recovery.revisions);
}
