/*
 * directory: a folder that holds the final objects, one file each.
 *
 *   DIR/.cmx/set                        the record (no .yaml ending: kubectl -R would read it)
 *   DIR/.cmx/history                    the last runs; rewritten when one ends
 *   DIR/.cmx/lock                       held by flock() while a run writes
 *   DIR/shop/Deployment.apps_web.yaml   namespace / Kind[.group]_name
 *   DIR/_cluster/ClusterRole…_x.yaml    cluster-scoped objects
 *
 * Files that the record does not name are foreign. directory.c holds the
 * session and the record, objects.c the files.
 */
#ifndef CMX_DIRECTORY_DIRECTORY_H
#define CMX_DIRECTORY_DIRECTORY_H

#include "providers/provider.h"

#include <sys/stat.h>

struct session {
    const struct target *target;
    struct arena *arena;
    const char *root;     /* absolute */
    int lock;             /* descriptor that holds the lock, -1: not held */
    struct record record; /* as it was read */
    const char *holds;    /* the JSON of its holds then, "" for none */
    struct stat looked;   /* of its file, when it was looked at for holds last */
    const struct value *looked_holds;
};

/*
 * "/…/out/shop/Deployment.apps_web.yaml". What file systems
 * dislike or do not tell apart becomes %XX; a name too long for them is cut, with a digest behind.
 */
const char *directory_file(struct arena *arena, const struct session *session,
                           const struct object_id *id);

bool directory_observe(struct session *session, struct arena *arena, struct subject *subjects,
                       size_t count, const struct wait *wait, struct error *err);
bool directory_predict(struct session *session, struct arena *arena, const struct subject *subject,
                       struct prediction *ret_prediction, const struct wait *wait,
                       struct error *err);
bool directory_apply(struct session *session, struct arena *arena, const struct subject *subject,
                     struct outcome *ret_outcome, const struct wait *wait, struct error *err);
bool directory_remove(struct session *session, struct arena *arena, const struct subject *subject,
                      const struct wait *wait, struct error *err);

/* Removes temporary files that a killed run left beside its objects. Needs the lock. */
void directory_sweep(const struct session *session);

#endif
