/*
 * copy_blob: one blob from store to store; see copy.h. A store that is read pushes, one that
 * is written pulls: a thread and a window of memory stand between them.
 */
#include "base/cleanup.h"
#include "oci/copy_parts.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* The other side is woken for this much: a switch of threads for each small piece is slow. */
enum { WINDOW = 1 << 20, ENOUGH = 128 << 10, LOOK_MS = 100 };

struct window {
    struct copy *copy;
    const struct descriptor *blob;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    char *data; /* a ring */
    size_t start, length;
    int64_t skip;   /* bytes that are not wanted: behind a seek     */
    bool ended;     /* the source has no more, and was right        */
    bool broken;    /* `error` says why                             */
    bool abandoned; /* nobody reads: the source is to stop          */
    struct error error;
};

void copy_tell(struct copy *copy, enum copy_event event, const struct descriptor *what,
               int64_t bytes)
{
    pthread_mutex_lock(&copy->lock);
    copy->result.sent += event == COPY_BLOB_SENT;
    copy->result.mounted += event == COPY_BLOB_MOUNTED;
    copy->result.there += event == COPY_BLOB_THERE;
    copy->result.manifests += event == COPY_MANIFEST;
    copy->result.sent_bytes += event == COPY_BLOB_SENT ? bytes : 0;
    if (copy->options->progress)
        copy->options->progress(copy->options->progress_context, event, what,
                                event == COPY_BLOB_SENT ? 0 : bytes);
    pthread_mutex_unlock(&copy->lock);
}

/* Waits for the other side, but looks up now and then: somebody may have stopped us. */
static bool wait_for_change(struct window *window, struct error *err)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&window->changed, &window->lock, &until);
    if (atomic_load(&window->copy->failed))
        return error_set(err, ERROR_CANCELLED, "stopped, since another part failed");
    return wait_check(window->copy->wait, "copying a blob", err);
}

/* ---------------------------------------------------------------------- writing in */

/* Copies what fits; returns how much. With the lock held. */
static size_t put_some(struct window *window, const char *data, size_t length)
{
    size_t end = (window->start + window->length) % WINDOW;
    size_t room = WINDOW - window->length, until_wrap = WINDOW - end;
    size_t used = length < room ? length : room;
    used = used < until_wrap ? used : until_wrap;
    memcpy(window->data + end, data, used);
    window->length += used;
    if (window->length >= ENOUGH)
        pthread_cond_signal(&window->changed);
    return used;
}

static bool window_sink(void *context, const char *data, size_t length, struct error *err)
{
    struct window *window = context;
    bool fine = true;
    pthread_mutex_lock(&window->lock);
    if (window->skip > 0) {
        size_t skipped = (uint64_t)window->skip < length ? (size_t)window->skip : length;
        window->skip -= (int64_t)skipped;
        data += skipped;
        length -= skipped;
    }
    while (fine && length) {
        size_t used = window->abandoned ? 0 : put_some(window, data, length);
        data += used;
        length -= used;
        if (window->abandoned)
            fine = error_set(err, ERROR_CANCELLED, "nobody takes it any more");
        else if (length)
            fine = wait_for_change(window, err);
    }
    pthread_mutex_unlock(&window->lock);
    return fine;
}

static void *fill(void *context)
{
    struct window *window = context;
    struct image_store *from = window->copy->from;
    struct error why = { 0 };
    bool fine =
        from->table->blob(from, window->blob, window_sink, window, window->copy->wait, &why);
    pthread_mutex_lock(&window->lock);
    window->ended = fine;
    window->broken = !fine;
    window->error = why;
    pthread_cond_signal(&window->changed);
    pthread_mutex_unlock(&window->lock);
    return NULL;
}

/* ---------------------------------------------------------------------- taking out */

static void window_stop(struct window *window)
{
    if (!window->running)
        return;
    pthread_mutex_lock(&window->lock);
    window->abandoned = true;
    pthread_cond_signal(&window->changed);
    pthread_mutex_unlock(&window->lock);
    pthread_join(window->thread, NULL);
    window->running = false;
}

static bool window_start(struct window *window, int64_t offset, struct error *err)
{
    window->start = window->length = 0;
    window->skip = offset;
    window->ended = window->broken = window->abandoned = false;
    int failed = pthread_create(&window->thread, NULL, fill, window);
    window->running = !failed;
    errno = failed;
    return !failed || error_errno(err, ERROR_LOCAL, "cannot start a thread");
}

static size_t take_some(struct window *window, char *data, size_t capacity)
{
    size_t until_wrap = WINDOW - window->start;
    size_t used = window->length < capacity ? window->length : capacity;
    used = used < until_wrap ? used : until_wrap;
    memcpy(data, window->data + window->start, used);
    window->start = (window->start + used) % WINDOW;
    window->length -= used;
    if (WINDOW - window->length >= ENOUGH)
        pthread_cond_signal(&window->changed);
    return used;
}

static bool window_read(void *context, char *data, size_t capacity, size_t *ret_length,
                        struct error *err)
{
    struct window *window = context;
    bool fine = true;
    pthread_mutex_lock(&window->lock);
    /* What a slow source has given by the next look is taken as it is. */
    size_t wanted = capacity < ENOUGH ? capacity : ENOUGH;
    while (fine && window->length < wanted && !window->ended && !window->broken) {
        fine = wait_for_change(window, err);
        wanted = 1;
    }
    if (fine && window->length) {
        *ret_length = take_some(window, data, capacity);
    } else if (fine && window->broken) {
        *err = window->error;
        fine = false;
    } else if (fine) {
        *ret_length = 0;
    }
    pthread_mutex_unlock(&window->lock);
    if (fine && *ret_length)
        copy_tell(window->copy, COPY_BLOB_BYTES, window->blob, (int64_t)*ret_length);
    return fine;
}

