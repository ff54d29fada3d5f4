/*
 * fetch: makes a bare repository hold what a remote one holds.
 */
#ifndef CMX_GIT_FETCH_H
#define CMX_GIT_FETCH_H

#include "providers/git/transport.h"

/*
 * Branches, tags and HEAD; `extra` (may be NULL) is one more full ref name.
 * Objects come first, then all refs by one rename: a kill at any point leaves
 * the old refs or the new ones. The caller holds the cache's lock.
 */
bool git_fetch(struct transfer *transfer, git_repository *repository, const char *extra,
               struct error *err) __attribute__((warn_unused_result));

#endif
