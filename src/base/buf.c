/* buf: see buf.h. Grows by doubling, never past its ceiling. */
#include "base/buf.h"

#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_done(struct buf *buf)
{
    free(buf->data);
    *buf = BUF_INIT(buf->ceiling);
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    buf->overflowed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

static void reserve(struct buf *buf, size_t extra)
{
    size_t needed = buf->length + extra + 1;
    if (needed <= buf->capacity)
        return;
    size_t larger = buf->capacity ? buf->capacity * 2 : 64;
    if (larger < needed)
        larger = needed;
    buf->data = memory_realloc(buf->data, larger);
    buf->capacity = larger;
}

bool buf_add(struct buf *buf, const char *data, size_t length)
{
    size_t room = buf->ceiling - buf->length;
    bool fits = length <= room;
    if (!fits) {
        buf->overflowed = true;
        length = room;
    }
    reserve(buf, length);
    if (length)
        memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    return fits;
}

bool buf_puts(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

bool buf_putc(struct buf *buf, char c)
{
    return buf_add(buf, &c, 1);
}

bool buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return false;
    char *text = memory_alloc((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    bool fits = buf_add(buf, text, (size_t)length);
    free(text);
    return fits;
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bool fits = buf_vprintf(buf, format, args);
    va_end(args);
    return fits;
}

bool buf_fill(struct buf *buf, char c, size_t count)
{
    bool fits = true;
    while (count-- && fits)
        fits = buf_putc(buf, c);
    return fits;
}

const char *buf_text(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}
