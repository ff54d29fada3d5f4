/*
 * record: the text form of a set's record, the same in every provider.
 *
 * JSON, members sorted by identity, so that the same record gives the same bytes.
 */
#ifndef CMX_PROVIDERS_RECORD_H
#define CMX_PROVIDERS_RECORD_H

#include "base/buf.h"
#include "providers/provider.h"

/* Appends the record as JSON. */
void record_write(struct buf *out, const struct record *record);

/* Reads what record_write() wrote; strings live in the arena. ERROR_INPUT: it is something else. */
bool record_parse(struct arena *arena, const char *data, size_t length, struct record *ret_record,
                  struct error *err) __attribute__((warn_unused_result));

/* Sorts the members by identity, as they have to be for whoever is given a record. */
void record_sort(struct record *record);

/* The member of that identity, or NULL. */
const struct record_member *record_find(const struct record *record, const struct object_id *id);

/* Do both have the same ignore rules? */
bool record_rules_equal(const struct record *a, const struct record *b);

/*
 * Do two marks of one object tell that it has changed? A mark may have two parts,
 * "a-b"; each is compared only where both have it, and a mark that is missing says
 * nothing. What stands behind a "." is the provider's own note and says nothing here.
 */
bool record_mark_differs(const char *recorded, const char *now);

#endif
