/* member: finds the one object of a set that a user means. */
#ifndef CMX_RECONCILER_MEMBER_H
#define CMX_RECONCILER_MEMBER_H

#include "providers/provider.h"

/*
 * ERROR_NOT_FOUND: none fits, with the nearest name; ERROR_USAGE: several do.
 * `lacks` begins the sentence: "the set shop has no such object".
 */
bool member_find(struct arena *arena, const struct record *record, const struct object_id *pattern,
                 const char *lacks, const struct record_member **ret_member, struct error *err)
    __attribute__((warn_unused_result));

#endif
