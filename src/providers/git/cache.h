/*
 * cache: a bare repository per URL below path_cache(), brought up to date.
 */
#ifndef CMX_GIT_CACHE_H
#define CMX_GIT_CACHE_H

#include "base/clock.h"
#include "providers/git/git.h"
#include "providers/git/url.h"

#include <git2.h>

/*
 * Opens the cache of `url`, made or brought up to date first. The caller frees the
 * repository, and then closes the descriptor *ret_use. An unchanged remote costs one exchange, its
 * list of refs. Branches and tags are fetched, and `ref` (may be NULL) where it is another full
 * name
 * ("refs/pull/7/head").
 */
bool git_cache_open(const struct git_options *options, const struct git_url *url, const char *ref,
                    git_repository **ret_repository, int *ret_use, const struct wait *wait,
                    struct error *err) __attribute__((warn_unused_result));

/* An object of this cache cannot be read: whoever opens it next begins it anew. */
void git_cache_distrust(git_repository *cache);

#endif
