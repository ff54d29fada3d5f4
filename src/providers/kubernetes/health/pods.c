/*
 * pods: see pods.h. Which trouble counts, and for how long each was allowed.
 */
#include "providers/kubernetes/health/pods.h"

#include "providers/kubernetes/health/health_rules.h"
#include "providers/kubernetes/health/pods_inner.h"

#include <string.h>

/* A refusal may pass: a quota has room again once old pods have ended. */
enum { REFUSED_GRACE_MS = 5000, CLOCK_SKEW_SECONDS = 5 };

bool pods_of_kind(const struct object_id *id)
{
    static const struct {
        const char *group, *kind;
    } kinds[] = {
        { "apps", "Deployment" },        { "apps", "StatefulSet" }, { "apps", "DaemonSet" },
        { "apps", "ReplicaSet" },        { "batch", "Job" },        { "", "Pod" },
        { "", "ReplicationController" },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].group, id->group) && !strcmp(kinds[i].kind, id->kind))
            return true;
    return false;
}

struct pods *pods_new(struct session *session, struct arena *arena, struct watcher *watcher,
                      const struct object_id *id, const struct value *document)
{
    struct pods *pods = arena_alloc(arena, sizeof *pods);
    const char *uid = value_text_at(document, "metadata", "uid", NULL);
    *pods = (struct pods){ .session = session,
                           .arena = arena,
                           .watcher = watcher,
                           .id = id,
                           .begun = clock_unix() - CLOCK_SKEW_SECONDS,
                           .sets = SIZE_MAX,
                           .pods = SIZE_MAX,
                           .events = SIZE_MAX };
    pods->self.uid = arena_strdup(arena, uid ? uid : "");
    pods->replica_set.prefix = arena_printf(arena, "%s-", id->name);
    return pods;
}

/* ----------------------------------------------------- periods of grace */

static struct grace *grace_find(struct pods *pods, const char *pod, enum pod_trouble_sort sort)
{
    for (struct grace *grace = pods->graces; grace; grace = grace->next)
        if (grace->sort == sort && !strcmp(grace->pod, pod))
            return grace;
    struct grace *grace = arena_alloc(pods->arena, sizeof *grace);
    *grace = (struct grace){ .pod = arena_strdup(pods->arena, pod),
                             .sort = sort,
                             .since = clock_now(),
                             .next = pods->graces };
    pods->graces = grace;
    return grace;
}

/* Has it lasted too long? Else *look_again says when it will have. */
static bool grace_over(struct pods *pods, const char *pod, enum pod_trouble_sort sort,
                       int64_t allowed, int64_t *look_again)
{
    struct grace *grace = grace_find(pods, pod, sort);
    grace->seen = true;
    if (allowed < 0)
        return false;
    int64_t left = grace->since + allowed - clock_now();
    if (left > 0 && left < *look_again)
        *look_again = left;
    return left <= 0;
}

/* What was not seen in this look has passed: it starts anew where it comes back. */
static void graces_sweep(struct pods *pods)
{
    for (struct grace **at = &pods->graces; *at;) {
        if (!(*at)->seen)
            *at = (*at)->next;
        else {
            (*at)->seen = false;
            at = &(*at)->next;
        }
    }
}

/* --------------------------------------------------------------- a look */

static bool is_job(const struct pods *pods)
{
    return !strcmp(pods->id->kind, "Job");
}

/*
 * Before its controller has seen the change, its pods are those of the last one.
 * Jobs and Pods tell no generation; all others do from the first.
 */
static bool observed(const struct pods *pods, const struct value *document)
{
    const struct value *seen = value_at(document, "status", "observedGeneration", NULL);
    if (!seen)
        return is_job(pods) || !strcmp(pods->id->kind, "Pod");
    return value_int(seen, 0) == value_int(value_at(document, "metadata", "generation", NULL), 0);
}

/* Should its pods be blamed? A Job decides by itself how many of its pods may end badly. */
static bool counts(const struct pods *pods, const struct pod *pod)
{
    return !is_job(pods) || pod->trouble.sort != POD_CRASHES;
}

/* Scaled to nothing: the pods that are still there only have to go, whatever is wrong with them. */
static bool wants_none(const struct value *document)
{
    return value_int(value_at(document, "spec", "replicas", NULL), 1) == 0;
}

static bool pod_stuck(struct pods *pods, const struct pod *pod, int64_t *look_again)
{
    if (!pod->current || pod->gone || pod->trouble.sort == POD_NO_TROUBLE)
        return false;
    return grace_over(pods, pod->name, pod->trouble.sort, pod->trouble.grace, look_again)
           && counts(pods, pod);
}

/* The pod that explains a failure: the last in name of those in trouble, ended ones included. */
static const struct pod *pod_guilty(const struct pod_list *list)
{
    const struct pod *guilty = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct pod *pod = &list->items[i];
        if (pod->current && pod->trouble.sort != POD_NO_TROUBLE
            && (!guilty || guilty->gone || !pod->gone))
            guilty = pod;
    }
    return guilty;
}

/*
 * A StatefulSet replaces a pod only once the one before is ready, be that of the
 * old revision: https://github.com/kubernetes/kubernetes/issues/67250.
 */
static const struct pod *pod_in_the_way(struct pods *pods, const struct value *document,
                                        const struct pod_list *list, int64_t *look_again)
{
    const char *order = value_text_at(document, "spec", "podManagementPolicy", NULL);
    if (strcmp(pods->id->kind, "StatefulSet") != 0 || (order && !strcmp(order, "Parallel")))
        return NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct pod *pod = &list->items[i];
        if (!pod->current && !pod->gone && pod->trouble.sort != POD_NO_TROUBLE
            && grace_over(pods, pod->name, pod->trouble.sort, pod->trouble.grace, look_again))
            return pod;
    }
    return NULL;
}

