/*
 * schedule: steps in the order of their dependencies, as many at once as that
 * order allows.
 *
 * Knows nothing of objects: a step is an index. Rank is a barrier: a step starts
 * when every step of a lower rank has acted (or will not). An edge is stronger:
 * the step behind it starts only when the one before has succeeded, and it is
 * blocked when that one failed. A step before another is given that one's rank
 * at the most, so that an edge against the ranks cannot lock up.
 */
#ifndef CMX_RECONCILER_SCHEDULE_H
#define CMX_RECONCILER_SCHEDULE_H

#include "base/arena.h"
#include "manifest/references.h"

#include <stdbool.h>
#include <stddef.h>

enum step_state {
    STEP_WAITING,
    STEP_RUNNING, /* acting                             */
    STEP_ACTED,   /* done, but not yet healthy          */
    STEP_DONE,    /* healthy                            */
    STEP_FAILED,
    STEP_BLOCKED, /* something before it failed         */
};

struct schedule;

/* Ranks are small numbers, one a step. Edges index steps. Lives in the arena. */
struct schedule *schedule_new(struct arena *arena, const unsigned *ranks, size_t count,
                              const struct edge *edges, size_t edge_count);

/* The next step that may start, now STEP_RUNNING; false: none at the moment. */
bool schedule_next(struct schedule *schedule, size_t *ret_step);

/*
 * A step has acted, is healthy, or has failed. Steps that are blocked by a failure
 * are told to `blocked` (step, and the failed one it stands behind).
 */
typedef void schedule_blocked(void *context, size_t step, size_t because);
void schedule_acted(struct schedule *schedule, size_t step);
void schedule_done(struct schedule *schedule, size_t step);
void schedule_failed(struct schedule *schedule, size_t step, schedule_blocked *blocked,
                     void *context);

enum step_state schedule_state(const struct schedule *schedule, size_t step);

/* Steps that are neither done, failed nor blocked. */
size_t schedule_left(const struct schedule *schedule);

/* The step that a waiting one waits for (an edge that is not yet met); SIZE_MAX: none. */
size_t schedule_waits_for(const struct schedule *schedule, size_t step);

#endif
