/*
 * transport_git: the git:// protocol, a plain connection to a git daemon.
 *
 * Names are resolved beside the deadline too: a resolver that does not answer
 * must not hold a run.
 */
#include "providers/git/transport.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

enum { CONNECT_MS = 30000, LOOK_MS = 100, RESOLVE_MS = 2 };

/* ------------------------------------------------------------------------ sockets */

static bool wait_ready(int descriptor, short events, const struct wait *wait, const char *what,
                       struct error *err)
{
    for (;;) {
        struct pollfd ready = { .fd = descriptor, .events = events };
        if (!wait_check(wait, what, err))
            return false;
        if (poll(&ready, 1, LOOK_MS) > 0)
            return true;
    }
}

static bool connect_one(const struct addrinfo *address, const struct wait *wait,
                        int *ret_descriptor, struct error *err)
{
    int number = 0;
    socklen_t size = sizeof number;
    AUTO_CLOSE descriptor =
        socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return error_errno(err, ERROR_LOCAL, "cannot make a socket");
    if (connect(descriptor, address->ai_addr, address->ai_addrlen) != 0) {
        if (errno != EINPROGRESS)
            return error_errno(err, ERROR_UNREACHABLE, "no connection");
        if (!wait_ready(descriptor, POLLOUT, wait, "connecting", err))
            return false;
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size);
        errno = number;
        if (number)
            return error_errno(err, ERROR_UNREACHABLE, "no connection");
    }
    *ret_descriptor = descriptor;
    descriptor = -1;
    return true;
}

/* ---------------------------------------------------------------------- addresses */

enum look_up_state { LOOK_UP_RUNNING, LOOK_UP_DONE, LOOK_UP_LEFT };

/* One look-up on a thread of its own; whoever comes last, it or the one who waits, frees it. */
struct look_up {
    atomic_int state;
    char *host, *port;
    int code;
    struct addrinfo *addresses;
};

static void look_up_free(struct look_up *look_up)
{
    if (look_up->addresses)
        freeaddrinfo(look_up->addresses);
    free(look_up->host);
    free(look_up->port);
    free(look_up);
}

/* The one who waits is done with it. */
static void look_up_leave(struct look_up *look_up)
{
    int running = LOOK_UP_RUNNING;
    if (!atomic_compare_exchange_strong(&look_up->state, &running, LOOK_UP_LEFT))
        look_up_free(look_up);
}

CLEANUP_FUNCTION(struct look_up *, look_up_leave)

static void *look_up_run(void *context)
{
    struct look_up *look_up = context;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    int running = LOOK_UP_RUNNING;
    look_up->code = getaddrinfo(look_up->host, look_up->port, &hints, &look_up->addresses);
    if (!atomic_compare_exchange_strong(&look_up->state, &running, LOOK_UP_DONE))
        look_up_free(look_up);
    return NULL;
}

static bool look_up_start(const struct git_url *url, struct look_up **ret_look_up,
                          struct error *err)
{
    struct look_up *look_up = memory_alloc(sizeof *look_up);
    pthread_t thread;
    *look_up = (struct look_up){ .host = memory_strdup(url->host),
                                 .port = memory_strdup(url->port ? url->port : "9418") };
    errno = pthread_create(&thread, NULL, look_up_run, look_up);
    if (errno) {
        look_up_free(look_up);
        return error_errno(err, ERROR_LOCAL, "cannot start a thread");
    }
    pthread_detach(thread);
    *ret_look_up = look_up;
    return true;
}

static bool resolve(struct look_up *look_up, const struct wait *wait, struct error *err)
{
    while (atomic_load(&look_up->state) == LOOK_UP_RUNNING) {
        if (!wait_check(wait, "looking its address up", err))
            return false;
        wait_sleep(wait, RESOLVE_MS);
    }
    if (look_up->code != 0)
        return error_set(err, ERROR_UNREACHABLE, "cannot resolve the name %s: %s", look_up->host,
                         gai_strerror(look_up->code));
    return true;
}

static bool connect_any(const struct git_url *url, const struct wait *wait, int *ret_descriptor,
                        struct error *err)
{
    CLEANUP(look_up_leave_at) struct look_up *look_up = NULL;
    if (!look_up_start(url, &look_up, err) || !resolve(look_up, wait, err))
        return false;
    for (const struct addrinfo *at = look_up->addresses; at; at = at->ai_next)
        if (connect_one(at, wait, ret_descriptor, err))
            return true;
        else if (err->kind != ERROR_UNREACHABLE)
            return false;
    return false;
}

/* ------------------------------------------------------------------------ channel */

static int *descriptor_of(const struct channel *channel)
{
    return channel->state;
}

static bool git_write(struct channel *channel, const void *data, size_t length,
                      const struct wait *wait, struct error *err)
{
    const char *at = data;
    while (length) {
        ssize_t sent = send(*descriptor_of(channel), at, length, MSG_NOSIGNAL);
        if (sent >= 0) {
            at += sent;
            length -= (size_t)sent;
        } else if (errno != EAGAIN && errno != EINTR) {
            return error_errno(err, ERROR_UNREACHABLE, "sending");
        } else if (!wait_ready(*descriptor_of(channel), POLLOUT, wait, "sending", err)) {
            return false;
        }
    }
    return true;
}

static bool git_read(struct channel *channel, void *data, size_t size, size_t *ret_length,
                     const struct wait *wait, struct error *err)
{
    for (;;) {
        ssize_t length = recv(*descriptor_of(channel), data, size, 0);
        if (length >= 0) {
            *ret_length = (size_t)length;
            return true;
        }
        if (errno != EAGAIN && errno != EINTR)
            return error_errno(err, ERROR_UNREACHABLE, "receiving");
        if (!wait_ready(*descriptor_of(channel), POLLIN, wait, "waiting for an answer", err))
            return false;
    }
}

static bool git_end(struct channel *channel, struct error *err)
{
    (void)err;
    close(*descriptor_of(channel));
    return true;
}

/* gitprotocol-pack(5): a packet of "git-upload-pack PATH NUL host=HOST NUL". */
static bool send_request(const struct git_url *url, struct channel *channel,
                         const struct wait *wait, struct error *err)
{
    AUTO_BUF body = BUF_INIT(65516), packet = BUF_INIT(65520);
    buf_printf(&body, "git-upload-pack %s", url->path);
    buf_putc(&body, '\0');
    buf_printf(&body, "host=%s%s%s", url->host, url->port ? ":" : "", url->port ? url->port : "");
    buf_putc(&body, '\0');
    buf_printf(&packet, "%04zx", body.length + 4);
    buf_add(&packet, body.data, body.length);
    return git_write(channel, packet.data, packet.length, wait, err);
}

static bool git_start(struct transfer *transfer, struct channel *channel, struct error *err)
{
    const struct git_url *url = &transfer->url;
    struct wait wait = wait_for(CONNECT_MS, transfer->wait);
    int descriptor;
    channel->name = arena_printf(transfer->arena, "git://%s%s%s", url->host, url->port ? ":" : "",
                                 url->port ? url->port : "");
    if (!connect_any(url, &wait, &descriptor, err))
        return error_prefix(err, "%s", channel->name);
    channel->state = arena_memdup(transfer->arena, (const char *)&descriptor, sizeof descriptor);
    return send_request(url, channel, &wait, err) || error_prefix(err, "%s", channel->name);
}

const struct channel channel_git = {
    .name = "git", .start = git_start, .read = git_read, .write = git_write, .end = git_end
};
