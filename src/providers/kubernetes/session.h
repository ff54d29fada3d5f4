/*
 * session: what the files of this provider share while it is open.
 *
 * Made by open() in kubernetes.c. Immutable once record_read() has returned,
 * but for what says otherwise.
 */
#ifndef CMX_KUBERNETES_SESSION_H
#define CMX_KUBERNETES_SESSION_H

#include "providers/kubernetes/client.h"
#include "providers/kubernetes/discovery.h"
#include "providers/provider.h"

#include <pthread.h>

#define FIELD_MANAGER "cmx-reconcile"
#define HANDOVER_MANAGER "cmx-reconcile-handover"
#define PART_OF_LABEL "applyset.kubernetes.io/part-of"

struct watches; /* watch.h: one watch a kind and namespace, shared by all who wait */

struct session {
    struct arena *arena; /* of the session; only while one thread runs */
    const struct target *target;
    struct client *client;
    const char *set_id; /* "applyset-…-v1": the value of PART_OF_LABEL */
    pthread_rwlock_t discovery_lock; /* discovery is read anew after a CRD is established */
    struct discovery *discovery;
    struct arena *discovery_arena;
    struct watches *watches;
    const char *holder;          /* of the run id */
    const char *run_id;          /* ours, once locked */
    const char *parent_version;  /* resourceVersion of the parent; guarded by parent_lock */
    pthread_mutex_t parent_lock;
};

/* Looks a kind up under the lock; reads discovery anew once where it is absent and `refresh`. */
enum kind_state session_find_kind(struct session *session, const struct object_id *id,
                                  const char *version, bool refresh, struct api_kind *ret_kind,
                                  const struct wait *wait);

/*
 * settle() of the contract (settle.c). Watches, never polls. A pod of the object
 * in CrashLoopBackOff, ImagePullBackOff or unschedulable, or a quota's refusal,
 * ends the wait early with the pod's own message and its last log lines.
 */
bool kubernetes_settle(struct session *session, struct arena *arena,
                       const struct subject *subject, const struct outcome *outcome, bool removed,
                       settle_note *note, void *context, const struct wait *wait,
                       struct error *err);

/* The watch hub (watch.c). */
struct watches *watches_new(struct session *session);
void watches_free(struct watches *watches);

#endif
