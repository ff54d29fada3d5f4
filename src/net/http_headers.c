/* http_headers: see http_headers.h; also http_header() of http.h. */
#include "net/http_headers.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

void header_block_start(struct header_block *block)
{
    *block = (struct header_block){ .lines = BUF_INIT(HTTP_HEADERS_CEILING) };
}

void header_block_done(struct header_block *block)
{
    buf_done(&block->lines);
}

/* "HTTP/1.1 200 OK": the number behind the first blank; 0 where there is none. */
static int status_of(const char *line, size_t length)
{
    const char *blank = memchr(line, ' ', length);
    const char *end = line + length;
    int status = 0;
    for (const char *at = blank ? blank + 1 : end; at < end && isdigit((unsigned char)*at); at++)
        status = status < 1000 ? status * 10 + (*at - '0') : status;
    return status;
}

bool header_block_add(struct header_block *block, const char *line, size_t length)
{
    if (length < 5 || memcmp(line, "HTTP/", 5) != 0)
        return buf_add(&block->lines, line, length);
    buf_clear(&block->lines);
    block->status = status_of(line, length);
    block->http2 = length > 6 && line[5] == '2';
    return true;
}

static size_t trimmed(const char **text, size_t length)
{
    while (length && isspace((unsigned char)**text)) {
        (*text)++;
        length--;
    }
    while (length && isspace((unsigned char)(*text)[length - 1]))
        length--;
    return length;
}

void header_block_read(const struct header_block *block, struct arena *arena,
                       struct http_header **ret_headers, size_t *ret_count)
{
    struct http_header *headers = NULL;
    size_t count = 0, capacity = 0;
    const char *at = buf_text(&block->lines), *end = at + block->lines.length;
    while (at < end) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((next ? next : end) - at);
        const char *colon = memchr(at, ':', length);
        if (colon) {
            const char *name = at, *value = colon + 1;
            size_t name_length = trimmed(&name, (size_t)(colon - at));
            size_t value_length = trimmed(&value, (size_t)(at + length - value));
            struct http_header header = { arena_memdup(arena, name, name_length),
                                          arena_memdup(arena, value, value_length) };
            arena_push(arena, headers, count, capacity, header);
        }
        at += length + 1;
    }
    *ret_headers = headers;
    *ret_count = count;
}

const char *http_header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name, name) == 0)
            return response->headers[i].value;
    return NULL;
}
