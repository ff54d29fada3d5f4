/*
 * references: what must be there before an object can work.
 *
 * Two sources: `cmx.dev/depends-on`, and the order in which kinds are put
 * (namespaces and CRDs, what others refer to, workloads, webhooks last),
 * sharpened by the names that documents mention (a Deployment its ConfigMaps,
 * Secrets, claims and ServiceAccount; a RoleBinding its Role; a custom resource
 * its CRD; everything its Namespace).
 */
#ifndef CMX_MANIFEST_REFERENCES_H
#define CMX_MANIFEST_REFERENCES_H

#include "manifest/problem.h"
#include "manifest/resource.h"

#include <stdbool.h>
#include <stddef.h>

/* Ranks: lower ones first, those of one rank side by side. */
enum rank {
    RANK_NAMESPACE,
    RANK_DEFINITION, /* CustomResourceDefinitions */
    RANK_CLASS,      /* *Class kinds, ClusterRoles, priority classes */
    RANK_REFERRED,   /* accounts, RBAC, configuration, claims, services */
    RANK_WORKLOAD,   /* what runs, and all kinds that are not known */
    RANK_EDGE,       /* ingresses, autoscalers, disruption budgets */
    RANK_WEBHOOK,    /* admission webhooks, API services */
};

enum rank rank_of(const struct object_id *id);

/* What a document mentions. `name` and `namespace` are set; optional ones only order, never block.
 */
struct mention {
    struct object_id id;
    bool optional;
};

struct reference_list {
    struct mention *items;
    size_t count, capacity;
};

/* Every object that this one's document names and needs to work. */
void references_of(struct arena *arena, const struct object_id *id, const struct value *document,
                   struct reference_list *ret_references);

/*
 * A ConfigMap or Secret that a pod template reads, in one row however often it
 * does. Volumes are brought up to date while pods run; what variables and mounts
 * with a subPath are made of is read once, when a container starts.
 */
struct config_use {
    struct object_id id;
    bool required;         /* a pod cannot start without it           */
    bool all_at_start;     /* every key is read at the start, or these */
    struct text_list keys; /* some keys twice; none: it is only followed */
};
size_t config_uses(struct arena *arena, const struct object_id *id, const struct value *document,
                   struct config_use **ret_uses);

/* The pod template (a map with metadata and spec) of a workload, or NULL. */
const struct value *pod_template(const struct object_id *id, const struct value *document);

/*
 * Edges among `count` objects: before[k] comes before after[k]. The annotation
 * `depends-on` first; a name that fits none or several is a problem that lists
 * the candidates. A cycle is a problem that shows it whole, a → b → a, with
 * places. Works on documents of either side, so that deletes are ordered by
 * what live objects say.
 */
enum stage {
    STAGE_PRE, /* hooks that run before the rest, and what these need */
    STAGE_MAIN,
    STAGE_POST, /* hooks that run after the rest, and what stands behind these */
    STAGES
};
struct edge {
    size_t before, after;
    bool healthy; /* `after` needs `before` healthy, not only applied: depends-on, Namespaces, CRDs
                   */
};
struct edge_list {
    struct edge *items;
    size_t count, capacity;
    const enum stage *stages; /* one a node, above all ranks; NULL: no hooks, all the same */
};
struct graph_node {
    const struct object_id *id;
    const struct value *document; /* may be NULL */
    const struct object_options *options;
    const struct source_file *file; /* may be NULL */
    struct place place;
};
/*
 * Ranks are not turned into edges, of which there would be too many: whoever
 * orders the nodes keeps a lower rank_of() before a higher one. Here are only
 * the edges of depends-on, and those of references_of() that are not optional.
 * One that would close a cycle is left out, of references first. False when a
 * problem was added.
 */
bool edges_build(struct arena *arena, const struct graph_node *nodes, size_t count,
                 struct edge_list *ret_edges, struct problems *problems);

#endif
