/*
 * consequences_quiet: changes that succeed and yet do not do what was meant; see
 * consequences.h. Here selectors that match nothing any more; configuration that
 * nobody will read is in consequences_config.c.
 */
#include "manifest/references.h"
#include "manifest/resource_builtin.h"
#include "reconciler/consequences_inner.h"

#include <string.h>

/* ------------------------------------------------------------- selectors */

static bool is_kind(const struct object_id *id, const char *group, const char *kind)
{
    return !strcmp(id->group, group) && !strcmp(id->kind, kind);
}

/* The labels that an object selects pods by; NULL where it selects none, or not by labels alone. */
static const struct value *selector_of(const struct object_id *id, const struct value *document)
{
    if (is_kind(id, "", "Service"))
        return value_at(document, "spec", "selector", NULL);
    if (!is_kind(id, "policy", "PodDisruptionBudget")
        || value_count(value_at(document, "spec", "selector", "matchExpressions", NULL)))
        return NULL;
    return value_at(document, "spec", "selector", "matchLabels", NULL);
}

/* Both maps are sorted, but small: a look-up each does. */
static bool labels_fit(const struct value *selector, const struct value *labels)
{
    for (size_t i = 0; i < value_count(selector); i++) {
        const struct member *member = &selector->map.members[i];
        const struct value *label = value_get(labels, member->key);
        if (!label || !value_equal(label, member->value))
            return false;
    }
    return true;
}

/* The labels that the pods of an object have: its template's, or its own where it is a pod. */
static const struct value *pod_labels(const struct object_id *id, const struct value *document)
{
    const struct value *pod = is_kind(id, "", "Pod") ? document : pod_template(id, document);
    return value_at(pod, "metadata", "labels", NULL);
}

static bool any_pod_fits(const struct outlook *outlook, const struct object_id *id,
                         const struct value *selector, bool after)
{
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *other = &outlook->changes[i];
        const struct value *document = after ? other->after : other->before;
        const struct value *labels = document ? pod_labels(other->id, document) : NULL;
        if (labels && !strcmp(other->id->namespace, id->namespace) && labels_fit(selector, labels))
            return true;
    }
    return false;
}

/* Does it look as if an operator made pods of it? Their labels are the operator's choice. */
static bool makes_pods(const struct object_id *id, const struct value *document)
{
    static const char *const members[] = { "replicas", "instances", "size",     "image",
                                           "template", "version",   "nodeSets", "podTemplate" };
    const struct value *spec = value_get(document, "spec");
    if (builtin_kind_find(id->group, id->kind))
        return false;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (value_get(spec, members[i]))
            return true;
    return false;
}

static bool an_operator_may_fit(const struct outlook *outlook, const struct object_id *id)
{
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *other = &outlook->changes[i];
        if (other->after && !strcmp(other->id->namespace, id->namespace)
            && makes_pods(other->id, other->after))
            return true;
    }
    return false;
}

/* What matched nothing before either is served by pods that are not in the set. */
static bool comes_to_match_nothing(const struct outlook *outlook,
                                   const struct object_change *change)
{
    const struct value *now = change->after ? selector_of(change->id, change->after) : NULL;
    if (!value_count(now) || any_pod_fits(outlook, change->id, now, true)
        || an_operator_may_fit(outlook, change->id))
        return false;
    const struct value *before = change->before ? selector_of(change->id, change->before) : NULL;
    return !value_count(before) || any_pod_fits(outlook, change->id, before, false);
}

void find_unmatched(struct outlook *outlook)
{
    const char *names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *change = &outlook->changes[i];
        if (!comes_to_match_nothing(outlook, change))
            continue;
        const char *name = object_id_text(outlook->arena, change->id, outlook->home);
        names = names ? arena_printf(outlook->arena, "%s, %s", names, name) : name;
        count++;
    }
    outlook->found->unmatched = count;
    if (count)
        outlook_say(outlook,
                    count == 1 ? "%zu selector matches no pod (%s)"
                               : "%zu selectors match no pod (%s)",
                    count, names);
}
