/* consequences_inner: what consequences.c shares with consequences_quiet.c. */
#ifndef CMX_RECONCILER_CONSEQUENCES_INNER_H
#define CMX_RECONCILER_CONSEQUENCES_INNER_H

#include "reconciler/consequences.h"

/* All there is to look at, and what was found so far. */
struct outlook {
    struct arena *arena;
    const struct object_change *changes;
    size_t count;
    const char *home;
    struct consequences *found;
};

void outlook_say(struct outlook *outlook, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Does the change replace the running pods of this workload? */
bool rolls(const struct object_change *change);

/* Selectors of Services and PodDisruptionBudgets that come to match no pod (consequences_quiet.c).
 */
void find_unmatched(struct outlook *outlook);

/* Configuration that changes though whoever reads it will not look again. */
void find_unnoticed(struct outlook *outlook);

#endif
