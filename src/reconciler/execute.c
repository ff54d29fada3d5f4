/*
 * execute: see execute.h.
 *
 *   phase: take what is unblocked → act (a worker) → settle (a worker) → unblock
 *
 * The main thread owns the schedule. Workers run one change each and hand it
 * back through a queue.
 */
#include "reconciler/execute.h"

#include "base/cleanup.h"
#include "base/pool.h"
#include "reconciler/consequences.h"
#include "reconciler/order.h"
#include "reconciler/schedule.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { SETTLING_AT_ONCE = 256, LOOK_MS = 100 };

struct phase;

struct job {
    struct job *next;
    struct phase *phase;
    struct change *change;
    size_t step;
    bool settling;
    bool ok;
    bool skipped; /* not begun: see may_begin() */
    int64_t started;
};

struct execution {
    struct plan *plan;
    const struct provider *provider;
    struct session *session;
    const struct execute_options *options;
    const struct wait *wait;
    struct wait settle_wait; /* also ended by a soft cancel */
    struct cancel settle_cancel;
    struct execute_result *result;
    pthread_mutex_t lock; /* of the queue of finished jobs, and of the events */
    pthread_cond_t finished;
    struct job *done;
    struct pool *actors, *settlers;
    atomic_size_t
        failures; /* told by the workers, so that none begins behind the last one allowed */
};

struct phase {
    struct execution *execution;
    bool deleting;
    struct change **changes; /* one a step */
    size_t count, running;
    struct schedule *schedule;
    size_t rolling; /* workloads at this moment */
    size_t *parked; /* steps that wait for their turn to roll, in their order */
    size_t parked_from, parked_to;
};

/* ------------------------------------------------------------------ events */

static void tell_progress(struct execution *execution, struct change *change,
                          enum progress progress)
{
    const struct execute_events *events = execution->options->events;
    pthread_mutex_lock(&execution->lock);
    change->progress = progress;
    if (events)
        events->progress(events->context, change);
    pthread_mutex_unlock(&execution->lock);
}

static void tell(struct execution *execution, const struct change *change, const char *text)
{
    const struct execute_events *events = execution->options->events;
    pthread_mutex_lock(&execution->lock);
    if (events)
        events->note(events->context, change, text);
    pthread_mutex_unlock(&execution->lock);
}

static void tell_note(void *context, const char *text)
{
    struct job *job = context;
    tell(job->phase->execution, job->change, text);
}

/* -------------------------------------------------------------- the workers */

static void hand_back(struct job *job)
{
    struct execution *execution = job->phase->execution;
    if (!job->ok && !job->skipped && job->change->error.kind != ERROR_CANCELLED)
        atomic_fetch_add(&execution->failures, 1);
    pthread_mutex_lock(&execution->lock);
    job->next = execution->done;
    execution->done = job;
    pthread_cond_signal(&execution->finished);
    pthread_mutex_unlock(&execution->lock);
}

static int64_t patience(const struct execution *execution, const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    int64_t own = desired ? desired->options.timeout : 0;
    return own ? own : execution->options->wait_timeout;
}

/* A prediction that had to wait for an earlier step is made now, before anything is written. */
static bool decide_again(struct execution *execution, struct change *change)
{
    if (change->prediction.kind != PREDICT_LATER)
        return true;
    if (!change_predict(change, execution->provider, execution->session, execution->options->plan,
                        execution->wait, &change->error))
        return false;
    if (change->action == ACTION_REPLACE)
        return error_set(&change->error, ERROR_REFUSED,
                         "%s, and the plan did not say so: run again to see it replaced",
                         change->why);
    if (change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN)
        return error_set(&change->error,
                         change->action == ACTION_REFUSE ? ERROR_REFUSED : ERROR_UNREACHABLE, "%s",
                         change->why ? change->why : "could not look");
    return true;
}

/* After these answers the object may have been written all the same. */
static bool may_have_written(enum error_kind kind)
{
    return kind == ERROR_UNREACHABLE || kind == ERROR_TIMEOUT || kind == ERROR_CANCELLED;
}

static bool act_remove(struct execution *execution, struct change *change)
{
    const struct provider *provider = execution->provider;
    bool removed = change_may_delete(change, provider, execution->session, execution->options->plan,
                                     execution->wait, &change->error)
                   && provider->remove(execution->session, change->arena, change->subject,
                                       execution->wait, &change->error);
    change->written = removed || may_have_written(change->error.kind);
    return removed;
}

