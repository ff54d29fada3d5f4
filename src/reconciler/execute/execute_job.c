/* execute_job: the workers of execute.c, see execute_inner.h. */
#include "base/cleanup.h"
#include "reconciler/execute/execute_inner.h"

/* ------------------------------------------------------------------ events */

void execution_progress(struct execution *execution, struct change *change, enum progress progress)
{
    const struct execute_events *events = execution->options->events;
    pthread_mutex_lock(&execution->lock);
    change->progress = progress;
    if (events)
        events->progress(events->context, change);
    pthread_mutex_unlock(&execution->lock);
}

void execution_note(struct execution *execution, const struct change *change, const char *text)
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
    execution_note(job->phase->execution, job->change, text);
}

/* -------------------------------------------------------------- the workers */

static void hand_back(struct job *job)
{
    struct execution *execution = job->phase->execution;
    if (!job->ok && !job->skipped && job->change->error->kind != ERROR_CANCELLED)
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
    bool replaces = change->action == ACTION_REPLACE; /* the plan said so */
    const struct resource *desired = change->subject->desired;
    if (change->prediction.kind != PREDICT_LATER && !(desired && desired->until))
        return true;
    if (!change_predict(change, execution->provider, execution->session, execution->options->plan,
                        execution->wait, change->error))
        return false;
    if (change->action == ACTION_REPLACE && !replaces)
        return error_set(change->error, ERROR_REFUSED,
                         "%s, and the plan did not say so: run again to see it replaced",
                         change->why);
    if (change->action == ACTION_REFUSE || change->action == ACTION_UNKNOWN)
        return error_set(change->error,
                         change->action == ACTION_REFUSE ? ERROR_REFUSED : ERROR_UNREACHABLE, "%s",
                         change->why ? change->why : "could not look");
    return true;
}

/* Who acts on this change. */
static const struct provider *provider_of(const struct execution *execution,
                                          const struct change *change)
{
    return change->provider ? change->provider : execution->provider;
}

static struct session *session_of(const struct execution *execution, const struct change *change)
{
    return change->provider ? change->session : execution->session;
}

/* After these answers the object may have been written all the same. */
static bool may_have_written(enum error_kind kind)
{
    return kind == ERROR_UNREACHABLE || kind == ERROR_TIMEOUT || kind == ERROR_CANCELLED;
}

static bool act_remove(struct execution *execution, struct job *job)
{
    const struct provider *provider = execution->provider;
    struct change *change = job->change;
    bool removed = change_may_delete(change, provider, execution->session, execution->options->plan,
                                     execution->wait, change->error)
                   && provider->remove(execution->session, job->arena, change->subject,
                                       execution->wait, change->error);
    change->written = removed || may_have_written(change->error->kind);
    return removed;
}

/* Of the outcome the document is kept only as long as the job: thousands of them are large. */
static bool act_apply(struct execution *execution, struct job *job, const struct subject *subject)
{
    struct change *change = job->change;
    struct outcome *outcome = &change->outcome;
    bool done = provider_of(execution, change)
                    ->apply(session_of(execution, change), job->arena, subject, outcome,
                            execution->wait, change->error);
    outcome->uid = outcome->uid ? arena_strdup(change->arena, outcome->uid) : NULL;
    outcome->mark = outcome->mark ? arena_strdup(change->arena, outcome->mark) : NULL;
    change->written |= done || may_have_written(change->error->kind);
    return done;
}

/* Ctrl-C does not come in between: the set would be without the object until the next run. */
static bool act_replace(struct execution *execution, struct job *job)
{
    struct change *change = job->change;
    struct subject absent = *change->subject;
    struct wait wait = wait_for(patience(execution, change), execution->wait);
    if (!act_remove(execution, job))
        return false;
    if (!execution->provider->settle(execution->session, job->arena, change->subject,
                                     &change->outcome, true, tell_note, job, &wait, change->error))
        return error_prefix(change->error, "it is to be replaced");
    absent.live = (struct observation){ .state = LIVE_ABSENT };
    if (!change->reruns) /* what is left alone of it goes over to the new one */
        absent.live.document = change->subject->live.document;
    return act_apply(execution, job, &absent);
}

