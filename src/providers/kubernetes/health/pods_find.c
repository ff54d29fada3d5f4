/*
 * pods_find: which pods belong to a workload, and to its newest revision.
 *
 * Ownership decides, never labels. The revision is known by
 *   Deployment   the ReplicaSet that carries the Deployment's own revision number
 *   StatefulSet  the label controller-revision-hash and status.updateRevision
 *   DaemonSet    the label pod-template-generation and its annotation
 *   others       all pods
 */
#include "base/cleanup.h"
#include "net/http.h"
#include "providers/kubernetes/health/health_rules.h"
#include "providers/kubernetes/health/pods_inner.h"

#include <stdlib.h>
#include <string.h>

static const struct api_kind replica_set_kind = {
    .group = "apps",
    .version = "v1",
    .kind = "ReplicaSet",
    .plural = "replicasets",
    .namespaced = true,
    .can_list = true,
    .can_watch = true,
};
static const struct api_kind pod_kind = {
    .group = "",
    .version = "v1",
    .kind = "Pod",
    .plural = "pods",
    .namespaced = true,
    .can_list = true,
    .can_watch = true,
};
static const struct api_kind event_kind = {
    .group = "",
    .version = "v1",
    .kind = "Event",
    .plural = "events",
    .namespaced = true,
    .can_list = true,
    .can_watch = true,
};

static bool same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static const struct value *controller_reference(const struct value *document)
{
    const struct value *owners = value_at(document, "metadata", "ownerReferences", NULL);
    for (size_t i = 0; i < value_count(owners); i++)
        if (value_is_true(value_get(value_item(owners, i), "controller"), false))
            return value_item(owners, i);
    return NULL;
}

const char *controller_of(const struct value *document)
{
    return value_text(value_get(controller_reference(document), "uid"));
}

bool owned_by(const void *context, const struct value *document)
{
    const struct owner *owner = context;
    const struct value *reference = controller_reference(document);
    if (!owner->prefix)
        return same(value_text(value_get(reference, "uid")), owner->uid);
    const char *name = value_text(value_get(reference, "name"));
    return same(value_text(value_get(reference, "kind")), "ReplicaSet") && name
           && !strncmp(name, owner->prefix, strlen(owner->prefix));
}

/* Refusals to create a pod stand in an event only, but for what has ReplicaSets. */
static bool refusal_event(const void *context, const struct value *document)
{
    const struct owner *owner = context;
    return same(value_text_at(document, "reason", NULL), "FailedCreate")
           && same(value_text_at(document, "involvedObject", "uid", NULL), owner->uid);
}

/* ------------------------------------------------------------- following */

/* "labelSelector=app%3Dweb" of spec.selector.matchLabels: fewer to read at the start. */
static const char *narrow_by_labels(struct arena *arena, const struct value *document)
{
    const struct value *labels = value_at(document, "spec", "selector", "matchLabels", NULL);
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < value_count(labels); i++) {
        const struct member *member = &labels->map.members[i];
        const char *value = value_text(member->value);
        buf_puts(&text, i ? "%2C" : "labelSelector=");
        url_encode(&text, member->key);
        buf_puts(&text, "%3D");
        url_encode(&text, value ? value : "");
    }
    return text.length ? arena_strdup(arena, buf_text(&text)) : NULL;
}

static size_t follow(struct pods *pods, const struct watch_query *query, const struct wait *wait,
                     struct error *err)
{
    size_t index;
    return watcher_follow(pods->watcher, query, NULL, &index, wait, err) ? index : SIZE_MAX;
}

static void set_blind(struct pods *pods, const struct error *why)
{
    if (!pods->blind)
        pods->blind =
            arena_printf(pods->arena, "its pods could not be looked at: %s", why->message);
}

/* The right to see them may be taken away at any time: what was seen before tells nothing then. */
static bool pods_lost(struct pods *pods)
{
    const size_t queries[] = { pods->sets, pods->pods };
    struct error trouble;
    for (size_t i = 0; i < 2; i++) {
        if (queries[i] == SIZE_MAX || !watcher_trouble(pods->watcher, queries[i], &trouble)
            || trouble.kind != ERROR_DENIED)
            continue;
        set_blind(pods, &trouble);
        return true;
    }
    return false;
}

void pods_follow(struct pods *pods, struct arena *arena, const struct value *document,
                 const struct wait *wait)
{
    const char *kind = pods->id->kind;
    bool deployment = !strcmp(kind, "Deployment");
    struct watch_query query = { .namespace = pods->id->namespace,
                                 .narrow = narrow_by_labels(arena, document),
                                 .wanted = owned_by,
                                 .context = &pods->self };
    struct error err = { .kind = ERROR_NONE };
    if (!strcmp(kind, "Pod")) {
        pods->follows = true;
        return;
    }
    if (deployment) {
        query.kind = &replica_set_kind;
        if (pods->sets == SIZE_MAX)
            pods->sets = follow(pods, &query, wait, &err);
        query.context = &pods->replica_set;
    }
    query.kind = &pod_kind;
    if (err.kind == ERROR_NONE)
        pods->pods = follow(pods, &query, wait, &err);
    if (err.kind == ERROR_DENIED)
        set_blind(pods, &err);
    pods->follows = err.kind == ERROR_NONE || err.kind == ERROR_DENIED; /* else once more later */
    if (!pods->follows)
        return;
    if (deployment || !strcmp(kind, "ReplicaSet") || !strcmp(kind, "ReplicationController"))
        return;
    query = (struct watch_query){
        .kind = &event_kind,
        .namespace = pods->id->namespace,
        .narrow = arena_printf(arena, "fieldSelector=involvedObject.uid%%3D%s", pods->self.uid),
        .wanted = refusal_event,
        .context = &pods->self,
    };
    pods->events = follow(pods, &query, wait, &err);
}

