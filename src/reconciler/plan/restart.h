/*
 * restart: refuses to restart pods because half of a source was read.
 *
 * The hash of `cmx.dev/restart-on: config` (manifest/config_hash.h) is made of
 * what the source holds. Where only a part of it was read, or a folder did not
 * load, a ConfigMap that is missing would look like one that was removed.
 */
#ifndef CMX_RECONCILER_RESTART_H
#define CMX_RECONCILER_RESTART_H

#include "reconciler/plan/plan.h"

/*
 * Turns a change that writes into a refusal where what its pods read is a member
 * of the set by the record, and is missing here for another reason than that it
 * was removed.
 */
void restart_check(struct change *change, const struct plan_options *options);

#endif
