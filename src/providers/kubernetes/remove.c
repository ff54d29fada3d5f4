/* remove: deletes one object, and only the one that was observed; see apply.h. */
#include "base/cleanup.h"
#include "providers/kubernetes/apply.h"
#include "providers/kubernetes/request.h"
#include "providers/kubernetes/target_kind.h"

#include <string.h>

bool kubernetes_remove(struct session *session, struct arena *arena, const struct subject *subject,
                       const struct wait *wait, struct error *err)
{
    const char *name = object_id_text(arena, &subject->id, NULL);
    struct api_kind kind;
    struct api_answer answer;
    struct error failed = { 0 };
    if (subject->live.state == LIVE_ABSENT)
        return true;
    if (!subject->live.uid)
        return error_set(err, ERROR_BUG, "%s: it was not looked at", name);
    if (!target_kind_needed(session, arena, subject, &kind, wait, err))
        return false;
    const char *body = arena_printf(arena,
                                    "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\","
                                    "\"propagationPolicy\":\"Background\","
                                    "\"preconditions\":{\"uid\":\"%s\"}}",
                                    subject->live.uid);
    struct api_call call = { .method = "DELETE",
                             .path =
                                 api_path(arena, &kind, subject->id.namespace, subject->id.name),
                             .content_type = "application/json",
                             .body = body,
                             .body_length = strlen(body),
                             .what = arena_printf(arena, "delete %s", name) };
    if (client_call(session->client, arena, &call, &answer, wait, &failed)
        || failed.kind == ERROR_NOT_FOUND)
        return true;
    if (failed.kind == ERROR_CONFLICT)
        return error_set(err, ERROR_CONFLICT,
                         "%s is another object of that name now: it was left alone, run again",
                         name);
    *err = failed;
    return false;
}
