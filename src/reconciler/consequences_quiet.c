/*
 * consequences_quiet: changes that succeed and yet do not do what was meant; see
 * consequences.h. A selector that matches nothing any more, and configuration
 * that is read only when a container starts.
 */
#include "manifest/references.h"
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

/* What matched nothing before either is served by pods that are not in the set. */
static bool comes_to_match_nothing(const struct outlook *outlook,
                                   const struct object_change *change)
{
    const struct value *now = change->after ? selector_of(change->id, change->after) : NULL;
    if (!value_count(now) || any_pod_fits(outlook, change->id, now, true))
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

/* --------------------------------------------------------- configuration */

static bool is_configuration(const struct object_id *id)
{
    return is_kind(id, "", "ConfigMap") || is_kind(id, "", "Secret");
}

static bool content_differs(const struct object_change *change)
{
    static const char *const parts[] = { "data", "binaryData" };
    for (size_t i = 0; i < 2; i++) {
        const struct value *before = value_get(change->before, parts[i]);
        const struct value *after = value_get(change->after, parts[i]);
        if (value_count(before) != value_count(after)
            || (value_count(before) && !value_equal(before, after)))
            return true;
    }
    return false;
}

/* Does this workload stay up and keep what it read when it started? */
static bool reads_at_start(const struct outlook *outlook, const struct object_change *workload,
                           const struct object_id *configuration)
{
    struct config_use *uses;
    if (!workload->before || !workload->after || rolls(workload)
        || !pod_template(workload->id, workload->after)
        || is_kind(workload->id, "batch", "CronJob"))
        return false;
    size_t count = config_uses(outlook->arena, workload->id, workload->after, &uses);
    for (size_t i = 0; i < count; i++)
        if (uses[i].at_start && !object_id_compare(&uses[i].id, configuration))
            return true;
    return false;
}

static const char *readers_at_start(const struct outlook *outlook, const struct object_id *id)
{
    const char *readers = NULL;
    for (size_t i = 0; i < outlook->count; i++) {
        if (!reads_at_start(outlook, &outlook->changes[i], id))
            continue;
        const char *name = object_id_text(outlook->arena, outlook->changes[i].id, outlook->home);
        readers = readers ? arena_printf(outlook->arena, "%s, %s", readers, name) : name;
    }
    return readers;
}

void find_unnoticed(struct outlook *outlook)
{
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *change = &outlook->changes[i];
        if (!is_configuration(change->id) || !change->before || !change->after
            || !content_differs(change))
            continue;
        const char *readers = readers_at_start(outlook, change->id);
        if (!readers)
            continue;
        outlook->found->unnoticed++;
        outlook_say(outlook, "%s changes, but no pod will notice: %s %s it only at the start",
                    object_id_text(outlook->arena, change->id, outlook->home), readers,
                    strchr(readers, ',') ? "read" : "reads");
    }
}