static bool act_apply(struct execution *execution, struct change *change,
                      const struct subject *subject)
{
    bool done = execution->provider->apply(execution->session, change->arena, subject,
                                           &change->outcome, execution->wait, &change->error);
    change->written |= done || may_have_written(change->error.kind);
    return done;
}

/* Ctrl-C does not come in between: the set would be without the object until the next run. */
static bool act_replace(struct execution *execution, struct job *job)
{
    struct change *change = job->change;
    struct subject absent = *change->subject;
    struct wait wait = wait_for(patience(execution, change), execution->wait);
    if (!act_remove(execution, change))
        return false;
    if (!execution->provider->settle(execution->session, change->arena, change->subject,
                                     &change->outcome, true, tell_note, job, &wait, &change->error))
        return error_prefix(&change->error, "it is to be replaced");
    absent.live = (struct observation){ .state = LIVE_ABSENT };
    return act_apply(execution, change, &absent);
}

static bool act(struct execution *execution, struct job *job)
{
    struct change *change = job->change;
    if (change->action == ACTION_HOLD) /* whoever depends on it goes on */
        return true;
    if (change->action == ACTION_DELETE)
        return act_remove(execution, change);
    if (!decide_again(execution, change))
        return false;
    if (change->action == ACTION_REPLACE)
        return act_replace(execution, job);
    return !action_writes(change->action) || act_apply(execution, change, change->subject);
}

static bool exhausted(const struct execution *execution)
{
    size_t most = execution->options->max_failures;
    return most && atomic_load(&execution->failures) >= most;
}

static void act_task(void *context, struct arena *arena)
{
    struct job *job = context;
    struct execution *execution = job->phase->execution;
    (void)arena; /* outcomes live in the change's own arena */
    /* what was queued before somebody interrupted, or before too much failed, does not begin */
    job->skipped = exhausted(execution) || wait_stopped(execution->wait);
    if (!job->skipped) {
        tell_progress(execution, job->change, PROGRESS_APPLYING);
        job->ok = act(execution, job);
    }
    hand_back(job);
}

static void settle_task(void *context, struct arena *arena)
{
    struct job *job = context;
    struct execution *execution = job->phase->execution;
    struct change *change = job->change;
    struct wait wait = wait_for(patience(execution, change), &execution->settle_wait);
    (void)arena;
    tell_progress(execution, change, PROGRESS_SETTLING);
    job->ok = execution->provider->settle(execution->session, change->arena, change->subject,
                                          &change->outcome, job->phase->deleting, tell_note, job,
                                          &wait, &change->error);
    hand_back(job);
}

static void start_job(struct phase *phase, size_t step, bool settling, int64_t started)
{
    struct job *job = memory_alloc(sizeof *job);
    *job = (struct job){ .phase = phase,
                         .change = phase->changes[step],
                         .step = step,
                         .settling = settling,
                         .started = started };
    phase->running++;
    phase->rolling += !settling && job->change->rolling;
    if (settling)
        pool_run(phase->execution->settlers, settle_task, job);
    else
        pool_run(phase->execution->actors, act_task, job);
}

/* ---------------------------------------------------------- the main thread */

static void on_blocked(void *context, size_t step, size_t because)
{
    struct phase *phase = context;
    struct change *change = phase->changes[step];
    const struct change *cause = phase->changes[because];
    error_set(
        &change->error, ERROR_REFUSED, "not started: %s %s",
        object_id_text(change->arena, &cause->subject->id, phase->execution->options->plan->home),
        cause->action == ACTION_REFUSE    ? "was refused"
        : cause->action == ACTION_UNKNOWN ? "could not be looked at"
                                          : "failed");
    phase->execution->result->blocked++;
    tell_progress(phase->execution, change, PROGRESS_BLOCKED);
}

static void fail(struct phase *phase, size_t step)
{
    phase->execution->result->failed++;
    tell_progress(phase->execution, phase->changes[step], PROGRESS_FAILED);
    schedule_failed(phase->schedule, step, on_blocked, phase);
}

static void succeed(struct phase *phase, size_t step)
{
    tell_progress(phase->execution, phase->changes[step], PROGRESS_DONE);
    schedule_done(phase->schedule, step);
}

