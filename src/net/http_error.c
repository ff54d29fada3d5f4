/*
 * http_error: libcurl's results in words that name the server and the reason.
 *
 * A table by result; OpenSSL's own words about a certificate come in libcurl's
 * error buffer and are kept, without libcurl's prefix.
 */
#include "base/cleanup.h"
#include "net/http_transfer.h"
#include "net/http_url.h"
#include "net/look_up.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum fault {
    FAULT_FINAL,     /* would happen again                                   */
    FAULT_UNSENT,    /* no connection: nothing was sent, may work a bit later */
    FAULT_TRANSIENT, /* the connection was lost on the way                   */
};

static const struct {
    CURLcode code;
    enum fault fault;
    enum error_kind kind;
    const char *words;
} results[] = {
    { CURLE_UNSUPPORTED_PROTOCOL, FAULT_FINAL, ERROR_INPUT, "not an http or https URL" },
    { CURLE_URL_MALFORMAT, FAULT_FINAL, ERROR_INPUT, "not a URL" },
    { CURLE_COULDNT_RESOLVE_PROXY, FAULT_FINAL, ERROR_UNREACHABLE,
      "the proxy's name is not known (DNS)" },
    { CURLE_COULDNT_CONNECT, FAULT_UNSENT, ERROR_UNREACHABLE, "cannot connect" },
    { CURLE_OPERATION_TIMEDOUT, FAULT_UNSENT, ERROR_UNREACHABLE, "no connection within 30 s" },
    { CURLE_PROXY, FAULT_FINAL, ERROR_UNREACHABLE, "the proxy refused" },
    { CURLE_SSL_CONNECT_ERROR, FAULT_FINAL, ERROR_UNREACHABLE, "TLS failed" },
    { CURLE_PEER_FAILED_VERIFICATION, FAULT_FINAL, ERROR_UNREACHABLE,
      "its certificate is not trusted" },
    { CURLE_SSL_CERTPROBLEM, FAULT_FINAL, ERROR_UNREACHABLE,
      "the client certificate or key cannot be used" },
    { CURLE_SSL_CACERT_BADFILE, FAULT_FINAL, ERROR_UNREACHABLE,
      "the CA certificates cannot be read" },
    { CURLE_GOT_NOTHING, FAULT_TRANSIENT, ERROR_UNREACHABLE, "connection lost before an answer" },
    { CURLE_SEND_ERROR, FAULT_TRANSIENT, ERROR_UNREACHABLE, "connection lost" },
    { CURLE_SEND_FAIL_REWIND, FAULT_TRANSIENT, ERROR_UNREACHABLE,
      "connection lost within the request" },
    { CURLE_RECV_ERROR, FAULT_TRANSIENT, ERROR_UNREACHABLE, "connection lost" },
    { CURLE_PARTIAL_FILE, FAULT_TRANSIENT, ERROR_UNREACHABLE, "connection lost within the answer" },
    { CURLE_HTTP2, FAULT_TRANSIENT, ERROR_UNREACHABLE, "connection lost (HTTP/2)" },
    { CURLE_HTTP2_STREAM, FAULT_TRANSIENT, ERROR_UNREACHABLE, "connection lost (HTTP/2 stream)" },
    { CURLE_WEIRD_SERVER_REPLY, FAULT_FINAL, ERROR_UNREACHABLE, "does not speak HTTP" },
    { CURLE_BAD_CONTENT_ENCODING, FAULT_FINAL, ERROR_UNREACHABLE,
      "its compressed answer is broken" },
};

/* libcurl's words without what the message says already. */
static const char *reason_of(const struct transfer *transfer)
{
    static const char *const prefixes[] = { "SSL certificate problem: ", "SSL: " };
    const char *reason = transfer->reason;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(reason, prefixes[i], strlen(prefixes[i])) == 0)
            reason += strlen(prefixes[i]);
    return *reason ? reason : curl()->easy_strerror(transfer->result);
}

/* The system's word where there is one: "Connection refused". */
static const char *system_reason(const struct transfer *transfer)
{
    long number = 0;
    curl()->easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
    return number ? strerrordesc_np((int)number) : NULL;
}

