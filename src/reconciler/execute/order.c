/* order: see order.h. */
#include "reconciler/execute/order.h"

#include "base/cleanup.h"
#include "reconciler/home.h"

static bool in_phase(const struct change *change, bool deleting)
{
    return deleting ? change->action == ACTION_DELETE
                    : change->subject->desired && change->action != ACTION_DELETE;
}

size_t order_phase(const struct plan *plan, bool deleting, struct change **ret_changes)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (in_phase(&plan->changes[i], deleting))
            ret_changes[count++] = &plan->changes[i];
    return count;
}

static struct graph_node node_of(struct arena *arena, const struct change *change, bool deleting)
{
    const struct subject *subject = change->subject;
    struct graph_node node = { .id = &subject->id };
    if (!deleting && subject->desired) {
        node.document = subject->desired->document;
        node.options = &subject->desired->options;
        node.file = subject->desired->file;
        node.place = subject->desired->place;
        return node;
    }
    struct object_options *options = arena_alloc(arena, sizeof *options);
    object_options_read(arena, subject->live.document, options, NULL, NULL);
    options->hook = HOOK_NONE; /* what goes does not run */
    node.document = subject->live.document;
    node.options = options;
    return node;
}

static void find_edges(struct arena *arena, struct change *const *changes, size_t count,
                       bool deleting, struct edge_list *edges)
{
    struct graph_node *nodes = arena_array(arena, count, sizeof *nodes);
    struct problems ignored; /* reported at load; live objects may name what is gone */
    problems_start(&ignored, arena);
    for (size_t i = 0; i < count; i++)
        nodes[i] = node_of(arena, changes[i], deleting);
    edges_build(arena, nodes, count, edges, &ignored);
}

static void reverse(struct edge_list *edges)
{
    for (size_t i = 0; i < edges->count; i++) {
        struct edge *edge = &edges->items[i];
        *edge = (struct edge){ edge->after, edge->before, true };
    }
}

static void put_last(struct arena *arena, struct change *const *changes, size_t count,
                     const char *home, struct edge_list *edges)
{
    size_t last = 0;
    while (last < count && !home_is(&changes[last]->subject->id, home))
        last++;
    for (size_t i = 0; last < count && i < count; i++)
        if (i != last)
            arena_push(arena, edges->items, edges->count, edges->capacity,
                       ((struct edge){ i, last, true }));
}

struct schedule *order_schedule(struct arena *arena, struct change *const *changes, size_t count,
                                bool deleting, const char *home)
{
    struct edge_list edges = { 0 };
    unsigned *ranks = arena_array(arena, count, sizeof *ranks);
    find_edges(arena, changes, count, deleting, &edges);
    for (size_t i = 0; i < count; i++) {
        ranks[i] = deleting ? RANK_WEBHOOK - changes[i]->rank : changes[i]->rank;
        ranks[i] += edges.stages ? (unsigned)edges.stages[i] * (RANK_WEBHOOK + 1) : 0;
    }
    if (deleting) {
        reverse(&edges);
        put_last(arena, changes, count, home, &edges);
    }
    return schedule_new(arena, ranks, count, edges.items, edges.count);
}
