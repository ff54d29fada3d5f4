/* settle_warning: see settle_warning.h. */
#include "providers/kubernetes/wait/settle_warning.h"

#include "base/log.h"

#include <string.h>

enum { EVENTS_MS = 5000 };

struct search {
    struct arena *arena;
    const char *const *uids;
    size_t count;
    const char *newest; /* its time as RFC 3339 in UTC, which sorts as text */
    const char *text;
};

static const char *text_or_empty(const struct value *event, const char *key)
{
    const char *text = value_text(value_get(event, key));
    return text ? text : "";
}

static bool is_about(const struct search *search, const struct value *event)
{
    const char *uid = value_text_at(event, "involvedObject", "uid", NULL);
    for (size_t i = 0; uid && i < search->count; i++)
        if (!strcmp(uid, search->uids[i]))
            return true;
    return false;
}

static bool take_event(void *context, struct arena *arena, const struct value *event,
                       struct error *err)
{
    struct search *search = context;
    const char *when = text_or_empty(event, "lastTimestamp");
    (void)arena, (void)err;
    if (!*when)
        when = text_or_empty(event, "eventTime");
    if (!is_about(search, event) || (search->newest && strcmp(when, search->newest) < 0))
        return true;
    search->newest = arena_strdup(search->arena, when);
    search->text = arena_printf(search->arena, "%s: %.600s", text_or_empty(event, "reason"),
                                text_or_empty(event, "message"));
    return true;
}

const char *last_warning(struct session *session, struct arena *arena, const char *namespace,
                         const char *const *uids, size_t count, const struct wait *wait)
{
    static const struct api_kind kind = {
        .group = "", .version = "v1", .kind = "Event", .plural = "events", .namespaced = true
    };
    struct search search = { .arena = arena, .uids = uids, .count = count };
    struct wait own = wait_for(EVENTS_MS, NULL);
    const char *version;
    struct error err;
    own.cancel = wait->cancel;
    struct api_call call = {
        .method = "GET",
        .path = api_path(arena, &kind, *namespace ? namespace : "default", NULL),
        .query = "fieldSelector=type%3DWarning",
        .what = "read events",
    };
    if (!client_list(session->client, arena, &call, take_event, NULL, &search, &version, &own,
                     &err))
        log_debug("%s", err.message);
    return search.text ? client_redact(session->client, arena, search.text) : NULL;
}
