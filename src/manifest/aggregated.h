/*
 * aggregated: the rules of a ClusterRole that gathers those of others.
 *
 * With an `aggregationRule` a controller fills `rules` in, and overwrites what was
 * there. Projects write `rules: []` beside it all the same; sent, it would be a
 * field of ours that the controller took, and a conflict from then on.
 */
#ifndef CMX_MANIFEST_AGGREGATED_H
#define CMX_MANIFEST_AGGREGATED_H

#include "manifest/resource.h"

/* Is it a ClusterRole that holds both? */
bool aggregated_rules(const struct object_id *id, const struct value *document);

#endif
