/* claim: see claim.h. */
#include "providers/kubernetes/health/claim.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "providers/kubernetes/request.h"

#include <string.h>

/* A class or a volume may be made by the same apply. */
enum { NO_CLASS_GRACE_MS = 30000 };

/* -------------------------------------------------------- storage classes */

struct storage_classes {
    pthread_mutex_t lock;
    struct arena *arena;
    bool looked;
    struct text_list late; /* names of those that bind with the first pod */
};

struct storage_classes *storage_classes_new(void)
{
    struct storage_classes *classes = memory_alloc(sizeof *classes);
    *classes = (struct storage_classes){ .arena = arena_new() };
    pthread_mutex_init(&classes->lock, NULL);
    return classes;
}

void storage_classes_free(struct storage_classes *classes)
{
    if (!classes)
        return;
    pthread_mutex_destroy(&classes->lock);
    arena_free(classes->arena);
    free(classes);
}

static bool keep_late(void *context, struct arena *arena, const struct value *value,
                      struct error *err)
{
    struct storage_classes *classes = context;
    const char *name = value_text_at(value, "metadata", "name", NULL);
    const char *mode = value_text_at(value, "volumeBindingMode", NULL);
    (void)arena, (void)err;
    if (name && mode && !strcmp(mode, "WaitForFirstConsumer"))
        arena_push(classes->arena, classes->late.items, classes->late.count, classes->late.capacity,
                   arena_strdup(classes->arena, name));
    return true;
}

static void forget_late(void *context)
{
    struct storage_classes *classes = context;
    classes->late.count = 0;
}

void storage_classes_look(struct session *session, const struct wait *wait)
{
    static const struct api_kind kind = { .group = "storage.k8s.io",
                                          .version = "v1",
                                          .kind = "StorageClass",
                                          .plural = "storageclasses",
                                          .can_list = true };
    struct storage_classes *classes = session->storage_classes;
    AUTO_ARENA arena = arena_new();
    struct error err = { .kind = ERROR_NONE };
    struct list_request list = { .kind = &kind };
    pthread_mutex_lock(&classes->lock);
    if (!classes->looked
        && !request_list(session, arena, &list, keep_late, forget_late, classes, wait, &err))
        log_debug("storage classes: %s", err.message);
    classes->looked |= err.kind == ERROR_NONE || err.kind == ERROR_DENIED;
    pthread_mutex_unlock(&classes->lock);
}

/* Once the scheduler has chosen a node for its pod, the volume is being made. */
static bool is_used(const struct value *document)
{
    return value_text_at(document, "metadata", "annotations", "volume.kubernetes.io/selected-node",
                         NULL)
           != NULL;
}

static bool is_pending(const struct value *document)
{
    const char *phase = value_text_at(document, "status", "phase", NULL);
    return !phase || !strcmp(phase, "Pending");
}

bool claim_unused(const struct session *session, const struct value *document)
{
    struct storage_classes *classes = session->storage_classes;
    const char *name = value_text_at(document, "spec", "storageClassName", NULL);
    bool late = false;
    if (!name || !is_pending(document) || is_used(document))
        return false;
    pthread_mutex_lock(&classes->lock);
    for (size_t i = 0; i < classes->late.count && !late; i++)
        late = !strcmp(classes->late.items[i], name);
    pthread_mutex_unlock(&classes->lock);
    return late;
}

/* ---------------------------------------------------------------- a claim */

struct claim {
    struct session *session;
    struct arena *arena;
    struct watcher *watcher;
    const char *namespace, *uid;
    bool follows;
    size_t events;       /* query of the watcher; SIZE_MAX: none */
    int64_t stuck_since; /* clock_now(); 0: it is not */
};

struct claim *claim_new(struct session *session, struct arena *arena, struct watcher *watcher,
                        const struct object_id *id, const struct value *document)
{
    struct claim *claim = arena_alloc(arena, sizeof *claim);
    const char *uid = value_text_at(document, "metadata", "uid", NULL);
    *claim = (struct claim){ .session = session,
                             .arena = arena,
                             .watcher = watcher,
                             .namespace = id->namespace,
                             .uid = arena_strdup(arena, uid ? uid : ""),
                             .events = SIZE_MAX };
    return claim;
}

static bool about_claim(const void *context, const struct value *event)
{
    const struct claim *claim = context;
    const char *uid = value_text_at(event, "involvedObject", "uid", NULL);
    return uid && !strcmp(uid, claim->uid);
}

static void claim_follow(struct claim *claim, const struct wait *wait)
{
    static const struct api_kind kind = { .group = "",
                                          .version = "v1",
                                          .kind = "Event",
                                          .plural = "events",
                                          .namespaced = true,
                                          .can_list = true,
                                          .can_watch = true };
    struct watch_query query = {
        .kind = &kind,
        .namespace = claim->namespace,
        .wanted = about_claim,
        .context = claim,
        .narrow = arena_printf(claim->arena, "fieldSelector=involvedObject.uid%%3D%s", claim->uid),
    };
    struct error err;
    if (!watcher_follow(claim->watcher, &query, NULL, &claim->events, wait, &err)) {
        claim->events = SIZE_MAX;
        log_debug("%s", err.message);
    }
}

/* The newest event; RFC 3339 in UTC sorts as text. */
static const struct value *newest_event(struct claim *claim, struct arena *arena)
{
    struct watched *events;
    const struct value *newest = NULL;
    const char *newest_time = "";
    size_t count =
        claim->events == SIZE_MAX ? 0 : watcher_read(claim->watcher, claim->events, arena, &events);
    for (size_t i = 0; i < count; i++) {
        const char *when = value_text_at(events[i].document, "lastTimestamp", NULL);
        if (events[i].gone || !when || strcmp(when, newest_time) < 0)
            continue;
        newest = events[i].document;
        newest_time = when;
    }
    return newest;
}

/* Nobody will make a volume for it, until somebody changes what there is. */
static bool is_hopeless(const char *reason, const char *message)
{
    return (!strcmp(reason, "FailedBinding") && strstr(message, "no storage class is set"))
           || (!strcmp(reason, "ProvisioningFailed") && strstr(message, "storageclass")
               && strstr(message, "not found"));
}

static bool grace_over(struct claim *claim, struct claim_found *found)
{
    if (!claim->stuck_since)
        claim->stuck_since = clock_now();
    found->look_again = claim->stuck_since + NO_CLASS_GRACE_MS - clock_now();
    return found->look_again <= 0;
}

void claim_look(struct claim *claim, struct arena *arena, const struct value *document,
                struct claim_found *ret_found, const struct wait *wait)
{
    struct claim_found found = { .look_again = INT64_MAX };
    storage_classes_look(claim->session, wait);
    found.unused = claim_unused(claim->session, document);
    if (!found.unused && !claim->follows)
        claim_follow(claim, wait);
    claim->follows = !found.unused;
    const struct value *event = newest_event(claim, arena);
    const char *reason = value_text_at(event, "reason", NULL);
    const char *message = value_text_at(event, "message", NULL);
    if (reason && message && is_pending(document)) {
        found.waiting = arena_printf(arena, "%s: %.600s", reason, message);
        found.unused |= !strcmp(reason, "WaitForFirstConsumer");
        if (is_hopeless(reason, message) && grace_over(claim, &found))
            found.stuck = found.waiting;
    }
    *ret_found = found;
}
