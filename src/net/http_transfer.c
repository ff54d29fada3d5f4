/* http_transfer: libcurl's options and callbacks for one request; see http_transfer.h. */
#include "net/http_transfer.h"

#include "base/cleanup.h"
#include "net/http_url.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum {
    BODY_CEILING = 64 << 20,
    /*
     * While one stream of HTTP/2 is paused, libcurl 7.88 reads no other of its connection either.
     * Without others less is faster: what waits in a cache is there when it is read.
     */
    QUEUE_CEILING = 4 << 20,
    LONE_QUEUE_CEILING = 1 << 20,
    CONNECT_MS = 30000,
    SUNK_AT_ONCE = 256 << 10,  /* bytes: each piece costs a call and a wake-up */
    UPLOAD_WATCHED = 64 << 10, /* bodies above it count sent bytes as activity */
};

bool transfer_sinks(const struct transfer *transfer)
{
    int status = transfer->head.status;
    return transfer->request->sink && status >= 200 && status < 300;
}

/* ------------------------------------------------ callbacks, on the I/O thread */

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * count;
    bool fits = header_block_add(&transfer->head, line, length);
    *transfer->any_moved = true;
    pthread_mutex_lock(&transfer->waiter->lock);
    transfer->activity = clock_now();
    transfer->over_ceiling |= !fits;
    pthread_mutex_unlock(&transfer->waiter->lock);
    return fits ? length : 0;
}

/* Puts bytes into the sink's queue; asks for a pause when it is full. */
static size_t queue_bytes(struct transfer *transfer, const char *data, size_t length)
{
    size_t ceiling = transfer->request->ceiling;
    size_t most = transfer->head.http2 ? QUEUE_CEILING : LONE_QUEUE_CEILING;
    if (transfer->queue.length >= most) {
        transfer->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (ceiling && length > ceiling - transfer->received) {
        transfer->over_ceiling = true;
        return 0;
    }
    transfer->received += length;
    buf_add(&transfer->queue, data, length);
    pthread_cond_signal(&transfer->waiter->changed);
    return length;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * count;
    *transfer->any_moved = true;
    pthread_mutex_lock(&transfer->waiter->lock);
    transfer->activity = clock_now();
    if (transfer_sinks(transfer)) {
        length = queue_bytes(transfer, data, length);
    } else if (!buf_add(&transfer->body, data, length)) {
        transfer->over_ceiling = true;
        length = 0;
    }
    pthread_mutex_unlock(&transfer->waiter->lock);
    return length;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct transfer *transfer = context;
    (void)down_total, (void)up_total;
    if (down + up == transfer->moved)
        return 0;
    transfer->moved = down + up;
    pthread_mutex_lock(&transfer->waiter->lock);
    transfer->activity = clock_now();
    pthread_mutex_unlock(&transfer->waiter->lock);
    return 0;
}

/* A peer that vanished is noticed within a minute, also on a silent watch. */
static int on_socket(void *context, curl_socket_t descriptor, curlsocktype purpose)
{
    static const struct {
        int name, value;
    } options[] = {
        { TCP_KEEPIDLE, 20 }, { TCP_KEEPINTVL, 10 }, { TCP_KEEPCNT, 3 }, { TCP_USER_TIMEOUT, 50000 }
    };
    int on = 1;
    (void)context, (void)purpose;
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        setsockopt(descriptor, IPPROTO_TCP, options[i].name, &options[i].value, sizeof(int));
    return CURL_SOCKOPT_OK; /* a unix socket knows none of these */
}

/* ------------------------------------------------------------------- options */

static void set_blob(CURL *easy, CURLoption option, const char *text)
{
    /* libcurl copies and does not write; its struct has no const. */
    struct curl_blob blob = { .data = (void *)(uintptr_t)text,
                              .len = strlen(text),
                              .flags = CURL_BLOB_COPY };
    curl()->easy_setopt(easy, option, &blob);
}

static void set_file_or_blob(CURL *easy, CURLoption file_option, const char *file,
                             CURLoption blob_option, const char *data)
{
    if (data)
        set_blob(easy, blob_option, data);
    else if (file)
        curl()->easy_setopt(easy, file_option, file);
}

static void set_trust(CURL *easy, const struct http_endpoint *endpoint)
{
    set_file_or_blob(easy, CURLOPT_CAINFO, endpoint->ca_file, CURLOPT_CAINFO_BLOB,
                     endpoint->ca_data);
    if (endpoint->ca_file || endpoint->ca_data)
        curl()->easy_setopt(easy, CURLOPT_CAPATH, NULL); /* only these, not the system's too */
    set_file_or_blob(easy, CURLOPT_SSLCERT, endpoint->certificate_file, CURLOPT_SSLCERT_BLOB,
                     endpoint->certificate_data);
    set_file_or_blob(easy, CURLOPT_SSLKEY, endpoint->key_file, CURLOPT_SSLKEY_BLOB,
                     endpoint->key_data);
    if (endpoint->insecure) {
        curl()->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl()->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

static void set_route(CURL *easy, const struct http_endpoint *endpoint)
{
    if (endpoint->proxy) {
        curl()->easy_setopt(easy, CURLOPT_PROXY, endpoint->proxy);
        curl()->easy_setopt(easy, CURLOPT_NOPROXY, ""); /* it was named: no exception by NO_PROXY */
    }
    if (endpoint->unix_socket)
        curl()->easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, endpoint->unix_socket);
}

static void add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl()->slist_append(*list, line);
    if (longer)
        *list = longer;
}

/*
 * A name other than the URL's host is what TLS is to check: the URL gets that
 * name, the connection is sent where the URL pointed to, and Host stays.
 */
static const char *set_server_name(struct transfer *transfer, struct arena *arena, const char *url,
                                   const char *name)
{
    struct url_parts parts;
    const char *renamed = url_with_host(arena, url, name);
    if (!renamed || !url_split(arena, url, &parts) || strcmp(parts.scheme, "https") != 0)
        return url;
    add_header(&transfer->connect_to,
               arena_printf(arena, "%s:%s:%s:%s", name, parts.port, parts.host, parts.port));
    add_header(&transfer->headers, parts.port_given
                                       ? arena_printf(arena, "Host: %s:%s", parts.host, parts.port)
                                       : arena_printf(arena, "Host: %s", parts.host));
    curl()->easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, transfer->connect_to);
    return renamed;
}

