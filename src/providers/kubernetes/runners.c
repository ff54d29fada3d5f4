/* runners: see runners.h. ReplicaSets and Jobs are told by their pods: those that have ended run
 * nothing, and ReplicaSets that are left of older rollouts are older revisions. */
#include "providers/kubernetes/runners.h"

#include "manifest/reference.h"
#include "providers/kubernetes/request.h"

#include <string.h>

static const struct api_kind kinds[] = {
    { .group = "apps", .version = "v1", .kind = "Deployment", .plural = "deployments" },
    { .group = "apps", .version = "v1", .kind = "StatefulSet", .plural = "statefulsets" },
    { .group = "apps", .version = "v1", .kind = "DaemonSet", .plural = "daemonsets" },
    { .group = "batch", .version = "v1", .kind = "CronJob", .plural = "cronjobs" },
    { .group = "", .version = "v1", .kind = "Pod", .plural = "pods" },
    { .group = "apps", .version = "v1", .kind = "ReplicaSet", .plural = "replicasets" },
    { .group = "apps",
      .version = "v1",
      .kind = "ControllerRevision",
      .plural = "controllerrevisions" },
};

enum { KINDS = sizeof kinds / sizeof *kinds, OLDER = KINDS - 2 };

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

static const struct value *find_named(const struct value *list, const char *name)
{
    for (size_t i = 0; name && i < value_count(list); i++) {
        const char *other = value_text(value_get(value_item(list, i), "name"));
        if (other && strcmp(other, name) == 0)
            return value_item(list, i);
    }
    return NULL;
}

/*
 * The digest that a node has found for a container. Only the digest: of images that it pulled
 * under several names a node tells any one, so that the name is the specification's.
 */
static const char *resolved_name(struct arena *scratch, const struct value *status,
                                 const struct value *container)
{
    const char *id = value_text(value_get(status, "imageID"));
    const char *wanted = value_text(value_get(container, "image"));
    const char *digest = id ? strrchr(id, '@') : NULL;
    struct reference reference;
    struct error none = { 0 };
    if (!digest || !wanted || !reference_parse(scratch, wanted, &reference, &none))
        return id;
    return arena_printf(scratch, "%s/%s%s", reference.registry, reference.repository, digest);
}

static void add_resolved(struct arena *scratch, const struct value *document, const char *statuses,
                         const char *containers, struct text_list *resolved)
{
    const struct value *list = value_at(document, "status", statuses, NULL);
    const struct value *wanted = value_at(document, "spec", containers, NULL);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *status = value_item(list, i);
        const char *name = resolved_name(scratch, status,
                                         find_named(wanted, value_text(value_get(status, "name"))));
        if (name && *name)
            arena_push(scratch, resolved->items, resolved->count, resolved->capacity, name);
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
    add_resolved(scratch, document, "containerStatuses", "containers", &runner.resolved);
    add_resolved(scratch, document, "initContainerStatuses", "initContainers", &runner.resolved);
    add_resolved(scratch, document, "ephemeralContainerStatuses", "ephemeralContainers",
                 &runner.resolved);
    telling->heard(telling->context, scratch, &runner);
    return true;
}

static const struct value *owner_of(const struct value *document)
{
    const struct value *owners = value_at(document, "metadata", "ownerReferences", NULL);
    for (size_t i = 0; i < value_count(owners); i++)
        if (value_is_true(value_get(value_item(owners, i), "controller"), false))
            return value_item(owners, i);
    return NULL;
}

/*
 * A revision is told as its owner, which has the template at the same place. One of a ReplicaSet
 * with pods is the present one; of ControllerRevisions nothing says which is, and the owner is told
 * before them.
 */
static bool tell_older(void *context, struct arena *scratch, const struct value *document,
                       struct error *err)
{
    const struct telling *telling = context;
    const struct value *owner = owner_of(document), *data = value_get(document, "data");
    const char *kind = value_text(value_get(owner, "kind"));
    const char *name = value_text(value_get(owner, "name"));
    const char *namespace = value_text_at(document, "metadata", "namespace", NULL);
    int64_t replicas = value_int(value_at(document, "spec", "replicas", NULL), 0);
    (void)err;
    if (!kind || !name || !namespace || replicas)
        return true;
    struct runner runner = { .id = { "apps", kind, namespace, name },
                             .document = data ? data : document,
                             .older = true };
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
        bool older = i >= OLDER;
        if (!request_list(session, arena, &list, older ? tell_older : tell, restart, &telling, wait,
                          err))
            return false;
    }
    return true;
}
