/*
 * holds: the holds of a set, in an annotation of its parent.
 *
 * Written without the run id, under the parent's resourceVersion: a run's own
 * writes name other annotations only, and try again where this came between.
 */
#ifndef CMX_KUBERNETES_HOLDS_H
#define CMX_KUBERNETES_HOLDS_H

#include "providers/kubernetes/record/parent.h"

/* Fills the record's holds from what the parent says. ERROR_UNREACHABLE: nobody can tell. */
bool holds_parse(const struct session *session, struct arena *arena, const struct parent *parent,
                 struct record *record, struct error *err) __attribute__((warn_unused_result));

/* Of the contract, see provider.h. */
bool kubernetes_record_hold(struct session *session, struct hold *hold, int64_t lasts,
                            settle_note *note, void *context, const struct wait *wait,
                            struct error *err);
bool kubernetes_record_unhold(struct session *session, const struct object_id *id,
                              const struct wait *wait, struct error *err);

#endif
