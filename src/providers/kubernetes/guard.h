/*
 * guard: what a deletion would take with it that nobody asked to lose.
 */
#ifndef CMX_KUBERNETES_GUARD_H
#define CMX_KUBERNETES_GUARD_H

#include "providers/kubernetes/session.h"

/* guard() of the contract. */
bool kubernetes_guard(struct session *session, struct arena *arena, const struct subject *subject,
                      const struct wait *wait, struct error *err);

/*
 * Did Kubernetes itself put this object there (its metadata is enough): the
 * `default` ServiceAccount, kube-root-ca.crt, whatever a controller owns, what
 * follows from Services and Pods?
 */
bool made_by_kubernetes(const struct value *document);

/* Does it say `cmx.dev/prune: disabled`? Its metadata is enough. What a workload's controller
 * copied onto a ReplicaSet does not count. */
bool keeps_itself(const struct object_id *id, const struct value *document);

#endif
