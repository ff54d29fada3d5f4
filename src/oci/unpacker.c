/*
 * unpacker: gzip, zstd or plain bytes, unpacked as they arrive; see layer.h.
 *
 * zlib and libzstd stream with a window, so that memory is bounded whatever comes. A zstd
 * window is held to 128 MiB, which is what zstd -19 --long wants and Docker reads.
 */
#include "base/cleanup.h"
#include "oci/layer.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum {
    OUT_BYTES = 128 << 10,
    MAGIC_BYTES = 4,
    ZSTD_WINDOW_LOG = 27,
};

struct unpacker {
    blob_sink *sink;
    void *context;
    int64_t ceiling, unpacked;
    char magic[MAGIC_BYTES];
    size_t magic_length;
    bool known; /* how it is compressed */
    enum compression compression;
    z_stream zlib;
    bool zlib_open;
    ZSTD_DStream *zstd;
    bool in_member; /* bytes of it were read and its end was not */
    bool trailing;  /* only zeros may follow (padding behind a gzip) */
    char out[OUT_BYTES];
};

struct unpacker *unpacker_new(int64_t ceiling, blob_sink *sink, void *context)
{
    struct unpacker *unpacker = memory_alloc(sizeof *unpacker);
    memset(unpacker, 0, offsetof(struct unpacker, out));
    unpacker->ceiling = ceiling > 0 ? ceiling : LAYER_UNPACKED_CEILING;
    unpacker->sink = sink;
    unpacker->context = context;
    return unpacker;
}

void unpacker_free(struct unpacker *unpacker)
{
    if (!unpacker)
        return;
    if (unpacker->zlib_open)
        inflateEnd(&unpacker->zlib);
    ZSTD_freeDStream(unpacker->zstd);
    free(unpacker);
}

enum compression unpacker_compression(const struct unpacker *unpacker)
{
    return unpacker->compression;
}

static bool pass_on(struct unpacker *unpacker, const char *data, size_t length, struct error *err)
{
    if ((int64_t)length > unpacker->ceiling - unpacker->unpacked)
        return error_set(err, ERROR_INVALID, "it unpacks to more than %lld bytes",
                         (long long)unpacker->ceiling);
    unpacker->unpacked += (int64_t)length;
    return length == 0 || unpacker->sink(unpacker->context, data, length, err);
}

/* ----------------------------------------------------------------------- gzip */

static bool open_gzip(struct unpacker *unpacker)
{
    if (inflateInit2(&unpacker->zlib, 16 + MAX_WBITS) != Z_OK)
        abort(); /* only without memory */
    unpacker->zlib_open = true;
    return true;
}

/* Behind a member: another one, or zeros (as gzip itself takes them). */
static bool next_member(struct unpacker *unpacker, const char *data, size_t length,
                        size_t *ret_used, struct error *err)
{
    size_t zeros = 0;
    while (zeros < length && data[zeros] == '\0')
        zeros++;
    unpacker->trailing |= zeros > 0;
    *ret_used = zeros;
    if (zeros == length)
        return true;
    if (unpacker->trailing)
        return error_set(err, ERROR_INVALID, "something stands behind the end of its gzip");
    inflateReset(&unpacker->zlib);
    unpacker->in_member = true;
    return true;
}

