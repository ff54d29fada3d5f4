/* edges_hooks: see edges_hooks.h. */
#include "manifest/edges_hooks.h"

#include "manifest/secret.h"

#include <string.h>

#define RBAC_GROUP "rbac.authorization.k8s.io"

struct gating {
    struct arena *arena;
    const struct graph_node *nodes;
    size_t count;
    struct edge_list *edges;
    struct problems *problems;
    size_t *starts, *others; /* by node, those at the other end of its edges */
    bool *needed;            /* by a pre hook                */
    bool *behind;            /* a post hook                  */
    size_t *queue, queued;
};

static enum hook hook_of(const struct gating *gating, size_t node)
{
    const struct object_options *options = gating->nodes[node].options;
    return options ? options->hook : HOOK_NONE;
}

static void report(struct gating *gating, size_t node, const char *message)
{
    const struct graph_node *at = &gating->nodes[node];
    const struct value *value =
        value_at(at->document, "metadata", "annotations", "cmx.dev/hook", NULL);
    problem_add(gating->problems, at->file, value ? value->place : at->place,
                document_quotable(at->document), "cmx.dev/hook: %s", message);
}

/* Groups the edges by the node behind them (or, `forward`, before them). */
static void group_edges(struct gating *gating, bool forward)
{
    const struct edge_list *edges = gating->edges;
    size_t *starts = arena_array(gating->arena, gating->count + 2, sizeof *starts);
    gating->others = arena_array(gating->arena, edges->count, sizeof *gating->others);
    for (size_t i = 0; i < edges->count; i++)
        starts[(forward ? edges->items[i].before : edges->items[i].after) + 2]++;
    for (size_t i = 0; i < gating->count; i++)
        starts[i + 2] += starts[i + 1];
    for (size_t i = 0; i < edges->count; i++) {
        const struct edge *edge = &edges->items[i];
        size_t here = forward ? edge->before : edge->after;
        gating->others[starts[here + 1]++] = forward ? edge->after : edge->before;
    }
    gating->starts = starts;
}

static void add(struct gating *gating, bool *set, size_t node)
{
    if (set[node])
        return;
    set[node] = true;
    gating->queue[gating->queued++] = node;
}

/* ------------------------------------------------------------ what a hook needs */

static const char *text_or(const struct value *map, const char *key, const char *otherwise)
{
    const char *text = value_text(value_get(map, key));
    return text ? text : otherwise;
}

static bool binds(const struct graph_node *node, const char *namespace, const char *account)
{
    const struct value *subjects = value_get(node->document, "subjects"), *subject;
    for (size_t i = 0; (subject = value_item(subjects, i)); i++)
        if (strcmp(text_or(subject, "kind", ""), "ServiceAccount") == 0
            && strcmp(text_or(subject, "name", ""), account) == 0
            && strcmp(text_or(subject, "namespace", node->id->namespace), namespace) == 0)
            return true;
    return false;
}

/* A pod that asks the API needs its account's rights, which no name in it tells. */
static void add_rights(struct gating *gating, size_t node)
{
    const struct object_id *id = gating->nodes[node].id;
    const struct value *template = pod_template(id, gating->nodes[node].document);
    if (!template)
        return;
    const char *account = text_or(value_get(template, "spec"), "serviceAccountName", "default");
    for (size_t i = 0; i < gating->count; i++)
        if (strcmp(gating->nodes[i].id->group, RBAC_GROUP) == 0
            && binds(&gating->nodes[i], id->namespace, account))
            add(gating, gating->needed, i);
}

static void find_needed(struct gating *gating)
{
    group_edges(gating, false);
    gating->queued = 0;
    for (size_t i = 0; i < gating->count; i++)
        if (hook_of(gating, i) == HOOK_PRE)
            add(gating, gating->needed, i);
    for (size_t at = 0; at < gating->queued; at++) {
        size_t node = gating->queue[at];
        for (size_t i = gating->starts[node]; i < gating->starts[node + 1]; i++)
            add(gating, gating->needed, gating->others[i]);
        add_rights(gating, node);
    }
    for (size_t i = 0; i < gating->count; i++)
        gating->needed[i] |= rank_of(gating->nodes[i].id) <= RANK_DEFINITION;
}

static void find_behind(struct gating *gating)
{
    group_edges(gating, true);
    gating->queued = 0;
    for (size_t i = 0; i < gating->count; i++)
        if (hook_of(gating, i) == HOOK_POST)
            add(gating, gating->behind, i);
    for (size_t at = 0; at < gating->queued; at++)
        for (size_t i = gating->starts[gating->queue[at]];
             i < gating->starts[gating->queue[at] + 1]; i++)
            add(gating, gating->behind, gating->others[i]);
}

/* ------------------------------------------------------------------- the gates */

static void keep(struct gating *gating, size_t before, size_t after)
{
    struct edge edge = { before, after, true };
    arena_push(gating->arena, gating->edges->items, gating->edges->count, gating->edges->capacity,
               edge);
}

static bool add_gate(struct gating *gating, size_t hook, bool pre)
{
    if (!pre && gating->needed[hook]) {
        report(gating, hook,
               "a hook that runs before the rest needs this one, which runs after it");
        return false;
    }
    for (size_t i = 0; i < gating->count; i++) {
        if (pre && !gating->needed[i])
            keep(gating, hook, i);
        if (!pre && !gating->behind[i])
            keep(gating, i, hook);
    }
    return true;
}

static void set_stages(struct gating *gating)
{
    enum stage *stages = arena_array(gating->arena, gating->count, sizeof *stages);
    for (size_t i = 0; i < gating->count; i++)
        stages[i] = gating->needed[i] ? STAGE_PRE : gating->behind[i] ? STAGE_POST : STAGE_MAIN;
    gating->edges->stages = stages;
}

bool edges_of_hooks(struct arena *arena, const struct graph_node *nodes, size_t count,
                    struct edge_list *edges, struct problems *problems)
{
    struct gating gating = {
        .arena = arena, .nodes = nodes, .count = count, .edges = edges, .problems = problems
    };
    size_t hooks = 0;
    bool fine = true;
    for (size_t i = 0; i < count; i++)
        if (hook_of(&gating, i) != HOOK_NONE && ++hooks > HOOKS_CEILING) {
            report(&gating, i, "more hooks than a set may have (64)");
            return false;
        }
    if (!hooks)
        return true;
    gating.needed = arena_array(arena, count, sizeof *gating.needed);
    gating.behind = arena_array(arena, count, sizeof *gating.behind);
    gating.queue = arena_array(arena, count, sizeof *gating.queue);
    find_needed(&gating);
    find_behind(&gating);
    set_stages(&gating);
    for (size_t i = 0; i < count; i++)
        if (hook_of(&gating, i) != HOOK_NONE)
            fine &= add_gate(&gating, i, hook_of(&gating, i) == HOOK_PRE);
    return fine;
}
