/*
 * watch: see watch.h. Who waits for what, and how watches come and go; reading
 * from the server is watch_stream.c's.
 */
#include "providers/kubernetes/wait/watch.h"

#include "base/cleanup.h"
#include "providers/kubernetes/wait/watch_hub.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What blocks looks at the cancel flag this often. */
enum { CANCEL_LOOK_MS = 100 };

/* --------------------------------------------------------------- the hub */

struct watches *watches_new(struct session *session)
{
    struct watches *hub = memory_alloc(sizeof *hub);
    *hub = (struct watches){ .session = session };
    pthread_mutex_init(&hub->lock, NULL);
    return hub;
}

static void watch_free(struct watch *watch)
{
    arena_free(watch->arena);
    free(watch->version);
    free(watch);
}

void watches_free(struct watches *hub)
{
    if (!hub)
        return;
    while (hub->watches) {
        struct watch *watch = hub->watches;
        hub->watches = watch->next;
        atomic_store(&watch->cancel.level, CANCEL_HARD);
        if (watch->started)
            pthread_join(watch->thread, NULL);
        watch_free(watch);
    }
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

/* Under the lock: takes threads away that have come to their end. */
static void watches_reap(struct watches *hub)
{
    for (struct watch **at = &hub->watches; *at;) {
        struct watch *watch = *at;
        if (watch->followers || !watch->ended) {
            at = &watch->next;
            continue;
        }
        *at = watch->next;
        if (watch->started)
            pthread_join(watch->thread, NULL);
        watch_free(watch);
    }
}

static bool watch_is(const struct watch *watch, const struct watch_query *query)
{
    return !watch->ended && atomic_load(&watch->cancel.level) == CANCEL_NONE
           && !strcmp(watch->kind.group, query->kind->group)
           && !strcmp(watch->kind.version, query->kind->version)
           && !strcmp(watch->kind.plural, query->kind->plural)
           && !strcmp(watch->namespace, query->namespace);
}

static struct watch *watch_new(struct watches *hub, const struct watch_query *query)
{
    struct watch *watch = memory_alloc(sizeof *watch);
    struct arena *arena = arena_new();
    *watch = (struct watch){ .hub = hub, .arena = arena, .kind = *query->kind };
    watch->kind.group = arena_strdup(arena, query->kind->group);
    watch->kind.version = arena_strdup(arena, query->kind->version);
    watch->kind.kind = arena_strdup(arena, query->kind->kind);
    watch->kind.plural = arena_strdup(arena, query->kind->plural);
    watch->namespace = arena_strdup(arena, query->namespace);
    watch->next = hub->watches;
    hub->watches = watch;
    return watch;
}

/* Under the lock: the thread begins after `version`, or with a LIST where that is NULL. */
static void watch_start(struct watch *watch, const char *version)
{
    if (watch->started || watch->ended)
        return;
    watch->version = version_number(version) ? memory_strdup(version) : NULL;
    watch->started = pthread_create(&watch->thread, NULL, watch_run, watch) == 0;
    watch->ended = !watch->started;
    for (struct follower *follower = watch->followers; follower; follower = follower->next) {
        if (watch->ended)
            error_set(&follower->error, ERROR_LOCAL, "cannot start a thread to watch with");
        watcher_wake(follower->watcher);
    }
}

/* -------------------------------------------------------------- watchers */

struct watcher *watcher_new(struct watches *hub)
{
    struct watcher *watcher = memory_alloc(sizeof *watcher);
    pthread_condattr_t attributes;
    *watcher = (struct watcher){ .hub = hub };
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&watcher->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return watcher;
}

/* Under the lock. The last one to leave ends the watch. */
static void follower_leave(struct follower *follower)
{
    struct watch *watch = follower->watch;
    struct follower **at = &watch->followers;
    while (*at != follower)
        at = &(*at)->next;
    *at = follower->next;
    if (watch->followers)
        return;
    atomic_store(&watch->cancel.level, CANCEL_HARD);
    if (!watch->started)
        watch->ended = true;
}

static void follower_free(struct follower *follower)
{
    store_done(&follower->store);
    free(follower);
}

void watcher_free(struct watcher *watcher)
{
    if (!watcher)
        return;
    pthread_mutex_lock(&watcher->hub->lock);
    for (size_t i = 0; i < watcher->count; i++)
        follower_leave(watcher->followers[i]);
    watches_reap(watcher->hub);
    pthread_mutex_unlock(&watcher->hub->lock);
    for (size_t i = 0; i < watcher->count; i++)
        follower_free(watcher->followers[i]);
    pthread_cond_destroy(&watcher->changed);
    free(watcher->followers);
    free(watcher);
}

void watcher_wake(struct watcher *watcher)
{
    watcher->news = true;
    pthread_cond_signal(&watcher->changed);
}

static bool follower_wants(const struct follower *follower, const struct value *document)
{
    const struct watch_query *query = &follower->query;
    const char *name = value_text_at(document, "metadata", "name", NULL);
    if (!name || (query->name && strcmp(name, query->name) != 0))
        return false;
    return !query->wanted || query->wanted(query->context, document);
}

void follower_offer(struct follower *follower, const struct value *document, bool gone)
{
    if (follower_wants(follower, document) && store_put(&follower->store, document, gone))
        watcher_wake(follower->watcher);
}

/* Under the lock: sleeps for a moment, or until woken. */
static void watcher_doze(struct watcher *watcher, int64_t milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (milliseconds < CANCEL_LOOK_MS ? milliseconds : CANCEL_LOOK_MS) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&watcher->changed, &watcher->hub->lock, &until);
}

