/* sets: record_list() of the provider contract, for the table in kubernetes.c. */
#ifndef CMX_KUBERNETES_SETS_H
#define CMX_KUBERNETES_SETS_H

#include "providers/provider.h"

/* Every set of ours by one metadata-only LIST; sorted by namespace and name. */
bool kubernetes_record_list(struct session *session, struct arena *arena, const char *namespace,
                            struct set_name **ret_names, size_t *ret_count, const struct wait *wait,
                            struct error *err) __attribute__((warn_unused_result));

#endif
