/*
 * hold: objects that somebody keeps our hands off.
 *
 * A hold lies over the decide table: what would be done to the object is still
 * decided and predicted, so that it can be told, and then held back. Who depends
 * on it goes on as if it were done. Holds stand beside the set's record, or on
 * the live object itself (cmx.dev/hold).
 */
#ifndef CMX_RECONCILER_HOLD_H
#define CMX_RECONCILER_HOLD_H

#include "reconciler/report/report.h"

/* The hold on an object, of the record first; NULL: none. */
const struct hold *hold_of(const struct record *record, const struct subject *subject);

/*
 * Holds a change back that has one (change->hold). Not where nobody could look, and
 * not what only the record is about. With `removal` it is refused instead: whoever
 * deletes by name has to let go of it first.
 */
void hold_back(struct change *change, bool removal, const char *home);

/*
 * The same while a run is carried out, by the holds of that moment: false where there is
 * none on this object. A deletion keeps its action.
 */
bool hold_meanwhile(struct change *change, const struct hold *holds, size_t count);

/* "held by ana@laptop until 14:05: debugging" */
const char *hold_text(struct arena *arena, const struct hold *hold);

/* What is held back: "2 fields wait", "its deletion waits", "nothing waits". */
const char *hold_waits(struct arena *arena, const struct change *change);

/* Tells the holds on what is no member of the set; nothing where there is none. */
void holds_report(struct buf *out, const struct target_run *target,
                  const struct report_style *style);

/* One hold for JSON, without the object's name, and with it. */
struct value *hold_value(struct arena *arena, const struct hold *hold);
struct value *hold_value_named(struct arena *arena, const struct hold *hold);

/* Sets group, kind, namespace and name. */
void hold_name_value(struct arena *arena, struct value *map, const struct object_id *id);

/* All holds of the set, with the objects' names and whether they are members; NULL: none. */
struct value *holds_value(struct arena *arena, const struct target_run *target);

/*
 * Holds the one member that fits the pattern; fills hold->id, since and until.
 * ERROR_NOT_FOUND: there is no such set or member. See record_hold() for the rest.
 */
bool run_hold(struct run *run, const struct object_id *pattern, struct hold *hold, int64_t lasts,
              settle_note *note, void *context, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Lets go of the one object that fits. ERROR_NOT_FOUND: it is not held. */
bool run_unhold(struct run *run, const struct object_id *pattern, struct object_id *ret_id,
                const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

#endif
