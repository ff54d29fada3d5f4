/*
 * execute: see execute.h.
 *
 *   phase: take what is unblocked → act (a worker) → settle (a worker) → unblock
 *
 * The main thread owns the schedule. Workers (execute_job.c) run one change each
 * and hand it back through a queue.
 */
#include "base/cleanup.h"
#include "reconciler/execute/execute_inner.h"
#include "reconciler/execute/order.h"
#include "reconciler/hold.h"
#include "reconciler/plan/consequences.h"

#include <string.h>
#include <time.h>

enum { SETTLING_AT_ONCE = 256, LOOK_MS = 100 };

static void start_acting(struct phase *phase, size_t step)
{
    struct job *job = job_new(phase, step);
    phase->running++;
    phase->rolling += job->change->rolling;
    pool_run(phase->execution->actors, job_act, job);
}

static void start_settling(struct phase *phase, struct job *job)
{
    job->settling = true;
    phase->running++;
    pool_run(phase->execution->settlers, job_settle, job);
}

/* Is there anything to write, as far as is known? */
static bool has_work(const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    return action_writes(change->action) || change->prediction.kind == PREDICT_LATER
           || (desired && desired->until);
}

/* What had nothing to do misses nothing. */
static void on_blocked(void *context, size_t step, size_t because)
{
    struct phase *phase = context;
    struct change *change = phase->changes[step];
    const struct change *cause = phase->changes[because];
    if (!has_work(change))
        return;
    change->error = arena_alloc(change->arena, sizeof *change->error);
    error_set(
        change->error, ERROR_REFUSED, "not started: %s %s",
        object_id_text(change->arena, &cause->subject->id, phase->execution->options->plan->home),
        cause->action == ACTION_REFUSE    ? "was refused"
        : cause->action == ACTION_UNKNOWN ? "could not be looked at"
                                          : "failed");
    phase->execution->result->blocked++;
    execution_progress(phase->execution, change, PROGRESS_BLOCKED);
}

static void fail(struct phase *phase, size_t step)
{
    phase->execution->result->failed++;
    execution_progress(phase->execution, phase->changes[step], PROGRESS_FAILED);
    schedule_failed(phase->schedule, step, on_blocked, phase);
}

static void succeed(struct phase *phase, size_t step)
{
    execution_progress(phase->execution, phase->changes[step], PROGRESS_DONE);
    schedule_done(phase->schedule, step);
}

static bool stopped(const struct execution *execution)
{
    return execution->result->lost || wait_stopped(execution->wait);
}

/* Nothing is written in a set that another run holds now. Looks at what people hold, too. */
static bool still_ours(struct execution *execution)
{
    struct error error = { 0 };
    execution->hold_count = 0;
    arena_clear(execution->looked);
    if (execution->provider->record_check(execution->session, execution->looked, &execution->holds,
                                          &execution->hold_count, execution->wait, &error))
        return true;
    execution->result->lost = true;
    execution->result->error = error;
    return false;
}

/* A server that is away would fail all the others, too, each after its time: better to ask once. */
static void fail_act(struct phase *phase, size_t step)
{
    struct execution *execution = phase->execution;
    if (phase->changes[step]->error->kind == ERROR_UNREACHABLE && !stopped(execution))
        (void)!still_ours(execution);
    fail(phase, step);
}

/* Wait for it: what was written, and what was there but not yet as it should be. */
static bool has_to_settle(const struct phase *phase, const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    bool needed = image_is_id(&change->subject->id)
                  || (desired && desired->options.hook != HOOK_NONE); /* others stand behind it */
    if (phase->execution->options->no_wait && !needed)
        return false;
    if (phase->deleting)
        return true;
    if (change->action == ACTION_KEEP)
        return change->subject->live.health && !change->subject->live.healthy;
    return action_writes(change->action);
}