/* Wait for it: what was written, and what was there but not yet as it should be. */
static bool has_to_settle(const struct phase *phase, const struct change *change)
{
    const struct resource *desired = change->subject->desired;
    bool hook = desired && desired->options.hook != HOOK_NONE;
    if (phase->execution->options->no_wait && !hook)
        return false;
    if (phase->deleting)
        return true;
    if (change->action == ACTION_KEEP)
        return change->subject->live.health && !change->subject->live.healthy;
    return action_writes(change->action);
}

/* False: it goes on, and is waited for. */
static bool after_act(struct phase *phase, struct job *job)
{
    bool settles = job->ok && has_to_settle(phase, job->change);
    if (job->skipped)
        tell_progress(phase->execution, job->change, PROGRESS_SKIPPED);
    else if (!job->ok)
        fail(phase, job->step);
    else if (settles) {
        schedule_acted(phase->schedule, job->step);
        start_job(phase, job->step, true, job->started);
    } else
        succeed(phase, job->step);
    return !settles;
}

static bool stopped(const struct execution *execution)
{
    return execution->result->lost || wait_stopped(execution->wait);
}

/* A wait that was broken off is no failure of the object. */
static bool after_settle(struct phase *phase, struct job *job)
{
    struct change *change = job->change;
    change->settled = job->ok;
    if (job->ok)
        succeed(phase, job->step);
    else if (change->error.kind == ERROR_CANCELLED && stopped(phase->execution)) {
        tell_progress(phase->execution, change, PROGRESS_SKIPPED);
        schedule_failed(phase->schedule, job->step, on_blocked, phase);
    } else
        fail(phase, job->step);
    return true;
}

static void finish_job(struct phase *phase, struct job *job)
{
    job->change->milliseconds = clock_now() - job->started;
    phase->running--;
    bool ended = job->settling ? after_settle(phase, job) : after_act(phase, job);
    phase->rolling -= ended && job->change->rolling;
    free(job);
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

/* Nothing is written in a set that another run holds now. */
static bool still_ours(struct execution *execution)
{
    struct error error = { 0 };
    if (execution->provider->record_check(execution->session, execution->wait, &error))
        return true;
    execution->result->lost = true;
    execution->result->error = error;
    return false;
}

static bool needs_writing(const struct phase *phase, size_t step)
{
    return action_writes(phase->changes[step]->action);
}

static void park(struct phase *phase, size_t step)
{
    struct change *change = phase->changes[step];
    phase->parked[phase->parked_to++] = step;
    tell(phase->execution, change,
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

/* Starts all that may start. Steps that write nothing need no look at the run id. */
static void start_ready(struct phase *phase)
{
    struct execution *execution = phase->execution;
    bool checked = false;
    size_t step;
    while (!stopped(execution) && !exhausted(execution) && next_step(phase, &step)) {
        struct change *change = phase->changes[step];
        if (change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN) {
            schedule_failed(phase->schedule, step, on_blocked, phase);
            continue;
        }
        if (needs_writing(phase, step) && !checked && !still_ours(execution)) {
            tell_progress(execution, change, PROGRESS_SKIPPED);
            return;
        }
        checked |= needs_writing(phase, step);
        start_job(phase, step, false, clock_now());
    }
}

static void mark_skipped(struct phase *phase)
{
    for (size_t i = phase->parked_from; i < phase->parked_to; i++)
        tell_progress(phase->execution, phase->changes[phase->parked[i]], PROGRESS_SKIPPED);
    for (size_t i = 0; i < phase->count; i++) {
        struct change *change = phase->changes[i];
        if (schedule_state(phase->schedule, i) == STEP_WAITING && action_writes(change->action))
            tell_progress(phase->execution, change, PROGRESS_SKIPPED);
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
    execution.actors = pool_new(options->concurrency);
    execution.settlers = pool_new(SETTLING_AT_ONCE);
    run_changes(&execution, false);
    ret_result->not_pruned = why_not_pruned(&execution);
    if (!stopped(&execution) && !ret_result->not_pruned)
        run_changes(&execution, true);
    ret_result->exhausted = exhausted(&execution) && ret_result->skipped > 0;
    ret_result->interrupted = stopped(&execution) && !ret_result->lost;
    pool_free(execution.actors);
    pool_free(execution.settlers);
    pthread_mutex_destroy(&execution.lock);
    pthread_cond_destroy(&execution.finished);
}
