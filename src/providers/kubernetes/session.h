/*
 * session: what the files of this provider share while it is open.
 *
 * Made by open() in kubernetes.c. Immutable once record_read() has returned,
 * but for what says otherwise.
 */
#ifndef CMX_KUBERNETES_SESSION_H
#define CMX_KUBERNETES_SESSION_H

#include "providers/kubernetes/client/client.h"
#include "providers/kubernetes/client/discovery.h"
#include "providers/provider.h"

#include <pthread.h>

#define FIELD_MANAGER    "cmx-reconcile"
#define HANDOVER_MANAGER "cmx-reconcile-handover"
#define PART_OF_LABEL    "applyset.kubernetes.io/part-of"

struct watches;         /* watch.h: one watch a kind and namespace, shared by all who wait */
struct scalers;         /* scale.h: live autoscalers, looked up once a namespace */
struct storage_classes; /* claim.h: those that bind late, looked up once */
struct dependents;      /* dependents.h: what would be deleted with an object */
struct lock;            /* lock.h: the run id, and the thread that renews it */

struct session {
    struct arena *arena; /* of the session; only while one thread runs */
    const struct target *target;
    struct client *client;
    const char *set_id;              /* "applyset-…-v1": the value of PART_OF_LABEL */
    pthread_rwlock_t discovery_lock; /* discovery is read anew after a CRD is established */
    struct discovery *discovery;
    struct arena *discovery_arena;
    struct watches *watches;
    const struct ignore_rule *recorded_rules; /* of record_read() */
    size_t recorded_rule_count;
    bool rules_changed;        /* those of the Project are others: recorded marks say too little */
    const struct set *set;     /* of bind_scopes(); NULL before */
    struct subject **subjects; /* of observe(), sorted by identity */
    size_t subject_count;
    struct stray *strays; /* of observe(), sorted by identity */
    size_t stray_count;
    struct scalers *scalers;
    struct storage_classes *storage_classes;
    struct dependents *dependents;
    struct lock *lock;
};

/* The subject of that identity in what was observed last, or NULL. */
const struct subject *session_subject(const struct session *session, const struct object_id *id);

/* Reads discovery where that has not happened yet. */
bool session_discover(struct session *session, const struct wait *wait, struct error *err);

/* The CustomResourceDefinition in the set that defines the kind of `id`, or NULL. */
const struct resource *definition_in_set(const struct set *set, const struct object_id *id);

/* bind_scopes() of the contract (scopes.c). */
bool kubernetes_bind_scopes(struct session *session, struct set *set, const struct wait *wait,
                            struct error *err);

/* Looks a kind up under the lock; reads discovery anew once where it is absent and `refresh`. */
enum kind_state session_find_kind(struct session *session, const struct object_id *id,
                                  const char *version, bool refresh, struct api_kind *ret_kind,
                                  const struct wait *wait);

/*
 * settle() of the contract (settle.c). Watches, never polls. A pod of the object
 * in CrashLoopBackOff, ImagePullBackOff or unschedulable, or a quota's refusal,
 * ends the wait early with the pod's own message and its last log lines.
 */
bool kubernetes_settle(struct session *session, struct arena *arena, const struct subject *subject,
                       const struct outcome *outcome, bool removed, settle_note *note,
                       void *context, const struct wait *wait, struct error *err);

/* The watch hub (watch.c). */
struct watches *watches_new(struct session *session);
void watches_free(struct watches *watches);

#endif
