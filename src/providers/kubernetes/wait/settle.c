/*
 * settle: waits until an applied object is healthy, or a deleted one is gone.
 *
 * Most kinds are healthy as soon as they exist, and the answer of the apply says
 * so: nothing is asked then. The others are followed through the hub (watch.h);
 * settle_healthy.c judges each change, settle_gone.c waits for the end.
 */
#include "base/cleanup.h"
#include "providers/kubernetes/wait/settle_inner.h"

#include <string.h>

enum {
    /* A kind stands in discovery a moment after its definition is established. */
    DISCOVERY_MS = 10000,
    DISCOVERY_PAUSE_MS = 250,
};

CLEANUP_FUNCTION(struct watcher *, watcher_free)
#define AUTO_WATCHER CLEANUP(watcher_free_at) struct watcher *

static const char *name_of(struct settling *settling)
{
    return object_id_text(settling->arena, &settling->subject->id, NULL);
}

void settling_say(struct settling *settling, const char *text)
{
    if (settling->said && !strcmp(settling->said, text))
        return;
    settling->said = arena_strdup(settling->arena, text);
    if (settling->note)
        settling->note(settling->context, settling->said);
}

bool settling_start(struct settling *settling, const struct value *known, struct error *err)
{
    const struct object_id *id = &settling->subject->id;
    const struct resource *desired = settling->subject->desired;
    const char *group, *version = NULL;
    if (desired)
        api_version_split(settling->arena, desired->api_version, &group, &version);
    enum kind_state state =
        session_find_kind(settling->session, id, version, true, &settling->kind, settling->wait);
    if (state != KIND_KNOWN)
        return error_set(err, state == KIND_ABSENT ? ERROR_NOT_FOUND : ERROR_UNREACHABLE,
                         "%s: the API server does not serve %s%s%s", name_of(settling), id->kind,
                         *id->group ? "." : "", id->group);
    struct watch_query query = { .kind = &settling->kind,
                                 .namespace = id->namespace,
                                 .name = id->name };
    return watcher_follow(settling->watcher, &query, known, &settling->object, settling->wait, err);
}

struct watched settling_read(struct settling *settling, struct arena *arena)
{
    struct watched *objects;
    if (watcher_read(settling->watcher, settling->object, arena, &objects))
        return objects[0];
    return (struct watched){ .gone = true };
}

bool settling_watchable(struct settling *settling, struct error *err)
{
    struct error trouble;
    if (!watcher_trouble(settling->watcher, settling->object, &trouble)
        || trouble.kind != ERROR_DENIED)
        return true;
    *err = trouble;
    return false;
}

const char *settling_connection(struct settling *settling)
{
    struct error trouble;
    if (!watcher_trouble(settling->watcher, settling->object, &trouble))
        return "";
    return arena_printf(settling->arena, " (no connection to watch it: %.300s)", trouble.message);
}

/* The kind that a definition defines can be used only once discovery knows it. */
static bool kind_discovered(struct session *session, struct arena *arena,
                            const struct value *definition, const struct wait *wait,
                            struct error *err)
{
    const char *group = value_text_at(definition, "spec", "group", NULL);
    const char *name = value_text_at(definition, "spec", "names", "kind", NULL);
    struct object_id id = {
        .group = group ? group : "", .kind = name ? name : "", .namespace = "", .name = ""
    };
    struct wait part = wait_for(DISCOVERY_MS, wait);
    struct api_kind kind;
    (void)arena;
    while (session_find_kind(session, &id, NULL, true, &kind, &part) != KIND_KNOWN)
        if (!wait_sleep(&part, DISCOVERY_PAUSE_MS))
            return error_set(err, wait_cancelled(wait) ? ERROR_CANCELLED : ERROR_TIMEOUT,
                             "established, but the API server does not serve %s.%s yet", id.kind,
                             id.group);
    return true;
}

static bool is_definition(const struct object_id *id)
{
    return !strcmp(id->kind, "CustomResourceDefinition")
           && !strcmp(id->group, "apiextensions.k8s.io");
}

static bool settle_applied(struct settling *settling, const struct outcome *outcome,
                           struct error *err)
{
    const struct object_id *id = &settling->subject->id;
    const struct value *document = outcome ? outcome->document : NULL;
    const char *uid = value_text_at(document, "metadata", "uid", NULL);
    settling->changed = document && outcome->kind != OUTCOME_UNCHANGED;
    settling->uid = uid ? arena_strdup(settling->arena, uid) : NULL;
    if (!settled_at_once(settling, document)) {
        settling->watcher = watcher_new(settling->session->watches);
        AUTO_WATCHER watcher = settling->watcher;
        (void)watcher;
        if (!settling_start(settling, document, err) || !wait_until_healthy(settling, err))
            return false;
        struct watched object = settling_read(settling, settling->arena);
        document = object.document;
    }
    return !is_definition(id)
           || kind_discovered(settling->session, settling->arena, document, settling->wait, err);
}

static bool settle_removed(struct settling *settling, struct error *err)
{
    AUTO_WATCHER watcher = watcher_new(settling->session->watches);
    settling->watcher = watcher;
    if (!settling_start(settling, NULL, err))
        return err->kind == ERROR_NOT_FOUND; /* its kind went with it */
    return wait_until_gone(settling, err);
}

bool kubernetes_settle(struct session *session, struct arena *arena, const struct subject *subject,
                       const struct outcome *outcome, bool removed, settle_note *note,
                       void *context, const struct wait *wait, struct error *err)
{
    struct settling settling = { .session = session,
                                 .arena = arena,
                                 .subject = subject,
                                 .note = note,
                                 .context = context,
                                 .wait = wait };
    struct error why;
    if (!removed && subject->desired && subject->desired->options.no_wait)
        return true;
    if (removed ? settle_removed(&settling, &why) : settle_applied(&settling, outcome, &why))
        return true;
    *err = why;
    return false;
}
