/*
 * stick: a rollback stays until git changes what the object is made of.
 *
 * The record keeps, with an object that was put back to what ran before, the digest of what
 * was refused: its document, and the ConfigMaps and Secrets that it read. While the source wants
 * just that, the object is held (hold.h); a commit about other things changes nothing, one that
 * changes any of these ends it. What went along with it, such as a ConfigMap, is held for as
 * long as it is.
 */
#ifndef CMX_RECONCILER_STICK_H
#define CMX_RECONCILER_STICK_H

#include "reconciler/reconcile.h"

/* What is known when it is judged. */
enum rollback_reads { READS_SAME, READS_OTHER, READS_UNKNOWN };
struct rollback_sight {
    bool wanted;               /* the source wants the object                                  */
    bool out_of_reach;         /* it may, but this run sees a part of the source only          */
    bool same_document;        /* what is wanted of it is what was refused                     */
    enum rollback_reads reads; /* what it would read, against what it read then         */
};

/* Is it still refused? A pure table: tests/reconciler/cases/rollback_sticks.txt. */
bool rollback_sticks(const struct rollback_sight *sight);

/*
 * Judges the rollbacks of a target's record by what is desired, before the plan is made: those
 * that stick join the record's holds, of the others target->rollbacks_ended is counted.
 */
void rollbacks_judge(const struct run *run, struct target_run *target);

/* Without a source nobody can tell: all of them join the holds, to be shown. */
void rollbacks_show(struct arena *arena, struct record *record);

/* Does `with` (record_rollback.with) name that object? */
bool rollback_goes_with(const char *with, const char *name);

#endif
