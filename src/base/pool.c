/* pool: see pool.h. One queue, one lock. */
#include "base/pool.h"

#include "base/cleanup.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { STACK_BYTES = 1 << 20 };

struct task {
    struct task *next;
    pool_task *run;
    void *context;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct task *first, **last;
    pthread_t *threads;
    unsigned limit, started, busy;
    size_t queued;
    bool ending;
};

struct pool *pool_new(unsigned threads)
{
    struct pool *pool = memory_alloc(sizeof *pool);
    *pool = (struct pool){ .limit = threads ? threads : 1 };
    pool->last = &pool->first;
    pool->threads = memory_alloc(pool->limit * sizeof *pool->threads);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->idle, NULL);
    return pool;
}

/* Waits for work; NULL when the pool ends. Called with the lock held. */
static struct task *take(struct pool *pool)
{
    while (!pool->first && !pool->ending)
        pthread_cond_wait(&pool->work, &pool->lock);
    struct task *task = pool->first;
    if (task) {
        pool->first = task->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->queued--;
        pool->busy++;
    }
    return task;
}

static void *work(void *context)
{
    struct pool *pool = context;
    AUTO_ARENA arena = arena_new();
    struct task *task;
    pthread_mutex_lock(&pool->lock);
    while ((task = take(pool))) {
        pthread_mutex_unlock(&pool->lock);
        task->run(task->context, arena);
        free(task);
        arena_clear(arena);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0 && !pool->first)
            pthread_cond_broadcast(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void start_worker(struct pool *pool)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (pthread_create(&pool->threads[pool->started], &attributes, work, pool) == 0)
        pool->started++;
    else if (pool->started == 0)
        abort(); /* no thread at all: the same as no memory */
    pthread_attr_destroy(&attributes);
}

void pool_run(struct pool *pool, pool_task *run, void *context)
{
    struct task *task = memory_alloc(sizeof *task);
    *task = (struct task){ .run = run, .context = context };
    pthread_mutex_lock(&pool->lock);
    *pool->last = task;
    pool->last = &task->next;
    pool->queued++;
    if (pool->started < pool->limit && pool->busy + pool->queued > pool->started)
        start_worker(pool);
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

void pool_wait(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->first || pool->busy)
        pthread_cond_wait(&pool->idle, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void pool_free(struct pool *pool)
{
    pool_wait(pool);
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->idle);
    free(pool->threads);
    free(pool);
}

void pool_each(unsigned threads, pool_task *task, void *items, size_t count, size_t size)
{
    if (count == 0)
        return;
    struct pool *pool = pool_new(threads < count ? threads : (unsigned)count);
    for (size_t i = 0; i < count; i++)
        pool_run(pool, task, (char *)items + i * size);
    pool_free(pool);
}
