/* utf8: checking and making UTF-8 (RFC 3629), for readers and writers of documents and of messages.
 */
#ifndef CMX_BASE_UTF8_H
#define CMX_BASE_UTF8_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* No overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(const char *data, size_t length);

/* Bytes of the valid sequence that begins here; 0 where there is none. */
size_t utf8_sequence(const char *data, size_t length);

/* Appends one code point. */
void utf8_add(struct buf *out, unsigned code);

/* Appends the text; each byte that is no UTF-8 becomes U+FFFD, as in Go's encoding/json. */
void utf8_add_text(struct buf *out, const char *data, size_t length);

/* The code point that begins here (data is valid), and how many bytes it has. */
unsigned utf8_code(const char *data, size_t *ret_length);

#endif
