/*
 * Edges of large and of hostile sets: never a cycle, always in time. Small ones
 * are in test_references.c, messages in test_load.c.
 * timeout: 120
 */
#include "base/cleanup.h"
#include "manifest/cycle.h"
#include "manifest/references.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct graph {
    struct graph_node *nodes;
    struct object_id *ids;
    struct object_options *options;
    size_t count;
};

static struct graph graph_of(struct arena *arena, size_t count, const char *group, const char *kind)
{
    struct graph graph = { arena_array(arena, count, sizeof *graph.nodes),
                           arena_array(arena, count, sizeof *graph.ids),
                           arena_array(arena, count, sizeof *graph.options), count };
    for (size_t i = 0; i < count; i++) {
        graph.ids[i] = (struct object_id){ group, kind, "ns", arena_printf(arena, "n%06zu", i) };
        graph.nodes[i] = (struct graph_node){ .id = &graph.ids[i], .options = &graph.options[i] };
    }
    return graph;
}

static void depend(struct arena *arena, struct graph *graph, size_t from, size_t on)
{
    struct text_list *list = &graph->options[from].depends_on;
    const char *name = object_id_full(arena, &graph->ids[on]);
    arena_push(arena, list->items, list->count, list->capacity, name);
}

/* Kahn's way: all nodes can be put in order. */
static void assert_acyclic(struct arena *arena, size_t count, const struct edge_list *edges)
{
    size_t *waiting = arena_array(arena, count, sizeof *waiting);
    size_t *ready = arena_array(arena, count, sizeof *ready);
    size_t *heads = arena_array(arena, count + 1, sizeof *heads);
    size_t *next = arena_array(arena, edges->count + 1, sizeof *next);
    size_t done = 0, queued = 0;
    for (size_t i = 0; i < edges->count; i++) {
        waiting[edges->items[i].after]++;
        next[i + 1] = heads[edges->items[i].before];
        heads[edges->items[i].before] = i + 1;
    }
    for (size_t i = 0; i < count; i++)
        if (waiting[i] == 0)
            ready[queued++] = i;
    for (; done < queued; done++)
        for (size_t e = heads[ready[done]]; e; e = next[e])
            if (--waiting[edges->items[e - 1].after] == 0)
                ready[queued++] = edges->items[e - 1].after;
    assert_int_equal(done, count);
}

static clock_t build(struct arena *arena, const struct graph *graph, struct edge_list *edges,
                     struct problems *problems)
{
    clock_t start = clock(); /* the processor's time: others may be busy */
    problems_start(problems, arena);
    edges_build(arena, graph->nodes, graph->count, edges, problems);
    clock_t took = clock() - start;
    assert_acyclic(arena, graph->count, edges);
    return took;
}

/* The sanitizers make everything several times slower. */
enum { IN_TIME = 5 * CLOCKS_PER_SEC };

static void test_long_chains(void **state)
{
    (void)state;
    for (int backwards = 0; backwards < 2; backwards++) {
        AUTO_ARENA arena = arena_new();
        struct graph graph = graph_of(arena, 50000, "", "ConfigMap");
        struct edge_list edges;
        struct problems problems;
        for (size_t i = 1; i < graph.count; i++)
            depend(arena, &graph, backwards ? i - 1 : i, backwards ? i : i - 1);
        assert_true(build(arena, &graph, &edges, &problems) < IN_TIME);
        assert_int_equal(edges.count, graph.count - 1);
        assert_int_equal(problems.count, 0);
    }
}

static void test_one_large_cycle(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct graph graph = graph_of(arena, 50000, "", "ConfigMap");
    struct edge_list edges;
    struct problems problems;
    for (size_t i = 0; i < graph.count; i++)
        depend(arena, &graph, i, (i + 1) % graph.count);
    assert_true(build(arena, &graph, &edges, &problems) < IN_TIME);
    assert_int_equal(edges.count, graph.count - 1);
    assert_int_equal(problems.errors, 1);
    assert_non_null(strstr(problems.items[0].message, "49900 more"));
}

/* Everybody depends on everybody: many cycles, some of them told. */
static void test_all_on_all(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct graph graph = graph_of(arena, 400, "", "ConfigMap");
    struct edge_list edges;
    struct problems problems;
    for (size_t i = 0; i < graph.count; i++)
        for (size_t j = 0; j < graph.count; j++)
            depend(arena, &graph, i, j);
    assert_true(build(arena, &graph, &edges, &problems) < IN_TIME);
    assert_true(problems.errors >= 100 && problems.errors <= 400);
}

static void test_names_that_miss(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct graph graph = graph_of(arena, 50000, "", "ConfigMap");
    struct edge_list edges;
    struct problems problems;
    for (size_t i = 0; i < graph.count; i++) {
        struct text_list *list = &graph.options[i].depends_on;
        const char *name = arena_printf(arena, "ConfigMap/m%06zu", i);
        arena_push(arena, list->items, list->count, list->capacity, name);
    }
    assert_true(build(arena, &graph, &edges, &problems) < IN_TIME);
    assert_int_equal(problems.errors, graph.count);
    assert_int_equal(edges.count, 0);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Random graphs: an edge is refused exactly where the other end is already reached. */
static void test_random_graphs(void **state)
{
    (void)state;
    enum { COUNT = 24 };
    uint32_t random = 7;
    for (int round = 0; round < 300; round++) {
        AUTO_ARENA arena = arena_new();
        bool reach[COUNT][COUNT] = { { false } };
        size_t order[COUNT];
        for (size_t i = 0; i < COUNT; i++)
            order[i] = (i * 7 + (size_t)round) % COUNT;
        struct acyclic *graph = acyclic_new(arena, COUNT, order);
        for (int edge = 0; edge < 80; edge++) {
            size_t before = next_random(&random) % COUNT, after = next_random(&random) % COUNT;
            size_t *path = NULL, length = 0;
            if (before == after)
                continue;
            enum acyclic_result result = acyclic_add(graph, before, after, &path, &length);
            assert_int_equal(result, reach[after][before] ? ACYCLIC_CLOSES : ACYCLIC_ADDED);
            if (result == ACYCLIC_CLOSES) {
                assert_true(length >= 2 && path[0] == after && path[length - 1] == before);
                continue;
            }
            for (size_t i = 0; i < COUNT; i++)
                for (size_t j = 0; j < COUNT; j++)
                    reach[i][j] |=
                        (i == before || reach[i][before]) && (j == after || reach[after][j]);
        }
    }
}

static void test_nothing(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    struct graph graph = graph_of(arena, 0, "", "ConfigMap");
    struct edge_list edges;
    struct problems problems;
    build(arena, &graph, &edges, &problems);
    assert_int_equal(edges.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_chains),   cmocka_unit_test(test_one_large_cycle),
        cmocka_unit_test(test_all_on_all),    cmocka_unit_test(test_names_that_miss),
        cmocka_unit_test(test_random_graphs), cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
