/*
 * compact: keeps the number of packs in a cache small.
 */
#ifndef CMX_GIT_COMPACT_H
#define CMX_GIT_COMPACT_H

#include "base/clock.h"
#include "base/error.h"

/*
 * Joins the smaller packs of a bare repository once there are many. Nobody else may
 * have it open, nor may this process. A kill leaves each object in one pack at
 * least. False: nothing was joined, and the repository is as good as before.
 */
bool git_compact(const char *folder, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
