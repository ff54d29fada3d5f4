/* pool: every task runs once, in its own arena, and waiting waits. labels: threads */
#include "base/pool.h"

#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TASKS = 1000 };

struct job {
    atomic_int runs;
    size_t used_before;
};

static void run_once(void *context, struct arena *arena)
{
    struct job *job = context;
    job->used_before = arena_used(arena);
    arena_alloc(arena, 1000);
    atomic_fetch_add(&job->runs, 1);
}

static void every_task_runs_once_in_an_empty_arena(void **state)
{
    static struct job jobs[TASKS];
    (void)state;
    pool_each(8, run_once, jobs, TASKS, sizeof *jobs);
    for (size_t i = 0; i < TASKS; i++) {
        assert_int_equal(atomic_load(&jobs[i].runs), 1);
        assert_int_equal(jobs[i].used_before, 0);
    }
}

static void nap_and_count(void *context, struct arena *arena)
{
    struct wait wait = wait_for(20, NULL);
    (void)arena;
    wait_sleep(&wait, 10);
    atomic_fetch_add((atomic_int *)context, 1);
}

static void waiting_waits_for_what_runs(void **state)
{
    atomic_int done = 0;
    struct pool *pool = pool_new(4);
    (void)state;
    for (int i = 0; i < 20; i++)
        pool_run(pool, nap_and_count, &done);
    pool_wait(pool);
    assert_int_equal(atomic_load(&done), 20);
    pool_run(pool, nap_and_count, &done);
    pool_free(pool);
    assert_int_equal(atomic_load(&done), 21);
}

static void nothing_to_do_is_done(void **state)
{
    (void)state;
    pool_each(4, run_once, NULL, 0, 8);
    pool_free(pool_new(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once_in_an_empty_arena),
        cmocka_unit_test(waiting_waits_for_what_runs),
        cmocka_unit_test(nothing_to_do_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
