/*
 * kubernetes: the session with a cluster, and the table of this provider.
 *
 *   client/       kubeconfig, login, requests, discovery
 *   fields/       who owns which fields, and where they stand
 *   record/       the set's parent: its record, and who runs
 *   health/       is an object what it is meant to be, and if not, which pod is why
 *   wait/         watches, and waiting on them
 *   scopes.c      which kinds there are          observe.c, judge.c   what is live
 *   wanted.c      what is sent                   predict.c, drift.c   what would be
 *   apply.c       takeover.c handover.c submit.c how it is sent
 *   remove.c      guard.c dependents.c release.c how it goes
 */
#include "providers/kubernetes/apply.h"
#include "providers/kubernetes/dependents.h"
#include "providers/kubernetes/fields/managers.h"
#include "providers/kubernetes/guard.h"
#include "providers/kubernetes/health/claim.h"
#include "providers/kubernetes/nodes.h"
#include "providers/kubernetes/observe.h"
#include "providers/kubernetes/predict.h"
#include "providers/kubernetes/record/applyset.h"
#include "providers/kubernetes/record/holds.h"
#include "providers/kubernetes/record/lock.h"
#include "providers/kubernetes/record/sets.h"
#include "providers/kubernetes/request.h"
#include "providers/kubernetes/runners.h"
#include "providers/kubernetes/scale.h"
#include "providers/kubernetes/wanted.h"

#include <string.h>

static void kubernetes_close(struct session *session)
{
    lock_free(session->lock);
    watches_free(session->watches);
    scalers_free(session->scalers);
    storage_classes_free(session->storage_classes);
    dependents_free(session->dependents);
    arena_free(session->discovery_arena);
    pthread_rwlock_destroy(&session->discovery_lock);
    client_close(session->client);
}

/* A cluster is known by the uid of its kube-system namespace: a context's name proves nothing. */
static bool check_pin(struct session *session, const struct wait *wait, struct error *err)
{
    const struct cluster *cluster = session->target->cluster;
    struct api_kind kind = {
        .group = "", .version = "v1", .kind = "Namespace", .plural = "namespaces"
    };
    struct object_request object = { &kind, "", "kube-system", true };
    const struct value *document;
    if (!cluster || !cluster->uid)
        return true;
    if (!request_get(session, session->arena, &object, &document, wait, err))
        return error_prefix(err, "cannot tell whether this is the Cluster %s", cluster->name);
    const char *uid = value_text_at(document, "metadata", "uid", NULL);
    if (uid && strcmp(uid, cluster->uid) == 0)
        return true;
    return error_set(err, ERROR_REFUSED,
                     "%s is not the Cluster %s: its kube-system namespace has the uid %s, not %s",
                     client_describe(session->client), cluster->name, uid ? uid : "?",
                     cluster->uid);
}

static bool kubernetes_open(const struct target *target, struct arena *arena,
                            struct session **ret_session, const struct wait *wait,
                            struct error *err)
{
    struct session *session = arena_alloc(arena, sizeof *session);
    struct client *client;
    if (!client_open(target, &client, wait, err))
        return false;
    *session = (struct session){ .arena = arena, .target = target, .client = client };
    session->set_id =
        applyset_id(arena, applyset_parent(arena, target->set_name), target->set_namespace);
    pthread_rwlock_init(&session->discovery_lock, NULL);
    session->discovery_arena = arena_new();
    session->scalers = scalers_new();
    session->storage_classes = storage_classes_new();
    session->dependents = dependents_new();
    session->lock = lock_new(session);
    session->watches = watches_new(session);
    if (!check_pin(session, wait, err)) {
        kubernetes_close(session);
        return false;
    }
    *ret_session = session;
    return true;
}

static const char *kubernetes_describe(struct session *session)
{
    return client_describe(session->client);
}

static void kubernetes_strays(struct session *session, const struct stray **ret_strays,
                              size_t *ret_count)
{
    *ret_strays = session->strays;
    *ret_count = session->stray_count;
}

static void kubernetes_blame(struct session *session, struct arena *arena,
                             const struct subject *subject, const char *path,
                             struct blame *ret_blame)
{
    (void)session;
    manager_blame(arena, subject->live.document, path, ret_blame);
}

static bool kubernetes_record_fits(struct session *session, const struct record *record,
                                   struct error *err)
{
    (void)session;
    return applyset_fits(record, err);
}

static bool kubernetes_secret(struct session *session, struct arena *arena, const char *namespace,
                              const char *name, const struct value **ret_document,
                              const struct wait *wait, struct error *err)
{
    static const struct api_kind kind = {
        .group = "", .version = "v1", .kind = "Secret", .plural = "secrets", .namespaced = true
    };
    const struct object_request object = { &kind, namespace, name, false };
    return request_get(session, arena, &object, ret_document, wait, err);
}

const struct provider provider_kubernetes = {
    .name = "kubernetes",
    .record_in_namespace = true,
    .open = kubernetes_open,
    .close = kubernetes_close,
    .describe = kubernetes_describe,
    .bind_scopes = kubernetes_bind_scopes,
    .record_read = kubernetes_record_read,
    .observe = kubernetes_observe,
    .strays = kubernetes_strays,
    .predict = kubernetes_predict,
    .blame = kubernetes_blame,
    .record_lock = kubernetes_record_lock,
    .record_fits = kubernetes_record_fits,
    .record_widen = kubernetes_record_widen,
    .record_check = kubernetes_record_check,
    .record_settle = kubernetes_record_settle,
    .guard = kubernetes_guard,
    .apply = kubernetes_apply,
    .remove = kubernetes_remove,
    .settle = kubernetes_settle,
    .release = kubernetes_release,
    .record_hold = kubernetes_record_hold,
    .record_unhold = kubernetes_record_unhold,
    .record_list = kubernetes_record_list,
    .platforms = kubernetes_platforms,
    .runners = kubernetes_runners,
    .secret = kubernetes_secret,
    .record_remove = kubernetes_record_remove,
};
