/*
 * edges: what documents say and mention becomes edges between nodes.
 *
 * Names are looked up in two sorted indexes, one by identity and one by kind and
 * name. The graph starts from an order that fits depends-on (a walk in depth)
 * and ranks, so that nearly every edge agrees with it; see cycle.h.
 */
#include "manifest/references.h"

#include "base/cleanup.h"
#include "manifest/cycle.h"
#include "manifest/edges_hooks.h"
#include "manifest/edges_names.h"
#include "manifest/secret.h"
#include "manifest/shape.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MOST = 100, REPORTED_MOST = 100 };

struct building {
    struct arena *arena;
    const struct graph_node *nodes;
    size_t count;
    struct name_index *index;
    struct edge_list wanted; /* of depends-on */
    struct edge_list *edges; /* the result    */
    struct problems *problems;
    size_t *stamps; /* node + 1 whose edge from here is there already */
    size_t cycles;
    bool fine;
};

/* ------------------------------------------------------------------- depends-on */

static struct place annotation_place(const struct graph_node *node)
{
    const struct value *value =
        value_at(node->document, "metadata", "annotations", "cmx.dev/depends-on", NULL);
    return value ? value->place : node->place;
}

static void report(struct building *building, size_t node, const char *message)
{
    const struct graph_node *at = &building->nodes[node];
    building->fine = false;
    problem_add(building->problems, at->file, annotation_place(at), document_quotable(at->document),
                "cmx.dev/depends-on: %s", message);
}

static void resolve(struct building *building, size_t node, const char *text)
{
    struct object_id pattern;
    size_t matches[8], count;
    if (!object_id_parse(building->arena, text, &pattern))
        return; /* object_options_read() has reported it */
    count = name_index_match(building->index, node, &pattern, matches, 8);
    if (count == 1) {
        struct edge edge = { matches[0], node, true };
        arena_push(building->arena, building->wanted.items, building->wanted.count,
                   building->wanted.capacity, edge);
        return;
    }
    report(building, node,
           count ? name_index_ambiguous(building->index, text, matches, count)
                 : name_index_missing(building->index, text, &pattern));
}

static void collect_wanted(struct building *building)
{
    for (size_t i = 0; i < building->count; i++) {
        const struct object_options *options = building->nodes[i].options;
        for (size_t j = 0; options && j < options->depends_on.count; j++)
            resolve(building, i, options->depends_on.items[j]);
    }
}

/* -------------------------------------------------------------- the first order */

struct base {
    enum rank rank;
    size_t node;
    const struct object_id *id;
};

static int compare_base(const void *a, const void *b)
{
    const struct base *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    int order = object_id_compare(x->id, y->id);
    return order ? order : (x->node > y->node) - (x->node < y->node);
}

/* Edges by the node behind them: those of node n are [starts[n], starts[n + 1]). */
static size_t *group_by_after(const struct building *building, size_t **ret_befores)
{
    const struct edge_list *wanted = &building->wanted;
    size_t *starts = arena_array(building->arena, building->count + 2, sizeof *starts);
    size_t *befores = arena_array(building->arena, wanted->count, sizeof *befores);
    for (size_t i = 0; i < wanted->count; i++)
        starts[wanted->items[i].after + 2]++;
    for (size_t i = 0; i < building->count; i++)
        starts[i + 2] += starts[i + 1];
    for (size_t i = 0; i < wanted->count; i++)
        befores[starts[wanted->items[i].after + 1]++] = wanted->items[i].before;
    *ret_befores = befores;
    return starts;
}

struct depth_walk {
    const size_t *starts, *befores;
    size_t *next; /* of each node, the edge to follow next; SIZE_MAX: not yet entered */
    size_t *stack;
    size_t *order;
    size_t done;
};

/* Puts what comes before `root` into the order, then `root`; edges back into the stack are left. */
static void place_root(struct depth_walk *walk, size_t root)
{
    size_t depth = 0;
    if (walk->next[root] != SIZE_MAX)
        return;
    walk->stack[depth++] = root;
    walk->next[root] = walk->starts[root];
    while (depth) {
        size_t node = walk->stack[depth - 1];
        if (walk->next[node] == walk->starts[node + 1]) {
            walk->order[walk->done++] = node;
            depth--;
            continue;
        }
        size_t before = walk->befores[walk->next[node]++];
        if (walk->next[before] != SIZE_MAX)
            continue;
        walk->next[before] = walk->starts[before];
        walk->stack[depth++] = before;
    }
}

static const size_t *first_order(struct building *building)
{
    struct base *base = arena_array(building->arena, building->count, sizeof *base);
    struct depth_walk walk = { 0 };
    size_t *befores;
    walk.starts = group_by_after(building, &befores);
    walk.befores = befores;
    walk.next = arena_array(building->arena, building->count, sizeof *walk.next);
    walk.stack = arena_array(building->arena, building->count, sizeof *walk.stack);
    walk.order = arena_array(building->arena, building->count, sizeof *walk.order);
    for (size_t i = 0; i < building->count; i++) {
        walk.next[i] = SIZE_MAX;
        base[i] = (struct base){ rank_of(building->nodes[i].id), i, building->nodes[i].id };
    }
    if (building->count)
        qsort(base, building->count, sizeof *base, compare_base);
    for (size_t i = 0; i < building->count; i++)
        place_root(&walk, base[i].node);
    return walk.order;
}

/* ----------------------------------------------------------------------- cycles */

static const char *node_text(const struct building *building, size_t node)
{
    return object_id_text(building->arena, building->nodes[node].id, NULL);
}

