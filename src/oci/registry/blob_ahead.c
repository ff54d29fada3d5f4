/* blob_ahead: see blob_ahead.h. */
#include "oci/registry/blob_ahead.h"

#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

enum { READ_PIECE = 128 << 10 };

/* From now on it is the rest alone, which can begin anew, too. */
static void drop(struct blob_ahead *ahead)
{
    free(ahead->data);
    ahead->data = NULL;
    ahead->length = ahead->at = 0;
}

/* First what is held, then the rest. */
static bool read_all(void *context, char *data, size_t capacity, size_t *ret_length,
                     struct error *err)
{
    struct blob_ahead *ahead = context;
    size_t left = ahead->length - ahead->at;
    if (!left && !ahead->source.digest) {
        drop(ahead);
        return ahead->rest.read(ahead->rest.context, data, capacity, ret_length, err);
    }
    *ret_length = left < capacity ? left : capacity;
    memcpy(data, ahead->data + ahead->at, *ret_length);
    ahead->at += *ret_length;
    return true;
}

static bool seek_all(void *context, int64_t offset, struct error *err)
{
    struct blob_ahead *ahead = context;
    if (!ahead->source.digest) {
        drop(ahead);
        return ahead->rest.seek(ahead->rest.context, offset, err);
    }
    if (offset < 0 || (uint64_t)offset > ahead->length)
        return error_set(err, ERROR_BUG, "a blob is read past its end");
    ahead->at = (size_t)offset;
    return true;
}

/* Until nothing more is held, or comes. */
static bool fill(struct blob_ahead *ahead, struct digest_parts *parts, bool *ret_ended,
                 struct error *err)
{
    *ret_ended = false;
    while (!*ret_ended && ahead->length < AHEAD_MOST) {
        size_t room = AHEAD_MOST - ahead->length, length = 0;
        char *to = ahead->data + ahead->length;
        if (!ahead->rest.read(ahead->rest.context, to, room < READ_PIECE ? room : READ_PIECE,
                              &length, err))
            return false;
        digest_parts_add(parts, to, length);
        ahead->length += length;
        *ret_ended = length == 0;
    }
    return true;
}

bool blob_ahead_read(struct blob_ahead *ahead, const struct blob_source *source,
                     struct arena *arena, struct error *err)
{
    bool ended;
    *ahead = (struct blob_ahead){ .rest = *source, .data = memory_alloc(AHEAD_MOST) };
    struct digest_parts *parts = digest_parts_new();
    bool read = fill(ahead, parts, &ended, err);
    struct digest digest = digest_parts_finish(parts);
    ahead->source = *source;
    ahead->source.context = ahead;
    ahead->source.read = read_all;
    ahead->source.seek = source->seek || ended ? seek_all : NULL;
    if (read && ended) {
        ahead->source.digest = arena_printf(arena, "sha256:%s", digest_hex(arena, &digest));
        ahead->source.size = (int64_t)ahead->length;
        ahead->source.checked = true;
    }
    return read;
}

void blob_ahead_done(struct blob_ahead *ahead)
{
    free(ahead->data);
}
