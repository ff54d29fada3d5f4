/* look_up: see look_up.h. */
#include "net/look_up.h"

#include "base/cleanup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { LOOK_MS = 2, AGAIN_MS = 1000 };

enum look_up_state { LOOK_UP_RUNNING, LOOK_UP_DONE, LOOK_UP_LEFT };

/* One look-up on a thread of its own; whoever comes last, it or the one who waits, frees it. */
struct look_up {
    atomic_int state;
    char *host, *port;
    int code; /* of getaddrinfo() */
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

void look_up_leave(struct look_up *look_up)
{
    int running = LOOK_UP_RUNNING;
    if (!atomic_compare_exchange_strong(&look_up->state, &running, LOOK_UP_LEFT))
        look_up_free(look_up);
}

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

bool look_up_start(const char *host, const char *port, struct look_up **ret_look_up,
                   struct error *err)
{
    struct look_up *look_up = memory_alloc(sizeof *look_up);
    pthread_t thread;
    *look_up = (struct look_up){ .host = memory_strdup(host), .port = memory_strdup(port) };
    errno = pthread_create(&thread, NULL, look_up_run, look_up);
    if (errno) {
        look_up_free(look_up);
        return error_errno(err, ERROR_LOCAL, "cannot start a thread");
    }
    pthread_detach(thread);
    *ret_look_up = look_up;
    return true;
}

bool look_up_wait(struct look_up *look_up, const struct addrinfo **ret_addresses,
                  const struct wait *wait, struct error *err)
{
    while (atomic_load(&look_up->state) == LOOK_UP_RUNNING) {
        if (!wait_check(wait, "looking its address up", err))
            return false;
        wait_sleep(wait, LOOK_MS);
    }
    if (look_up->code != 0)
        return error_set(err, ERROR_UNREACHABLE, "cannot resolve the name %s: %s", look_up->host,
                         gai_strerror(look_up->code));
    *ret_addresses = look_up->addresses;
    return true;
}

bool look_up_may_pass(const struct look_up *look_up)
{
    return look_up->code == EAI_AGAIN || look_up->code == EAI_SYSTEM;
}

bool look_up_may_work_later(const char *host, const char **ret_reason)
{
    CLEANUP(look_up_leave_at) struct look_up *look_up = NULL;
    const struct addrinfo *addresses;
    struct wait wait = wait_for(AGAIN_MS, NULL);
    struct error ignored;
    bool running = look_up_start(host, "443", &look_up, &ignored);
    bool known = running && look_up_wait(look_up, &addresses, &wait, &ignored);
    if (!running || known || atomic_load(&look_up->state) == LOOK_UP_RUNNING) {
        *ret_reason = "no answer in time";
        return true;
    }
    *ret_reason = gai_strerror(look_up->code);
    return look_up_may_pass(look_up);
}
