/*
 * transport: chooses the transport of a URL, and turns a channel into what
 * libgit2 calls a subtransport.
 */
#include "providers/git/transport.h"

#include "base/cleanup.h"

/* A channel as libgit2 sees it; the stream lives within its subtransport. */
struct channel_transport {
    git_smart_subtransport parent; /* first: libgit2 hands its address back */
    git_smart_subtransport_stream stream;
    struct transfer *transfer;
    struct channel channel;
};

static struct channel_transport *of_stream(git_smart_subtransport_stream *stream)
{
    return (struct channel_transport *)stream->subtransport;
}

/* What a channel said last is worth more than that it ended. */
static void end_channel(struct channel_transport *transport, struct error *err)
{
    struct error last = { 0 };
    if (transport->channel.state && !transport->channel.end(&transport->channel, &last) && err)
        *err = last;
    transport->channel.state = NULL;
}

/* Why the conversation ended, and whether another may go better. */
static int broken(struct channel_transport *transport)
{
    struct transfer *transfer = transport->transfer;
    if (transfer->error.kind == ERROR_UNREACHABLE)
        end_channel(transport, &transfer->error);
    transfer->lost = transfer->error.kind == ERROR_UNREACHABLE && !transport->channel.final;
    error_prefix(&transfer->error, "%s", transport->channel.name);
    return -1;
}

static int stream_read(git_smart_subtransport_stream *stream, char *data, size_t size,
                       size_t *ret_length)
{
    struct channel_transport *transport = of_stream(stream);
    struct transfer *transfer = transport->transfer;
    struct wait wait = wait_for(TRANSFER_IDLE_MS, transfer->wait);
    if (!transport->channel.state)
        return -1;
    if (!transport->channel.read(&transport->channel, data, size, ret_length, &wait,
                                 &transfer->error))
        return broken(transport);
    if (*ret_length > 0)
        return 0;
    error_set(&transfer->error, ERROR_UNREACHABLE, "the connection ended too early");
    return broken(transport);
}

static int stream_write(git_smart_subtransport_stream *stream, const char *data, size_t length)
{
    struct channel_transport *transport = of_stream(stream);
    struct transfer *transfer = transport->transfer;
    struct wait wait = wait_for(TRANSFER_IDLE_MS, transfer->wait);
    if (!transport->channel.state)
        return -1;
    if (transport->channel.write(&transport->channel, data, length, &wait, &transfer->error))
        return 0;
    return broken(transport);
}

/* Its memory is its subtransport's. */
static void stream_free(git_smart_subtransport_stream *stream)
{
    (void)stream;
}

static int transport_action(git_smart_subtransport_stream **ret_stream,
                            git_smart_subtransport *subtransport, const char *url,
                            git_smart_service_t service)
{
    struct channel_transport *transport = (struct channel_transport *)subtransport;
    struct transfer *transfer = transport->transfer;
    (void)url;
    if (service != GIT_SERVICE_UPLOADPACK && service != GIT_SERVICE_UPLOADPACK_LS)
        return -1;
    if (!transport->channel.state
        && !transport->channel.start(transfer, &transport->channel, &transfer->error))
        return broken(transport);
    *ret_stream = &transport->stream;
    return 0;
}

static int transport_close(git_smart_subtransport *subtransport)
{
    end_channel((struct channel_transport *)subtransport, NULL);
    return 0;
}

static void transport_free(git_smart_subtransport *subtransport)
{
    transport_close(subtransport);
    free(subtransport);
}

static int transport_channel_new(git_smart_subtransport **ret_subtransport, git_transport *owner,
                                 void *context)
{
    struct transfer *transfer = context;
    struct channel_transport *transport = memory_alloc(sizeof *transport);
    (void)owner;
    *transport = (struct channel_transport){
        .parent = { transport_action, transport_close, transport_free },
        .stream = { &transport->parent, stream_read, stream_write, stream_free },
        .transfer = transfer,
        .channel = transfer->url.scheme == GIT_URL_SSH ? channel_ssh : channel_git,
    };
    *ret_subtransport = &transport->parent;
    return 0;
}

int transfer_transport(git_transport **ret_transport, git_remote *remote, void *context)
{
    struct transfer *transfer = context;
    git_smart_subtransport_definition definition = { .param = transfer };
    switch (transfer->url.scheme) {
    case GIT_URL_LOCAL:
        return git_transport_local(ret_transport, remote, NULL);
    case GIT_URL_HTTP:
    case GIT_URL_HTTPS:
        definition.callback = transport_http_new;
        definition.rpc = 1;
        break;
    case GIT_URL_SSH:
    case GIT_URL_GIT:
        definition.callback = transport_channel_new;
        break;
    }
    return git_transport_smart(ret_transport, remote, &definition);
}
