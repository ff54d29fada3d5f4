/*
 * watch_stream: the thread of one watch. It reads events for as long as anybody
 * follows, and keeps the connection up: a closed stream goes on from the last
 * version (bookmarks keep that young), a version that is too old means a LIST,
 * anything else is tried again after a pause that grows, with jitter. A refusal
 * (401, 403) is told to who follows, and ends it; one of what was allowed before,
 * once it has lasted.
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "providers/kubernetes/wait/watch_hub.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    STREAM_SECONDS = 240,    /* asked of the server, up to half as much again by jitter */
    STREAM_GRACE_MS = 15000, /* a connection that is quiet for longer is dead */
    LIST_MS = 60000,
    PAUSE_LEAST_MS = 200,
    PAUSE_MOST_MS = 10000,
    /* An API server that has just started refuses everybody until it has read the roles. */
    DENIED_GRACE_MS = 20000,
};

/* Evenly between 0 and `most`, so that many clients do not come back at one moment. */
static int64_t jitter(int64_t most)
{
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        number = (uint32_t)clock_now();
    return (int64_t)(number % (uint32_t)(most + 1));
}

static bool stopped(const struct watch *watch)
{
    return atomic_load(&watch->cancel.level) != CANCEL_NONE;
}

static void version_keep(struct watch *watch, const struct value *object)
{
    const char *version = value_text_at(object, "metadata", "resourceVersion", NULL);
    if (!version_number(version) || (watch->version && !strcmp(version, watch->version)))
        return;
    free(watch->version);
    watch->version = memory_strdup(version);
}

static void offer_to_all(struct watch *watch, const struct value *object, bool gone)
{
    pthread_mutex_lock(&watch->hub->lock);
    for (struct follower *follower = watch->followers; follower; follower = follower->next)
        follower_offer(follower, object, gone);
    pthread_mutex_unlock(&watch->hub->lock);
}

static const struct error no_error = { .kind = ERROR_NONE };

/* What keeps the watch from running, or (ERROR_NONE) that it runs again. */
static void tell_all(struct watch *watch, const struct error *error)
{
    if (error->kind == ERROR_NONE && !watch->troubled)
        return;
    watch->troubled = error->kind != ERROR_NONE;
    pthread_mutex_lock(&watch->hub->lock);
    for (struct follower *follower = watch->followers; follower; follower = follower->next) {
        bool same = follower->error.kind == error->kind;
        follower->error = *error;
        if (!same)
            watcher_wake(follower->watcher);
    }
    pthread_mutex_unlock(&watch->hub->lock);
}

/* ---------------------------------------------------------------- a LIST */

static bool list_item(void *context, struct arena *arena, const struct value *value,
                      struct error *err)
{
    (void)arena, (void)err;
    offer_to_all(context, value, false);
    return true;
}

static void list_begin(void *context)
{
    struct watch *watch = context;
    pthread_mutex_lock(&watch->hub->lock);
    for (struct follower *follower = watch->followers; follower; follower = follower->next)
        store_list_begin(&follower->store);
    pthread_mutex_unlock(&watch->hub->lock);
}

static void list_end(struct watch *watch, const char *version)
{
    pthread_mutex_lock(&watch->hub->lock);
    for (struct follower *follower = watch->followers; follower; follower = follower->next)
        if (store_list_end(&follower->store, version_number(version)))
            watcher_wake(follower->watcher);
    pthread_mutex_unlock(&watch->hub->lock);
}

static const char *what_of(struct arena *arena, const struct watch *watch)
{
    return arena_printf(arena, "watch %s%s%s", watch->kind.plural,
                        *watch->namespace ? " in namespace " : "", watch->namespace);
}

