/*
 * rivals: of a union one member may be set, and somebody has set another one.
 *
 * A variable with `valueFrom` where git says `value`, a volume that became a
 * configMap, a probe by another handler, a port of the same name by another
 * number: a server-side apply puts ours beside theirs, and the server refuses
 * both. So theirs goes first, as drift does; where a controller holds it, or an
 * ignore rule leaves it alone, ours is what is left out.
 */
#ifndef CMX_KUBERNETES_RIVALS_H
#define CMX_KUBERNETES_RIVALS_H

#include "providers/kubernetes/fields/managers.h"

struct rivals {
    struct text_list theirs; /* pointers into the live document, by key: to be removed */
    struct text_list ours;   /* and into what is wanted: to be left out */
};

/*
 * Those in pods, disruption budgets and ports of Services; what another applies is a
 * conflict, and none. `left`: what rules leave alone, by key.
 */
void rivals_find(struct arena *arena, const struct value *wanted, const struct value *live,
                 const struct left_alone *left, struct rivals *ret_rivals);

/* The pointers, all by key, as a set of fields. */
struct value *rivals_fields(struct arena *arena, const struct text_list *pointers);

#endif
