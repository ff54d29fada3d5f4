/*
 * tags: the tags of an Image, with what the commit says filled in.
 */
#ifndef CMX_RECONCILER_IMAGES_TAGS_H
#define CMX_RECONCILER_IMAGES_TAGS_H

#include "base/arena.h"
#include "base/error.h"
#include "manifest/image.h"

/* What is known of a commit; "" where there is none. */
struct tag_facts {
    const char *commit; /* 40 hex digits                            */
    const char *tree;   /* of its root, the same                    */
    const char *branch; /* that was asked for or is checked out     */
    int64_t time;       /* of the commit, seconds                   */
    bool dirty;         /* what is built differs from it: commit and tree end in "-dirty" */
};

/*
 * Fills ${commit}, ${shortCommit}, ${tree}, ${branch} (as a tag may hold it: feature/x is
 * feature-x) and ${date} (2026-11-28, UTC) in. ERROR_INPUT: a variable that nothing is known
 * of, or no tag comes out of it.
 */
bool tag_fill(struct arena *arena, const char *text, const struct tag_facts *facts,
              const char **ret_tag, struct error *err) __attribute__((warn_unused_result));

#define TAG_OF_SOURCE "cmx-" /* what such tags begin with */

/* The tag that says "built from this source": "cmx-" and the source digest. */
const char *tag_of_source(struct arena *arena, const char *source_digest);

#endif
