/* blob_id: see blob_id.h. */
#include "providers/blob_id.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* OpenSSL fails here only without memory. */
static struct blob_id *object_id_new(const char *kind, int64_t size)
{
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    char head[40];
    int length = snprintf(head, sizeof head, "%s %lld", kind, (long long)size);
    if (!sha || !EVP_DigestInit_ex(sha, EVP_sha1(), NULL)
        || !EVP_DigestUpdate(sha, head, (size_t)length + 1))
        abort();
    return (struct blob_id *)sha;
}

struct blob_id *blob_id_new(int64_t size)
{
    return object_id_new("blob", size);
}

void blob_id_add(struct blob_id *id, const char *data, size_t length)
{
    EVP_DigestUpdate((EVP_MD_CTX *)id, data, length);
}

void blob_id_finish(struct blob_id *id, unsigned char ret[BLOB_ID_BYTES])
{
    EVP_DigestFinal_ex((EVP_MD_CTX *)id, ret, NULL);
}

void blob_id_free(struct blob_id *id)
{
    EVP_MD_CTX_free((EVP_MD_CTX *)id);
}

static void object_id_of(struct blob_id *id, const char *data, size_t length,
                         unsigned char ret[BLOB_ID_BYTES])
{
    blob_id_add(id, data, length);
    blob_id_finish(id, ret);
    blob_id_free(id);
}

void blob_id_of(const char *data, size_t length, unsigned char ret[BLOB_ID_BYTES])
{
    object_id_of(blob_id_new((int64_t)length), data, length, ret);
}

void tree_id_of(const char *data, size_t length, unsigned char ret[BLOB_ID_BYTES])
{
    object_id_of(object_id_new("tree", (int64_t)length), data, length, ret);
}

void blob_id_write(const unsigned char id[BLOB_ID_BYTES], char ret[BLOB_ID_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < BLOB_ID_BYTES; i++) {
        ret[2 * i] = digits[id[i] >> 4];
        ret[2 * i + 1] = digits[id[i] & 15];
    }
    ret[BLOB_ID_HEX] = '\0';
}

const char *blob_id_hex(struct arena *arena, const unsigned char id[BLOB_ID_BYTES])
{
    char *hex = arena_alloc(arena, BLOB_ID_HEX + 1);
    blob_id_write(id, hex);
    return hex;
}
