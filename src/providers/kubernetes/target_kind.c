/* target_kind: see target_kind.h. */
#include "providers/kubernetes/target_kind.h"

#include "providers/kubernetes/record/lock.h"

#include <string.h>

/* A loaded API server tells of a CRD that it has just established only after many seconds. */
enum { DISCOVERY_LAG_MS = 60 * 1000, LOOK_MS = 250 };

enum kind_state target_kind(struct session *session, struct arena *arena,
                            const struct subject *subject, struct api_kind *ret_kind,
                            const struct wait *wait)
{
    const char *group, *version = NULL;
    struct wait lag = wait_for(DISCOVERY_LAG_MS, wait);
    if (subject->desired)
        api_version_split(arena, subject->desired->api_version, &group, &version);
    bool running = lock_held(session->lock);
    bool defined = running && definition_in_set(session->set, &subject->id);
    for (;;) {
        enum kind_state state =
            session_find_kind(session, &subject->id, version, running, ret_kind, wait);
        if (state == KIND_KNOWN || !defined || !wait_sleep(&lag, LOOK_MS))
            return state;
    }
}

/* Of Kubernetes itself; some that end in k8s.io come with a CustomResourceDefinition. */
static bool is_of_kubernetes(const char *group)
{
    const char *end = strrchr(group, '.');
    return !end || (end - group >= 4 && strcmp(end - 4, ".k8s.io") == 0);
}

/* A built-in kind in another group: "extensions" was dropped, "v1" and "apps/v1" are mixed up. */
static bool find_elsewhere(struct session *session, const struct object_id *id,
                           struct api_kind *ret_kind)
{
    const struct api_kind *kind = NULL;
    if (strchr(id->group, '.'))
        return false;
    pthread_rwlock_rdlock(&session->discovery_lock);
    for (size_t i = 0; session->discovery && (kind = discovery_at(session->discovery, i)); i++)
        if (strcmp(kind->kind, id->kind) == 0 && is_of_kubernetes(kind->group))
            break;
    if (kind)
        *ret_kind = *kind;
    pthread_rwlock_unlock(&session->discovery_lock);
    return kind;
}

const char *absent_kind_text(struct session *session, struct arena *arena,
                             const struct object_id *id, const char *version,
                             const struct wait *wait)
{
    struct api_kind kind;
    const char *slash = *id->group ? "/" : "";
    if (session_find_kind(session, id, NULL, false, &kind, wait) == KIND_KNOWN
        || find_elsewhere(session, id, &kind))
        return arena_printf(
            arena, "the cluster serves %s in %s%s%s, not in %s%s%s: change its apiVersion",
            id->kind, kind.group, *kind.group ? "/" : "", kind.version, id->group, slash, version);
    return arena_printf(
        arena, "the cluster serves no kind %s in %s%s%s: %s", id->kind, id->group, slash, version,
        strchr(id->group, '.') ? "install what defines it, or write its CustomResourceDefinition "
                                 "into the source"
                               : "this Kubernetes no longer has it, or never had");
}

bool target_kind_needed(struct session *session, struct arena *arena, const struct subject *subject,
                        struct api_kind *ret_kind, const struct wait *wait, struct error *err)
{
    const char *name = object_id_text(arena, &subject->id, NULL);
    switch (target_kind(session, arena, subject, ret_kind, wait)) {
    case KIND_KNOWN:
        return true;
    case KIND_ABSENT:
        return error_set(err, ERROR_INVALID, "%s: the cluster serves no such kind", name);
    case KIND_STALE:
        break;
    }
    return error_set(err, ERROR_UNREACHABLE, "%s: the server behind its API group does not answer",
                     name);
}
