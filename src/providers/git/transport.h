/*
 * transport: how bytes travel between libgit2 and a remote repository.
 *
 * libgit2 speaks git's protocol; it asks here for a stream of bytes. A stateless
 * one (transport_http.c) is a request and an answer; a channel (transport_ssh.c,
 * transport_git.c) is a connection. Every wait has a deadline and a cancel flag;
 * what went wrong is kept in `struct transfer`, because libgit2 only carries a
 * number through.
 */
#ifndef CMX_GIT_TRANSPORT_H
#define CMX_GIT_TRANSPORT_H

#include "base/clock.h"
#include "providers/git/git.h"
#include "providers/git/url.h"

#include <git2.h>
#include <git2/sys/transport.h>

enum {
    TRANSFER_IDLE_MS = 60000, /* without a byte, after which a connection is given up */
    TRANSFER_RETRIES = 3,     /* after a connection that was refused or lost          */
    TRANSFER_LOST_MS = 250,   /* before the first of them, then twice and four times  */
};

/* One conversation with a remote. Belongs to the function that starts it. */
struct transfer {
    struct arena *arena;
    const struct git_options *options;
    struct git_url url; /* where it leads, after redirects         */
    const char *folder; /* for temporary files, on the cache's disk */
    const struct wait *wait;
    struct error error; /* ERROR_NONE until something failed */
    bool damaged;       /* our own repository was at fault   */
    bool lost;          /* a channel was refused or broke: another conversation may go better */
};

/* For git_remote_callbacks.transport with a `struct transfer` as payload. */
int transfer_transport(git_transport **ret_transport, git_remote *remote, void *context);

/* A connection that is read and written until it ends. */
struct channel {
    const char *name; /* for messages: "ssh git@host" */
    bool (*start)(struct transfer *transfer, struct channel *channel, struct error *err);
    bool (*read)(struct channel *channel, void *data, size_t size, size_t *ret_length,
                 const struct wait *wait, struct error *err);
    bool (*write)(struct channel *channel, const void *data, size_t length, const struct wait *wait,
                  struct error *err);
    /* Ends it; once it had been read to its end, err says why where that was a failure. */
    bool (*end)(struct channel *channel, struct error *err);
    void *state; /* made by start, freed by end; NULL in between */
    bool final;  /* set by start or end: another try would fail for the same reason */
};

extern const struct channel channel_ssh, channel_git;

/* The subtransport of http and https; its context is a `struct transfer`. */
int transport_http_new(git_smart_subtransport **ret_subtransport, git_transport *owner,
                       void *context);

#endif