static bool watch_list(struct watch *watch, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *version = NULL;
    struct wait wait = { .deadline = clock_now() + LIST_MS, .cancel = &watch->cancel };
    struct api_call call = {
        .method = "GET",
        .path = api_path(arena, &watch->kind, watch->namespace, NULL),
        .what = what_of(arena, watch),
    };
    list_begin(watch);
    if (!client_list(watch->hub->session->client, arena, &call, list_item, list_begin, watch,
                     &version, &wait, err))
        return false;
    if (!version_number(version))
        return error_set(err, ERROR_UNREACHABLE, "%s: the server's list has no resourceVersion",
                         call.what);
    list_end(watch, version);
    watch->version = memory_strdup(version);
    watch->progress = true;
    return true;
}

/* -------------------------------------------------------------- a stream */

static bool stream_event(void *context, struct arena *arena, const struct value *event,
                         struct error *err)
{
    struct watch *watch = context;
    const char *type = value_text_at(event, "type", NULL);
    const struct value *object = value_get(event, "object");
    (void)arena;
    (void)err;
    watch->progress = true;
    tell_all(watch, &no_error);
    if (strcmp(type, "BOOKMARK") != 0)
        offer_to_all(watch, object, !strcmp(type, "DELETED"));
    version_keep(watch, object);
    return !stopped(watch);
}

static bool watch_stream(struct watch *watch, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    int64_t seconds = STREAM_SECONDS + jitter(STREAM_SECONDS / 2);
    struct wait wait = { .deadline = clock_now() + seconds * 1000 + STREAM_GRACE_MS,
                         .cancel = &watch->cancel };
    struct api_call call = {
        .method = "GET",
        .path = api_path(arena, &watch->kind, watch->namespace, NULL),
        .query = arena_printf(arena,
                              "watch=1&allowWatchBookmarks=true&timeoutSeconds=%lld"
                              "&resourceVersion=%s",
                              (long long)seconds, watch->version),
        .what = what_of(arena, watch),
    };
    return client_watch(watch->hub->session->client, &call, stream_event, watch, &wait, err);
}

/* ------------------------------------------------------------ the thread */

/* Is it more than a moment's refusal of what was allowed before? Else it is told as trouble. */
static bool denied_for_good(struct watch *watch, struct error *err)
{
    if (!watch->denied_since)
        watch->denied_since = clock_now();
    if (!watch->worked || clock_now() - watch->denied_since >= DENIED_GRACE_MS)
        return true;
    err->kind = ERROR_UNREACHABLE;
    return false;
}

/* One LIST or one stream. False when nothing of the kind will ever succeed. */
static bool watch_step(struct watch *watch, struct error *err)
{
    bool done = watch->version ? watch_stream(watch, err) : watch_list(watch, err);
    if (done || watch->progress) {
        watch->worked = true;
        watch->denied_since = 0;
    }
    if (done || stopped(watch))
        return true;
    log_debug("watch %s: %s", watch->kind.plural, err->message);
    if (err->kind == ERROR_NOT_FOUND || err->kind == ERROR_INVALID) {
        free(watch->version);
        watch->version = NULL;
    }
    return err->kind != ERROR_DENIED || !denied_for_good(watch, err);
}

static void watch_loop(struct watch *watch)
{
    int64_t pause = PAUSE_LEAST_MS;
    while (!stopped(watch)) {
        struct error err = no_error;
        struct wait wait = { .deadline = INT64_MAX, .cancel = &watch->cancel };
        watch->progress = false;
        bool can = watch_step(watch, &err);
        if (watch->progress)
            pause = PAUSE_LEAST_MS;
        tell_all(watch, &err);
        if (!can)
            return;
        if (!watch->progress || err.kind != ERROR_NONE) {
            wait_sleep(&wait, pause / 2 + jitter(pause / 2));
            pause = 2 * pause < PAUSE_MOST_MS ? 2 * pause : PAUSE_MOST_MS;
        }
    }
}

void *watch_run(void *context)
{
    struct watch *watch = context;
    watch_loop(watch);
    pthread_mutex_lock(&watch->hub->lock);
    watch->ended = true;
    pthread_mutex_unlock(&watch->hub->lock);
    return NULL;
}
