/* runners: see runners.h. ReplicaSets and Jobs are told by their pods: those that are left of
 * older rollouts, or have ended, run nothing. */
#include "providers/kubernetes/runners.h"

#include "providers/kubernetes/request.h"

#include <string.h>

static const struct api_kind kinds[] = {
    { .group = "apps", .version = "v1", .kind = "Deployment", .plural = "deployments" },
    { .group = "apps", .version = "v1", .kind = "StatefulSet", .plural = "statefulsets" },
    { .group = "apps", .version = "v1", .kind = "DaemonSet", .plural = "daemonsets" },
    { .group = "batch", .version = "v1", .kind = "CronJob", .plural = "cronjobs" },
    { .group = "", .version = "v1", .kind = "Pod", .plural = "pods" },
};

enum { KINDS = sizeof kinds / sizeof *kinds };

struct telling {
    const struct api_kind *kind;
    runner_heard *heard;
    void *context;
};

static bool has_ended(const struct value *document)
{
    const char *phase = value_text_at(document, "status", "phase", NULL);
    return phase && (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0);
}

static void add_resolved(struct arena *scratch, const struct value *document, const char *list,
                         struct text_list *resolved)
{
    const struct value *statuses = value_at(document, "status", list, NULL);
    for (size_t i = 0; i < value_count(statuses); i++) {
        const char *image = value_text(value_get(value_item(statuses, i), "imageID"));
        if (image && *image)
            arena_push(scratch, resolved->items, resolved->count, resolved->capacity, image);
    }
}

static bool tell(void *context, struct arena *scratch, const struct value *document,
                 struct error *err)
{
    const struct telling *telling = context;
    const char *name = value_text_at(document, "metadata", "name", NULL);
    const char *namespace = value_text_at(document, "metadata", "namespace", NULL);
    struct runner runner = { .document = document };
    (void)err;
    if (!name || !namespace || has_ended(document))
        return true;
    runner.id = (struct object_id){ telling->kind->group, telling->kind->kind, namespace, name };
    add_resolved(scratch, document, "containerStatuses", &runner.resolved);
    add_resolved(scratch, document, "initContainerStatuses", &runner.resolved);
    add_resolved(scratch, document, "ephemeralContainerStatuses", &runner.resolved);
    telling->heard(telling->context, scratch, &runner);
    return true;
}

/* What was told before a list began anew is told twice, as the contract says. */
static void restart(void *context)
{
    (void)context;
}

bool kubernetes_runners(struct session *session, struct arena *arena, runner_heard *heard,
                        void *context, const struct wait *wait, struct error *err)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct list_request list = { .kind = &kinds[i] };
        struct telling telling = { &kinds[i], heard, context };
        if (!request_list(session, arena, &list, tell, restart, &telling, wait, err))
            return false;
    }
    return true;
}