/* From its beginning again, since what is checked is the whole. */
static bool window_seek(void *context, int64_t offset, struct error *err)
{
    struct window *window = context;
    window_stop(window);
    return window_start(window, offset, err);
}

static bool send_pushed(struct copy_blob *blob, struct arena *arena, struct error *err)
{
    struct copy *copy = blob->copy;
    struct window window = { .copy = copy, .blob = &blob->descriptor };
    struct blob_source source = { .context = &window,
                                  .read = window_read,
                                  .seek = window_seek,
                                  .media_type = blob->descriptor.media_type,
                                  .digest = blob->descriptor.digest,
                                  .size = blob->descriptor.size,
                                  .checked = true };
    struct descriptor stored;
    pthread_condattr_t monotonic;
    AUTO_FREE char *data = memory_alloc(WINDOW);
    window.data = data;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&window.lock, NULL);
    pthread_cond_init(&window.changed, &monotonic);
    bool fine = window_start(&window, 0, err)
                && copy->to->table->put_blob(copy->to, arena, &source, &stored, copy->wait, err);
    window_stop(&window);
    pthread_cond_destroy(&window.changed);
    pthread_mutex_destroy(&window.lock);
    pthread_condattr_destroy(&monotonic);
    return fine;
}

/* ------------------------------------------------------------------- without a window */

/* A source that is at hand, watched for progress. */
struct pulled {
    struct copy_blob *blob;
    struct blob_source inner;
};

static bool pulled_read(void *context, char *data, size_t capacity, size_t *ret_length,
                        struct error *err)
{
    struct pulled *pulled = context;
    struct copy *copy = pulled->blob->copy;
    if (atomic_load(&copy->failed))
        return error_set(err, ERROR_CANCELLED, "stopped, since another part failed");
    if (!wait_check(copy->wait, "copying a blob", err)
        || !pulled->inner.read(pulled->inner.context, data, capacity, ret_length, err))
        return false;
    if (*ret_length)
        copy_tell(copy, COPY_BLOB_BYTES, &pulled->blob->descriptor, (int64_t)*ret_length);
    return true;
}

static bool pulled_seek(void *context, int64_t offset, struct error *err)
{
    struct pulled *pulled = context;
    return pulled->inner.seek(pulled->inner.context, offset, err);
}

static bool send_pulled(struct copy_blob *blob, struct arena *arena, struct error *err)
{
    struct copy *copy = blob->copy;
    struct pulled pulled = { .blob = blob };
    struct descriptor stored;
    if (!copy->from->table->open_blob(copy->from, &blob->descriptor, &pulled.inner, err))
        return false;
    struct blob_source source = pulled.inner;
    source.context = &pulled;
    source.read = pulled_read;
    source.seek = pulled.inner.seek ? pulled_seek : NULL;
    source.close = NULL;
    bool fine = copy->to->table->put_blob(copy->to, arena, &source, &stored, copy->wait, err);
    if (pulled.inner.close)
        pulled.inner.close(pulled.inner.context);
    return fine;
}

static bool send(struct copy_blob *blob, struct arena *arena, struct error *err)
{
    return blob->copy->from->table->open_blob ? send_pulled(blob, arena, err)
                                              : send_pushed(blob, arena, err);
}

/* ------------------------------------------------------------------------ one blob */

static bool try_mount(struct copy_blob *blob, bool *ret_mounted, struct error *err)
{
    const struct image_store *from = blob->copy->from;
    struct image_store *to = blob->copy->to;
    *ret_mounted = false;
    if (!to->table->mount || !from->host || !to->host || strcmp(from->host, to->host) != 0
        || strcmp(from->repository, to->repository) == 0)
        return true;
    return to->table->mount(to, &blob->descriptor, from->repository, ret_mounted, blob->copy->wait,
                            err);
}

static bool copy_one(struct copy_blob *blob, struct arena *arena, struct error *err)
{
    struct copy *copy = blob->copy;
    const struct descriptor *what = &blob->descriptor;
    bool there, mounted;
    if (!copy->to->table->has_blob(copy->to, what, &there, copy->wait, err))
        return false;
    if (there) {
        copy_tell(copy, COPY_BLOB_THERE, what, 0);
        return true;
    }
    if (!try_mount(blob, &mounted, err))
        return false;
    if (mounted) {
        copy_tell(copy, COPY_BLOB_MOUNTED, what, 0);
        return true;
    }
    copy_tell(copy, COPY_BLOB_BEGIN, what, 0);
    if (!send(blob, arena, err))
        return false;
    copy_tell(copy, COPY_BLOB_SENT, what, what->size);
    return true;
}

void copy_blob_task(void *context, struct arena *arena)
{
    struct copy_blob *blob = context;
    struct copy *copy = blob->copy;
    struct error err = { 0 };
    if (atomic_load(&copy->failed) || copy_one(blob, arena, &err))
        return;
    pthread_mutex_lock(&copy->lock);
    if (!atomic_exchange(&copy->failed, true))
        copy->error = err;
    pthread_mutex_unlock(&copy->lock);
}
