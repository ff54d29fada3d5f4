/*
 * dependents: what Kubernetes' garbage collector would delete behind an object,
 * because its ownerReferences name it.
 *
 * One index a namespace, made when a deletion first asks for it: one
 * metadata-only LIST a kind. Of a cluster-scoped owner the dependents may be
 * anywhere: for a custom one all kinds of all namespaces are looked through,
 * for a built-in one (a ClusterRole, a StorageClass) the cluster-scoped kinds
 * and all claims. Kinds that the runner may not list are left out, but for
 * claims: who cannot see data does not delete what may hold it.
 */
#ifndef CMX_KUBERNETES_DEPENDENTS_H
#define CMX_KUBERNETES_DEPENDENTS_H

#include "providers/kubernetes/session.h"

struct dependents *dependents_new(void);
void dependents_free(struct dependents *dependents);

/*
 * Looks through all that would go with `subject`, and what goes with that. *ret_why
 * says which of it may not ("PersistentVolumeClaim/data goes with it"), NULL: nothing.
 * From any thread. False: could not look.
 */
bool dependents_find(struct session *session, struct arena *arena, const struct subject *subject,
                     const char **ret_why, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