/* ------------------------------------------------------------- revisions */

static const char *annotation(const struct value *document, const char *name)
{
    return value_text_at(document, "metadata", "annotations", name, NULL);
}

static const char *label(const struct value *document, const char *name)
{
    return value_text_at(document, "metadata", "labels", name, NULL);
}

/* The uid of the ReplicaSet that is being rolled out, NULL while it is not known. */
static const char *newest_set(struct pods *pods, struct arena *arena, const struct value *document)
{
    static const char revision[] = "deployment.kubernetes.io/revision";
    struct watched *sets;
    size_t count =
        pods->sets == SIZE_MAX ? 0 : watcher_read(pods->watcher, pods->sets, arena, &sets);
    for (size_t i = 0; i < count; i++)
        if (!sets[i].gone
            && same(annotation(sets[i].document, revision), annotation(document, revision)))
            return value_text_at(sets[i].document, "metadata", "uid", NULL);
    return NULL;
}

/* What a pod of the newest revision is known by. */
struct revision {
    const char *set;          /* Deployment: uid of the ReplicaSet, or NULL     */
    const char *label, *text; /* a label and its value; NULL: all pods count    */
    bool deployment;
};

static struct revision revision_of(struct pods *pods, struct arena *arena,
                                   const struct value *document)
{
    const char *kind = pods->id->kind;
    if (!strcmp(kind, "Deployment"))
        return (struct revision){ .set = newest_set(pods, arena, document), .deployment = true };
    if (!strcmp(kind, "StatefulSet"))
        return (struct revision){ .label = "controller-revision-hash",
                                  .text =
                                      value_text_at(document, "status", "updateRevision", NULL) };
    if (!strcmp(kind, "DaemonSet"))
        return (struct revision){ .label = "pod-template-generation",
                                  .text = annotation(document, "deprecated.daemonset.template."
                                                               "generation") };
    return (struct revision){ 0 };
}

static bool of_revision(const struct revision *revision, const struct value *pod)
{
    if (revision->deployment)
        return same(controller_of(pod), revision->set);
    const char *text = revision->text ? label(pod, revision->label) : NULL;
    return !text || !strcmp(text, revision->text);
}

/* --------------------------------------------------------------- the list */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct pod *)a)->name, ((const struct pod *)b)->name);
}

static void list_add(struct arena *arena, struct pod_list *list, const struct value *document,
                     bool gone, bool current)
{
    const char *name = value_text_at(document, "metadata", "name", NULL);
    struct pod pod = { .name = name ? name : "",
                       .document = document,
                       .gone = gone,
                       .current = current,
                       .ready = !gone && pod_ready(document) };
    pod_judge(arena, document, &pod.trouble);
    arena_push(arena, list->items, list->count, list->capacity, pod);
}

void pods_list(struct pods *pods, struct arena *arena, const struct value *document,
               struct pod_list *ret_list)
{
    struct watched *found = NULL;
    struct pod_list list = { 0 };
    struct revision revision = revision_of(pods, arena, document);
    bool seen = pods->pods != SIZE_MAX && !pods_lost(pods);
    size_t count = seen ? watcher_read(pods->watcher, pods->pods, arena, &found) : 0;
    if (!strcmp(pods->id->kind, "Pod"))
        list_add(arena, &list, document, false, true);
    for (size_t i = 0; i < count; i++)
        if (found[i].document)
            list_add(arena, &list, found[i].document, found[i].gone,
                     of_revision(&revision, found[i].document));
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, by_name);
    *ret_list = list;
}

/* -------------------------------------------------------------- refusals */

static const char *refused_by_event(struct pods *pods, struct arena *arena)
{
    struct watched *events;
    size_t count =
        pods->events == SIZE_MAX ? 0 : watcher_read(pods->watcher, pods->events, arena, &events);
    for (size_t i = 0; i < count; i++) {
        int64_t last;
        const char *when = value_text_at(events[i].document, "lastTimestamp", NULL);
        const char *message = value_text_at(events[i].document, "message", NULL);
        if (!events[i].gone && message && when && time_parse(when, &last) && last >= pods->begun)
            return message;
    }
    return NULL;
}

const char *pods_refused(struct pods *pods, struct arena *arena, const struct value *document)
{
    struct condition failure;
    if (condition_find(document, "ReplicaFailure", &failure) && !strcmp(failure.status, "True"))
        return failure.message;
    return refused_by_event(pods, arena);
}
