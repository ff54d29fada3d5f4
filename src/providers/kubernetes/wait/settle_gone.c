/*
 * settle_gone: waits until a deleted object is gone, and tells what holds it:
 * its finalizers, or what a Namespace says is left in it. See settle.c.
 */
#include "base/cleanup.h"
#include "providers/kubernetes/wait/settle_inner.h"

#include <string.h>

static bool is_gone(const struct settling *settling, const struct watched *object)
{
    const char *uid = settling->subject->live.uid;
    const char *now = value_text_at(object->document, "metadata", "uid", NULL);
    return object->gone || (uid && now && strcmp(uid, now) != 0);
}

static bool sleep_on(struct settling *settling, struct error *err)
{
    struct error over = { .kind = ERROR_NONE };
    if (watcher_wait(settling->watcher, SETTLE_LOOK_MS, settling->wait, &over))
        return true;
    if (over.kind != ERROR_TIMEOUT)
        return error_set(err, over.kind, "interrupted while it waited: %s", settling->last.message);
    return error_set(err, ERROR_TIMEOUT, "not gone in time: %s%s", settling->last.message,
                     settling_connection(settling));
}

bool wait_until_gone(struct settling *settling, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    for (;;) {
        struct watched object = settling_read(settling, arena);
        if (is_gone(settling, &object))
            return true;
        const char *kept = health_kept_by(settling->arena, object.document);
        settling->last.message = *kept ? kept : "is being deleted";
        settling_say(settling, settling->last.message);
        if (!settling_watchable(settling, err) || !sleep_on(settling, err))
            return false;
        arena_clear(arena);
    }
}
