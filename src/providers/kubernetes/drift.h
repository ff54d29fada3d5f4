/*
 * drift: what taking over kubectl's fields will remove (takeover.h), foretold.
 *
 * The hand-over itself cannot be dry-run together with the apply behind it, so
 * the fields are cut out of the answer here, and the result is shown to the
 * server once more, for its defaults.
 */
#ifndef CMX_KUBERNETES_DRIFT_H
#define CMX_KUBERNETES_DRIFT_H

#include "providers/kubernetes/change.h"

/* `after`, the answer of a dry-run apply, without what only kubectl* holds of it. */
const struct value *drift_removed(struct session *session, struct arena *arena,
                                  const struct object_change *change, const struct value *after,
                                  const struct wait *wait);

/*
 * The same where the server refuses the wanted beside what kubectl* added: an
 * edited port of a Service stands for a second one of the same name; or beside what
 * another type left behind (leftover.h). NULL where there is nothing of the sort, or the server
 * refuses it all the same.
 */
const struct value *drift_replaced(struct session *session, struct arena *arena,
                                   const struct object_change *change, const struct wait *wait);

#endif
