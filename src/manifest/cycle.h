/*
 * cycle: a directed graph that stays free of cycles while edges are added.
 *
 * It keeps a topological order up to date (Pearce and Kelly, "A dynamic
 * topological sort algorithm for directed acyclic graphs", 2006): an edge that
 * agrees with the order costs nothing, another only the part between its ends.
 * edges.c starts it from an order in which nearly all edges agree.
 */
#ifndef CMX_MANIFEST_CYCLE_H
#define CMX_MANIFEST_CYCLE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct acyclic;

enum acyclic_result {
    ACYCLIC_ADDED,
    ACYCLIC_CLOSES, /* it would close a cycle: not added         */
    ACYCLIC_TIRED,  /* too much was searched already: not added  */
};

/* `order`: the nodes 0 … count - 1, each once. Lives in the arena. */
struct acyclic *acyclic_new(struct arena *arena, size_t count, const size_t *order);

/*
 * Adds "before comes before after". On ACYCLIC_CLOSES, *ret_path holds the nodes
 * from `after` along edges to `before` (ret_path may be NULL).
 */
enum acyclic_result acyclic_add(struct acyclic *graph, size_t before, size_t after,
                                size_t **ret_path, size_t *ret_length);

#endif
