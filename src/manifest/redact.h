/*
 * redact: cuts known secret values out of text.
 *
 * Values are learned as they are seen, in the forms in which they turn up:
 * plain, escaped as in JSON or in a URL, where they have several lines line by
 * line, and in base64: alone, broken into lines, and inside something longer
 * (`user:VALUE`, a value with a line break behind it), which is cut as a whole.
 * Shorter ones than REDACT_SHORTEST bytes are not learned (they would cut
 * everything); up to REDACT_WORD bytes they are only cut where they stand as a
 * whole word. Safe from any thread.
 */
#ifndef CMX_MANIFEST_REDACT_H
#define CMX_MANIFEST_REDACT_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { REDACT_SHORTEST = 4, REDACT_WORD = 7 };

#define REDACT_MARK "(secret)"

struct redactor;

struct redactor *redactor_new(void) __attribute__((returns_nonnull, warn_unused_result));
void redactor_free(struct redactor *redactor);

/* Learns a value in all its forms; learning one twice costs nothing more. */
void redactor_learn(struct redactor *redactor, const char *data, size_t length);

/* Appends the text with every learned value replaced by REDACT_MARK. */
void redactor_clean(struct redactor *redactor, const char *text, size_t length, struct buf *out);

/* How many forms are known. */
size_t redactor_count(struct redactor *redactor);

#endif
