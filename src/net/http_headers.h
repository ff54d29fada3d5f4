/*
 * http_headers: the header lines of one answer, collected as they arrive.
 *
 * Private to net. Lines come from libcurl one at a time, those of interim (1xx)
 * answers too: each status line begins anew.
 */
#ifndef CMX_NET_HTTP_HEADERS_H
#define CMX_NET_HTTP_HEADERS_H

#include "net/http.h"

enum { HTTP_HEADERS_CEILING = 256 << 10 };

struct header_block {
    struct buf lines; /* without status line, each with its "\r\n" */
    int status;       /* 0 before the first status line */
    bool http2;
};

void header_block_start(struct header_block *block);
void header_block_done(struct header_block *block);

/* Takes one line with its line end. False: over the ceiling. */
bool header_block_add(struct header_block *block, const char *line, size_t length);

/* Splits the lines into names and values, copied to the arena. Lines without ':' are skipped. */
void header_block_read(const struct header_block *block, struct arena *arena,
                       struct http_header **ret_headers, size_t *ret_count);

#endif