/* True where the job goes on: it belongs to another thread then. */
static bool after_act(struct phase *phase, struct job *job)
{
    if (job->skipped)
        execution_progress(phase->execution, job->change, PROGRESS_SKIPPED);
    else if (!job->ok)
        fail_act(phase, job->step);
    else if (has_to_settle(phase, job->change)) {
        schedule_acted(phase->schedule, job->step);
        start_settling(phase, job);
        return true;
    } else
        succeed(phase, job->step);
    return false;
}

/* A wait that was broken off is no failure of the object. */
static void after_settle(struct phase *phase, struct job *job)
{
    struct change *change = job->change;
    change->settled = job->ok;
    if (job->ok)
        succeed(phase, job->step);
    else if (change->error->kind == ERROR_CANCELLED && stopped(phase->execution)) {
        execution_progress(phase->execution, change, PROGRESS_SKIPPED);
        schedule_failed(phase->schedule, job->step, on_blocked, phase);
    } else
        fail(phase, job->step);
}

static void finish_job(struct phase *phase, struct job *job)
{
    job->change->milliseconds = clock_now() - job->started;
    phase->running--;
    if (job->settling)
        after_settle(phase, job);
    else if (after_act(phase, job))
        return;
    phase->rolling -= job->change->rolling;
    job_free(job);
}

static struct job *wait_for_jobs(struct execution *execution)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&execution->lock);
    if (!execution->done)
        pthread_cond_timedwait(&execution->finished, &execution->lock, &until);
    struct job *done = execution->done;
    execution->done = NULL;
    pthread_mutex_unlock(&execution->lock);
    return done;
}

static bool needs_writing(const struct phase *phase, size_t step)
{
    return action_writes(phase->changes[step]->action);
}

/*
 * A hold came since the plan was made, and it has not begun: who depends on it goes on. In the
 * middle of deletions that is no way: what it stands in would take it along.
 */
static bool may_not_begin(struct phase *phase, size_t step)
{
    struct execution *execution = phase->execution;
    struct change *change = phase->changes[step];
    if (!hold_meanwhile(change, execution->holds, execution->hold_count))
        return false;
    execution->plan->counts.hold += change->held_meanwhile;
    if (!phase->deleting)
        return false;
    change->error = arena_alloc(change->arena, sizeof *change->error);
    error_set(change->error, ERROR_REFUSED, "%s", hold_text(change->arena, change->hold));
    fail(phase, step);
    return true;
}

static void park(struct phase *phase, size_t step)
{
    struct change *change = phase->changes[step];
    phase->parked[phase->parked_to++] = step;
    execution_note(phase->execution, change,
                   arena_printf(change->arena, "waits: %zu workload%s rolling (Project.maxRolling)",
                                phase->rolling, phase->rolling == 1 ? " is" : "s are"));
}

/* The next one that may start: first who has waited for rolling workloads. */
static bool next_step(struct phase *phase, size_t *ret_step)
{
    size_t most = phase->execution->options->max_rolling;
    if (phase->parked_from < phase->parked_to && phase->rolling < most) {
        *ret_step = phase->parked[phase->parked_from++];
        return true;
    }
    while (schedule_next(phase->schedule, ret_step)) {
        struct change *change = phase->changes[*ret_step];
        change->rolling = most && change_rolls(change);
        if (!change->rolling || phase->rolling < most)
            return true;
        park(phase, *ret_step);
    }
    return false;
}

/* Nothing to do and nothing to wait for: thousands of these need no worker. */
static bool is_at_rest(const struct phase *phase, const struct change *change)
{
    return change->action == ACTION_KEEP && !has_work(change) && !has_to_settle(phase, change);
}

/* Starts all that may start. Steps that write nothing need no look at the run id. */
static void start_ready(struct phase *phase)
{
    struct execution *execution = phase->execution;
    bool checked = false;
    size_t step;
    while (!stopped(execution) && !execution_exhausted(execution) && next_step(phase, &step)) {
        struct change *change = phase->changes[step];
        if (change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN) {
            schedule_failed(phase->schedule, step, on_blocked, phase);
            continue;
        }
        if (is_at_rest(phase, change)) {
            succeed(phase, step);
            continue;
        }
        if (needs_writing(phase, step) && !checked && !still_ours(execution)) {
            execution_progress(execution, change, PROGRESS_SKIPPED);
            return;
        }
        checked |= needs_writing(phase, step);
        if (!needs_writing(phase, step) || !may_not_begin(phase, step))
            start_acting(phase, step);
    }
}

