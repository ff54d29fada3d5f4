/*
 * edges: what comes before what, among the objects of one set; see references.h.
 *
 * Explicit edges (depends-on) are checked for cycles and reported whole. An
 * implicit edge that would close a cycle is left out: explicit ones win. Names
 * are found by binary search, so that a set of any size takes n log n.
 */
#include "manifest/references.h"

#include "base/cleanup.h"

#include <stdint.h>
#include <string.h>

struct builder {
    struct arena *arena;
    const struct graph_node *nodes;
    size_t count;
    size_t *sorted; /* node indexes by identity */
    struct edge_list *edges;
    struct problems *problems;
};

/* ------------------------------------------------------------------- finding */

static int compare_nodes(const void *a, const void *b, void *context)
{
    const struct graph_node *nodes = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = object_id_compare(nodes[x].id, nodes[y].id);
    return order ? order : (x > y) - (x < y);
}

static void sort_nodes(struct builder *builder)
{
    builder->sorted = arena_array(builder->arena, builder->count, sizeof *builder->sorted);
    for (size_t i = 0; i < builder->count; i++)
        builder->sorted[i] = i;
    qsort_r(builder->sorted, builder->count, sizeof *builder->sorted, compare_nodes,
            (void *)(uintptr_t)builder->nodes);
}

static size_t find_exact(const struct builder *builder, const struct object_id *id)
{
    size_t low = 0, high = builder->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = object_id_compare(builder->nodes[builder->sorted[middle]].id, id);
        if (order == 0)
            return builder->sorted[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

static void add_edge(struct builder *builder, size_t before, size_t after, bool healthy)
{
    struct edge edge = { before, after, healthy };
    if (before != after)
        arena_push(builder->arena, builder->edges->items, builder->edges->count,
                   builder->edges->capacity, edge);
}

/* ------------------------------------------------------------------- explicit */

static void report(struct builder *builder, size_t node, const char *format, const char *name,
                   const char *detail)
{
    const struct graph_node *at = &builder->nodes[node];
    problem_add(builder->problems, at->file, at->place, false, format, name, detail);
}

static const char *candidates(struct builder *builder, const struct object_id *pattern)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < builder->count; i++) {
        const struct object_id *id = builder->nodes[builder->sorted[i]].id;
        if (object_id_matches(pattern, id))
            buf_printf(&text, "%s%s", text.length ? ", " : "",
                       object_id_full(builder->arena, id));
    }
    return arena_memdup(builder->arena, buf_text(&text), text.length);
}

/* In the object's own namespace first; elsewhere only where that is the only one. */
static size_t find_name(struct builder *builder, size_t node, const char *name,
                        const struct object_id *pattern)
{
    size_t found = SIZE_MAX, near = SIZE_MAX, matches = 0, near_matches = 0;
    const char *home = builder->nodes[node].id->namespace;
    for (size_t i = 0; i < builder->count; i++) {
        const struct object_id *id = builder->nodes[i].id;
        if (!object_id_matches(pattern, id))
            continue;
        found = i;
        matches++;
        if (strcmp(id->namespace, home) == 0) {
            near = i;
            near_matches++;
        }
    }
    if (near_matches == 1 && !pattern->namespace)
        return near;
    if (matches == 1)
        return found;
    if (matches == 0)
        report(builder, node, "cmx.dev/depends-on: there is no %s in this set%s", name, "");
    else
        report(builder, node, "cmx.dev/depends-on: %s could be any of %s: write it whole", name,
               candidates(builder, pattern));
    return SIZE_MAX;
}

static void add_explicit(struct builder *builder, size_t node)
{
    const struct object_options *options = builder->nodes[node].options;
    for (size_t i = 0; options && i < options->depends_on.count; i++) {
        struct object_id pattern;
        const char *name = options->depends_on.items[i];
        if (!object_id_parse(builder->arena, name, &pattern))
            continue; /* reported when the annotation was read */
        size_t before = find_name(builder, node, name, &pattern);
        if (before == node)
            report(builder, node, "cmx.dev/depends-on: it depends on itself (%s)%s", name, "");
        else if (before != SIZE_MAX)
            add_edge(builder, before, node, true);
    }
}

/* ------------------------------------------------------------------- implicit */

/* The CRDs of the set: few, so that each object can be held against all of them. */
struct definition {
    size_t node;
    const char *group, *kind;
};

static size_t find_definitions(const struct builder *builder, struct definition *definitions)
{
    size_t count = 0;
    for (size_t i = 0; i < builder->count; i++) {
        const struct graph_node *node = &builder->nodes[i];
        if (strcmp(node->id->kind, "CustomResourceDefinition") != 0 || !node->document)
            continue;
        struct definition definition = { i, value_text_at(node->document, "spec", "group", NULL),
                                         value_text_at(node->document, "spec", "names", "kind",
                                                       NULL) };
        if (definition.group && definition.kind)
            definitions[count++] = definition;
    }
    return count;
}

static void add_definition(struct builder *builder, size_t node,
                           const struct definition *definitions, size_t count)
{
    const struct object_id *id = builder->nodes[node].id;
    for (size_t i = 0; i < count; i++)
        if (strcmp(definitions[i].group, id->group) == 0
            && strcmp(definitions[i].kind, id->kind) == 0)
            add_edge(builder, definitions[i].node, node, true);
}