static bool has_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return true;
    return false;
}

static bool set_headers(struct transfer *transfer, struct arena *arena, struct error *err)
{
    const struct http_request *request = transfer->request;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (strpbrk(header->name, "\r\n:") || strpbrk(header->value, "\r\n"))
            return error_set(err, ERROR_INPUT, "a line break in the header %s is not allowed",
                             strpbrk(header->name, "\r\n") ? "" : header->name);
        add_header(&transfer->headers,
                   *header->value ? arena_printf(arena, "%s: %s", header->name, header->value)
                                  : arena_printf(arena, "%s;", header->name));
    }
    add_header(&transfer->headers, "Expect:");
    if (!has_header(request, "Content-Type"))
        add_header(&transfer->headers, "Content-Type:"); /* libcurl would invent one */
    if (!has_header(request, "Accept-Encoding"))
        curl()->easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl()->easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    return true;
}

static void set_method(struct transfer *transfer)
{
    const struct http_request *request = transfer->request;
    CURL *easy = transfer->easy;
    bool bodied = request->body || request->source || strcmp(request->method, "POST") == 0
                  || strcmp(request->method, "PUT") == 0 || strcmp(request->method, "PATCH") == 0;
    if (strcmp(request->method, "HEAD") == 0)
        curl()->easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (request->source) {
        upload_start(transfer);
    } else if (bodied) {
        curl()->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
        curl()->easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
    }
    if (bodied || (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0))
        curl()->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->source || request->body_length > UPLOAD_WATCHED) {
        curl()->easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl()->easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
        curl()->easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    }
}

static void set_callbacks(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl()->easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl()->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl()->easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl()->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl()->easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    if (transfer->request->sink)
        curl()->easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)SUNK_AT_ONCE);
    curl()->easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl()->easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
}

static void set_defaults(CURL *easy, const struct http_request *request)
{
    curl()->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl()->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl()->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl()->easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl()->easy_setopt(easy, CURLOPT_HTTP_VERSION,
                        (long)(request->http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
    curl()->easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl()->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl()->easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl()->easy_setopt(easy, CURLOPT_USERAGENT, "cmx-reconcile/" CMX_VERSION);
    curl()->easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    if (request->user || request->password) {
        curl()->easy_setopt(easy, CURLOPT_USERNAME, request->user ? request->user : "");
        curl()->easy_setopt(easy, CURLOPT_PASSWORD, request->password ? request->password : "");
    }
}

static bool set_options(struct transfer *transfer, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const struct http_request *request = transfer->request;
    const char *url = request->url;
    set_defaults(transfer->easy, request);
    set_callbacks(transfer);
    set_method(transfer);
    if (request->endpoint) {
        set_trust(transfer->easy, request->endpoint);
        set_route(transfer->easy, request->endpoint);
        if (request->endpoint->server_name)
            url = set_server_name(transfer, arena, url, request->endpoint->server_name);
    }
    curl()->easy_setopt(transfer->easy, CURLOPT_URL, url);
    return set_headers(transfer, arena, err);
}

bool transfer_start(struct transfer *transfer, struct waiter *waiter,
                    const struct http_request *request, struct error *err)
{
    size_t ceiling = request->sink || !request->ceiling ? BODY_CEILING : request->ceiling;
    *transfer = (struct transfer){
        .waiter = waiter,
        .request = request,
        .easy = curl()->easy_init(),
        .body = BUF_INIT(ceiling),
        .queue = BUF_INIT(BUF_OUTPUT_CEILING),
        .activity = clock_now(),
    };
    header_block_start(&transfer->head);
    if (!transfer->easy)
        return error_set(err, ERROR_BUG, "libcurl cannot make a handle");
    return set_options(transfer, err);
}

void transfer_done(struct transfer *transfer)
{
    curl()->easy_cleanup(transfer->easy);
    curl()->slist_free_all(transfer->headers);
    curl()->slist_free_all(transfer->connect_to);
    header_block_done(&transfer->head);
    buf_done(&transfer->body);
    buf_done(&transfer->queue);
    upload_done(transfer);
}
