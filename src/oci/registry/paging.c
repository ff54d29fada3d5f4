/* paging: see paging.h. */
#include "oci/registry/paging.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { LONGEST_DIGITS = 9 };

/*
 * Do the parameters of a link, up to `end`, say that it is the next page? So it is without any
 * `rel`, too: a list that ended there would be taken for the whole.
 */
static bool is_next(const char *at, const char *end)
{
    bool says = false;
    while (at < end) {
        at += strspn(at, "; \t");
        size_t length = strcspn(at, ";,");
        if (at + length > end)
            length = (size_t)(end - at);
        if (strncasecmp(at, "rel=\"next\"", 10) == 0 || strncasecmp(at, "rel=next", 8) == 0)
            return true;
        says |= strncasecmp(at, "rel=", 4) == 0;
        at += length ? length : 1;
    }
    return !says;
}

const char *link_next(struct arena *arena, const char *header)
{
    while (header && *header) {
        const char *open = strchr(header, '<');
        const char *close = open ? strchr(open, '>') : NULL;
        if (!close)
            return NULL;
        const char *end = close + 1 + strcspn(close + 1, ",");
        if (close > open + 1 && is_next(close + 1, end))
            return arena_memdup(arena, open + 1, (size_t)(close - open - 1));
        header = end + (*end == ',');
    }
    return NULL;
}

int64_t upload_range(const char *header)
{
    char *end;
    if (!header)
        return -1;
    if (strncasecmp(header, "bytes=", 6) == 0 || strncasecmp(header, "bytes ", 6) == 0)
        header += 6;
    if (strncmp(header, "0-", 2) != 0 || !isdigit((unsigned char)header[2]))
        return -1;
    long long last = strtoll(header + 2, &end, 10);
    if (*end || last < 0 || last > INT64_MAX - 1)
        return -1;
    return last ? last + 1 : 0; /* "0-0" is also what an empty upload is called */
}

/* "1.5", "30": seconds, of which the fraction counts. */
static bool read_seconds(const char *text, int64_t *ret)
{
    size_t digits = strspn(text, "0123456789");
    if (!digits || digits > LONGEST_DIGITS)
        return false;
    int64_t milliseconds = strtoll(text, NULL, 10) * 1000;
    if (text[digits] == '.') {
        const char *fraction = text + digits + 1;
        int64_t weight = 100;
        for (; isdigit((unsigned char)*fraction); fraction++, weight /= 10)
            milliseconds += (*fraction - '0') * weight;
        digits = (size_t)(fraction - text);
    }
    if (text[digits])
        return false;
    *ret = milliseconds;
    return true;
}

static bool read_date(const char *text, int64_t now, int64_t *ret)
{
    struct tm parts = { 0 };
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (!end || *end)
        return false;
    int64_t then = (int64_t)timegm(&parts);
    *ret = then > now ? (then - now) * 1000 : 0;
    return true;
}

int64_t retry_after(const char *header, int64_t now)
{
    int64_t milliseconds;
    if (!header)
        return -1;
    header += strspn(header, " \t");
    if (*header == '-' && isdigit((unsigned char)header[1]))
        return 0;
    if (read_seconds(header, &milliseconds) || duration_parse(header, &milliseconds)
        || read_date(header, now, &milliseconds))
        return milliseconds;
    return -1;
}

const char *warning_text(struct arena *arena, const char *header)
{
    static const char begin[] = "299 - \"";
    if (strncmp(header, begin, strlen(begin)) != 0)
        return NULL;
    const char *at = header + strlen(begin);
    char *text = arena_alloc(arena, strlen(at) + 1);
    size_t length = 0;
    for (; *at && *at != '"'; at++) {
        at += *at == '\\' && at[1];
        if (iscntrl((unsigned char)*at))
            return NULL;
        text[length++] = *at;
    }
    return *at == '"' && !at[1] && length && utf8_valid(text, length) ? text : NULL;
}
