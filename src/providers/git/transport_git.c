/* transport_git: the git:// protocol, a plain connection to a git daemon. */
#include "providers/git/transport.h"

#include "base/cleanup.h"
#include "net/look_up.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { CONNECT_MS = 30000, LOOK_MS = 100 };

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

static bool connect_any(const struct git_url *url, const struct wait *wait, int *ret_descriptor,
                        bool *ret_unknown, struct error *err)
{
    CLEANUP(look_up_leave_at) struct look_up *look_up = NULL;
    const struct addrinfo *addresses;
    if (!look_up_start(url->host, url->port ? url->port : "9418", &look_up, err))
        return false;
    if (!look_up_wait(look_up, &addresses, wait, err)) {
        *ret_unknown = err->kind == ERROR_UNREACHABLE && !look_up_may_pass(look_up);
        return false;
    }
    for (const struct addrinfo *at = addresses; at; at = at->ai_next)
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
    if (!connect_any(url, &wait, &descriptor, &channel->final, err))
        return false;
    channel->state = arena_memdup(transfer->arena, (const char *)&descriptor, sizeof descriptor);
    return send_request(url, channel, &wait, err);
}

const struct channel channel_git = {
    .name = "git", .start = git_start, .read = git_read, .write = git_write, .end = git_end
};
