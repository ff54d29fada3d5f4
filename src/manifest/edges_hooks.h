/*
 * edges_hooks: what hooks (cmx.dev/hook) come before, and behind what they come. The
 * last word of edges.c, on top of all other edges.
 */
#ifndef CMX_MANIFEST_EDGES_HOOKS_H
#define CMX_MANIFEST_EDGES_HOOKS_H

#include "manifest/references.h"

enum { HOOKS_CEILING = 64 }; /* of a set: each is an edge to all the rest */

/*
 * Adds the edges of hooks, in `arena`. A `pre` hook comes before all but what it needs itself:
 * what stands before it by other edges, the rights of its ServiceAccount, Namespaces and
 * CustomResourceDefinitions. A `post` hook comes behind all but what stands behind it by other
 * edges. No cycle can come of that. Fills edges->stages where there are hooks. False when a problem
 * was added: a `pre` hook that needs a `post` one, or too many.
 */
bool edges_of_hooks(struct arena *arena, const struct graph_node *nodes, size_t count,
                    struct edge_list *edges, struct problems *problems);

#endif
