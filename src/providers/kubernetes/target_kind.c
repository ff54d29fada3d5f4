/* target_kind: see target_kind.h. */
#include "providers/kubernetes/target_kind.h"

#include "providers/kubernetes/record/lock.h"

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
