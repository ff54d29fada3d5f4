/*
 * observe: looks at all objects of a set, in bulk.
 *
 * The record says what is ours, the set's label is only the index by which it
 * is listed: one LIST a kind and namespace. What that does not find is looked
 * for by its name.
 */
#ifndef CMX_KUBERNETES_OBSERVE_H
#define CMX_KUBERNETES_OBSERVE_H

#include "providers/kubernetes/session.h"

/* look_ahead() of the contract: asks for the first page of each LIST. */
void kubernetes_look_ahead(struct session *session, const struct record *record,
                           const struct wait *wait);

/* observe() of the contract. */
bool kubernetes_observe(struct session *session, struct arena *arena, struct subject *subjects,
                        size_t count, const struct wait *wait, struct error *err);

#endif
