/*
 * apply: carries out what predict() foretold, on one object; and takes objects
 * out of the set's care again.
 */
#ifndef CMX_KUBERNETES_APPLY_H
#define CMX_KUBERNETES_APPLY_H

#include "providers/kubernetes/session.h"

/* apply(), remove() and release() of the contract. */
bool kubernetes_apply(struct session *session, struct arena *arena, const struct subject *subject,
                      struct outcome *ret_outcome, const struct wait *wait, struct error *err);
bool kubernetes_remove(struct session *session, struct arena *arena, const struct subject *subject,
                       const struct wait *wait, struct error *err);
bool kubernetes_release(struct session *session, struct arena *arena, const struct subject *subject,
                        const struct wait *wait, struct error *err);

#endif
