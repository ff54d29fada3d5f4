/*
 * health_probes: workloads that are ready without anybody having asked them; see health.h.
 *
 * Without a readiness probe a container counts as ready the moment it runs, also
 * one that crashes half a second later.
 */
#include "base/clock.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/health/health.h"

#include <string.h>

bool health_runs_pods(const struct object_id *id)
{
    return !strcmp(id->group, "apps")
           && (!strcmp(id->kind, "Deployment") || !strcmp(id->kind, "StatefulSet")
               || !strcmp(id->kind, "DaemonSet"));
}

/* All containers that stay: sidecars are init containers that are always restarted. */
static bool all_probed(const struct value *pod)
{
    static const char *const lists[] = { "initContainers", "containers" };
    for (size_t l = 0; l < 2; l++) {
        const struct value *containers = value_get(pod, lists[l]);
        for (size_t i = 0; i < value_count(containers); i++) {
            const struct value *container = value_item(containers, i);
            const char *policy = value_text_at(container, "restartPolicy", NULL);
            bool stays = l == 1 || (policy && !strcmp(policy, "Always"));
            if (stays && !value_get(container, "readinessProbe"))
                return false;
        }
    }
    return true;
}

bool health_unprobed(const struct object_id *id, const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    return health_runs_pods(id) && value_int(value_get(spec, "minReadySeconds"), 0) <= 0
           && value_int(value_get(spec, "replicas"), 1) != 0
           && !value_is_true(value_get(spec, "paused"), false)
           && !all_probed(value_at(spec, "template", "spec", NULL));
}

/* The server notes when a manager last changed what it holds: of a controller, the status. */
bool health_stirred(const struct value *document, int64_t now)
{
    struct manager_entry entry;
    for (size_t i = 0; manager_entry(document, i, &entry); i++) {
        int64_t time;
        if (!strcmp(entry.subresource, "status") && time_parse(entry.time, &time)
            && now - time >= -HEALTH_CLOCKS_AGREE && now - time <= HEALTH_STIRRED)
            return true;
    }
    return false;
}
