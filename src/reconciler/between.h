/*
 * between: what changes from one commit to another, with no cluster.
 *
 * The plan that an apply of `after` would make where `before` runs unchanged.
 */
#ifndef CMX_RECONCILER_BETWEEN_H
#define CMX_RECONCILER_BETWEEN_H

#include "reconciler/reconcile.h"

struct between {
    struct run before, after;
    struct run_options before_options, after_options;
    const char *parted_from; /* revision of `from`, where `before` is not it; or NULL */
};

/*
 * Reads both commits of the source in `options`. `before` is `from`, or, where the
 * two have parted, the commit where they did: a branch does not revert what the
 * other one got since. Wrong manifests stand in the runs' problems. The caller
 * ends it with between_done(), also after a failure.
 */
bool between_load(struct between *between, struct arena *arena, const struct run_options *options,
                  const char *from, const char *to, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));
void between_done(struct between *between);

/* Gives `after` one target whose plan leads from the set of `before` to its own. */
void between_plan(struct between *between);

#endif
