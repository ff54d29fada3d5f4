/*
 * leftover: what a field leaves behind that is no longer wanted, or not any more of its type.
 *
 * A Deployment that says nothing of its strategy gets `rollingUpdate` by default, as a
 * field of nobody. With `type: Recreate` the server refuses it, and no apply can remove
 * what its manager does not hold. (A client-side apply clears such members; kubectl's
 * server-side one is refused.) So is a volume without a source, which gets an
 * `emptyDir`, and then another source. Beside `serviceAccountName` it writes the old
 * `serviceAccount`; with the one left out, it makes it anew from the other, and the
 * pods would keep an account that git took from them, with no difference to be seen.
 *
 * The `policyTypes` of a NetworkPolicy is a default made of its rules once, when it is
 * made: with egress rules that come later nothing would hold to them, and with those that
 * go all egress would be shut, while a new cluster would have it as git says.
 */
#ifndef CMX_KUBERNETES_LEFTOVER_H
#define CMX_KUBERNETES_LEFTOVER_H

#include "manifest/value.h"

/* The set (fields.h) of such fields of `live`, with `wanted` to be applied; often empty. */
struct value *leftover_fields(struct arena *arena, const struct value *wanted,
                              const struct value *live);

/* Do the rules of a NetworkPolicy make another default of `policyTypes` than the one it has? */
bool leftover_policy_types(const struct value *wanted, const struct value *live);

/*
 * `rollingUpdate: null` beside a type that has none means that there is none, as in a
 * client-side apply. Sent, it would be held as a field of ours, and nothing gone.
 */
void leftover_drop_null(struct value *document);

#endif
