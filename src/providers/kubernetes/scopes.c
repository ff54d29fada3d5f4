/* scopes: which kinds there are, and whether they live in namespaces; see session.h. */
#include "base/log.h"
#include "providers/kubernetes/request.h"
#include "providers/kubernetes/session.h"

#include <string.h>

/*
 * Called with the lock held for writing. The new document goes into the same
 * arena: kinds that were handed out before keep their texts.
 */
static bool read_anew(struct session *session, const struct wait *wait, struct error *err)
{
    struct discovery *discovery;
    if (!discovery_read(session->client, session->discovery_arena, &discovery, wait, err))
        return false;
    session->discovery = discovery;
    return true;
}

bool session_discover(struct session *session, const struct wait *wait, struct error *err)
{
    bool done = true;
    pthread_rwlock_wrlock(&session->discovery_lock);
    if (!session->discovery)
        done = read_anew(session, wait, err);
    pthread_rwlock_unlock(&session->discovery_lock);
    return done;
}

static enum kind_state find(const struct session *session, const struct object_id *id,
                            const char *version, struct api_kind *ret_kind)
{
    const struct api_kind *kind = NULL;
    if (!session->discovery)
        return KIND_STALE;
    enum kind_state state = discovery_find(session->discovery, id->group, version, id->kind, &kind);
    if (state == KIND_KNOWN)
        *ret_kind = *kind;
    return state;
}

enum kind_state session_find_kind(struct session *session, const struct object_id *id,
                                  const char *version, bool refresh, struct api_kind *ret_kind,
                                  const struct wait *wait)
{
    struct error error = { 0 };
    if (!session_discover(session, wait, &error))
        return KIND_STALE;
    pthread_rwlock_rdlock(&session->discovery_lock);
    enum kind_state state = find(session, id, version, ret_kind);
    pthread_rwlock_unlock(&session->discovery_lock);
    if (state != KIND_ABSENT || !refresh)
        return state;
    pthread_rwlock_wrlock(&session->discovery_lock);
    state = find(session, id, version, ret_kind); /* another thread may have been quicker */
    if (state == KIND_ABSENT) {
        bool read = read_anew(session, wait, &error);
        if (!read)
            log_debug("discovery: %s", error.message);
        state = read ? find(session, id, version, ret_kind) : KIND_STALE;
    }
    pthread_rwlock_unlock(&session->discovery_lock);
    return state;
}

/* The scope that a CustomResourceDefinition of the set gives to a kind. */
static enum scope scope_in_set(const struct set *set, const struct object_id *id)
{
    const struct resource *definition = definition_in_set(set, id);
    const char *scope =
        definition ? value_text_at(definition->document, "spec", "scope", NULL) : NULL;
    if (!scope)
        return SCOPE_UNKNOWN;
    return strcmp(scope, "Cluster") == 0 ? SCOPE_CLUSTER : SCOPE_NAMESPACED;
}

static bool defines(const struct resource *definition, const struct object_id *id)
{
    const struct value *spec = value_get(definition->document, "spec");
    const char *group = value_text(value_get(spec, "group"));
    const char *kind = value_text_at(spec, "names", "kind", NULL);
    return group && kind && strcmp(group, id->group) == 0 && strcmp(kind, id->kind) == 0;
}

/* The set is sorted by group and kind. */
const struct resource *definition_in_set(const struct set *set, const struct object_id *id)
{
    static const struct object_id first = { "apiextensions.k8s.io", "CustomResourceDefinition", "",
                                            "" };
    size_t low = 0, high = set ? set->count : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (object_id_compare(&set->resources[middle].id, &first) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; set && low < set->count; low++) {
        const struct resource *resource = &set->resources[low];
        if (strcmp(resource->id.kind, first.kind) != 0
            || strcmp(resource->id.group, first.group) != 0)
            return NULL;
        if (defines(resource, id))
            return resource;
    }
    return NULL;
}

/* What discovery does not know and no CRD tells stays unknown: observe() says why. */
bool kubernetes_bind_scopes(struct session *session, struct set *set, const struct wait *wait,
                            struct error *err)
{
    session->set = set;
    if (!session_discover(session, wait, err))
        return false;
    for (size_t i = 0; i < set->count; i++) {
        const struct resource *resource = &set->resources[i];
        struct api_kind kind;
        if (resource->scope != SCOPE_UNKNOWN)
            continue;
        enum scope scope = scope_in_set(set, &resource->id);
        if (session_find_kind(session, &resource->id, NULL, false, &kind, wait) == KIND_KNOWN)
            scope = kind.namespaced ? SCOPE_NAMESPACED : SCOPE_CLUSTER;
        if (scope != SCOPE_UNKNOWN)
            set_bind_scope(set, resource->id.group, resource->id.kind, scope);
    }
    return true;
}
