/*
 * leftover: what another type leaves behind.
 *
 * A Deployment that says nothing of its strategy gets `rollingUpdate` by default, as
 * a field of nobody. With `type: Recreate` the server refuses it, and no apply can
 * remove what its manager does not hold. (A client-side apply clears such members;
 * kubectl's server-side one is refused.)
 */
#ifndef CMX_KUBERNETES_LEFTOVER_H
#define CMX_KUBERNETES_LEFTOVER_H

#include "manifest/value.h"

/*
 * The set (fields.h) of what stands in the way of `wanted` in `live` and would not
 * go by itself, since we hold nothing of it; empty where there is none.
 */
struct value *leftover_fields(struct arena *arena, const struct value *wanted,
                              const struct value *live);

/*
 * `rollingUpdate: null` beside such a type means that there is none, as in a
 * client-side apply. Sent, it would be held as a field of ours, and nothing gone.
 */
void leftover_drop_null(struct value *document);

#endif
