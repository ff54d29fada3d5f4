/* nodes: see nodes.h. Labels alone: a node's status is large. */
#include "providers/kubernetes/nodes.h"

#include "providers/kubernetes/request.h"

#include <string.h>

struct counting {
    struct arena *arena;
    struct machine_count *machines;
    size_t count, capacity;
};

static bool count_node(void *context, struct arena *scratch, const struct value *node,
                       struct error *err)
{
    struct counting *counting = context;
    const struct value *labels = value_at(node, "metadata", "labels", NULL);
    const char *os = value_text(value_get(labels, "kubernetes.io/os"));
    const char *architecture = value_text(value_get(labels, "kubernetes.io/arch"));
    (void)err;
    if (!os || !architecture)
        return true;
    const char *platform = arena_printf(scratch, "%s/%s", os, architecture);
    for (size_t i = 0; i < counting->count; i++)
        if (strcmp(counting->machines[i].platform, platform) == 0) {
            counting->machines[i].count++;
            return true;
        }
    struct machine_count machine = { arena_strdup(counting->arena, platform), 1 };
    arena_push(counting->arena, counting->machines, counting->count, counting->capacity, machine);
    return true;
}

static void restart(void *context)
{
    ((struct counting *)context)->count = 0;
}

bool kubernetes_platforms(struct session *session, struct arena *arena,
                          struct machine_count **ret_machines, size_t *ret_count,
                          const struct wait *wait, struct error *err)
{
    static const struct api_kind kind = {
        .group = "", .version = "v1", .kind = "Node", .plural = "nodes"
    };
    struct list_request list = { .kind = &kind, .metadata_only = true };
    struct counting counting = { .arena = arena };
    if (!request_list(session, arena, &list, count_node, restart, &counting, wait, err))
        return false;
    *ret_machines = counting.machines;
    *ret_count = counting.count;
    return true;
}