static bool cancelled(const struct wait *wait)
{
    return wait->cancel && atomic_load(&wait->cancel->level) != CANCEL_NONE;
}

static bool still_waiting(const struct wait *wait, struct error *err)
{
    if (cancelled(wait))
        return error_set(err, ERROR_CANCELLED, "interrupted");
    return wait_check(wait, "waiting", err);
}

bool watcher_wait(struct watcher *watcher, int64_t milliseconds, const struct wait *wait,
                  struct error *err)
{
    struct wait part = wait_for(milliseconds, wait);
    bool fine;
    pthread_mutex_lock(&watcher->hub->lock);
    while ((fine = still_waiting(wait, err)) && !watcher->news && wait_left(&part) > 0)
        watcher_doze(watcher, wait_left(&part));
    watcher->news = false;
    pthread_mutex_unlock(&watcher->hub->lock);
    return fine;
}

/* ------------------------------------------------------------- following */

static struct follower *follower_join(struct watcher *watcher, const struct watch_query *query,
                                      bool *ret_first)
{
    struct watches *hub = watcher->hub;
    struct follower *follower = memory_alloc(sizeof *follower);
    *follower = (struct follower){ .query = *query, .watcher = watcher };
    watches_reap(hub);
    struct watch *watch = hub->watches;
    while (watch && !watch_is(watch, query))
        watch = watch->next;
    *ret_first = !watch;
    follower->watch = watch ? watch : watch_new(hub, query);
    follower->query.kind = &follower->watch->kind;
    follower->next = follower->watch->followers;
    follower->watch->followers = follower;
    return follower;
}

static void watcher_push(struct watcher *watcher, struct follower *follower)
{
    if (watcher->count == watcher->capacity) {
        watcher->capacity = watcher->capacity ? 2 * watcher->capacity : 4;
        watcher->followers =
            memory_realloc(watcher->followers, watcher->capacity * sizeof *watcher->followers);
    }
    watcher->followers[watcher->count++] = follower;
}

/*
 * Somebody else's watch must have its starting point before our own read, else a
 * change between the two would be seen by neither.
 */
static bool wait_for_start(struct follower *follower, const struct wait *wait, struct error *err)
{
    struct watcher *watcher = follower->watcher;
    bool fine = true;
    pthread_mutex_lock(&watcher->hub->lock);
    while (!follower->watch->started && !follower->watch->ended
           && (fine = still_waiting(wait, err)))
        watcher_doze(watcher, CANCEL_LOOK_MS);
    pthread_mutex_unlock(&watcher->hub->lock);
    return fine;
}

static bool offer_item(void *context, struct arena *arena, const struct value *value,
                       struct error *err)
{
    struct follower *follower = context;
    (void)arena, (void)err;
    pthread_mutex_lock(&follower->watcher->hub->lock);
    follower_offer(follower, value, false);
    pthread_mutex_unlock(&follower->watcher->hub->lock);
    return true;
}

static const char *what_of(struct arena *arena, const struct follower *follower)
{
    return arena_printf(arena, "watch %s%s%s", follower->query.kind->plural,
                        *follower->query.namespace ? " in namespace " : "",
                        follower->query.namespace);
}

