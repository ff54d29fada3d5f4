/* consequences_inner: what consequences.c shares with consequences_quiet.c and _config.c. */
#ifndef CMX_RECONCILER_CONSEQUENCES_INNER_H
#define CMX_RECONCILER_CONSEQUENCES_INNER_H

#include "reconciler/plan/consequences.h"

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

/* Is a template of this workload that changes not rolled out by itself? */
bool stands_still(const struct value *document);

/* Does it have running pods now, and afterwards, too? */
bool keeps_running(const struct outlook *outlook, const struct object_change *change);

/* Do both documents say the same? */
bool same_documents(const struct object_change *change);
/* Has it any pods behind the change? */
bool rolls_pods(const struct object_change *change);

/* Selectors of Services and PodDisruptionBudgets that come to match no pod (consequences_quiet.c).
 */
void find_unmatched(struct outlook *outlook);

/*
 * Configuration that changes: who restarts with it, who will not look again, and who
 * cannot start any more (consequences_config.c).
 */
void find_configuration(struct outlook *outlook);

#endif
