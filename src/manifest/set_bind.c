/*
 * set_bind: the final namespace of each object, and objects that are defined
 * twice. Done at load for kinds that are built in or defined by a CRD of the
 * set, later through set_bind_scope() for the others. Part of load.h.
 */
#include "manifest/load.h"

#include <string.h>

/* ------------------------------------------------------------------ namespaces */

static const struct member *written_namespace(const struct resource *resource)
{
    return value_member(value_get(resource->document, "metadata"), "namespace");
}

/* A document like this one in another namespace, or in none (NULL). */
static const struct value *with_namespace(struct arena *arena, const struct value *document,
                                          const char *namespace)
{
    struct value *root = value_map_copy(arena, document);
    struct value *metadata = value_map_copy(arena, value_get(document, "metadata"));
    if (namespace)
        value_set(arena, metadata, "namespace", value_string(arena, namespace));
    else
        value_remove(metadata, "namespace");
    value_set(arena, root, "metadata", metadata);
    return root;
}

static void bind_to_cluster(struct set *set, struct resource *resource)
{
    const struct member *written = written_namespace(resource);
    resource->id.namespace = "";
    if (!written)
        return;
    problem_warn(set->problems, resource->file, written->place, !resource->secret,
                 "metadata.namespace: a %s is in no namespace; this one is not sent",
                 resource->id.kind);
    resource->document = with_namespace(set->arena, resource->document, NULL);
}

static void bind_to_namespace(struct set *set, struct resource *resource)
{
    const struct member *written = written_namespace(resource);
    resource->id.namespace = written ? value_text(written->value) : set->project.namespace;
    if (!written && resource->scope == SCOPE_NAMESPACED)
        resource->document = with_namespace(set->arena, resource->document, resource->id.namespace);
}

static void bind(struct set *set, struct resource *resource, enum scope scope)
{
    resource->scope = scope;
    if (scope == SCOPE_CLUSTER)
        bind_to_cluster(set, resource);
    else
        bind_to_namespace(set, resource);
}

/* As in kubectl, -n may not say something else than an object. */
static bool fits_given(const struct set *set, const struct resource *resource)
{
    const struct member *written = written_namespace(resource);
    if (!set->given_namespace || !written || resource->scope == SCOPE_CLUSTER
        || strcmp(value_text(written->value), set->given_namespace) == 0)
        return true;
    problem_add(set->problems, resource->file, written->value->place, !resource->secret,
                "metadata.namespace: the namespace of the object, %s, does not match -n %s",
                value_text(written->value), set->given_namespace);
    return false;
}

static void check_project_namespace(const struct set *set)
{
    const struct project *project = &set->project;
    if (set->given_namespace && strcmp(project->namespace, set->given_namespace) != 0)
        problem_add(set->problems, project->file, (struct place){ 0 }, true,
                    "spec.namespace: the namespace of the Project, %s, does not match -n %s",
                    project->namespace, set->given_namespace);
}

/* ------------------------------------------------------------------ duplicates */

static int compare_text(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int compare_place(const struct resource *a, const struct resource *b)
{
    int order = strcmp(a->file->source, b->file->source);
    if (order == 0 && a->place.start != b->place.start)
        order = a->place.start < b->place.start ? -1 : 1;
    return order;
}

/* One object may go to several clusters. */
static int compare_identity(const struct resource *a, const struct resource *b)
{
    int order = object_id_compare(&a->id, &b->id);
    return order ? order : compare_text(a->options.cluster, b->options.cluster);
}

static int compare_resources(const void *a, const void *b)
{
    int order = compare_identity(a, b);
    return order ? order : compare_place(a, b);
}

static int compare_pointers(const void *a, const void *b)
{
    return compare_resources(*(const struct resource *const *)a,
                             *(const struct resource *const *)b);
}

static void report_duplicate(struct set *set, const struct resource *first,
                             const struct resource *second)
{
    problem_add(set->problems, second->file, second->place, !second->secret,
                "%s is defined twice: the first is at %s:%u:%u",
                object_id_text(set->arena, &second->id, set->project.namespace), first->file->path,
                first->place.line, first->place.column);
}

static void remove_duplicates(struct loader *loader)
{
    struct set *set = loader->set;
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (kept && compare_identity(&set->resources[kept - 1], &set->resources[i]) == 0) {
            report_duplicate(set, &set->resources[kept - 1], &set->resources[i]);
            load_failed(loader, set->resources[kept - 1].file->folder, "an object defined twice");
            continue;
        }
        set->resources[kept++] = set->resources[i];
    }
    set->count = kept;
}

