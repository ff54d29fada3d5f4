/*
 * pool: worker threads that run blocking, sequential tasks.
 *
 * A task gets an arena of its own, which is emptied behind it. Tasks start in
 * the order they were given.
 */
#ifndef CMX_BASE_POOL_H
#define CMX_BASE_POOL_H

#include "base/arena.h"

#include <stddef.h>

struct pool;

typedef void pool_task(void *context, struct arena *arena);

/* Starts at most `threads` workers, each when first needed. The caller owns the pool. */
struct pool *pool_new(unsigned threads) __attribute__((returns_nonnull, warn_unused_result));

/* Queues a task. Never blocks. */
void pool_run(struct pool *pool, pool_task *task, void *context);

/* Returns once every queued task has ended. */
void pool_wait(struct pool *pool);

/* Waits for all tasks, then ends the workers. */
void pool_free(struct pool *pool);

/*
 * Runs task(items + i * size) for each of `count` items on at most `threads`
 * threads, and returns when all are done.
 */
void pool_each(unsigned threads, pool_task *task, void *items, size_t count, size_t size);

#endif