static bool say_ceiling(const struct transfer *transfer, const char *place, struct error *err)
{
    if (transfer->head.lines.overflowed)
        return error_set(err, ERROR_INPUT, "%s: the answer's headers have more than %d KiB", place,
                         HTTP_HEADERS_CEILING >> 10);
    size_t ceiling = transfer_sinks(transfer) ? transfer->request->ceiling : transfer->body.ceiling;
    return error_set(err, ERROR_INPUT, "%s: the answer has more than %zu bytes, the most allowed",
                     place, ceiling);
}

/* A connection that broke within the handshake, as a server's that restarts; not a refusal. */
static bool broke_in_handshake(const struct transfer *transfer)
{
    long number = 0;
    curl()->easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
    return transfer->result == CURLE_SSL_CONNECT_ERROR
           && (number == ECONNRESET || number == EPIPE
               || strstr(transfer->reason, "SSL_ERROR_SYSCALL")
               || strstr(transfer->reason, "unexpected eof"));
}

/* libcurl does not tell a name that does not exist from name servers that do not answer. */
static bool say_unknown_host(struct arena *arena, const struct transfer *transfer,
                             const char *place, struct http_response *response, struct error *err)
{
    struct url_parts parts;
    const char *reason = reason_of(transfer);
    bool later = url_split(arena, transfer->request->url, &parts)
                 && look_up_may_work_later(parts.host, &reason);
    response->transient = response->unsent = later;
    return error_set(err, ERROR_UNREACHABLE, "%s: %s: %s", place,
                     later ? "the host's name could not be looked up (DNS)"
                           : "the host's name is not known (DNS)",
                     reason);
}

/* "h:443: cannot connect": to the host, or to the proxy that libcurl names in its place. */
static const char *connect_words(struct arena *arena, const struct transfer *transfer,
                                 const char *words)
{
    static const char lead[] = "Failed to connect to ";
    struct url_parts parts;
    const char *name = transfer->reason + strlen(lead);
    if (strncmp(transfer->reason, lead, strlen(lead)) != 0 || transfer->connect_to
        || !url_split(arena, transfer->request->url, &parts))
        return words;
    size_t length = strcspn(name, " ");
    const char *port = name + length + strspn(name + length, " ");
    const char *host = arena_memdup(arena, name, length);
    const char *own = *parts.host == '[' ? parts.host + 1 : parts.host;
    if (strncasecmp(own, host, length) == 0 || strncmp(port, "port ", 5) != 0)
        return words;
    return arena_printf(arena, "%s to the proxy %s:%.*s", words, host, (int)strcspn(port + 5, " "),
                        port + 5);
}

/* libcurl calls a body without a head an answer of HTTP/0.9, which nobody speaks any more. */
static CURLcode result_of(const struct transfer *transfer)
{
    bool headless =
        transfer->result == CURLE_UNSUPPORTED_PROTOCOL && strstr(transfer->reason, "HTTP/0.9");
    return headless ? CURLE_WEIRD_SERVER_REPLY : transfer->result;
}

bool transfer_error(const struct transfer *transfer, struct http_response *response,
                    struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *place = url_place(arena, transfer->request->url);
    if (transfer->over_ceiling)
        return say_ceiling(transfer, place, err);
    if (transfer->result == CURLE_COULDNT_RESOLVE_HOST)
        return say_unknown_host(arena, transfer, place, response, err);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        if (results[i].code != result_of(transfer))
            continue;
        const char *reason = NULL, *words = results[i].words;
        if (results[i].code == CURLE_COULDNT_CONNECT) {
            reason = system_reason(transfer);
            words = connect_words(arena, transfer, words);
        }
        enum fault fault = broke_in_handshake(transfer) ? FAULT_UNSENT : results[i].fault;
        response->unsent = fault == FAULT_UNSENT;
        response->transient = fault != FAULT_FINAL;
        response->no_tls = results[i].code == CURLE_SSL_CONNECT_ERROR;
        return error_set(err, results[i].kind, "%s: %s: %s", place, words,
                         reason ? reason : reason_of(transfer));
    }
    return error_set(err, ERROR_UNREACHABLE, "%s: %s", place, reason_of(transfer));
}