/* ------------------------------------------------------------------ binding later */

static bool is_of_kind(const struct resource *resource, const char *group, const char *kind)
{
    return strcmp(resource->id.kind, kind) == 0 && strcmp(resource->id.group, group) == 0;
}

static void report_merged(struct set *set, const char *group, const char *kind)
{
    const struct resource **same = arena_array(set->arena, set->count, sizeof *same);
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        if (is_of_kind(&set->resources[i], group, kind))
            same[count++] = &set->resources[i];
    qsort(same, count, sizeof *same, compare_pointers);
    for (size_t i = 1; i < count; i++)
        if (compare_identity(same[i - 1], same[i]) == 0)
            report_duplicate(set, same[i - 1], same[i]);
}

void set_bind_scope(struct set *set, const char *group, const char *kind, enum scope scope)
{
    bool moved = false;
    for (size_t i = 0; i < set->count && scope != SCOPE_UNKNOWN; i++) {
        struct resource *resource = &set->resources[i];
        if (resource->scope != SCOPE_UNKNOWN || !is_of_kind(resource, group, kind))
            continue;
        bind(set, resource, scope);
        moved |= scope == SCOPE_CLUSTER;
    }
    if (moved)
        report_merged(set, group, kind);
}

/* --------------------------------------------------- kinds defined by the set itself */

struct defined_kind {
    const char *group, *kind;
    enum scope scope;
};

static int compare_kinds(const void *a, const void *b)
{
    const struct defined_kind *x = a, *y = b;
    int order = strcmp(x->group, y->group);
    return order ? order : strcmp(x->kind, y->kind);
}

static size_t defined_kinds(struct loader *loader, struct defined_kind **ret_kinds)
{
    struct defined_kind *kinds = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < loader->resource_count; i++) {
        const struct resource *resource = &loader->resources[i];
        if (!is_of_kind(resource, "apiextensions.k8s.io", "CustomResourceDefinition"))
            continue;
        const struct value *spec = value_get(resource->document, "spec");
        const char *scope = value_text(value_get(spec, "scope"));
        struct defined_kind kind = {
            .group = value_text(value_get(spec, "group")),
            .kind = value_text_at(spec, "names", "kind", NULL),
            .scope = scope && strcmp(scope, "Cluster") == 0 ? SCOPE_CLUSTER : SCOPE_NAMESPACED,
        };
        if (kind.group && kind.kind && scope)
            arena_push(loader->arena, kinds, count, capacity, kind);
    }
    if (count)
        qsort(kinds, count, sizeof *kinds, compare_kinds);
    *ret_kinds = kinds;
    return count;
}

static void bind_all(struct loader *loader)
{
    struct defined_kind *kinds;
    size_t count = defined_kinds(loader, &kinds), kept = 0;
    for (size_t i = 0; i < loader->resource_count; i++) {
        struct resource *resource = &loader->resources[i];
        const struct defined_kind wanted = { resource->id.group, resource->id.kind, 0 };
        const struct defined_kind *found = NULL;
        if (count && resource->scope == SCOPE_UNKNOWN)
            found = bsearch(&wanted, kinds, count, sizeof *kinds, compare_kinds);
        if (found)
            resource->scope = found->scope;
        if (!fits_given(loader->set, resource))
            continue;
        bind(loader->set, resource, resource->scope);
        loader->resources[kept++] = *resource;
    }
    loader->set->resources = loader->resources;
    loader->set->count = kept;
}

void load_bind(struct loader *loader)
{
    struct set *set = loader->set;
    check_project_namespace(set);
    bind_all(loader);
    if (set->count)
        qsort(set->resources, set->count, sizeof *set->resources, compare_resources);
    remove_duplicates(loader);
}
