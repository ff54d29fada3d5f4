/*
 * settle_warning: the last warning that the cluster wrote about some objects.
 *
 * Much that keeps an object from getting healthy stands in no status, only in
 * an event: a volume that cannot be mounted, a claim that cannot be provisioned.
 * Read once, when a wait is over anyway.
 */
#ifndef CMX_KUBERNETES_SETTLE_WARNING_H
#define CMX_KUBERNETES_SETTLE_WARNING_H

#include "providers/kubernetes/session.h"

/*
 * "FailedMount: MountVolume.SetUp failed …" of the newest warning about any of
 * these uids; NULL where there is none, or events may not be read.
 */
const char *last_warning(struct session *session, struct arena *arena, const char *namespace,
                         const char *const *uids, size_t count, const struct wait *wait);

#endif
