/* cycle: see cycle.h. */
#include "manifest/cycle.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MOST = 50 * 1000 * 1000 };

#define NONE SIZE_MAX

struct link {
    size_t node, next;
};

/* Edges of all nodes in one direction, as chains through one array. */
struct links {
    size_t *heads;
    struct link *items;
    size_t count, capacity;
};

struct acyclic {
    struct arena *arena;
    size_t count;
    size_t *position; /* of each node    */
    struct links out, in;
    size_t *from;  /* in a search: whence a node was reached, NONE: not reached */
    size_t *found; /* nodes that a search reached; forward ones first           */
    size_t *places;
    size_t steps;
};

static size_t *sizes(struct arena *arena, size_t count, size_t value)
{
    size_t *array = arena_array(arena, count, sizeof *array);
    for (size_t i = 0; i < count; i++)
        array[i] = value;
    return array;
}

struct acyclic *acyclic_new(struct arena *arena, size_t count, const size_t *order)
{
    struct acyclic *graph = arena_alloc(arena, sizeof *graph);
    graph->arena = arena;
    graph->count = count;
    graph->position = sizes(arena, count, 0);
    graph->out.heads = sizes(arena, count, NONE);
    graph->in.heads = sizes(arena, count, NONE);
    graph->from = sizes(arena, count, NONE);
    graph->found = sizes(arena, 2 * count, 0);
    graph->places = sizes(arena, 2 * count, 0);
    for (size_t i = 0; i < count; i++)
        graph->position[order[i]] = i;
    return graph;
}

static void add_link(struct arena *arena, struct links *links, size_t from, size_t to)
{
    struct link link = { to, links->heads[from] };
    links->heads[from] = links->count;
    arena_push(arena, links->items, links->count, links->capacity, link);
}

/*
 * Reaches nodes from `start` whose position lies within [low, high]; they are
 * put at found[at…]. Returns how many.
 */
static size_t reach(struct acyclic *graph, const struct links *links, size_t start, size_t at,
                    size_t low, size_t high)
{
    size_t count = 1;
    graph->found[at] = start;
    graph->from[start] = start;
    for (size_t next = 0; next < count; next++) {
        size_t node = graph->found[at + next];
        for (size_t i = links->heads[node]; i != NONE; i = links->items[i].next) {
            size_t to = links->items[i].node;
            graph->steps++;
            if (graph->from[to] != NONE || graph->position[to] < low || graph->position[to] > high)
                continue;
            graph->from[to] = node;
            graph->found[at + count++] = to;
        }
    }
    return count;
}

static void forget(struct acyclic *graph, size_t count)
{
    for (size_t i = 0; i < count; i++)
        graph->from[graph->found[i]] = NONE;
}

/* The way from `start` to `end`, as the search went. */
static void trace(struct acyclic *graph, size_t start, size_t end, size_t **ret_path,
                  size_t *ret_length)
{
    size_t length = 1;
    for (size_t node = end; node != start; node = graph->from[node])
        length++;
    size_t *path = arena_array(graph->arena, length, sizeof *path);
    size_t node = end;
    for (size_t i = length; i > 0; i--) {
        path[i - 1] = node;
        node = graph->from[node];
    }
    *ret_path = path;
    *ret_length = length;
}

static int compare_sizes(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* A node with its position, to sort nodes by it. */
struct placed {
    size_t position, node;
};

static int compare_placed(const void *a, const void *b)
{
    return compare_sizes(a, b); /* the position is its first member */
}

static void sort_nodes(struct acyclic *graph, size_t *nodes, size_t count, struct placed *scratch)
{
    for (size_t i = 0; i < count; i++)
        scratch[i] = (struct placed){ graph->position[nodes[i]], nodes[i] };
    qsort(scratch, count, sizeof *scratch, compare_placed);
    for (size_t i = 0; i < count; i++)
        nodes[i] = scratch[i].node;
}

/* What must come before takes the lower of all positions, what must come after the higher. */
static void reorder(struct acyclic *graph, size_t forward, size_t backward)
{
    size_t total = forward + backward;
    struct placed *scratch = memory_alloc(total * sizeof *scratch);
    sort_nodes(graph, graph->found, forward, scratch);
    sort_nodes(graph, graph->found + forward, backward, scratch);
    free(scratch);
    for (size_t i = 0; i < total; i++)
        graph->places[i] = graph->position[graph->found[i]];
    qsort(graph->places, total, sizeof *graph->places, compare_sizes);
    for (size_t i = 0; i < backward; i++)
        graph->position[graph->found[forward + i]] = graph->places[i];
    for (size_t i = 0; i < forward; i++)
        graph->position[graph->found[i]] = graph->places[backward + i];
}

static void add_edge(struct acyclic *graph, size_t before, size_t after)
{
    add_link(graph->arena, &graph->out, before, after);
    add_link(graph->arena, &graph->in, after, before);
}

enum acyclic_result acyclic_add(struct acyclic *graph, size_t before, size_t after,
                                size_t **ret_path, size_t *ret_length)
{
    size_t low = graph->position[after], high = graph->position[before];
    if (high < low) {
        add_edge(graph, before, after);
        return ACYCLIC_ADDED;
    }
    if (graph->steps > STEPS_MOST)
        return ACYCLIC_TIRED;
    size_t forward = reach(graph, &graph->out, after, 0, low, high);
    if (graph->from[before] != NONE) {
        if (ret_path)
            trace(graph, after, before, ret_path, ret_length);
        forget(graph, forward);
        return ACYCLIC_CLOSES;
    }
    size_t backward = reach(graph, &graph->in, before, forward, low, high);
    graph->steps += forward + backward;
    reorder(graph, forward, backward);
    forget(graph, forward + backward);
    add_edge(graph, before, after);
    return ACYCLIC_ADDED;
}
