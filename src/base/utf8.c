/* utf8: see utf8.h. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

static size_t sequence_length(unsigned char first)
{
    return first < 0x80                     ? 1
           : first >= 0xC2 && first < 0xE0  ? 2
           : first >= 0xE0 && first < 0xF0  ? 3
           : first >= 0xF0 && first <= 0xF4 ? 4
                                            : 0;
}

static bool sequence_valid(const unsigned char *at, size_t length)
{
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return false;
    if (at[0] == 0xE0 && at[1] < 0xA0)
        return false;
    if (at[0] == 0xED && at[1] >= 0xA0)
        return false;
    if (at[0] == 0xF0 && at[1] < 0x90)
        return false;
    return !(at[0] == 0xF4 && at[1] >= 0x90);
}

size_t utf8_sequence(const char *data, size_t length)
{
    const unsigned char *at = (const unsigned char *)data;
    size_t bytes = length ? sequence_length(*at) : 0;
    return bytes && bytes <= length && (bytes == 1 || sequence_valid(at, bytes)) ? bytes : 0;
}

/* Eight bytes at a time where all are ASCII. */
static size_t ascii_run(const char *data, size_t length)
{
    size_t at = 0;
    for (uint64_t word; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, data + at, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    return at;
}

bool utf8_valid(const char *data, size_t length)
{
    size_t at = ascii_run(data, length);
    while (at < length) {
        size_t bytes = utf8_sequence(data + at, length - at);
        if (bytes == 0)
            return false;
        at += bytes;
        if (bytes > 1)
            at += ascii_run(data + at, length - at);
    }
    return true;
}

void utf8_add(struct buf *out, unsigned code)
{
    if (code < 0x80) {
        buf_putc(out, (char)code);
        return;
    }
    if (code < 0x800) {
        buf_putc(out, (char)(0xC0 | code >> 6));
    } else {
        if (code < 0x10000) {
            buf_putc(out, (char)(0xE0 | code >> 12));
        } else {
            buf_putc(out, (char)(0xF0 | code >> 18));
            buf_putc(out, (char)(0x80 | (code >> 12 & 0x3F)));
        }
        buf_putc(out, (char)(0x80 | (code >> 6 & 0x3F)));
    }
    buf_putc(out, (char)(0x80 | (code & 0x3F)));
}

void utf8_add_text(struct buf *out, const char *data, size_t length)
{
    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = utf8_sequence(data + at, length - at);
        if (bytes)
            buf_add(out, data + at, bytes);
        else
            utf8_add(out, 0xFFFD);
        bytes += bytes == 0;
    }
}

unsigned utf8_code(const char *data, size_t *ret_length)
{
    const unsigned char *at = (const unsigned char *)data;
    static const unsigned char masks[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    size_t length = sequence_length(*at);
    if (length == 0)
        length = 1;
    unsigned code = at[0] & masks[length];
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (at[i] & 0x3F);
    *ret_length = length;
    return code;
}
