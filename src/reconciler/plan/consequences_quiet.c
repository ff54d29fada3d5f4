/*
 * consequences_quiet: changes that succeed and yet do not do what was meant; see
 * consequences.h. Here selectors that match nothing any more; configuration that
 * nobody will read is in consequences_config.c.
 */
#include "manifest/references.h"
#include "manifest/resource_builtin.h"
#include "reconciler/plan/consequences_inner.h"

#include <stdlib.h>
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

/* One label of the pods of one object; sorted, so that thousands of selectors find theirs. */
struct pod_label {
    const char *namespace, *key;
    const struct value *value;
    const struct value *labels; /* all that those pods have */
};

struct pod_labels {
    struct pod_label *items;
    size_t count, capacity;
};

static const char *text_of(const struct value *value)
{
    const char *text = value_text(value);
    return text ? text : "";
}

static int compare_labels(const void *a, const void *b)
{
    const struct pod_label *x = a, *y = b;
    int order = strcmp(x->namespace, y->namespace);
    if (!order)
        order = strcmp(x->key, y->key);
    return order ? order : strcmp(text_of(x->value), text_of(y->value));
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

/* Of all pods before the changes, or after them; of an operator's one without a key. */
static struct pod_labels index_pods(const struct outlook *outlook, bool after)
{
    struct pod_labels index = { 0 };
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *change = &outlook->changes[i];
        const struct value *document = after ? change->after : change->before;
        const struct value *labels = document ? pod_labels(change->id, document) : NULL;
        if (document && makes_pods(change->id, document))
            arena_push(outlook->arena, index.items, index.count, index.capacity,
                       ((struct pod_label){ change->id->namespace, "", NULL, NULL }));
        for (size_t j = 0; labels && labels->kind == VALUE_MAP && j < labels->map.count; j++) {
            const struct member *member = &labels->map.members[j];
            struct pod_label label = { change->id->namespace, member->key, member->value, labels };
            arena_push(outlook->arena, index.items, index.count, index.capacity, label);
        }
    }
    if (index.count)
        qsort(index.items, index.count, sizeof *index.items, compare_labels);
    return index;
}

/* The first label that is not before this one. */
static size_t find_label(const struct pod_labels *index, const struct pod_label *key)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_labels(&index->items[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_label(const struct pod_labels *index, size_t at, const struct pod_label *key)
{
    return at < index->count && compare_labels(&index->items[at], key) == 0;
}

/* Only pods that have the selector's first label can fit; those of an operator may. */
static bool any_pod_fits(const struct pod_labels *index, const char *namespace,
                         const struct value *selector)
{
    const struct member *wanted = &selector->map.members[0];
    struct pod_label key = { namespace, wanted->key, wanted->value, NULL };
    struct pod_label unknown = { namespace, "", NULL, NULL };
    for (size_t at = find_label(index, &key); is_label(index, at, &key); at++)
        if (labels_fit(selector, index->items[at].labels))
            return true;
    return is_label(index, find_label(index, &unknown), &unknown);
}

/* What matched nothing before either is served by pods that are not in the set. */
static bool comes_to_match_nothing(const struct object_change *change,
                                   const struct pod_labels *pods_before,
                                   const struct pod_labels *pods_after)
{
    const struct value *now = change->after ? selector_of(change->id, change->after) : NULL;
    if (!now || now->kind != VALUE_MAP || !value_count(now)
        || any_pod_fits(pods_after, change->id->namespace, now))
        return false;
    const struct value *before = change->before ? selector_of(change->id, change->before) : NULL;
    return !before || before->kind != VALUE_MAP || !value_count(before)
           || any_pod_fits(pods_before, change->id->namespace, before);
}

void find_unmatched(struct outlook *outlook)
{
    struct pod_labels before = index_pods(outlook, false), after = index_pods(outlook, true);
    const char *names = NULL;
    size_t count = 0;
    for (size_t i = 0; i < outlook->count; i++) {
        const struct object_change *change = &outlook->changes[i];
        if (!comes_to_match_nothing(change, &before, &after))
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
