/*
 * digest: SHA-256 by OpenSSL, and the text forms of bytes (hex, base64).
 */
#ifndef CMX_BASE_DIGEST_H
#define CMX_BASE_DIGEST_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { DIGEST_BYTES = 32, DIGEST_HEX = 64 };

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

/* SHA-256 of `length` bytes. */
struct digest digest_sha256(const void *data, size_t length);

/* The same of bytes that come in parts. The caller finishes it, once, which frees it. */
struct digest_parts;
struct digest_parts *digest_parts_new(void) __attribute__((returns_nonnull, warn_unused_result));
void digest_parts_add(struct digest_parts *parts, const void *data, size_t length);
struct digest digest_parts_finish(struct digest_parts *parts);

/* HMAC-SHA-256; keyed digests tell whether two secret values are equal without telling them. */
struct digest digest_hmac(const void *key, size_t key_length, const void *data, size_t length);

/*
 * scrypt (RFC 7914) of a value that may be easy to guess: each guess costs 16 MiB and
 * tens of milliseconds, which is what a call costs, too. The same input gives the same
 * bytes; `salt` keeps equal values of two owners apart.
 */
struct digest digest_slow(const void *data, size_t length, const char *salt);

/* 64 lower-case hexadecimal digits. */
const char *digest_hex(struct arena *arena, const struct digest *digest);

/* Is it "sha256:" or "sha512:" and the right number of lower-case hex digits, as in OCI's specs? */
bool digest_text_valid(const char *text);

/* Appends `length` bytes as base64 (RFC 4648 section 4), or section 5 without padding. */
void base64_add(struct buf *buf, const void *data, size_t length);
void base64url_add(struct buf *buf, const void *data, size_t length);

/*
 * Decodes section 4 base64 with padding; line breaks are skipped. The bytes live
 * in the arena with a NUL behind them. False: not base64.
 */
bool base64_decode(struct arena *arena, const char *text, size_t length, char **ret_data,
                   size_t *ret_length) __attribute__((warn_unused_result));

#endif
