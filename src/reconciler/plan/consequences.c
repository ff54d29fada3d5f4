/*
 * consequences: see consequences.h. What rolls, starts and stops stands here;
 * what would go wrong quietly is in consequences_quiet.c and
 * consequences_config.c.
 */
#include "reconciler/plan/consequences.h"

#include "manifest/references.h"
#include "reconciler/plan/consequences_inner.h"

#include <stdarg.h>
#include <string.h>

void outlook_say(struct outlook *outlook, const char *format, ...)
{
    struct text_list *list = &outlook->found->sentences;
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(outlook->arena, format, args);
    va_end(args);
    arena_push(outlook->arena, list->items, list->count, list->capacity, text);
}

/* What keeps pods running: their number is meant to stay. */
static bool is_workload(const struct object_id *id)
{
    return !strcmp(id->group, "apps")
           && (!strcmp(id->kind, "Deployment") || !strcmp(id->kind, "StatefulSet")
               || !strcmp(id->kind, "DaemonSet"));
}

static const struct value *replicas_in(const struct value *document)
{
    return value_at(document, "spec", "replicas", NULL);
}

/* The least that an autoscaler of the set keeps of a workload; 1 where none does. */
static int64_t autoscaler_least(const struct outlook *outlook, const struct object_id *id)
{
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *other = &outlook->changes[i];
        const struct value *spec = value_get(other->after ? other->after : other->before, "spec");
        const char *kind = value_text_at(spec, "scaleTargetRef", "kind", NULL);
        const char *name = value_text_at(spec, "scaleTargetRef", "name", NULL);
        if (!strcmp(other->id->kind, "HorizontalPodAutoscaler") && kind && name
            && !strcmp(other->id->namespace, id->namespace) && !strcmp(kind, id->kind)
            && !strcmp(name, id->name))
            return value_int(value_get(spec, "minReplicas"), 1);
    }
    return 1;
}

/* Where nobody looked at the cluster, an autoscaler's least is the best that is known. */
static int64_t at_least(const struct outlook *outlook, const struct object_change *change,
                        int64_t pods)
{
    int64_t least = change->live || !pods ? 0 : autoscaler_least(outlook, change->id);
    return pods > least ? pods : least;
}

/* Pods as they are now; a DaemonSet's are known only from its status. */
static int64_t pods_before(const struct outlook *outlook, const struct object_change *change)
{
    const struct value *live = change->live ? change->live : change->before;
    if (!strcmp(change->id->kind, "DaemonSet"))
        return value_int(value_at(live, "status", "desiredNumberScheduled", NULL), 0);
    return at_least(outlook, change,
                    value_int(replicas_in(replicas_in(live) ? live : change->before), 1));
}

/* A document without replicas leaves them to an autoscaler: they stay as they are. */
static int64_t pods_after(const struct outlook *outlook, const struct object_change *change)
{
    const struct value *replicas = replicas_in(change->after);
    if (!replicas || !strcmp(change->id->kind, "DaemonSet"))
        return pods_before(outlook, change);
    return at_least(outlook, change, value_int(replicas, 1));
}

bool stands_still(const struct value *document)
{
    const char *type = value_text_at(document, "spec", "updateStrategy", "type", NULL);
    return (type && !strcmp(type, "OnDelete"))
           || value_is_true(value_at(document, "spec", "paused", NULL), false);
}

bool rolls(const struct object_change *change)
{
    return is_workload(change->id) && change->before && change->after && !change->replaced
           && !stands_still(change->after)
           && !value_equal(pod_template(change->id, change->before),
                           pod_template(change->id, change->after));
}

bool keeps_running(const struct outlook *outlook, const struct object_change *change)
{
    if (!change->before || !change->after)
        return false;
    if (strcmp(change->id->kind, "DaemonSet") != 0)
        return pods_before(outlook, change) > 0 && pods_after(outlook, change) > 0;
    const struct value *live = change->live ? change->live : change->before;
    return value_int(value_at(live, "status", "desiredNumberScheduled", NULL), 1) > 0;
}

bool rolls_pods(const struct object_change *change)
{
    const struct outlook alone = { 0 }; /* live documents tell their own number */
    return rolls(change) && pods_after(&alone, change) > 0;
}

bool same_documents(const struct object_change *change)
{
    return change->before == change->after
           || (change->before && change->after && value_equal(change->before, change->after));
}

static void count_workload(struct outlook *outlook, const struct object_change *change)
{
    struct consequences *found = outlook->found;
    if (!change->before && !change->after) /* gone already */
        return;
    if (!change->before) {
        found->started++;
        found->started_pods += pods_after(outlook, change);
    } else if (!change->after) {
        found->stopped++;
        found->stopped_pods += pods_before(outlook, change);
    } else if (change->replaced) {
        found->replaced++;
        found->replaced_pods += pods_before(outlook, change);
    } else if (rolls(change)) {
        found->rolled++;
        found->rolled_pods += pods_after(outlook, change);
    }
}

static void say_count(struct outlook *outlook, const char *verb, size_t workloads, int64_t pods)
{
    if (!workloads)
        return;
    const char *plural = workloads == 1 ? "" : "s";
    if (pods)
        outlook_say(outlook, "%s %zu workload%s (%lld pod%s)", verb, workloads, plural,
                    (long long)pods, pods == 1 ? "" : "s");
    else
        outlook_say(outlook, "%s %zu workload%s", verb, workloads, plural);
}

/* From some to none, by the source's own word: nothing serves any more. */
static bool goes_to_zero(const struct outlook *outlook, const struct object_change *change)
{
    return is_workload(change->id) && strcmp(change->id->kind, "DaemonSet") != 0 && change->before
           && change->after && pods_before(outlook, change) > 0 && pods_after(outlook, change) == 0;
}

static void find_zero(struct outlook *outlook)
{
    for (size_t i = 0; i < outlook->count; i++) {
        if (!goes_to_zero(outlook, &outlook->changes[i]))
            continue;
        outlook->found->to_zero++;
        outlook_say(outlook, "%s goes to 0 replicas", outlook->changes[i].id->name);
    }
}

static void find_workloads(struct outlook *outlook)
{
    struct consequences *found = outlook->found;
    for (size_t i = 0; i < outlook->count; i++)
        if (is_workload(outlook->changes[i].id))
            count_workload(outlook, &outlook->changes[i]);
    say_count(outlook, "stops and starts anew", found->replaced, found->replaced_pods);
    say_count(outlook, "rolls", found->rolled, found->rolled_pods);
    say_count(outlook, "starts", found->started, found->started_pods);
    say_count(outlook, "stops", found->stopped, found->stopped_pods);
}

static bool anything_changes(const struct outlook *outlook)
{
    for (size_t i = 0; i < outlook->count; i++)
        if (!same_documents(&outlook->changes[i]))
            return true;
    return false;
}

void consequences_of(struct arena *arena, const struct object_change *changes, size_t count,
                     const char *home, struct consequences *ret_consequences)
{
    struct consequences found = { 0 };
    struct outlook outlook = {
        .arena = arena, .changes = changes, .count = count, .home = home, .found = &found
    };
    if (anything_changes(&outlook)) {
        find_workloads(&outlook);
        find_unmatched(&outlook);
        find_zero(&outlook);
        find_configuration(&outlook);
        outlook_say(&outlook,
                    found.rolled + found.replaced ? "nothing else restarts" : "nothing restarts");
    }
    *ret_consequences = found;
}
