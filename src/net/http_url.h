/*
 * http_url: the parts of a URL that net itself needs, read by libcurl's parser.
 *
 * For net and what speaks HTTP through it.
 */
#ifndef CMX_NET_HTTP_URL_H
#define CMX_NET_HTTP_URL_H

#include "base/arena.h"

#include <stdbool.h>

struct url_parts {
    const char *scheme;
    const char *host; /* IPv6 in brackets */
    const char *port; /* always set */
    bool port_given;
};

/* False: not an absolute http or https URL. */
bool url_split(struct arena *arena, const char *url, struct url_parts *ret_parts)
    __attribute__((warn_unused_result));

/* "host:port" for messages; the URL itself where it cannot be read. */
const char *url_place(struct arena *arena, const char *url);

/* `url` with another host, port kept; NULL where it cannot be made. */
const char *url_with_host(struct arena *arena, const char *url, const char *host);

/* Where `location` (perhaps relative) leads from `url`; NULL: nowhere over http or https. */
const char *url_resolve(struct arena *arena, const char *url, const char *location);

/* Does it lead to this machine: localhost and names below it, 127.0.0.0/8 or [::1]? */
bool url_is_loopback(struct arena *arena, const char *url);

/* Same scheme, host and port. */
bool url_same_origin(struct arena *arena, const char *a, const char *b);

#endif
