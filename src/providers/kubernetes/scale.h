/*
 * scale: is the number of replicas somebody else's business?
 *
 * Where a HorizontalPodAutoscaler targets a workload, in the set or live, its
 * spec.replicas is left out of what we send: leaving it in fights the
 * autoscaler, leaving it out carelessly resets it (see handover.h).
 */
#ifndef CMX_KUBERNETES_SCALE_H
#define CMX_KUBERNETES_SCALE_H

#include "providers/kubernetes/session.h"

#define REPLICAS_POINTER "/spec/replicas"

struct scalers *scalers_new(void);
void scalers_free(struct scalers *scalers);

/* By an autoscaler of the set; asks nobody. */
bool scale_in_set(const struct session *session, const struct object_id *id);

/*
 * By a live one: one LIST a namespace and session. False where it could not be
 * listed: "no" would fight an autoscaler, "yes" would hide a change of replicas.
 */
bool scale_live(struct session *session, const struct object_id *id, bool *ret_scaled,
                const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
