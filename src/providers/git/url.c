/*
 * url: see url.h.
 *
 * A host, user or path that begins with "-" is refused: it would become an
 * option of ssh or of git-upload-pack. Control characters are refused because
 * git:// and a remote shell read lines.
 */
#include "providers/git/url.h"

#include "base/cleanup.h"
#include "providers/git/git.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

enum { URL_CEILING = 4096 };

static const struct {
    const char *prefix;
    enum git_url_scheme scheme;
    const char *port;
} SCHEMES[] = {
    { "https://", GIT_URL_HTTPS, "443" }, { "http://", GIT_URL_HTTP, "80" },
    { "ssh://", GIT_URL_SSH, "22" },      { "git+ssh://", GIT_URL_SSH, "22" },
    { "ssh+git://", GIT_URL_SSH, "22" },  { "git://", GIT_URL_GIT, "9418" },
    { "file://", GIT_URL_LOCAL, NULL },
};
enum { SCHEME_COUNT = sizeof SCHEMES / sizeof *SCHEMES };

/* ------------------------------------------------------------------------- pieces */

static char *lower(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_memdup(arena, text, length);
    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

static int hex_value(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What an escape stands for; "%00" becomes another control character and is refused as one. */
static char escaped_char(const char *text)
{
    int value = hex_value(text[1]) * 16 + hex_value(text[2]);
    return value ? (char)value : '\x01';
}

/* Percent-decodes; what is no escape stays as it is. */
static char *decode(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_memdup(arena, text, length), *out = copy;
    for (size_t i = 0; i < length; i++) {
        bool escape = text[i] == '%' && i + 2 < length && hex_value(text[i + 1]) >= 0
                      && hex_value(text[i + 2]) >= 0;
        *out++ = escape ? escaped_char(text + i) : text[i];
        i += escape ? 2 : 0;
    }
    *out = '\0';
    return copy;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

/* The part of a URL that may be shown, whatever stands in it. */
static const char *without_user(struct arena *arena, const char *text)
{
    const char *start = strstr(text, "://");
    start = start ? start + 3 : text;
    size_t authority = strcspn(start, "/?#");
    const char *at_sign = memrchr(start, '@', authority);
    if (!at_sign)
        return text;
    return arena_printf(arena, "%.*s%s", (int)(start - text), text, at_sign + 1);
}

/* ---------------------------------------------------------------------- authority */

static void split_user(struct arena *arena, const char *text, size_t length, struct git_url *url)
{
    const char *colon = memchr(text, ':', length);
    size_t user = colon ? (size_t)(colon - text) : length;
    url->user = decode(arena, text, user);
    if (colon)
        url->password = decode(arena, colon + 1, length - user - 1);
}

/* Bytes from 0x80 on are names in other scripts; the resolver judges those. */
static bool is_name(const char *text)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && (unsigned char)*text < 0x80 && !strchr(".-_~", *text))
            return false;
    return true;
}

/* "::1" of "[::1]", or "fe80::1%eth0" with the interface it is reached by. */
static bool is_ipv6(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    size_t length = strcspn(text, "%");
    if (length >= sizeof address
        || (text[length] && (!text[length + 1] || !is_name(text + length + 1))))
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, &ignored) == 1;
}

/* What is neither would be read differently by the next who parses it. */
static bool is_host(const char *host, bool brackets)
{
    return brackets ? is_ipv6(host) : is_name(host);
}

static bool is_port(const char *port)
{
    size_t digits = port ? strspn(port, "0123456789") : 0;
    return !port || (digits && digits < 6 && !port[digits]);
}

/* "host", "host:22", "[::1]:22". */
static bool split_host(struct arena *arena, const char *text, size_t length, struct git_url *url)
{
    const char *end = text + length, *port = NULL;
    bool brackets = length && *text == '[';
    if (brackets) {
        const char *close = memchr(text, ']', length);
        if (!close || (close + 1 < end && close[1] != ':'))
            return false;
        url->host = lower(arena, text + 1, (size_t)(close - text - 1));
        port = close + 1 < end ? close + 2 : NULL;
    } else {
        const char *colon = memchr(text, ':', length);
        url->host = lower(arena, text, (size_t)((colon ? colon : end) - text));
        port = colon ? colon + 1 : NULL;
    }
    if (port && port < end)
        url->port = arena_memdup(arena, port, (size_t)(end - port));
    return is_host(url->host, brackets) && is_port(url->port);
}

static bool split_authority(struct arena *arena, const char *text, size_t length,
                            struct git_url *url)
{
    const char *at_sign = memrchr(text, '@', length);
    if (at_sign)
        split_user(arena, text, (size_t)(at_sign - text), url);
    const char *host = at_sign ? at_sign + 1 : text;
    return split_host(arena, host, length - (size_t)(host - text), url);
}

/* -------------------------------------------------------------------------- forms */

static const char *bracketed(struct arena *arena, const char *host)
{
    return strchr(host, ':') ? arena_printf(arena, "[%s]", host) : host;
}