static const char *with_old(struct arena *arena, const char *text, const struct pod_list *list)
{
    const char *old = pods_old_text(arena, list);
    return old ? arena_printf(arena, "%s\n%s", text, old) : text;
}

static const char *refused_text(struct arena *arena, const char *why)
{
    return arena_printf(arena, "no pod can be created: %.900s", why);
}

/* The first line about a pod that waits. */
static const char *waiting_text(struct arena *arena, const struct pods *pods,
                                const struct pod_list *list, const char *refused)
{
    if (refused)
        return refused_text(arena, refused);
    for (size_t i = 0; i < list->count; i++) {
        const struct pod *pod = &list->items[i];
        if (pod->current && !pod->gone && pod->trouble.sort != POD_NO_TROUBLE)
            return *pod->trouble.detail ? arena_printf(arena, "%s (%.300s)", pod_line(arena, pod),
                                                       pod->trouble.detail)
                                        : pod_line(arena, pod);
    }
    return pods->blind;
}

/*
 * A Job that has failed, or run for too long, stops its pods before it says so
 * (https://kubernetes.io/docs/concepts/workloads/controllers/job/#termination-of-job-pods),
 * and with them goes the log.
 */
static void hear_out(struct pods *pods, struct arena *arena, const struct value *document,
                     const struct wait *wait)
{
    struct condition target;
    if (pods->last_words || !is_job(pods) || !condition_find(document, "FailureTarget", &target)
        || strcmp(target.status, "True") != 0)
        return;
    const char *words = pods_last_words(pods, arena, document, wait);
    pods->last_words = words ? arena_strdup(pods->arena, words) : NULL;
}

void pods_look(struct pods *pods, struct arena *arena, const struct value *document, bool failed,
               struct pods_found *ret_found, const struct wait *wait)
{
    struct pods_found found = { .look_again = INT64_MAX };
    struct pod_list list;
    const struct pod *stuck = NULL;
    *ret_found = found;
    if (!observed(pods, document) || wants_none(document))
        return;
    if (!pods->follows)
        pods_follow(pods, pods->arena, document, wait);
    hear_out(pods, arena, document, wait);
    pods_list(pods, arena, document, &list);
    const char *refused = pods_refused(pods, arena, document);
    for (size_t i = 0; i < list.count; i++)
        if (pod_stuck(pods, &list.items[i], &found.look_again) && !stuck)
            stuck = &list.items[i];
    if (failed && !stuck)
        stuck = pod_guilty(&list);
    const struct pod *old = stuck ? NULL : pod_in_the_way(pods, document, &list, &found.look_again);
    if (old)
        found.stuck = arena_printf(arena,
                                   "%s\nThis pod is of the old revision, and the update "
                                   "waits for it: delete it to go on.",
                                   pod_explain(pods, arena, old, wait));
    else if (stuck)
        found.stuck = with_old(arena, pod_explain(pods, arena, stuck, wait), &list);
    else if (refused
             && (grace_over(pods, "", POD_REFUSED, REFUSED_GRACE_MS, &found.look_again) || failed))
        found.stuck = with_old(arena, refused_text(arena, refused), &list);
    if (failed && pods->last_words && (!stuck || stuck->gone))
        found.stuck = pods->last_words;
    graces_sweep(pods);
    found.waiting = waiting_text(arena, pods, &list, refused);
    *ret_found = found;
}

const char *pods_explain(struct pods *pods, struct arena *arena, const struct value *document,
                         const struct wait *wait)
{
    struct pod_list list;
    pods_list(pods, arena, document, &list);
    const struct pod *guilty = pod_guilty(&list);
    return guilty ? with_old(arena, pod_explain(pods, arena, guilty, wait), &list) : NULL;
}

const char *pods_last_words(struct pods *pods, struct arena *arena, const struct value *document,
                            const struct wait *wait)
{
    struct pod_list list;
    pods_list(pods, arena, document, &list);
    for (size_t i = 0; i < list.count; i++) {
        struct pod *pod = &list.items[i];
        bool wanted = pod->current && !pod->gone && (is_job(pods) || !pod->ready);
        if (wanted && pod_running(pod->document, !is_job(pods), &pod->trouble))
            return pod_explain(pods, arena, pod, wait);
    }
    return NULL;
}

enum pods_trust pods_trust(struct pods *pods, struct arena *arena, const struct value *document,
                           const struct wait *wait)
{
    struct pod_list list;
    enum pods_trust trust = PODS_STEADY;
    if (!pods->follows)
        pods_follow(pods, pods->arena, document, wait);
    pods_list(pods, arena, document, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct pod *pod = &list.items[i];
        if (!pod->current || pod->gone)
            continue;
        if (!pod->ready)
            return PODS_UNREADY;
        if (pod_restarted(pod->document))
            trust = PODS_RESTARTED;
    }
    return trust;
}

size_t pods_unready(struct pods *pods, struct arena *arena, const struct value *document,
                    const char ***ret_uids)
{
    struct text_list uids = { 0 };
    struct pod_list list;
    pods_list(pods, arena, document, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct pod *pod = &list.items[i];
        const char *uid = value_text_at(pod->document, "metadata", "uid", NULL);
        if (uid && pod->current && !pod->gone && !pod->ready)
            arena_push(arena, uids.items, uids.count, uids.capacity, uid);
    }
    *ret_uids = uids.items;
    return uids.count;
}
