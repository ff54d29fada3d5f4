/*
 * settle: waits until an applied object is healthy, or a deleted one is gone.
 *
 * Most kinds are healthy as soon as they exist, and the answer of the apply says
 * so: nothing is asked then. The others are followed through the hub (watch.h)
 * and judged at each change (health.h); for what runs pods, these are looked at
 * too (pods.h), since they know why it takes so long.
 */
#include "base/cleanup.h"
#include "providers/kubernetes/health.h"
#include "providers/kubernetes/pods.h"
#include "providers/kubernetes/session.h"
#include "providers/kubernetes/settle_warning.h"
#include "providers/kubernetes/watch.h"

#include <string.h>

enum {
    /* Without anything that changes or runs out, a look at least this often. */
    LOOK_MS = 60000,
    /* A kind stands in discovery a moment after its definition is established. */
    DISCOVERY_MS = 10000,
    DISCOVERY_PAUSE_MS = 250,
    /*
     * Without a readiness probe a container counts as ready as soon as it runs, also one that
     * crashes half a second later: only a workload that stays so for this long is believed.
     */
    STEADY_MS = 2000,
};

CLEANUP_FUNCTION(struct watcher *, watcher_free)
#define AUTO_WATCHER CLEANUP(watcher_free_at) struct watcher *

/* One wait for one object. */
struct settling {
    struct session *session;
    struct arena *arena; /* for as long as the wait */
    const struct subject *subject;
    struct watcher *watcher;
    size_t object; /* its query */
    struct api_kind kind;
    struct pods *pods; /* NULL: it has none, or they were not needed yet */
    settle_note *note;
    void *context;
    const char *said;   /* the last note */
    struct health last; /* messages in `arena` */
    int64_t healthy_since; /* clock_now(); 0: it is not healthy */
    const struct wait *wait;
};

static const char *name_of(struct settling *settling)
{
    return object_id_text(settling->arena, &settling->subject->id, NULL);
}

/* Tells each thing once. */
static void say(struct settling *settling, const char *text)
{
    if (settling->said && !strcmp(settling->said, text))
        return;
    settling->said = arena_strdup(settling->arena, text);
    if (settling->note)
        settling->note(settling->context, settling->said);
}

/* ----------------------------------------------------------- the object */

static bool settling_start(struct settling *settling, const struct value *known,
                           struct error *err)
{
    const struct object_id *id = &settling->subject->id;
    const struct resource *desired = settling->subject->desired;
    const char *group, *version = NULL;
    if (desired)
        api_version_split(settling->arena, desired->api_version, &group, &version);
    enum kind_state state = session_find_kind(settling->session, id, version, true,
                                              &settling->kind, settling->wait);
    if (state != KIND_KNOWN)
        return error_set(err, state == KIND_ABSENT ? ERROR_NOT_FOUND : ERROR_UNREACHABLE,
                         "%s: the API server does not serve %s%s%s", name_of(settling), id->kind,
                         *id->group ? "." : "", id->group);
    struct watch_query query = { .kind = &settling->kind, .namespace = id->namespace,
                                 .name = id->name };
    return watcher_follow(settling->watcher, &query, known, &settling->object, settling->wait, err);
}

/* How the object is now; not seen at all counts as gone. */
static struct watched settling_read(struct settling *settling, struct arena *arena)
{
    struct watched *objects;
    if (watcher_read(settling->watcher, settling->object, arena, &objects))
        return objects[0];
    return (struct watched){ .gone = true };
}

/* The right to watch may be missing: waiting would never see anything. */
static bool watch_works(struct settling *settling, struct error *err)
{
    struct error trouble;
    if (!watcher_trouble(settling->watcher, settling->object, &trouble) ||
        trouble.kind != ERROR_DENIED)
        return true;
    *err = trouble;
    return false;
}

/* "watch interrupted: …" where the connection is down just now, else "". */
static const char *connection_text(struct settling *settling)
{
    struct error trouble;
    if (!watcher_trouble(settling->watcher, settling->object, &trouble))
        return "";
    return arena_printf(settling->arena, " (no connection to watch it: %.300s)", trouble.message);
}

static void remember(struct settling *settling, const struct health *health, const char *also)
{
    struct health last = *health;
    last.message = also ? arena_printf(settling->arena, "%s; %s", health->message, also)
                        : arena_strdup(settling->arena, health->message);
    settling->last = last;
}

/* What the cluster last complained about: of the object itself, or of pods that are not ready. */
static const char *warning_text(struct settling *settling)
{
    struct arena *arena = settling->arena;
    struct watched object = settling_read(settling, arena);
    const char *uid = value_text_at(object.document, "metadata", "uid", NULL);
    struct text_list uids = { 0 };
    if (settling->pods)
        uids.count = uids.capacity =
            pods_unready(settling->pods, arena, object.document, &uids.items);
    if (uid)
        arena_push(arena, uids.items, uids.count, uids.capacity, uid);
    const char *warning = last_warning(settling->session, arena, settling->subject->id.namespace,
                                       uids.items, uids.count, settling->wait);
    return warning ? arena_printf(arena, "\n  last warning: %s", warning) : "";
}

