/*
 * strays: what carries a set's mark and is no member of it.
 *
 * Labels are an index, the record's list is the record: controllers copy labels
 * to what they make, and people copy manifests. Such an object is never touched;
 * it is told, so that nobody believes that the set looks after it.
 */
#ifndef CMX_RECONCILER_STRAYS_H
#define CMX_RECONCILER_STRAYS_H

#include "reconciler/report/report.h"

/* Fills target->plan's strays from what observe() met, without members out of this run's reach. */
void strays_find(struct run *run, struct target_run *target);

/* "Left alone, though it carries the set's label: …"; nothing where there is none. */
void strays_report(struct buf *out, const struct target_run *target,
                   const struct report_style *style);

/* The same as a list for JSON, or NULL. */
struct value *strays_value(struct arena *arena, const struct plan *plan);

#endif
