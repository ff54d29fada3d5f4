/*
 * secret_diff: what a diff may show of documents that hold secrets.
 *
 * Keys and whether they were added, removed or changed; never a value. Secret
 * members are the data of a Secret and kubectl's last-applied-configuration
 * annotation, which holds a copy of it.
 */
#ifndef CMX_RECONCILER_SECRET_DIFF_H
#define CMX_RECONCILER_SECRET_DIFF_H

#include "manifest/resource.h"
#include "manifest/value.h"

/* Is the field at this JSON pointer of such an object secret, or does it hold something secret? */
bool secret_field(const struct object_id *id, const char *pointer);

/*
 * Replaces secret values on both sides by notes that still tell equal from
 * different. Either may be NULL. Documents without secrets stay as they are.
 */
void secret_mask_pair(struct arena *arena, const struct object_id *id, const struct value **before,
                      const struct value **after);

#endif
