/*
 * settle_gone: waits until a deleted object is gone, and tells what holds it:
 * its finalizers, or what a Namespace says is left in it. See settle.c.
 */
#include "base/cleanup.h"
#include "providers/kubernetes/wait/settle_inner.h"

#include <string.h>

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
        if (type && status && message && !strcmp(status, "True")
            && !strncmp(type, "Namespace", strlen("Namespace")))
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
        settling->last.message = kept_by(settling->arena, object.document);
        settling_say(settling, settling->last.message);
        if (!settling_watchable(settling, err) || !sleep_on(settling, err))
            return false;
        arena_clear(arena);
    }
}
