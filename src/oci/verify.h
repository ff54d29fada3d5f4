/*
 * verify: a digest and a size, checked while the bytes pass.
 *
 * Every store sends what it reads and what it is given through one of these. What has passed
 * is to be believed only when verifier_end() said true.
 */
#ifndef CMX_OCI_VERIFY_H
#define CMX_OCI_VERIFY_H

#include "base/arena.h"
#include "base/error.h"
#include "oci/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verifier;

/*
 * `digest` NULL: not known, a sha256 is made; `size` -1: not known. The bytes go on to `sink`
 * (may be NULL). The caller owns it.
 */
struct verifier *verifier_new(const char *digest, int64_t size, blob_sink *sink, void *context)
    __attribute__((warn_unused_result));
void verifier_free(struct verifier *verifier);

/* A blob_sink whose context is the verifier. What is longer than `size` ends here. */
bool verifier_feed(void *verifier, const char *data, size_t length, struct error *err)
    __attribute__((warn_unused_result));

/* All bytes have passed. ERROR_INVALID: they are not what the digest and the size say. */
bool verifier_end(struct verifier *verifier, struct error *err) __attribute__((warn_unused_result));

/* What they truly are, behind verifier_end(). */
const char *verifier_digest(const struct verifier *verifier, struct arena *arena);
int64_t verifier_size(const struct verifier *verifier);

/* Begins anew, as from byte 0. */
void verifier_restart(struct verifier *verifier);

#endif
