/*
 * provider: Images as subjects of a plan (providers/provider.h), so that a plan looks at, tells,
 * carries out and waits for them as it does for everything else. No target of its own: what
 * concerns records is not there.
 */
#ifndef CMX_RECONCILER_IMAGES_PROVIDER_H
#define CMX_RECONCILER_IMAGES_PROVIDER_H

#include "reconciler/images/images.h"
#include "reconciler/plan/plan.h"

extern const struct provider provider_images;

/* What is told of the build of an Image. */
struct image_why {
    const char *text; /* as image_reason() says */
    bool again;       /* an older one was built before */
};

/* `why`: one for each Image. Lives in the arena. */
struct session *image_session_new(struct arena *arena, struct images *images,
                                  const struct image_why *why, const char *since);

/* As struct plan_images has it. */
bool image_bind(struct session *session, struct arena *arena, const struct resource *resource,
                const struct resource **ret_bound, struct error *err);

/*
 * "build (services/api changed in 3f2a1c7: 4 files)", "build (services/api), by docker: RUN at
 * Dockerfile:7". Called from the thread of the source.
 */
const char *image_reason(struct arena *arena, const struct image_run *run, const char *since);

/*
 * Was an older one built before: does its place hold one, or, where nobody could look, did the
 * commit of the last run have what it is made of? As above.
 */
bool image_built_before(const struct image_run *run, const char *since);

#endif
