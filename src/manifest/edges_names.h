/*
 * edges_names: which node a name means. For edges.c.
 *
 * A node refers only to nodes that go to the same cluster.
 */
#ifndef CMX_MANIFEST_EDGES_NAMES_H
#define CMX_MANIFEST_EDGES_NAMES_H

#include "manifest/references.h"

struct name_index;

struct name_index *name_index_new(struct arena *arena, const struct graph_node *nodes,
                                  size_t count);

/* The node of that identity, as `from` sees it; SIZE_MAX: none. */
size_t name_index_find(const struct name_index *index, size_t from, const struct object_id *id);

/* The CustomResourceDefinition of `from`'s kind; SIZE_MAX: none. */
size_t name_index_definition(const struct name_index *index, size_t from);

/* Nodes that fit a pattern of kind and name, at most `most` of them. */
size_t name_index_match(const struct name_index *index, size_t from,
                        const struct object_id *pattern, size_t *ret_nodes, size_t most);

/* Messages, in the arena: a name that fits several nodes, or none. */
const char *name_index_ambiguous(struct name_index *index, const char *text, const size_t *nodes,
                                 size_t count);
const char *name_index_missing(struct name_index *index, const char *text,
                               const struct object_id *pattern);

#endif
