/* digest: see digest.h. */
#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

struct digest digest_sha256(const void *data, size_t length)
{
    struct digest digest;
    if (!EVP_Digest(data, length, digest.bytes, NULL, EVP_sha256(), NULL))
        abort(); /* OpenSSL fails here only without memory */
    return digest;
}

struct digest_parts *digest_parts_new(void)
{
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    if (!sha || !EVP_DigestInit_ex(sha, EVP_sha256(), NULL))
        abort();
    return (struct digest_parts *)sha;
}

void digest_parts_add(struct digest_parts *parts, const void *data, size_t length)
{
    EVP_DigestUpdate((EVP_MD_CTX *)parts, data, length);
}

struct digest digest_parts_finish(struct digest_parts *parts)
{
    struct digest digest;
    EVP_DigestFinal_ex((EVP_MD_CTX *)parts, digest.bytes, NULL);
    EVP_MD_CTX_free((EVP_MD_CTX *)parts);
    return digest;
}

struct digest digest_hmac(const void *key, size_t key_length, const void *data, size_t length)
{
    struct digest digest;
    unsigned int size = DIGEST_BYTES;
    if (!HMAC(EVP_sha256(), key, (int)key_length, data, length, digest.bytes, &size))
        abort();
    return digest;
}

/* Other figures would give other bytes: what is kept somewhere would seem to have changed. */
enum { SCRYPT_N = 1 << 14, SCRYPT_R = 8, SCRYPT_P = 1, SCRYPT_MEMORY = 32 << 20 };

struct digest digest_slow(const void *data, size_t length, const char *salt)
{
    struct digest digest;
    if (!EVP_PBE_scrypt(data, length, (const unsigned char *)salt, strlen(salt), SCRYPT_N, SCRYPT_R,
                        SCRYPT_P, SCRYPT_MEMORY, digest.bytes, DIGEST_BYTES))
        abort(); /* only without memory: the figures above are right */
    return digest;
}

const char *digest_hex(struct arena *arena, const struct digest *digest)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, DIGEST_HEX + 1);
    for (int i = 0; i < DIGEST_BYTES; i++) {
        text[2 * i] = digits[digest->bytes[i] >> 4];
        text[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    return text;
}

bool digest_text_valid(const char *text)
{
    size_t digits = strncmp(text, "sha256:", 7) == 0   ? 64
                    : strncmp(text, "sha512:", 7) == 0 ? 128
                                                       : 0;
    return digits && strspn(text + 7, "0123456789abcdef") == digits && text[7 + digits] == '\0';
}

static void encode(struct buf *buf, const unsigned char *data, size_t length, const char *alphabet,
                   bool padding)
{
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned bits = (unsigned)data[i] << 16;
        bits |= left > 1 ? (unsigned)data[i + 1] << 8 : 0;
        bits |= left > 2 ? data[i + 2] : 0;
        buf_putc(buf, alphabet[bits >> 18]);
        buf_putc(buf, alphabet[bits >> 12 & 63]);
        if (left > 1)
            buf_putc(buf, alphabet[bits >> 6 & 63]);
        if (left > 2)
            buf_putc(buf, alphabet[bits & 63]);
        if (left < 3 && padding)
            buf_fill(buf, '=', 3 - left);
    }
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

void base64_add(struct buf *buf, const void *data, size_t length)
{
    encode(buf, data, length, LETTERS "+/", true);
}

void base64url_add(struct buf *buf, const void *data, size_t length)
{
    encode(buf, data, length, LETTERS "-_", false);
}

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct arena *arena, const char *text, size_t length, char **ret_data,
                   size_t *ret_length)
{
    char *data = arena_alloc(arena, length / 4 * 3 + 4);
    size_t used = 0, digits = 0, padding = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' || text[i] == '\r')
            continue;
        int value = text[i] == '=' ? 0 : sextet(text[i]);
        padding += text[i] == '=';
        if (value < 0 || padding > 2 || (padding && text[i] != '='))
            return false;
        bits = bits << 6 | (unsigned)value;
        if (++digits % 4 == 0) {
            data[used++] = (char)(bits >> 16);
            data[used++] = (char)(bits >> 8);
            data[used++] = (char)bits;
        }
    }
    if (digits % 4 != 0 || padding > used)
        return false;
    used -= padding;
    data[used] = '\0';
    *ret_data = data;
    *ret_length = used;
    return true;
}
