/* guard: see guard.h. */
#include "providers/kubernetes/guard.h"

#include "base/cleanup.h"
#include "providers/kubernetes/dependents.h"
#include "providers/kubernetes/owners.h"
#include "providers/kubernetes/request.h"
#include "providers/kubernetes/target_kind.h"

#include <string.h>

static bool is_kind(const struct object_id *id, const char *group, const char *kind)
{
    return strcmp(id->group, group) == 0 && strcmp(id->kind, kind) == 0;
}

/* Controllers of workloads copy their annotations onto these, and never take one off again. */
static bool is_copy(const struct object_id *id, const struct value *document)
{
    return (is_kind(id, "apps", "ReplicaSet") || is_kind(id, "apps", "ControllerRevision"))
           && value_count(value_at(document, "metadata", "ownerReferences", NULL)) > 0;
}

bool keeps_itself(const struct object_id *id, const struct value *document)
{
    AUTO_ARENA arena = arena_new();
    struct object_options options;
    if (is_copy(id, document))
        return false;
    object_options_read(arena, document, &options, NULL, NULL);
    return options.keep;
}

bool made_by_kubernetes(const struct value *document)
{
    static const char *const kinds[] = { "Event", "Lease", "Endpoints", "EndpointSlice", NULL };
    const char *kind = value_text(value_get(document, "kind"));
    const char *name = value_text_at(document, "metadata", "name", NULL), *text;
    AUTO_ARENA arena = arena_new();
    if (!kind || !name)
        return false;
    if (strcmp(kind, "ServiceAccount") == 0 && strcmp(name, "default") == 0)
        return true;
    if (strcmp(kind, "ConfigMap") == 0 && strcmp(name, "kube-root-ca.crt") == 0)
        return true;
    if (owner_of(arena, document, "", &text) == OWNER_CONTROLLER)
        return true;
    if (value_at(document, "metadata", "annotations", "kubernetes.io/service-account.uid", NULL))
        return true; /* a token that belongs to an account */
    for (size_t i = 0; kinds[i]; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return strcmp(kind, "EndpointSlice") != 0; /* those of Services have an owner */
    return false;
}

/* ------------------------------------------------------------- a namespace */

struct search {
    struct session *session;
    struct arena *arena;
    struct api_kind kind;
    const struct subject *subject; /* what would be deleted */
    const char *found;             /* why not, or NULL */
};

/* The record of the set itself stands in its namespace too. */
static bool is_own_record(const struct search *search, const struct object_id *id)
{
    const struct target *target = search->session->target;
    const char *prefix = "cmx-set-";
    return is_kind(id, "", "ConfigMap") && strncmp(id->name, prefix, strlen(prefix)) == 0
           && strcmp(id->name + strlen(prefix), target->set_name) == 0
           && strcmp(id->namespace, target->set_namespace) == 0;
}

/* A member of this set, whose label nobody has made another's. */
static bool is_of_set(const struct search *search, const struct subject *known,
                      const struct value *document)
{
    const char *set = value_text_at(document, "metadata", "labels", PART_OF_LABEL, NULL);
    return known && known->recorded && (!set || strcmp(set, search->session->set_id) == 0);
}

static const char *why_kept(struct search *search, const struct object_id *id,
                            const struct value *document)
{
    const char *name = object_id_text(search->arena, id, id->namespace);
    const struct subject *known = session_subject(search->session, id);
    if (is_kind(id, "", "PersistentVolumeClaim"))
        return arena_printf(search->arena, "it holds %s and its data", name);
    if (keeps_itself(id, document))
        return arena_printf(search->arena, "it holds %s, which says cmx.dev/prune: disabled", name);
    if (made_by_kubernetes(document) || is_own_record(search, id))
        return NULL;
    if (known && known->desired)
        return arena_printf(search->arena, "it holds %s, which is still wanted", name);
    if (!is_of_set(search, known, document))
        return arena_printf(search->arena, "it holds %s, which is not of this set", name);
    return known->leaving
               ? NULL
               : arena_printf(search->arena, "it holds %s, which this run does not delete", name);
}

static bool on_item(void *context, struct arena *arena, const struct value *value,
                    struct error *err)
{
    struct search *search = context;
    const char *name = value_text_at(value, "metadata", "name", NULL);
    const char *namespace = value_text_at(value, "metadata", "namespace", NULL);
    struct value *document = value_copy(arena, value);
    (void)err;
    if (!name || search->found)
        return true;
    value_set(arena, document, "kind", value_string(arena, search->kind.kind));
    struct object_id id = { search->kind.group, search->kind.kind, namespace ? namespace : "",
                            name };
    search->found = why_kept(search, &id, document);
    return true;
}

static bool next_kind(struct session *session, size_t *index, struct api_kind *ret_kind)
{
    const struct api_kind *kind = NULL;
    pthread_rwlock_rdlock(&session->discovery_lock);
    if (session->discovery)
        kind = discovery_at(session->discovery, (*index)++);
    if (kind)
        *ret_kind = *kind;
    pthread_rwlock_unlock(&session->discovery_lock);
    return kind != NULL;
}

/*
 * What a server that does not answer keeps in the namespace goes with it once it is back; until
 * then Kubernetes itself does not finish the deletion.
 */
static bool sees_every_kind(struct search *search, struct error *err)
{
    struct session *session = search->session;
    const char *names = "?";
    size_t count = 1;
    pthread_rwlock_rdlock(&session->discovery_lock);
    if (session->discovery)
        count = discovery_silent(session->discovery, search->arena, &names);
    pthread_rwlock_unlock(&session->discovery_lock);
    if (count == 0)
        return true;
    return error_set(err, ERROR_UNREACHABLE,
                     "cannot see what it holds: the server%s behind the APIService%s %s %s not "
                     "answer, and would lose what it has in this namespace. Mend it, or where "
                     "nobody needs it: kubectl delete apiservice %s",
                     count > 1 ? "s" : "", count > 1 ? "s" : "", names, count > 1 ? "do" : "does",
                     names);
}

static bool guard_namespace(struct search *search, const struct wait *wait, struct error *err)
{
    for (size_t i = 0; next_kind(search->session, &i, &search->kind);) {
        AUTO_ARENA arena = arena_new();
        struct error failed = { 0 };
        struct list_request list = { .kind = &search->kind,
                                     .namespace = search->subject->id.name,
                                     .metadata_only = true };
        if (!search->kind.namespaced)
            continue;
        if (!request_list(search->session, arena, &list, on_item, NULL, search, wait, &failed)
            && failed.kind != ERROR_NOT_FOUND) {
            *err = failed;
            return error_prefix(err, "cannot see what %s holds",
                                object_id_text(search->arena, &search->subject->id, NULL));
        }
        if (search->found)
            return error_set(err, ERROR_REFUSED, "%s", search->found);
    }
    return sees_every_kind(search, err);
}

/* ------------------------------------------------------------ a definition */

static bool on_instance(void *context, struct arena *arena, const struct value *value,
                        struct error *err)
{
    struct search *search = context;
    const char *name = value_text_at(value, "metadata", "name", NULL);
    const char *namespace = value_text_at(value, "metadata", "namespace", NULL);
    struct object_id id = { search->kind.group, search->kind.kind, namespace ? namespace : "",
                            name ? name : "" };
    const struct subject *known = session_subject(search->session, &id);
    (void)arena;
    (void)err;
    if (known && known->leaving && is_of_set(search, known, value) && !keeps_itself(&id, value))
        return true; /* it goes in the same run, and before its definition */
    if (!search->found)
        search->found = arena_printf(search->arena, "%s %s%s%s is of that kind and would go too",
                                     search->kind.kind, namespace ? namespace : "",
                                     namespace ? "/" : "", name ? name : "?");
    return true;
}

/* Then there may be instances that no version serves any more: storage still holds them. */
static bool was_established(const struct value *document)
{
    return value_count(value_at(document, "status", "storedVersions", NULL)) > 0;
}

static bool guard_definition(struct search *search, const struct wait *wait, struct error *err)
{
    const struct value *spec = value_get(search->subject->live.document, "spec");
    const char *group = value_text(value_get(spec, "group"));
    const char *kind = value_text_at(spec, "names", "kind", NULL);
    struct object_id id = { group ? group : "", kind ? kind : "", "", "" };
    AUTO_ARENA arena = arena_new();
    struct list_request list = { .kind = &search->kind, .metadata_only = true };
    enum kind_state state =
        session_find_kind(search->session, &id, NULL, true, &search->kind, wait);
    if (state == KIND_ABSENT && !was_established(search->subject->live.document))
        return true; /* no instance can be there */
    if (state != KIND_KNOWN)
        return error_set(err, ERROR_UNREACHABLE, "cannot see whether there are objects of kind %s",
                         id.kind);
    if (!request_list(search->session, arena, &list, on_instance, NULL, search, wait, err))
        return false;
    return !search->found || error_set(err, ERROR_REFUSED, "%s", search->found);
}

/* -------------------------------------------------------------------- all */

static bool deletes_claims(const struct value *document)
{
    const char *policy = value_text_at(document, "spec", "persistentVolumeClaimRetentionPolicy",
                                       "whenDeleted", NULL);
    return policy && strcmp(policy, "Delete") == 0
           && value_count(value_at(document, "spec", "volumeClaimTemplates", NULL)) > 0;
}

bool kubernetes_guard(struct session *session, struct arena *arena, const struct subject *subject,
                      const struct wait *wait, struct error *err)
{
    const struct object_id *id = &subject->id;
    const struct value *document = subject->live.document;
    struct search search = { .session = session, .arena = arena, .subject = subject };
    if (subject->live.state == LIVE_ABSENT)
        return true;
    if (keeps_itself(id, document))
        return error_set(err, ERROR_REFUSED, "it says cmx.dev/prune: disabled");
    if (is_kind(id, "", "PersistentVolumeClaim") || is_kind(id, "", "PersistentVolume"))
        return error_set(err, ERROR_REFUSED, "it holds data");
    if (is_kind(id, "apps", "StatefulSet") && deletes_claims(document))
        return error_set(err, ERROR_REFUSED,
                         "its persistentVolumeClaimRetentionPolicy deletes its claims and their "
                         "data");
    if (is_kind(id, "apiextensions.k8s.io", "CustomResourceDefinition")
        && !guard_definition(&search, wait, err))
        return false;
    if (is_kind(id, "", "Namespace") && !guard_namespace(&search, wait, err))
        return false;
    const char *why;
    if (!dependents_find(session, arena, subject, &why, wait, err))
        return false;
    return !why || error_set(err, ERROR_REFUSED, "%s", why);
}
