/*
 * hold: the text form of the holds of a set, the same in every provider.
 *
 * A list in JSON, in the order in which they were made. It stands beside the
 * record of the members and is written by `hold` and `unhold` alone, so that a
 * run never loses one. Members of an entry that this version does not know are
 * kept when another entry is written.
 */
#ifndef CMX_PROVIDERS_HOLD_H
#define CMX_PROVIDERS_HOLD_H

#include "providers/provider.h"

enum { HOLDS_MOST = 64, HOLD_REASON_MOST = 400 }; /* entries; bytes, so that a record stays small */

/* The holds of a list (NULL: none) that have not ended at `now`. ERROR_INPUT: it is damaged. */
bool holds_read(struct arena *arena, const struct value *list, int64_t now, struct hold **ret_holds,
                size_t *ret_count, struct error *err) __attribute__((warn_unused_result));

/*
 * The list with this hold, in place of one on the same object. What has ended is
 * left out. ERROR_REFUSED: there are too many.
 */
bool holds_with(struct arena *arena, const struct value *list, const struct hold *hold, int64_t now,
                struct value **ret_list, struct error *err) __attribute__((warn_unused_result));

/* The list without a hold on that object, and without what has ended. */
bool holds_without(struct arena *arena, const struct value *list, const struct object_id *id,
                   int64_t now, struct value **ret_list, struct error *err)
    __attribute__((warn_unused_result));

/* The hold that a live object carries itself (cmx.dev/hold), or NULL; nobody's by name. */
struct hold *hold_of_document(struct arena *arena, const struct object_id *id,
                              const struct value *document);

/* A copy with its texts, but for the identity. NULL-safe. */
struct hold *hold_copy(struct arena *arena, const struct hold *hold);

#endif
