/*
 * execute_inner: what execute.c (the main thread and its schedule) shares with execute_job.c
 * (the workers).
 *
 * A job is one change on its way: it acts in one worker, settles perhaps in another, and is
 * handed back to the main thread through a queue after each.
 */
#ifndef CMX_RECONCILER_EXECUTE_INNER_H
#define CMX_RECONCILER_EXECUTE_INNER_H

#include "base/pool.h"
#include "reconciler/execute/execute.h"
#include "reconciler/execute/schedule.h"

#include <pthread.h>
#include <stdatomic.h>

struct phase;

struct job {
    struct job *next;
    struct phase *phase;
    struct change *change;
    size_t step;
    bool settling;
    bool ok;
    bool skipped; /* not begun: the run is stopped, or too much failed */
    int64_t started;
    struct arena *arena; /* of what the provider answers; from its start to the job's end */
};

struct execution {
    struct plan *plan;
    const struct provider *provider;
    struct session *session;
    const struct execute_options *options;
    const struct wait *wait;
    struct wait settle_wait; /* also ended by a soft cancel */
    struct cancel settle_cancel;
    atomic_bool halted; /* nothing new is to be begun; for the workers */
    struct execute_result *result;
    pthread_mutex_t lock; /* of the queue of finished jobs, and of the events */
    pthread_cond_t finished;
    struct job *done;
    struct pool *actors, *settlers;
    struct arena *looked;     /* of the last look at the run id */
    const struct hold *holds; /* as they were then */
    size_t hold_count;
    atomic_size_t failures; /* told by the workers: none begins behind the last one allowed */
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

/* Notes how far a change has come, and tells whoever shows it. */
void execution_progress(struct execution *execution, struct change *change, enum progress progress);

/* Tells what a change says while it waits. */
void execution_note(struct execution *execution, const struct change *change, const char *text);

/* Have so many failed that nothing new may begin? */
bool execution_exhausted(const struct execution *execution);

/* A job for one step, which the caller owns: job_free(). */
struct job *job_new(struct phase *phase, size_t step);

/* Only what failed keeps its error, and nothing the answer of the provider. */
void job_free(struct job *job);

/* Tasks of a pool whose context is a job; at their end it is handed back. */
void job_act(void *context, struct arena *arena);
void job_settle(void *context, struct arena *arena);

#endif
