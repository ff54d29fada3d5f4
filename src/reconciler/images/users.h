/*
 * users: what runs an image in a cluster, whoever applied it, so that nobody deletes an image
 * from its registry while it is in use.
 */
#ifndef CMX_RECONCILER_IMAGES_USERS_H
#define CMX_RECONCILER_IMAGES_USERS_H

#include "manifest/reference.h"
#include "reconciler/reconcile.h"

/* An image that is to go, and the tags that go with it. */
struct image_going {
    const char *repository; /* as struct reference has it */
    const char *digest;
    struct text_list tags;
};

struct image_users {
    const char *where;     /* "cluster prod" */
    struct object_id *ids; /* each once, in the order that they were met */
    size_t count, capacity;
    struct object_id *older; /* of which an older revision runs it, and that may go back to it */
    size_t older_count, older_capacity;
};

/*
 * Asks the targets that the source of the options names (`source`), or without one the one that
 * --context names, else the current one; the answer is that of the first that runs the image,
 * else of the first that may go back to it. An image is one by its digest, or by a tag that goes.
 * The host that stands before the repository is not compared: the nodes may know the registry by
 * another name than we do. False: nobody could look, or not at all of it; ret->where may be known
 * all the same (else NULL).
 */
bool image_users_find(const struct run_options *options, bool source, struct arena *arena,
                      const struct image_going *going, struct image_users *ret,
                      const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/* Does this name, as it stands in an object, mean the image? */
bool image_going_is(const struct image_going *going, const char *name);

#endif
