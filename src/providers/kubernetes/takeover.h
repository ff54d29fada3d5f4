/*
 * takeover: hands kubectl's fields of an object over to us.
 *
 * Otherwise fields that kubectl once set, and that are no longer wanted, stay
 * for ever: an apply removes only what its own manager holds. After the
 * hand-over the next apply removes them. (client-go's csaupgrade does the like
 * for kubectl itself.)
 */
#ifndef CMX_KUBERNETES_TAKEOVER_H
#define CMX_KUBERNETES_TAKEOVER_H

#include "providers/kubernetes/request.h"
#include "providers/kubernetes/wanted.h"

/*
 * The managedFields of `live` with the entries of kubectl* merged into ours, and
 * what stands in the way of what is wanted (leftover.h); NULL where there is
 * nothing to hand over. Fields that are left out stay with whom they are.
 */
struct value *takeover_fields(struct arena *arena, const struct value *live,
                              const char *api_version, const struct wanted *wanted);

/*
 * Writes them, guarded by the resourceVersion; looks anew where the object was
 * changed meanwhile. *live becomes the document as it is then.
 */
bool takeover(struct session *session, struct arena *arena, const struct api_kind *kind,
              const struct value **live, const struct wanted *wanted, const struct wait *wait,
              struct error *err) __attribute__((warn_unused_result));

#endif