static void add_places(const struct building *building, const size_t *path, size_t length,
                       struct buf *text)
{
    for (size_t i = 0; i < length && i < SHOWN_MOST; i++) {
        const struct graph_node *node = &building->nodes[path[i]];
        if (node->file)
            buf_printf(text, "%s%s at %s:%u:%u", i ? ", " : " (", node_text(building, path[i]),
                       node->file->path, node->place.line, node->place.column);
    }
    if (building->nodes[path[0]].file)
        buf_putc(text, ')');
}

/* `path` in the order of waiting: each waits for the next, the last for the first. */
static void report_cycle(struct building *building, const size_t *path, size_t length)
{
    AUTO_BUF text = BUF_INIT(1 << 20);
    building->cycles++;
    buf_puts(&text, "a cycle, in which each waits for the next: ");
    for (size_t i = 0; i < length && i < SHOWN_MOST; i++)
        buf_printf(&text, "%s → ", node_text(building, path[i]));
    if (length > SHOWN_MOST)
        buf_printf(&text, "%zu more → ", length - SHOWN_MOST);
    buf_puts(&text, node_text(building, path[0]));
    add_places(building, path, length, &text);
    report(building, path[0], buf_text(&text));
}

/* Turns a way along edges (each before the next) round, to begin with the least identity. */
static void tell_cycle(struct building *building, const size_t *way, size_t length)
{
    size_t *path = arena_array(building->arena, length, sizeof *path);
    size_t least = 0;
    for (size_t i = 1; i < length; i++)
        if (object_id_compare(building->nodes[way[i]].id, building->nodes[way[least]].id) < 0)
            least = i;
    for (size_t i = 0; i < length; i++)
        path[i] = way[(least + length - i) % length];
    report_cycle(building, path, length);
}

/* ------------------------------------------------------------------------- edges */

static void keep(struct building *building, struct edge edge)
{
    struct edge_list *edges = building->edges;
    arena_push(building->arena, edges->items, edges->count, edges->capacity, edge);
}

static void add_wanted(struct building *building, struct acyclic *graph)
{
    for (size_t i = 0; i < building->wanted.count; i++) {
        struct edge edge = building->wanted.items[i];
        size_t alone = edge.after, length = 1, *way = &alone;
        enum acyclic_result result = ACYCLIC_CLOSES;
        if (edge.before != edge.after)
            result = acyclic_add(graph, edge.before, edge.after,
                                 building->cycles < REPORTED_MOST ? &way : NULL, &length);
        if (result == ACYCLIC_ADDED)
            keep(building, edge);
        else if (result == ACYCLIC_CLOSES && building->cycles < REPORTED_MOST)
            tell_cycle(building, way, length);
        building->fine &= result == ACYCLIC_ADDED;
    }
}

static void add_mentioned(struct building *building, struct acyclic *graph, size_t before,
                          size_t after)
{
    if (before == SIZE_MAX || before == after || building->stamps[before] == after + 1)
        return;
    building->stamps[before] = after + 1;
    if (acyclic_add(graph, before, after, NULL, NULL) != ACYCLIC_ADDED)
        return;
    enum rank rank = rank_of(building->nodes[before].id);
    keep(building,
         (struct edge){ before, after, rank == RANK_NAMESPACE || rank == RANK_DEFINITION });
}

static void add_references(struct building *building, struct acyclic *graph)
{
    AUTO_ARENA arena = arena_new();
    const size_t *explicit_starts;
    size_t *befores;
    explicit_starts = group_by_after(building, &befores);
    for (size_t i = 0; i < building->count; i++) {
        const struct graph_node *node = &building->nodes[i];
        struct reference_list references;
        arena_clear(arena);
        for (size_t j = explicit_starts[i]; j < explicit_starts[i + 1]; j++)
            building->stamps[befores[j]] = i + 1;
        references_of(arena, node->id, node->document, &references);
        for (size_t j = 0; j < references.count; j++)
            if (!references.items[j].optional)
                add_mentioned(building, graph,
                              name_index_find(building->index, i, &references.items[j].id), i);
        add_mentioned(building, graph, name_index_definition(building->index, i), i);
    }
}

static const enum stage *copy_stages(struct arena *arena, const enum stage *stages, size_t count)
{
    enum stage *copy = arena_array(arena, count, sizeof *copy);
    memcpy(copy, stages, count * sizeof *copy);
    return copy;
}

bool edges_build(struct arena *arena, const struct graph_node *nodes, size_t count,
                 struct edge_list *ret_edges, struct problems *problems)
{
    AUTO_ARENA scratch = arena_new();
    struct edge_list edges = { 0 };
    struct building building = { .arena = scratch,
                                 .nodes = nodes,
                                 .count = count,
                                 .edges = &edges,
                                 .problems = problems,
                                 .fine = true };
    building.index = name_index_new(scratch, nodes, count);
    building.stamps = arena_array(scratch, count, sizeof *building.stamps);
    collect_wanted(&building);
    struct acyclic *graph = acyclic_new(scratch, count, first_order(&building));
    add_wanted(&building, graph);
    add_references(&building, graph);
    building.fine &= edges_of_hooks(scratch, nodes, count, &edges, problems);
    *ret_edges = edges;
    ret_edges->capacity = edges.count;
    ret_edges->items = arena_array(arena, edges.count, sizeof *edges.items);
    if (edges.count)
        memcpy(ret_edges->items, edges.items, edges.count * sizeof *edges.items);
    if (edges.stages)
        ret_edges->stages = copy_stages(arena, edges.stages, count);
    return building.fine;
}
