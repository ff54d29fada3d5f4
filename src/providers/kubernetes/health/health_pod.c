/*
 * health_pod: the rule of a Pod; see health.h.
 *
 * It agrees with kstatus: a pod that has ended is current, however it ended.
 * Whether its end or its state must stop a wait is judged by pods.c.
 */
#include "base/clock.h"
#include "providers/kubernetes/health/health_rules.h"

#include <string.h>

/* How long a pod may be without a node before that counts (kstatus's window). */
enum { SCHEDULE_WINDOW_SECONDS = 15 };

/* The first container that waits for `reason` (NULL: for more than its creation). */
static const char *waiting_container(const struct value *document, const char *list,
                                     const char *reason, const char **ret_reason)
{
    const struct value *items = value_at(document, "status", list, NULL);
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_item(items, i);
        const char *name = value_text_at(item, "name", NULL);
        const char *why = value_text_at(item, "state", "waiting", "reason", NULL);
        if (!name || !why || !strcmp(why, "ContainerCreating") || !strcmp(why, "PodInitializing")
            || (reason && strcmp(why, reason) != 0))
            continue;
        *ret_reason = why;
        return name;
    }
    return NULL;
}

static void in_progress(struct arena *arena, const struct value *document, const char *otherwise,
                        struct health *health)
{
    const char *reason;
    const char *name = waiting_container(document, "initContainerStatuses", NULL, &reason);
    if (!name)
        name = waiting_container(document, "containerStatuses", NULL, &reason);
    if (name)
        health_set(arena, health, HEALTH_IN_PROGRESS, "container %s: %s", name, reason);
    else
        health_set(arena, health, HEALTH_IN_PROGRESS, "%s", otherwise);
}

static void running(struct arena *arena, const struct value *document, struct health *health)
{
    struct condition ready;
    const char *reason;
    const char *name =
        waiting_container(document, "containerStatuses", "CrashLoopBackOff", &reason);
    if (condition_find(document, "Ready", &ready) && !strcmp(ready.status, "True")) {
        health_set(arena, health, HEALTH_CURRENT, "ready");
        health->since = ready.since;
    } else if (name) {
        health_set(arena, health, HEALTH_FAILED, "container %s: %s", name, reason);
    } else {
        in_progress(arena, document, "running, not ready yet", health);
    }
}

static bool within_window(const struct value *document)
{
    int64_t created;
    const char *text = value_text_at(document, "metadata", "creationTimestamp", NULL);
    return text && time_parse(text, &created) && clock_unix() - SCHEDULE_WINDOW_SECONDS < created;
}

static void pending(struct arena *arena, const struct value *document, struct health *health)
{
    struct condition scheduled;
    if (!condition_find(document, "PodScheduled", &scheduled)
        || strcmp(scheduled.status, "False") != 0 || strcmp(scheduled.reason, "Unschedulable") != 0)
        in_progress(arena, document, "pending", health);
    else
        health_condition(arena, health,
                         within_window(document) ? HEALTH_IN_PROGRESS : HEALTH_FAILED, &scheduled,
                         "unschedulable");
}

void health_pod(struct arena *arena, const struct value *document, struct health *health)
{
    const char *phase = value_text_at(document, "status", "phase", NULL);
    if (!phase || !*phase)
        health_set(arena, health, HEALTH_IN_PROGRESS, "no node has taken it yet");
    else if (!strcmp(phase, "Succeeded"))
        health_set(arena, health, HEALTH_CURRENT, "completed");
    else if (!strcmp(phase, "Failed"))
        health_set(arena, health, HEALTH_CURRENT, "ended, but not successfully");
    else if (!strcmp(phase, "Running"))
        running(arena, document, health);
    else if (!strcmp(phase, "Pending"))
        pending(arena, document, health);
    else
        health_set(arena, health, HEALTH_UNKNOWN, "status.phase is \"%s\", which is not known",
                   phase);
}
