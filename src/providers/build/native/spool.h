/*
 * spool: files that are copied out of layers and archives.
 *
 * A member of a layer cannot be sought, and its place in the new layer is another one. So what
 * is wanted is taken out in one pass a layer, into one temporary file without a name
 * ($TMPDIR). What comes from git or the disk never goes through it.
 */
#ifndef CMX_BUILD_SPOOL_H
#define CMX_BUILD_SPOOL_H

#include "providers/build/native/tree.h"

struct spool {
    int descriptor; /* -1: nothing was put in it */
    int64_t size;
};

#define SPOOL_INIT ((struct spool){ .descriptor = -1 })

void spool_done(struct spool *spool);

/* Takes the bytes of all these out of their layers and archives. Those of other kinds are passed
 * over. */
bool spool_take(struct spool *spool, struct content *const *contents, size_t count,
                const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

bool spool_read(const struct spool *spool, int64_t at, char *data, size_t length, struct error *err)
    __attribute__((warn_unused_result));

/* All of a small file, whatever its kind, NUL behind it. */
bool content_read(struct spool *spool, struct content *content, struct arena *arena, size_t ceiling,
                  const char **ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

#endif