/* Sleeps until something changes; the end of the wait is told with what it waited for. */
static bool sleep_on(struct settling *settling, int64_t milliseconds, struct error *err)
{
    struct error over = { .kind = ERROR_NONE };
    if (watcher_wait(settling->watcher, milliseconds < LOOK_MS ? milliseconds : LOOK_MS,
                     settling->wait, &over))
        return true;
    const char *state = settling->last.message ? settling->last.message : "not looked at yet";
    if (over.kind != ERROR_TIMEOUT)
        return error_set(err, over.kind, "interrupted while it waited: %s", state);
    return error_set(err, ERROR_TIMEOUT, "not healthy in time: %s%s%s", state,
                     connection_text(settling), warning_text(settling));
}

/* ------------------------------------------------------ until it is healthy */

static bool failed(const struct health *health, const struct pods_found *pods, struct error *err)
{
    bool own = health->state == HEALTH_FAILED && *health->message;
    if (own && pods->stuck)
        return error_set(err, ERROR_INVALID, "%s\n%s", health->message, pods->stuck);
    return error_set(err, ERROR_INVALID, "%s", pods->stuck ? pods->stuck : health->message);
}

/* A pod that ended is current to kstatus, but not what somebody who applied it wanted. */
static bool pod_failed(const struct settling *settling, const struct value *document)
{
    const struct object_id *id = &settling->subject->id;
    const char *phase = value_text_at(document, "status", "phase", NULL);
    return !strcmp(id->kind, "Pod") && !*id->group && phase && !strcmp(phase, "Failed");
}

static void look_at_pods(struct settling *settling, struct arena *arena,
                         const struct value *document, const struct health *health,
                         struct pods_found *found)
{
    *found = (struct pods_found){ .look_again = INT64_MAX };
    if (!pods_of_kind(&settling->subject->id) || health->state == HEALTH_TERMINATING)
        return;
    if (!settling->pods)
        settling->pods = pods_new(settling->session, settling->arena, settling->watcher,
                                  &settling->subject->id, document);
    pods_look(settling->pods, arena, document, health->state == HEALTH_FAILED, found,
              settling->wait);
}

enum verdict { WAIT_ON, HEALTHY, HOPELESS };

/* Probed, or without a pod to be probed. */
static bool is_probed(const struct value *document)
{
    const struct value *spec = value_get(document, "spec");
    const struct value *containers = value_at(spec, "template", "spec", "containers", NULL);
    size_t probed = 0;
    for (size_t i = 0; i < value_count(containers); i++)
        probed += value_get(value_item(containers, i), "readinessProbe") != NULL;
    return value_int(value_get(spec, "minReadySeconds"), 0) > 0
           || value_int(value_get(spec, "replicas"), 1) == 0 || probed == value_count(containers);
}

/* Healthy for long enough? Kinds without pods, and pods that are probed, at once. */
static enum verdict judge_healthy(struct settling *settling, const struct value *document,
                                  int64_t *ret_again)
{
    const char *kind = settling->subject->id.kind;
    bool runs = !strcmp(kind, "Deployment") || !strcmp(kind, "StatefulSet")
                || !strcmp(kind, "DaemonSet");
    int64_t now = clock_now();
    if (!runs || is_probed(document))
        return HEALTHY;
    if (!settling->healthy_since)
        settling->healthy_since = now;
    int64_t left = settling->healthy_since + STEADY_MS - now;
    if (left <= 0)
        return HEALTHY;
    say(settling, "ready, waiting a moment to see whether it stays so");
    *ret_again = left;
    return WAIT_ON;
}

/* One look. *ret_again: ms after which to look again though nothing changed. */
static enum verdict judge(struct settling *settling, struct arena *arena, int64_t *ret_again,
                          struct error *err)
{
    struct watched object = settling_read(settling, arena);
    struct pods_found pods;
    struct health health;
    if (object.gone) {
        error_set(err, ERROR_INVALID, "it was deleted while it was waited for");
        return HOPELESS;
    }
    health_of(arena, &settling->subject->id, object.document, &health);
    if (pod_failed(settling, object.document))
        health.state = HEALTH_FAILED;
    if (health.state == HEALTH_CURRENT) {
        remember(settling, &health, NULL);
        return judge_healthy(settling, object.document, ret_again);
    }
    settling->healthy_since = 0;
    look_at_pods(settling, arena, object.document, &health, &pods);
    if (health.state == HEALTH_FAILED || pods.stuck) {
        failed(&health, &pods, err);
        return HOPELESS;
    }
    remember(settling, &health, pods.waiting);
    say(settling, settling->last.message);
    *ret_again = pods.look_again;
    return WAIT_ON;
}