static void add_implicit(struct builder *builder, size_t node)
{
    struct reference_list references;
    const struct graph_node *at = &builder->nodes[node];
    references_of(builder->arena, at->id, at->document, &references);
    for (size_t i = 0; i < references.count; i++) {
        size_t before = find_exact(builder, &references.items[i].id);
        bool namespace = strcmp(references.items[i].id.kind, "Namespace") == 0;
        if (before != SIZE_MAX)
            add_edge(builder, before, node, namespace);
    }
}

/* --------------------------------------------------------------------- cycles */

/*
 * Kahn's order over the first `count` edges: steps[i] is the position of node i,
 * or SIZE_MAX for what stands in a cycle or behind one.
 */
static size_t *topological(struct builder *builder, size_t count)
{
    const struct edge *edges = builder->edges->items;
    size_t *unmet = arena_array(builder->arena, builder->count, sizeof *unmet);
    size_t *first = arena_array(builder->arena, builder->count, sizeof *first);
    size_t *next = arena_array(builder->arena, count, sizeof *next);
    size_t *queue = arena_array(builder->arena, builder->count, sizeof *queue);
    size_t *position = arena_array(builder->arena, builder->count, sizeof *position);
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < count; i++) {
        unmet[edges[i].after]++;
        next[i] = first[edges[i].before];
        first[edges[i].before] = i + 1;
    }
    for (size_t i = 0; i < builder->count; i++) {
        position[i] = SIZE_MAX;
        if (unmet[i] == 0)
            queue[tail++] = i;
    }
    while (head < tail) {
        size_t node = queue[head];
        position[node] = head++;
        for (size_t e = first[node]; e; e = next[e - 1])
            if (--unmet[edges[e - 1].after] == 0)
                queue[tail++] = edges[e - 1].after;
    }
    return position;
}

static size_t stuck_predecessor(const struct builder *builder, size_t count, size_t node,
                                const size_t *position)
{
    for (size_t i = 0; i < count; i++) {
        const struct edge *edge = &builder->edges->items[i];
        if (edge->after == node && position[edge->before] == SIZE_MAX)
            return edge->before;
    }
    return SIZE_MAX;
}

static const char *place_text(struct builder *builder, size_t node)
{
    const struct graph_node *at = &builder->nodes[node];
    return at->file ? arena_printf(builder->arena, " (%s:%u)", at->file->path, at->place.line) : "";
}

/* Walks back from a stuck node until one comes again, and tells the ring from there. */
static void report_cycle(struct builder *builder, size_t count, size_t start,
                         const size_t *position)
{
    size_t *seen = arena_array(builder->arena, builder->count, sizeof *seen);
    size_t *path = arena_array(builder->arena, builder->count + 1, sizeof *path);
    size_t length = 0, node = start;
    while (node != SIZE_MAX && !seen[node]) {
        path[length++] = node;
        seen[node] = length;
        node = stuck_predecessor(builder, count, node, position);
    }
    if (node == SIZE_MAX)
        return;
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = seen[node] - 1; i < length; i++)
        buf_printf(&text, "%s%s → ", object_id_text(builder->arena, builder->nodes[path[i]].id, NULL),
                   place_text(builder, path[i]));
    buf_puts(&text, object_id_text(builder->arena, builder->nodes[node].id, NULL));
    report(builder, node, "cmx.dev/depends-on: a cycle: %s%s", buf_text(&text), "");
}

static bool check_explicit(struct builder *builder)
{
    size_t count = builder->edges->count;
    size_t *position = topological(builder, count);
    for (size_t i = 0; i < builder->count; i++)
        if (position[i] == SIZE_MAX) {
            report_cycle(builder, count, i, position);
            return false;
        }
    return true;
}

/*
 * Where explicit and implicit edges together make a cycle, the implicit ones
 * among what is stuck are taken out.
 */
static void drop_closing(struct builder *builder, size_t explicit_count)
{
    struct edge_list *edges = builder->edges;
    size_t *position = topological(builder, edges->count);
    size_t kept = explicit_count;
    for (size_t i = explicit_count; i < edges->count; i++) {
        struct edge edge = edges->items[i];
        if (position[edge.before] != SIZE_MAX || position[edge.after] != SIZE_MAX)
            edges->items[kept++] = edge;
    }
    edges->count = kept;
}

bool edges_build(struct arena *arena, const struct graph_node *nodes, size_t count,
                 struct edge_list *ret_edges, struct problems *problems)
{
    size_t errors = problems->errors;
    struct builder builder = { arena, nodes, count, NULL, ret_edges, problems };
    *ret_edges = (struct edge_list){ 0 };
    sort_nodes(&builder);
    for (size_t i = 0; i < count; i++)
        add_explicit(&builder, i);
    if (!check_explicit(&builder))
        ret_edges->count = 0;
    size_t explicit_count = ret_edges->count;
    struct definition *definitions = arena_array(arena, count, sizeof *definitions);
    size_t definition_count = find_definitions(&builder, definitions);
    for (size_t i = 0; i < count; i++) {
        add_implicit(&builder, i);
        add_definition(&builder, i, definitions, definition_count);
    }
    drop_closing(&builder, explicit_count);
    return problems->errors == errors;
}
