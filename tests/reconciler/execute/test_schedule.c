/* schedule: barriers of ranks, edges, failures, and that nothing ever locks up. */
#include "reconciler/execute/schedule.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t next(struct schedule *schedule)
{
    size_t step;
    return schedule_next(schedule, &step) ? step : SIZE_MAX;
}

static void ranks_are_barriers_until_acted(void **state)
{
    AUTO_ARENA arena = arena_new();
    const unsigned ranks[] = { 4, 0, 0 };
    struct schedule *schedule = schedule_new(arena, ranks, 3, NULL, 0);
    (void)state;
    assert_int_equal(next(schedule), 1);
    assert_int_equal(next(schedule), 2);
    assert_int_equal(next(schedule), SIZE_MAX);
    schedule_acted(schedule, 1);
    assert_int_equal(next(schedule), SIZE_MAX);
    schedule_acted(schedule, 2); /* acted, not healthy: the barrier asks for no more */
    assert_int_equal(next(schedule), 0);
    schedule_done(schedule, 0);
    schedule_done(schedule, 1);
    schedule_done(schedule, 2);
    assert_int_equal(schedule_left(schedule), 0);
}

static void an_edge_waits_for_health_where_it_asks_for_it(void **state)
{
    AUTO_ARENA arena = arena_new();
    const unsigned ranks[] = { 3, 3, 3 };
    const struct edge edges[] = { { 0, 1, true }, { 0, 2, false } };
    struct schedule *schedule = schedule_new(arena, ranks, 3, edges, 2);
    (void)state;
    assert_int_equal(next(schedule), 0);
    assert_int_equal(next(schedule), SIZE_MAX);
    schedule_acted(schedule, 0);
    assert_int_equal(next(schedule), 2);
    assert_int_equal(next(schedule), SIZE_MAX);
    assert_int_equal(schedule_waits_for(schedule, 1), 0);
    schedule_done(schedule, 0);
    assert_int_equal(next(schedule), 1);
}

static void an_edge_against_the_ranks_does_not_lock_up(void **state)
{
    AUTO_ARENA arena = arena_new();
    const unsigned ranks[] = { 0, 5 }; /* the first waits for the second */
    const struct edge edges[] = { { 1, 0, true } };
    struct schedule *schedule = schedule_new(arena, ranks, 2, edges, 1);
    (void)state;
    assert_int_equal(next(schedule), 1);
    schedule_done(schedule, 1);
    assert_int_equal(next(schedule), 0);
}

struct blocked {
    size_t count, because[8];
};

static void note_blocked(void *context, size_t step, size_t because)
{
    struct blocked *blocked = context;
    blocked->because[step] = because;
    blocked->count++;
}

static void a_failure_blocks_what_stands_behind_it_and_nothing_else(void **state)
{
    AUTO_ARENA arena = arena_new();
    const unsigned ranks[] = { 1, 2, 3, 4 };
    const struct edge edges[] = { { 0, 1, false }, { 1, 2, true } };
    struct schedule *schedule = schedule_new(arena, ranks, 4, edges, 2);
    struct blocked blocked = { 0 };
    (void)state;
    assert_int_equal(next(schedule), 0);
    schedule_failed(schedule, 0, note_blocked, &blocked);
    assert_int_equal(blocked.count, 2);
    assert_int_equal(blocked.because[1], 0);
    assert_int_equal(blocked.because[2], 0);
    assert_int_equal(schedule_state(schedule, 2), STEP_BLOCKED);
    assert_int_equal(next(schedule), 3); /* its own branch goes on */
}

static void a_failure_while_settling_keeps_those_that_only_needed_it_to_exist(void **state)
{
    AUTO_ARENA arena = arena_new();
    const unsigned ranks[] = { 3, 3, 3 };
    const struct edge edges[] = { { 0, 1, false }, { 0, 2, true } };
    struct schedule *schedule = schedule_new(arena, ranks, 3, edges, 2);
    struct blocked blocked = { 0 };
    (void)state;
    assert_int_equal(next(schedule), 0);
    schedule_acted(schedule, 0);
    assert_int_equal(next(schedule), 1);
    schedule_failed(schedule, 0, note_blocked, &blocked);
    assert_int_equal(blocked.count, 1);
    assert_int_equal(schedule_state(schedule, 2), STEP_BLOCKED);
    schedule_done(schedule, 1);
    assert_int_equal(schedule_left(schedule), 0);
}

/* Random acyclic graphs with random ranks: every step runs once, never before what it waits for. */
static void any_graph_runs_to_its_end(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 200; seed++) {
        AUTO_ARENA arena = arena_new();
        enum { STEPS = 60, EDGES = 120 };
        unsigned ranks[STEPS], random = seed * 2654435761u;
        struct edge edges[EDGES];
        bool done[STEPS] = { false };
        size_t edge_count = 0, finished = 0, step;
        for (size_t i = 0; i < STEPS; i++)
            ranks[i] = (random = random * 1103515245u + 12345u) >> 16 & 7;
        for (size_t i = 0; i < EDGES; i++) {
            size_t a = ((random = random * 1103515245u + 12345u) >> 16) % STEPS;
            size_t b = ((random = random * 1103515245u + 12345u) >> 16) % STEPS;
            if (a < b)
                edges[edge_count++] = (struct edge){ a, b, (random >> 8 & 1) != 0 };
        }
        struct schedule *schedule = schedule_new(arena, ranks, STEPS, edges, edge_count);
        while (schedule_next(schedule, &step)) {
            for (size_t i = 0; i < edge_count; i++)
                if (edges[i].after == step)
                    assert_true(done[edges[i].before]);
            assert_false(done[step]);
            done[step] = true;
            finished++;
            schedule_done(schedule, step);
        }
        assert_int_equal(finished, STEPS);
        assert_int_equal(schedule_left(schedule), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_are_barriers_until_acted),
        cmocka_unit_test(an_edge_waits_for_health_where_it_asks_for_it),
        cmocka_unit_test(an_edge_against_the_ranks_does_not_lock_up),
        cmocka_unit_test(a_failure_blocks_what_stands_behind_it_and_nothing_else),
        cmocka_unit_test(a_failure_while_settling_keeps_those_that_only_needed_it_to_exist),
        cmocka_unit_test(any_graph_runs_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
