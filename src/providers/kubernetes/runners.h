/*
 * runners: what runs images in the cluster, whoever applied it: pods that have not ended, and
 * what starts pods by itself, be it scaled to none, with the older revisions that the cluster keeps
 * of it. So that an image that is in use, or that a rollback would want, can be told.
 */
#ifndef CMX_KUBERNETES_RUNNERS_H
#define CMX_KUBERNETES_RUNNERS_H

#include "providers/provider.h"

/* runners() of the contract. A LIST for each of seven kinds. */
bool kubernetes_runners(struct session *session, struct arena *arena, runner_heard *heard,
                        void *context, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