static bool wait_until_healthy(struct settling *settling, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    for (;;) {
        int64_t again = LOOK_MS;
        enum verdict verdict = judge(settling, arena, &again, err);
        if (verdict != WAIT_ON)
            return verdict == HEALTHY;
        if (!watch_works(settling, err) || !sleep_on(settling, again, err))
            return false;
        arena_clear(arena);
    }
}

/* The kind that a definition defines can be used only once discovery knows it. */
static bool kind_discovered(struct session *session, struct arena *arena,
                            const struct value *definition, const struct wait *wait,
                            struct error *err)
{
    const char *group = value_text_at(definition, "spec", "group", NULL);
    const char *name = value_text_at(definition, "spec", "names", "kind", NULL);
    struct object_id id = { .group = group ? group : "", .kind = name ? name : "",
                            .namespace = "", .name = "" };
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
    return !strcmp(id->kind, "CustomResourceDefinition") &&
           !strcmp(id->group, "apiextensions.k8s.io");
}

static bool settle_applied(struct settling *settling, const struct outcome *outcome,
                           struct error *err)
{
    const struct object_id *id = &settling->subject->id;
    const struct value *document = outcome ? outcome->document : NULL;
    struct health health = { .state = HEALTH_UNKNOWN };
    if (document)
        health_of(settling->arena, id, document, &health);
    if (health.state != HEALTH_CURRENT || pod_failed(settling, document)) {
        settling->watcher = watcher_new(settling->session->watches);
        AUTO_WATCHER watcher = settling->watcher;
        (void)watcher;
        if (!settling_start(settling, document, err) || !wait_until_healthy(settling, err))
            return false;
        struct watched object = settling_read(settling, settling->arena);
        document = object.document;
    }
    return !is_definition(id) ||
           kind_discovered(settling->session, settling->arena, document, settling->wait, err);
}

/* -------------------------------------------------------- until it is gone */

/* "finalizers a, b" of what does not go away, or what a Namespace says is left in it. */
static const char *kept_by(struct arena *arena, const struct value *document)
{
    const struct value *finalizers = value_at(document, "metadata", "finalizers", NULL);
    const struct value *conditions = value_at(document, "status", "conditions", NULL);
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 0; i < value_count(finalizers); i++) {
        const char *name = value_text(value_item(finalizers, i));
        buf_printf(&text, "%s%s", i ? ", " : "waits for finalizer ", name ? name : "?");
    }
    for (size_t i = 0; i < value_count(conditions); i++) {
        const struct value *condition = value_item(conditions, i);
        const char *type = value_text_at(condition, "type", NULL);
        const char *status = value_text_at(condition, "status", NULL);
        const char *message = value_text_at(condition, "message", NULL);
        if (type && status && message && !strcmp(status, "True") &&
            !strncmp(type, "Namespace", strlen("Namespace")))
            buf_printf(&text, "%s%.300s", text.length ? "; " : "", message);
    }
    return arena_strdup(arena, text.length ? buf_text(&text) : "is being deleted");
}

static bool is_gone(const struct settling *settling, const struct watched *object)
{
    const char *uid = settling->subject->live.uid;
    const char *now = value_text_at(object->document, "metadata", "uid", NULL);
    return object->gone || (uid && now && strcmp(uid, now) != 0);
}

static bool wait_until_gone(struct settling *settling, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    for (;;) {
        struct watched object = settling_read(settling, arena);
        if (is_gone(settling, &object))
            return true;
        settling->last.message = kept_by(settling->arena, object.document);
        say(settling, settling->last.message);
        if (!watch_works(settling, err))
            return false;
        if (!sleep_on(settling, LOOK_MS, err))
            return err->kind == ERROR_TIMEOUT
                       ? error_set(err, ERROR_TIMEOUT, "not gone in time: %s%s",
                                   settling->last.message, connection_text(settling))
                       : false;
        arena_clear(arena);
    }
}

static bool settle_removed(struct settling *settling, struct error *err)
{
    AUTO_WATCHER watcher = watcher_new(settling->session->watches);
    settling->watcher = watcher;
    if (!settling_start(settling, NULL, err))
        return err->kind == ERROR_NOT_FOUND; /* its kind went with it */
    return wait_until_gone(settling, err);
}

bool kubernetes_settle(struct session *session, struct arena *arena,
                       const struct subject *subject, const struct outcome *outcome, bool removed,
                       settle_note *note, void *context, const struct wait *wait,
                       struct error *err)
{
    struct settling settling = { .session = session, .arena = arena, .subject = subject,
                                 .note = note, .context = context, .wait = wait };
    struct error why;
    if (!removed && subject->desired && subject->desired->options.no_wait)
        return true;
    if (removed ? settle_removed(&settling, &why) : settle_applied(&settling, outcome, &why))
        return true;
    *err = why;
    return false;
}
