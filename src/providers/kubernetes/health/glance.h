/*
 * glance: what holds up the pods of workloads that are not healthy, in a few
 * words, for whoever only looks. The wait of an apply has its own, pods.h.
 */
#ifndef CMX_KUBERNETES_GLANCE_H
#define CMX_KUBERNETES_GLANCE_H

#include "providers/kubernetes/session.h"

/*
 * Fills live.trouble of those subjects of the session that run pods and are not
 * healthy: one LIST of pods a namespace, none where all is well. What is unproven
 * is looked at as well, and healthy no more where a container was started again only just now.
 * Without the right to it nothing is filled.
 */
void glance_at_pods(struct session *session, struct arena *arena, const struct wait *wait);

#endif