static void mark_skipped(struct phase *phase)
{
    for (size_t i = phase->parked_from; i < phase->parked_to; i++)
        execution_progress(phase->execution, phase->changes[phase->parked[i]], PROGRESS_SKIPPED);
    for (size_t i = 0; i < phase->count; i++) {
        struct change *change = phase->changes[i];
        if (schedule_state(phase->schedule, i) == STEP_WAITING && action_writes(change->action))
            execution_progress(phase->execution, change, PROGRESS_SKIPPED);
        phase->execution->result->skipped += change->progress == PROGRESS_SKIPPED;
    }
}

static void run_phase(struct phase *phase)
{
    struct execution *execution = phase->execution;
    for (;;) {
        start_ready(phase);
        if (stopped(execution))
            atomic_store(&execution->settle_cancel.level, CANCEL_HARD);
        if (phase->running == 0)
            break;
        for (struct job *job = wait_for_jobs(execution), *next; job; job = next) {
            next = job->next;
            finish_job(phase, job);
        }
    }
    mark_skipped(phase);
}

static void run_changes(struct execution *execution, bool deleting)
{
    struct phase phase = { .execution = execution, .deleting = deleting };
    struct plan *plan = execution->plan;
    phase.changes = arena_array(plan->arena, plan->count, sizeof *phase.changes);
    phase.count = order_phase(plan, deleting, phase.changes);
    phase.parked = arena_array(plan->arena, phase.count + 1, sizeof *phase.parked);
    phase.schedule =
        order_schedule(plan->arena, phase.changes, phase.count, deleting, execution->options->home);
    run_phase(&phase);
}

static const char *why_not_pruned(const struct execution *execution)
{
    const struct execute_result *result = execution->result;
    const struct plan_counts *counts = &execution->plan->counts;
    if (counts->delete == 0)
        return NULL;
    if (result->failed || result->blocked)
        return "not everything that was to be created or changed succeeded";
    if (counts->refuse)
        return "something in this run was refused";
    if (counts->unknown)
        return "something could not be looked at";
    return NULL;
}

void plan_execute(struct plan *plan, const struct provider *provider, struct session *session,
                  const struct execute_options *options, const struct wait *wait,
                  struct execute_result *ret_result)
{
    struct execution execution = { .plan = plan,
                                   .provider = provider,
                                   .session = session,
                                   .options = options,
                                   .wait = wait,
                                   .result = ret_result };
    pthread_condattr_t monotonic;
    *ret_result = (struct execute_result){ 0 };
    execution.settle_wait = (struct wait){ wait->deadline, &execution.settle_cancel, false };
    pthread_mutex_init(&execution.lock, NULL);
    pthread_condattr_init(&monotonic); /* a clock that is set back must not hold Ctrl-C up */
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&execution.finished, &monotonic);
    pthread_condattr_destroy(&monotonic);
    execution.looked = arena_new();
    execution.actors = pool_new(options->concurrency);
    execution.settlers = pool_new(SETTLING_AT_ONCE);
    run_changes(&execution, false);
    ret_result->not_pruned = why_not_pruned(&execution);
    if (!stopped(&execution) && !ret_result->not_pruned)
        run_changes(&execution, true);
    ret_result->exhausted = execution_exhausted(&execution) && ret_result->skipped > 0;
    ret_result->interrupted = stopped(&execution) && !ret_result->lost;
    pool_free(execution.actors);
    pool_free(execution.settlers);
    arena_free(execution.looked);
    pthread_mutex_destroy(&execution.lock);
    pthread_cond_destroy(&execution.finished);
}
