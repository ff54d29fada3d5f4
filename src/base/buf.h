/*
 * buf: a growing run of bytes with a ceiling given at its start.
 *
 * Appending past the ceiling sets `overflowed` and keeps what fitted, so a
 * writer checks once at its end. The bytes always have a NUL behind them.
 */
#ifndef CMX_BASE_BUF_H
#define CMX_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* NULL until something was appended; else NUL-terminated */
    size_t length, capacity, ceiling;
    bool overflowed;
};

/* For text made for people or for output without a limit of its own. */
#define BUF_OUTPUT_CEILING ((size_t)1 << 30)

/* An empty buffer that holds at most `ceiling` bytes. */
#define BUF_INIT(limit) ((struct buf){ .ceiling = (limit) })

/* Frees the bytes; the buffer is then empty and can be used again. */
void buf_done(struct buf *buf);

/* Forgets the content, keeps the memory and the ceiling. */
void buf_clear(struct buf *buf);

/* Each appends and returns false when the ceiling was reached. */
bool buf_add(struct buf *buf, const char *data, size_t length);
bool buf_puts(struct buf *buf, const char *text);
bool buf_putc(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* `count` times the character c. */
bool buf_fill(struct buf *buf, char c, size_t count);

/* The content as a string: "" when empty. Valid until the next append. */
const char *buf_text(const struct buf *buf);

#endif