static bool act(struct execution *execution, struct job *job)
{
    struct change *change = job->change;
    if (change->action == ACTION_HOLD) /* whoever depends on it goes on */
        return true;
    if (change->action == ACTION_DELETE)
        return act_remove(execution, job);
    if (!decide_again(execution, change))
        return false;
    if (change->action == ACTION_REPLACE)
        return act_replace(execution, job);
    return !action_writes(change->action) || act_apply(execution, job, change->subject);
}

/* Of a job that runs; thousands may wait for their turn. */
static struct error *error_new(void)
{
    struct error *error = memory_alloc(sizeof *error);
    error->kind = ERROR_NONE;
    error->message[0] = '\0';
    return error;
}

bool execution_exhausted(const struct execution *execution)
{
    size_t most = execution->options->max_failures;
    return most && atomic_load(&execution->failures) >= most;
}

void job_act(void *context, struct arena *arena)
{
    struct job *job = context;
    (void)arena; /* what settle() is to see has to outlive the task */
    struct execution *execution = job->phase->execution;
    job->arena = arena_new();
    job->change->error = error_new();
    /* what was queued before somebody interrupted, or before too much failed, does not begin */
    job->skipped = execution_exhausted(execution) || atomic_load(&execution->halted)
                   || wait_stopped(execution->wait);
    if (!job->skipped) {
        if (action_writes(job->change->action)) /* nobody is alarmed for what is left alone */
            execution_progress(execution, job->change, PROGRESS_APPLYING);
        job->ok = act(execution, job);
    }
    hand_back(job);
}

/* Whose patience it was, where the object has one of its own and the run was not over. */
static void name_limit(struct job *job)
{
    struct change *change = job->change;
    const struct resource *desired = change->subject->desired;
    if (job->ok || !desired || !desired->options.timeout || change->error->kind != ERROR_TIMEOUT
        || wait_stopped(&job->phase->execution->settle_wait))
        return;
    error_prefix(change->error, "after %s (%s)",
                 duration_text(job->arena, desired->options.timeout),
                 image_is_id(&desired->id) ? "spec.build.timeout" : "cmx.dev/timeout");
}

void job_settle(void *context, struct arena *arena)
{
    struct job *job = context;
    struct execution *execution = job->phase->execution;
    struct change *change = job->change;
    struct wait wait = wait_for(patience(execution, change), &execution->settle_wait);
    (void)arena;
    execution_progress(execution, change, PROGRESS_SETTLING);
    job->ok =
        provider_of(execution, change)
            ->settle(session_of(execution, change), job->arena, change->subject, &change->outcome,
                     job->phase->deleting, tell_note, job, &wait, change->error);
    name_limit(job);
    hand_back(job);
}

static struct error *error_copy(struct arena *arena, const struct error *error)
{
    struct error *copy = arena_alloc(arena, sizeof *copy);
    *copy = *error;
    return copy;
}

struct job *job_new(struct phase *phase, size_t step)
{
    struct job *job = memory_alloc(sizeof *job);
    *job = (struct job){
        .phase = phase, .change = phase->changes[step], .step = step, .started = clock_now()
    };
    return job;
}

void job_free(struct job *job)
{
    struct change *change = job->change;
    struct error *error = change->error;
    pthread_mutex_lock(&job->phase->execution->lock); /* whoever shows progress may look at it */
    change->error = job->ok || job->skipped ? NULL : error_copy(change->arena, error);
    change->outcome.document = NULL;
    pthread_mutex_unlock(&job->phase->execution->lock);
    arena_free(job->arena);
    free(error);
    free(job);
}