static bool read_one(struct follower *follower, struct arena *arena, const char **ret_version,
                     const struct wait *wait, struct error *err)
{
    const struct watch_query *query = &follower->query;
    struct api_answer answer;
    struct error why;
    struct api_call call = {
        .method = "GET",
        .path = api_path(arena, query->kind, query->namespace, query->name),
        .what = what_of(arena, follower),
    };
    bool there =
        client_call(follower->watch->hub->session->client, arena, &call, &answer, wait, &why);
    if (!there && why.kind != ERROR_NOT_FOUND) {
        *err = why;
        return false;
    }
    pthread_mutex_lock(&follower->watcher->hub->lock);
    if (there)
        follower_offer(follower, answer.document, false);
    else if (store_absent(&follower->store, query->name))
        watcher_wake(follower->watcher);
    pthread_mutex_unlock(&follower->watcher->hub->lock);
    *ret_version =
        there ? value_text_at(answer.document, "metadata", "resourceVersion", NULL) : NULL;
    return true;
}

static bool read_all(struct follower *follower, struct arena *arena, const char **ret_version,
                     const struct wait *wait, struct error *err)
{
    const struct watch_query *query = &follower->query;
    struct api_call call = {
        .method = "GET",
        .path = api_path(arena, query->kind, query->namespace, NULL),
        .query = query->narrow,
        .what = what_of(arena, follower),
    };
    return client_list(follower->watch->hub->session->client, arena, &call, offer_item, NULL,
                       follower, ret_version, wait, err);
}

/* Brings a follower that has just joined to how things are now. */
static bool follower_read(struct follower *follower, bool first, const struct value *known,
                          const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *version =
        version_of(known) ? value_text_at(known, "metadata", "resourceVersion", NULL) : NULL;
    if (known)
        offer_item(follower, arena, known, err);
    if (!first && !wait_for_start(follower, wait, err))
        return false;
    if (!(first && version)
        && !(follower->query.name ? read_one(follower, arena, &version, wait, err)
                                  : read_all(follower, arena, &version, wait, err)))
        return false;
    pthread_mutex_lock(&follower->watcher->hub->lock);
    watch_start(follower->watch, version);
    pthread_mutex_unlock(&follower->watcher->hub->lock);
    return true;
}

/* The one whose read would have told where to begin goes away: others are not left waiting. */
static void follower_drop(struct follower *follower)
{
    pthread_mutex_lock(&follower->watcher->hub->lock);
    watch_start(follower->watch, NULL);
    follower_leave(follower);
    pthread_mutex_unlock(&follower->watcher->hub->lock);
    follower_free(follower);
}

bool watcher_follow(struct watcher *watcher, const struct watch_query *query,
                    const struct value *known, size_t *ret_index, const struct wait *wait,
                    struct error *err)
{
    bool first;
    pthread_mutex_lock(&watcher->hub->lock);
    struct follower *follower = follower_join(watcher, query, &first);
    pthread_mutex_unlock(&watcher->hub->lock);
    if (!follower_read(follower, first, known, wait, err)) {
        follower_drop(follower);
        return false;
    }
    watcher_push(watcher, follower);
    *ret_index = watcher->count - 1;
    return true;
}

/* --------------------------------------------------------------- reading */

size_t watcher_read(struct watcher *watcher, size_t index, struct arena *arena,
                    struct watched **ret_objects)
{
    pthread_mutex_lock(&watcher->hub->lock);
    const struct watch_store *store = &watcher->followers[index]->store;
    struct watched *objects = arena_array(arena, store->count + 1, sizeof *objects);
    for (size_t i = 0; i < store->count; i++) {
        const struct stored *stored = &store->items[i];
        objects[i].gone = stored->gone;
        if (stored->document)
            objects[i].document = value_copy(arena, stored->document);
    }
    *ret_objects = objects;
    size_t count = store->count;
    pthread_mutex_unlock(&watcher->hub->lock);
    return count;
}

bool watcher_trouble(struct watcher *watcher, size_t index, struct error *ret_error)
{
    pthread_mutex_lock(&watcher->hub->lock);
    const struct error *error = &watcher->followers[index]->error;
    bool trouble = error->kind != ERROR_NONE;
    if (trouble)
        *ret_error = *error;
    pthread_mutex_unlock(&watcher->hub->lock);
    return trouble;
}
