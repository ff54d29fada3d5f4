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

/*
 * Asks for the first page of each LIST that observe() will read. Before the record is unpacked:
 * `kinds` and `namespaces` are its annotations. False: they do not tell which kind is where.
 */
bool observe_ahead_of_kinds(struct session *session, const char *kinds, const char *namespaces,
                            const struct wait *wait);
void observe_ahead(struct session *session, const struct record *record, const struct wait *wait);

/* observe() of the contract. */
bool kubernetes_observe(struct session *session, struct arena *arena, struct subject *subjects,
                        size_t count, const struct wait *wait, struct error *err);

#endif
