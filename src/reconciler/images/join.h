/*
 * join: Images as steps of one target's plan.
 *
 * Each object that runs an Image is replaced by a copy that names its digest, depends on its
 * step (an edge that waits until it is ready), and says so where the digest is not known yet.
 */
#ifndef CMX_RECONCILER_IMAGES_JOIN_H
#define CMX_RECONCILER_IMAGES_JOIN_H

#include "reconciler/images/images.h"
#include "reconciler/plan/plan.h"

/* Sets the flag of every Image that these objects run. */
void images_used(struct images *images, const struct resource *const *objects, size_t count,
                 bool *chosen);

/* Sets the flag of every Image whose digest images_join() has put into the object. */
void images_bound(struct images *images, const struct resource *object, bool *flags);

/*
 * Binds `desired` (in place) and makes steps of the Images that these run, and of those that
 * `also` (may be NULL) flags. `since`: the commit of the last run, "" where there was none, to
 * tell why something is built. NULL where there is no step. Lives in the arena; called from
 * the thread of the source.
 */
const struct plan_images *images_join(struct images *images, struct arena *arena,
                                      const struct resource **desired, size_t count,
                                      const bool *also, const char *since);

#endif
