/* verify: see verify.h. */
#include "oci/verify.h"

#include "base/cleanup.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_TEXT = 160 }; /* "sha512:" and 128 digits fit */

struct verifier {
    EVP_MD_CTX *hash;
    char *digest; /* what it should be, or NULL */
    int64_t size, seen;
    blob_sink *sink;
    void *context;
    char actual[DIGEST_TEXT]; /* behind the end */
};

static bool is_sha512(const struct verifier *verifier)
{
    return verifier->digest && strncmp(verifier->digest, "sha512:", 7) == 0;
}

void verifier_restart(struct verifier *verifier)
{
    verifier->seen = 0;
    if (!EVP_DigestInit_ex(verifier->hash, is_sha512(verifier) ? EVP_sha512() : EVP_sha256(), NULL))
        abort(); /* OpenSSL fails here only without memory */
}

struct verifier *verifier_new(const char *digest, int64_t size, blob_sink *sink, void *context)
{
    struct verifier *verifier = memory_alloc(sizeof *verifier);
    *verifier = (struct verifier){ .size = size, .sink = sink, .context = context };
    verifier->digest = digest ? memory_strdup(digest) : NULL;
    verifier->hash = EVP_MD_CTX_new();
    if (!verifier->hash)
        abort();
    verifier_restart(verifier);
    return verifier;
}

void verifier_free(struct verifier *verifier)
{
    if (!verifier)
        return;
    EVP_MD_CTX_free(verifier->hash);
    free(verifier->digest);
    free(verifier);
}

bool verifier_feed(void *context, const char *data, size_t length, struct error *err)
{
    struct verifier *verifier = context;
    verifier->seen += (int64_t)length;
    if (verifier->size >= 0 && verifier->seen > verifier->size)
        return error_set(err, ERROR_INVALID, "it is longer than the %lld bytes that it should have",
                         (long long)verifier->size);
    if (!EVP_DigestUpdate(verifier->hash, data, length))
        abort();
    return !verifier->sink || verifier->sink(verifier->context, data, length, err);
}

static void write_actual(struct verifier *verifier)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_DigestFinal_ex(verifier->hash, bytes, &length))
        abort();
    char *at = verifier->actual;
    at = stpcpy(at, is_sha512(verifier) ? "sha512:" : "sha256:");
    for (unsigned i = 0; i < length; i++)
        at += sprintf(at, "%02x", bytes[i]);
}

bool verifier_end(struct verifier *verifier, struct error *err)
{
    write_actual(verifier);
    if (verifier->size >= 0 && verifier->seen != verifier->size)
        return error_set(err, ERROR_INVALID, "it has %lld bytes and should have %lld",
                         (long long)verifier->seen, (long long)verifier->size);
    if (verifier->digest && strcmp(verifier->digest, verifier->actual) != 0)
        return error_set(err, ERROR_INVALID, "its digest is %s and should be %s", verifier->actual,
                         verifier->digest);
    return true;
}

const char *verifier_digest(const struct verifier *verifier, struct arena *arena)
{
    return arena_strdup(arena, verifier->actual);
}

int64_t verifier_size(const struct verifier *verifier)
{
    return verifier->seen;
}
