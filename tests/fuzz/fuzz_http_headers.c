/*
 * Fuzzes the reader of header lines: what a server sends as headers, split into
 * lines as libcurl does; and the reader of Retry-After on each value.
 */
#include "base/cleanup.h"
#include "net/http_headers.h"
#include "providers/kubernetes/client/status.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena = arena_new();
    struct header_block block;
    struct http_response response = { 0 };
    const char *at = (const char *)data, *end = at + size;
    header_block_start(&block);
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((line_end ? line_end + 1 : end) - at);
        header_block_add(&block, at, length);
        at += length;
    }
    header_block_read(&block, arena, &response.headers, &response.header_count);
    for (size_t i = 0; i < response.header_count; i++) {
        if (!http_header(&response, response.headers[i].name))
            abort();
        status_retry_after(response.headers[i].value, 0);
    }
    header_block_done(&block);
    return 0;
}