static bool inflate_some(struct unpacker *unpacker, const char *data, size_t length,
                         size_t *ret_used, struct error *err)
{
    z_stream *zlib = &unpacker->zlib;
    zlib->next_in = (unsigned char *)(uintptr_t)data;
    zlib->avail_in = (unsigned)(length < UINT32_MAX ? length : UINT32_MAX);
    size_t offered = zlib->avail_in;
    zlib->next_out = (unsigned char *)unpacker->out;
    zlib->avail_out = OUT_BYTES;
    int status = inflate(zlib, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return error_set(err, ERROR_INVALID, "its gzip is broken: %s",
                         zlib->msg ? zlib->msg : "no data");
    unpacker->in_member = status != Z_STREAM_END;
    *ret_used = offered - zlib->avail_in;
    return pass_on(unpacker, unpacker->out, OUT_BYTES - zlib->avail_out, err);
}

static bool feed_gzip(struct unpacker *unpacker, const char *data, size_t length, struct error *err)
{
    for (size_t at = 0, used = 0;; at += used) {
        if (!unpacker->in_member && at < length) {
            if (!next_member(unpacker, data + at, length - at, &used, err))
                return false;
            if (used)
                continue;
        }
        bool full = unpacker->zlib.avail_out == 0 && unpacker->in_member;
        if (at == length && !full)
            return true;
        if (!inflate_some(unpacker, data + at, length - at, &used, err))
            return false;
    }
}

/* ----------------------------------------------------------------------- zstd */

static bool open_zstd(struct unpacker *unpacker)
{
    unpacker->zstd = ZSTD_createDStream();
    if (!unpacker->zstd
        || ZSTD_isError(
            ZSTD_DCtx_setParameter(unpacker->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
        abort(); /* only without memory */
    return true;
}

static bool feed_zstd(struct unpacker *unpacker, const char *data, size_t length, struct error *err)
{
    ZSTD_inBuffer in = { data, length, 0 };
    bool full = true;
    while (in.pos < in.size || full) {
        ZSTD_outBuffer out = { unpacker->out, OUT_BYTES, 0 };
        size_t before = in.pos, status = ZSTD_decompressStream(unpacker->zstd, &out, &in);
        if (ZSTD_isError(status))
            return error_set(err, ERROR_INVALID, "its zstd is broken: %s",
                             ZSTD_getErrorName(status));
        if (in.pos > before || out.pos)
            unpacker->in_member = status != 0;
        full = out.pos == out.size;
        if (!pass_on(unpacker, unpacker->out, out.pos, err))
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------------- whole */

static enum compression compression_of(const char *magic, size_t length)
{
    if (length >= 3 && memcmp(magic, "\x1f\x8b\x08", 3) == 0)
        return COMPRESSION_GZIP;
    if (length >= 4 && memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0)
        return COMPRESSION_ZSTD;
    /* A skippable frame may come first (0x184D2A5?). */
    if (length >= 4 && ((unsigned char)magic[0] & 0xf0) == 0x50
        && memcmp(magic + 1, "\x2a\x4d\x18", 3) == 0)
        return COMPRESSION_ZSTD;
    return COMPRESSION_NONE;
}

static bool feed_known(struct unpacker *unpacker, const char *data, size_t length,
                       struct error *err)
{
    switch (unpacker->compression) {
    case COMPRESSION_GZIP:
        return feed_gzip(unpacker, data, length, err);
    case COMPRESSION_ZSTD:
        return feed_zstd(unpacker, data, length, err);
    default:
        return pass_on(unpacker, data, length, err);
    }
}

/* The first bytes are there: all of them, or all that there are. */
static bool find_out(struct unpacker *unpacker, struct error *err)
{
    unpacker->compression = compression_of(unpacker->magic, unpacker->magic_length);
    unpacker->known = true;
    if (unpacker->compression == COMPRESSION_GZIP)
        unpacker->in_member = open_gzip(unpacker);
    if (unpacker->compression == COMPRESSION_ZSTD)
        open_zstd(unpacker);
    return feed_known(unpacker, unpacker->magic, unpacker->magic_length, err);
}

bool unpacker_feed(void *context, const char *data, size_t length, struct error *err)
{
    struct unpacker *unpacker = context;
    while (!unpacker->known && length) {
        unpacker->magic[unpacker->magic_length++] = *data++;
        length--;
        if (unpacker->magic_length == MAGIC_BYTES && !find_out(unpacker, err))
            return false;
    }
    return length == 0 || feed_known(unpacker, data, length, err);
}

bool unpacker_end(struct unpacker *unpacker, struct error *err)
{
    if (!unpacker->known && !find_out(unpacker, err))
        return false;
    if (unpacker->in_member)
        return error_set(err, ERROR_INVALID, "it ends in the middle of its %s",
                         unpacker->compression == COMPRESSION_GZIP ? "gzip" : "zstd");
    return true;
}
