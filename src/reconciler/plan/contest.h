/*
 * contest: somebody who sets the same field again right after each of our applies.
 *
 * Counted with the member in the record: one more where the same manager holds
 * the same field again within CONTEST_SECONDS of our last write, while the source
 * wants what it wanted then. Anything else begins anew. What is lost
 * (CONTEST_APPLIES times) is refused and told by name, until the source changes,
 * the other one lets go, the field is ignored, or --force-conflicts.
 */
#ifndef CMX_RECONCILER_CONTEST_H
#define CMX_RECONCILER_CONTEST_H

#include "reconciler/reconcile.h"

enum { CONTEST_APPLIES = 3, CONTEST_SECONDS = 120 };

/* Judges a change whose fields are known. `unchanged`: the source wants the same as last time. */
void contest_judge(struct change *change, bool unchanged);

bool contest_is_lost(const struct record_contest *contest);

/* "spec.replicas was set again by `scaler` right after each of the last 3 applies". */
const char *contest_text(struct arena *arena, const struct record_contest *contest);

/* What to do about it; the pointer in it counts in the manifest, as ignore rules do. */
const char *contest_way_out(struct change *change);

/* What the record is to remember of it behind a run. */
struct record_contest contest_to_record(const struct change *change);

/* Is there one that the record does not say is lost, or one that is lost no more? */
bool contests_differ(const struct plan *plan);

/* Does the other one still hold the field? For a target that was only looked at. */
bool contest_goes_on(struct arena *arena, const struct target_run *target,
                     const struct subject *subject);

/* For JSON. */
struct value *contest_value(struct arena *arena, const struct record_contest *contest);

#endif
