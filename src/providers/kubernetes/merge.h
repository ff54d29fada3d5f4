/*
 * merge: what a server-side apply would make of an object, worked out here.
 *
 * For those who may read but not even dry-run: no defaults, no admission, so
 * its result is marked as not confirmed by the server.
 */
#ifndef CMX_KUBERNETES_MERGE_H
#define CMX_KUBERNETES_MERGE_H

#include "manifest/value.h"

/*
 * `live` with `wanted` put over it and without what only we held and no longer
 * want. Lists are keyed as the managedFields of `live` say. With `as_live` a
 * value stays as it is where the server may only have written it its own way.
 */
struct value *merge_locally(struct arena *arena, const struct value *wanted,
                            const struct value *live, bool as_live);

/* `base`, which is the caller's to change, with `top` put over it; lists are keyed as `fields` say.
 */
struct value *merge_over(struct arena *arena, const struct value *top, struct value *base,
                         const struct value *fields);

#endif
