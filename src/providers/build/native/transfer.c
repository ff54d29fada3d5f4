/*
 * transfer: see transfer.h. One store pushes bytes, the other pulls them: a thread reads, and a
 * pipe of the system is between them.
 */
#include "providers/build/native/transfer.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 100 };

struct transfer {
    struct image_store *from;
    const struct descriptor *blob;
    const struct wait *wait;
    int input, output; /* of the pipe: where it is written, where it is read */
    pthread_t thread;
    bool running, read_all;
    struct error err;
};

/* ---------------------------------------------------------------------------- reading */

static bool write_pipe(void *context, const char *data, size_t length, struct error *err)
{
    struct transfer *one = context;
    while (length) {
        struct pollfd ready = { .fd = one->input, .events = POLLOUT };
        ssize_t written = write(one->input, data, length);
        if (written < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_check(one->wait, "copying a layer", err))
                return false;
            poll(&ready, 1, LOOK_MS);
            continue;
        }
        if (written < 0)
            return error_set(err, ERROR_CANCELLED, "nobody wants the rest");
        data += written;
        length -= (size_t)written;
    }
    return true;
}

/* Whoever pulls may have left: then the pipe is broken, which is no reason to die. */
static void *read_blob(void *context)
{
    struct transfer *one = context;
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    one->read_all =
        one->from->table->blob(one->from, one->blob, write_pipe, one, one->wait, &one->err);
    close(one->input);
    return NULL;
}

static bool start(struct transfer *one, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_errno(err, ERROR_LOCAL, "cannot make a pipe");
    one->output = ends[0];
    one->input = ends[1];
    fcntl(one->input, F_SETFL, O_NONBLOCK);
    one->read_all = false;
    one->running = pthread_create(&one->thread, NULL, read_blob, one) == 0;
    if (one->running)
        return true;
    close(ends[0]);
    close(ends[1]);
    one->output = -1;
    return error_set(err, ERROR_LOCAL, "cannot start a thread");
}

static void stop(struct transfer *one)
{
    if (one->output >= 0)
        close(one->output);
    one->output = -1;
    if (one->running)
        pthread_join(one->thread, NULL);
    one->running = false;
}

/* ----------------------------------------------------------------------------- sending */

/* The end of the pipe may be the end of the blob, or of its reading. */
static bool at_end(struct transfer *one, struct error *err)
{
    if (one->running)
        pthread_join(one->thread, NULL);
    one->running = false;
    if (!one->read_all)
        *err = one->err;
    return one->read_all;
}

static bool pipe_read(void *context, char *data, size_t capacity, size_t *ret_length,
                      struct error *err)
{
    struct transfer *one = context;
    ssize_t length;
    do
        length = read(one->output, data, capacity);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return error_errno(err, ERROR_LOCAL, "cannot read a pipe");
    *ret_length = (size_t)length;
    return length > 0 || at_end(one, err);
}

static bool pipe_seek(void *context, int64_t offset, struct error *err)
{
    struct transfer *one = context;
    char data[4096];
    stop(one);
    if (!start(one, err))
        return false;
    while (offset > 0) {
        size_t length;
        size_t part = offset < (int64_t)sizeof data ? (size_t)offset : sizeof data;
        if (!pipe_read(one, data, part, &length, err))
            return false;
        if (length == 0)
            return error_set(err, ERROR_BUG, "sought behind the end of a layer");
        offset -= (int64_t)length;
    }
    return true;
}

static bool send_blob(struct transfer *one, struct image_store *to, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct descriptor stored;
    const struct blob_source source = { .context = one,
                                        .read = pipe_read,
                                        .seek = pipe_seek,
                                        .media_type = one->blob->media_type,
                                        .digest = one->blob->digest,
                                        .size = one->blob->size };
    return to->table->put_blob(to, arena, &source, &stored, one->wait, err);
}

static bool is_mounted(struct image_store *from, struct image_store *to,
                       const struct descriptor *blob, bool *ret, const struct wait *wait,
                       struct error *err)
{
    *ret = false;
    if (!to->table->mount || !to->host || !from->host || strcmp(to->host, from->host) != 0)
        return true;
    return to->table->mount(to, blob, from->repository, ret, wait, err);
}

bool transfer_blob(struct image_store *from, struct image_store *to, const struct descriptor *blob,
                   bool *ret_sent, const struct wait *wait, struct error *err)
{
    struct transfer one = { .from = from, .blob = blob, .wait = wait, .output = -1 };
    bool there;
    *ret_sent = false;
    if (from == to)
        return true;
    if (!to->table->has_blob(to, blob, &there, wait, err))
        return false;
    if (!there && !is_mounted(from, to, blob, &there, wait, err))
        return false;
    if (there)
        return true;
    *ret_sent = true;
    if (!start(&one, err))
        return false;
    bool sent = send_blob(&one, to, err);
    stop(&one);
    return sent;
}
