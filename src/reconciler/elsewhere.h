/*
 * elsewhere: the other Clusters that hold objects of a set.
 *
 * An object goes where its cmx.dev/cluster says. When the last one that named a
 * Cluster leaves the source, nothing there names it any more; so the record of
 * the Project's own target keeps the names of the others, and a later run still
 * meets their records and prunes there. Part of reconcile.h; targets.c makes the
 * targets.
 */
#ifndef CMX_RECONCILER_ELSEWHERE_H
#define CMX_RECONCILER_ELSEWHERE_H

#include "reconciler/report/report.h"

/*
 * Adds a target for every Cluster that the record of the first target names and the source
 * still declares; those it does not declare go to run->undeclared.
 */
bool elsewhere_recall(struct run *run, struct error *err) __attribute__((warn_unused_result));

/* Fills record->elsewhere for the record of `target`, sorted. */
void elsewhere_note(struct run *run, const struct target_run *target, struct record *record);

/* Does the record that was read name other Clusters than elsewhere_note() would? */
bool elsewhere_differs(struct run *run, const struct target_run *target);

/* "Cluster old is no longer declared: …"; nothing where there is none. */
void elsewhere_report(struct buf *out, const struct run *run, const struct target_run *target,
                      const struct report_style *style);

#endif
