/*
 * sets: which sets a cluster holds: record_list() of the provider contract, and the names
 * behind the ids that objects carry.
 */
#ifndef CMX_KUBERNETES_SETS_H
#define CMX_KUBERNETES_SETS_H

#include "providers/provider.h"

/* Every set of ours by one metadata-only LIST; sorted by namespace and name. */
bool kubernetes_record_list(struct session *session, struct arena *arena, const char *namespace,
                            struct set_name **ret_names, size_t *ret_count, const struct wait *wait,
                            struct error *err) __attribute__((warn_unused_result));

/*
 * Where observed subjects belong to other sets, their owner_text gets the name of the set
 * instead of its id: one LIST, and none where nothing does. As it was where that fails.
 */
void sets_name_owners(struct session *session, struct arena *arena, const struct wait *wait);

#endif