static bool parse_scheme(struct arena *arena, const char *text, size_t which, struct git_url *url)
{
    const char *rest = text + strlen(SCHEMES[which].prefix);
    size_t authority = strcspn(rest, "/");
    url->scheme = SCHEMES[which].scheme;
    if (url->scheme == GIT_URL_LOCAL) {
        bool local = authority == 0 || strncasecmp(rest, "localhost/", 10) == 0;
        url->path = decode(arena, rest + authority, strlen(rest + authority));
        url->plain = arena_printf(arena, "file://%s", rest + authority);
        return local && *url->path;
    }
    if (!split_authority(arena, rest, authority, url) || !*url->host)
        return false;
    url->path = arena_strdup(arena, rest + authority);
    url->plain =
        arena_printf(arena, "%s%s%s%s%s", SCHEMES[which].prefix, bracketed(arena, url->host),
                     url->port ? ":" : "", url->port ? url->port : "", url->path);
    if (url->scheme == GIT_URL_SSH || url->scheme == GIT_URL_GIT)
        url->path = decode(arena, url->path, strlen(url->path));
    if (url->scheme == GIT_URL_SSH && strncmp(url->path, "/~", 2) == 0)
        url->path++;
    return *url->path && strcmp(url->path, "/") != 0;
}

/* "git@host:team/repo": a colon before any slash, as git tells it from a folder. */
static bool parse_scp(struct arena *arena, const char *text, struct git_url *url)
{
    const char *host = text, *close = NULL;
    size_t user = strcspn(text, "@:/");
    if (text[user] == '@')
        host = text + user + 1;
    if (*host == '[')
        close = strchr(host, ']');
    const char *colon = close ? close + 1 : host + strcspn(host, ":/");
    if (*colon != ':' || colon == host)
        return false;
    url->scheme = GIT_URL_SSH;
    if (host != text)
        url->user = arena_memdup(arena, text, user);
    if (!split_host(arena, host, (size_t)(colon - host), url))
        return false;
    url->path = arena_strdup(arena, colon + 1);
    url->plain = arena_printf(arena, "%s:%s", bracketed(arena, url->host), url->path);
    return *url->path && *url->host;
}

static bool parse_any(struct arena *arena, const char *text, struct git_url *url)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++)
        if (strncasecmp(text, SCHEMES[i].prefix, strlen(SCHEMES[i].prefix)) == 0)
            return parse_scheme(arena, text, i, url);
    if (strstr(text, "://"))
        return false;
    bool parsed = parse_scp(arena, text, url);
    if (url->scheme == GIT_URL_SSH) /* of that form, rightly or not */
        return parsed;
    url->scheme = GIT_URL_LOCAL;
    url->path = url->plain = arena_strdup(arena, text);
    return *text != '\0';
}

static bool could_be_option(const struct git_url *url)
{
    return *url->host == '-' || *url->path == '-' || (url->user && *url->user == '-');
}

bool git_url_parse(struct arena *arena, const char *text, struct git_url *ret_url,
                   struct error *err)
{
    struct git_url url = { .host = "" };
    if (strlen(text) > URL_CEILING || has_control(text))
        return error_set(err, ERROR_USAGE,
                         "a repository's URL has at most %d bytes and no control characters",
                         URL_CEILING);
    if (!parse_any(arena, text, &url) || could_be_option(&url) || has_control(url.path)
        || has_control(url.host) || (url.user && has_control(url.user)))
        return error_set(err, ERROR_USAGE,
                         "%s is not a repository's URL; right would be "
                         "https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH, git://HOST/PATH, "
                         "file:///PATH or a folder",
                         *text ? without_user(arena, text) : "\"\"");
    url.display = url.plain;
    *ret_url = url;
    return true;
}

/* -------------------------------------------------------------------- normal form */

static const char *trimmed(struct arena *arena, const char *path)
{
    static const char ending[] = ".git";
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length > sizeof ending && strncmp(path + length - 4, ending, 4) == 0
        && path[length - 5] != '/')
        length -= 4;
    while (*path == '/' && length) {
        path++;
        length--;
    }
    return arena_memdup(arena, path, length);
}

/* Only of http: the port of an ssh server says nothing about the repository. */
static bool port_counts(const struct git_url *url)
{
    if (!url->port || (url->scheme != GIT_URL_HTTP && url->scheme != GIT_URL_HTTPS))
        return false;
    return strcmp(url->port, url->scheme == GIT_URL_HTTP ? "80" : "443") != 0;
}

const char *git_normal_url(struct arena *arena, const char *text)
{
    struct git_url url;
    struct error ignored;
    if (!git_url_parse(arena, text, &url, &ignored))
        return without_user(arena, text);
    if (url.scheme == GIT_URL_LOCAL && *url.path != '/')
        return arena_printf(arena, "file:%s", trimmed(arena, url.path));
    if (url.scheme == GIT_URL_LOCAL)
        return arena_printf(arena, "file:///%s", trimmed(arena, url.path));
    return arena_printf(arena, "https://%s%s%s/%s", bracketed(arena, url.host),
                        port_counts(&url) ? ":" : "", port_counts(&url) ? url.port : "",
                        trimmed(arena, url.path));
}
