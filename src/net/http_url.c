/* http_url: see http_url.h; also url_encode() of http.h. */
#include "net/http_url.h"

#include "base/cleanup.h"
#include "net/curl_load.h"
#include "net/http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

static void url_free(CURLU *url)
{
    curl()->url_cleanup(url);
}

CLEANUP_FUNCTION(CURLU *, url_free)

static const char *part(struct arena *arena, CURLU *parsed, CURLUPart which, unsigned flags)
{
    char *text = NULL;
    if (curl()->url_get(parsed, which, &text, flags) != CURLUE_OK)
        return NULL;
    char *copy = arena_strdup(arena, text);
    curl()->free(text);
    return copy;
}

static bool is_http(const char *scheme)
{
    return scheme && (strcasecmp(scheme, "https") == 0 || strcasecmp(scheme, "http") == 0);
}

bool url_split(struct arena *arena, const char *url, struct url_parts *ret_parts)
{
    CLEANUP(url_free_at) CURLU *parsed = curl()->url();
    if (!parsed || curl()->url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK)
        return false;
    struct url_parts parts = {
        .scheme = part(arena, parsed, CURLUPART_SCHEME, 0),
        .host = part(arena, parsed, CURLUPART_HOST, 0),
        .port = part(arena, parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT),
        .port_given = part(arena, parsed, CURLUPART_PORT, 0) != NULL,
    };
    if (!is_http(parts.scheme) || !parts.host || !parts.port)
        return false;
    *ret_parts = parts;
    return true;
}

const char *url_place(struct arena *arena, const char *url)
{
    struct url_parts parts;
    if (!url_split(arena, url, &parts))
        return url;
    return arena_printf(arena, "%s:%s", parts.host, parts.port);
}

const char *url_with_host(struct arena *arena, const char *url, const char *host)
{
    CLEANUP(url_free_at) CURLU *parsed = curl()->url();
    if (!parsed || curl()->url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK
        || curl()->url_set(parsed, CURLUPART_HOST, host, 0) != CURLUE_OK)
        return NULL;
    return part(arena, parsed, CURLUPART_URL, 0);
}

const char *url_resolve(struct arena *arena, const char *url, const char *location)
{
    CLEANUP(url_free_at) CURLU *parsed = curl()->url();
    if (!parsed || curl()->url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK
        || curl()->url_set(parsed, CURLUPART_URL, location, 0) != CURLUE_OK
        || !is_http(part(arena, parsed, CURLUPART_SCHEME, 0)))
        return NULL;
    return part(arena, parsed, CURLUPART_URL, 0);
}

bool url_same_origin(struct arena *arena, const char *a, const char *b)
{
    struct url_parts left, right;
    return url_split(arena, a, &left) && url_split(arena, b, &right)
           && strcasecmp(left.scheme, right.scheme) == 0 && strcasecmp(left.host, right.host) == 0
           && strcmp(left.port, right.port) == 0;
}

/* "localhost" and all below it (RFC 6761, 6.3), which libcurl asks no DNS for. */
static bool is_localhost(const char *host)
{
    size_t length = strlen(host), name = strlen("localhost");
    return length >= name && strcasecmp(host + length - name, "localhost") == 0
           && (length == name || host[length - name - 1] == '.');
}

bool url_is_loopback(struct arena *arena, const char *url)
{
    struct url_parts parts;
    struct in_addr address;
    if (!url_split(arena, url, &parts))
        return false;
    return is_localhost(parts.host) || strcmp(parts.host, "[::1]") == 0
           || (inet_pton(AF_INET, parts.host, &address) == 1
               && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET);
}

void url_encode(struct buf *out, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (isascii(c) && (isalnum(c) || strchr("-._~", c))) {
            buf_putc(out, (char)c);
        } else {
            buf_putc(out, '%');
            buf_putc(out, hex[c >> 4]);
            buf_putc(out, hex[c & 15]);
        }
    }
}
