/*
 * nodes: what the machines of the cluster can run. Asked for only where images are built for
 * them; who may not list nodes is told nothing.
 */
#ifndef CMX_KUBERNETES_NODES_H
#define CMX_KUBERNETES_NODES_H

#include "providers/provider.h"

/* platforms() of the contract. */
bool kubernetes_platforms(struct session *session, struct arena *arena,
                          struct machine_count **ret_machines, size_t *ret_count,
                          const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
