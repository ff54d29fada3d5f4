/* pack: see pack.h. */
#include "providers/docker/pack.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/pool.h"
#include "oci/archive.h"
#include "oci/image.h"
#include "oci/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 20, LEVEL = 6, THREADS_MOST = 8 };

struct piece {
    struct libdeflate_compressor *compressor;
    char *plain, *packed;
    size_t plain_length, packed_length;
};

struct packing {
    struct piece pieces[THREADS_MOST];
    unsigned count; /* of the pieces     */
    unsigned full;  /* of them are full  */
    int file;
    int64_t size;
    struct verifier *verifier;
};

/* ------------------------------------------------------------------ compressing */

static void compress_piece(void *context, struct arena *arena)
{
    struct piece *piece = context;
    (void)arena;
    piece->packed_length = libdeflate_gzip_compress(
        piece->compressor, piece->plain, piece->plain_length, piece->packed,
        libdeflate_gzip_compress_bound(piece->compressor, PIECE));
}

static bool write_out(struct packing *packing, const char *data, size_t length, struct error *err)
{
    if (!verifier_feed(packing->verifier, data, length, err))
        return false;
    packing->size += (int64_t)length;
    while (length) {
        ssize_t written = write(packing->file, data, length);
        if (written < 0 && errno != EINTR)
            return error_errno(err, ERROR_LOCAL, "cannot keep a layer in a temporary file");
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* All pieces that have something in them, in their order. */
static bool flush(struct packing *packing, struct error *err)
{
    unsigned used = packing->full;
    if (used < packing->count && packing->pieces[used].plain_length)
        used++;
    pool_each(used, compress_piece, packing->pieces, used, sizeof *packing->pieces);
    for (unsigned i = 0; i < used; i++) {
        struct piece *piece = &packing->pieces[i];
        if (!write_out(packing, piece->packed, piece->packed_length, err))
            return false;
        piece->plain_length = 0;
    }
    packing->full = 0;
    return true;
}

static bool add_plain(void *context, const char *data, size_t length, struct error *err)
{
    struct packing *packing = context;
    while (length) {
        struct piece *piece = &packing->pieces[packing->full];
        size_t part = PIECE - piece->plain_length < length ? PIECE - piece->plain_length : length;
        memcpy(piece->plain + piece->plain_length, data, part);
        piece->plain_length += part;
        data += part;
        length -= part;
        if (piece->plain_length < PIECE)
            continue;
        if (++packing->full == packing->count && !flush(packing, err))
            return false;
    }
    return true;
}

static bool add_packed(void *context, const char *data, size_t length, struct error *err)
{
    return write_out(context, data, length, err);
}

/* ------------------------------------------------------------------------ its file */

static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/var/tmp";
}

static int open_temporary(void)
{
    return open(temporary_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static bool packing_start(struct packing *packing, unsigned threads, struct error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned wanted = threads ? threads : cores > 0 ? (unsigned)cores : 1;
    *packing = (struct packing){ .count = wanted < THREADS_MOST ? wanted : THREADS_MOST };
    packing->verifier = verifier_new(NULL, -1, NULL, NULL);
    packing->file = open_temporary();
    for (unsigned i = 0; i < packing->count; i++) {
        struct piece *piece = &packing->pieces[i];
        piece->compressor = libdeflate_alloc_compressor(LEVEL);
        if (!piece->compressor)
            abort(); /* out of memory, as in base/arena.h */
        piece->plain = memory_alloc(PIECE);
        piece->packed = memory_alloc(libdeflate_gzip_compress_bound(piece->compressor, PIECE));
    }
    return packing->file >= 0
           || error_errno(err, ERROR_LOCAL, "cannot make a temporary file for a layer");
}

static void packing_done(struct packing *packing)
{
    for (unsigned i = 0; i < packing->count; i++) {
        libdeflate_free_compressor(packing->pieces[i].compressor);
        free(packing->pieces[i].plain);
        free(packing->pieces[i].packed);
    }
    if (packing->file >= 0)
        close(packing->file);
    verifier_free(packing->verifier);
}

/* --------------------------------------------------------------------------- sending */

static bool read_packed(void *context, char *data, size_t capacity, size_t *ret_length,
                        struct error *err)
{
    const struct packing *packing = context;
    ssize_t length;
    do
        length = read(packing->file, data, capacity);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return error_errno(err, ERROR_LOCAL, "cannot read a layer from its temporary file");
    *ret_length = (size_t)length;
    return true;
}

static bool seek_packed(void *context, int64_t offset, struct error *err)
{
    const struct packing *packing = context;
    return lseek(packing->file, offset, SEEK_SET) == offset
           || error_errno(err, ERROR_LOCAL, "cannot read a layer from its temporary file");
}

static bool send_packed(struct packing *packing, struct image_store *to,
                        const struct descriptor *layer, bool *ret_sent, const struct wait *wait,
                        struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct descriptor stored;
    const struct blob_source source = { .context = packing,
                                        .read = read_packed,
                                        .seek = seek_packed,
                                        .media_type = layer->media_type,
                                        .digest = layer->digest,
                                        .size = layer->size };
    bool there = false;
    if (!to->table->has_blob(to, layer, &there, wait, err))
        return false;
    *ret_sent = !there;
    return there
           || (seek_packed(packing, 0, err)
               && to->table->put_blob(to, arena, &source, &stored, wait, err));
}

struct descriptor pack_own_name(const struct descriptor *layer)
{
    struct descriptor own = { .digest = layer->digest,
                              .size = layer->size,
                              .media_type = layer->media_type };
    if (strcmp(layer->media_type, MEDIA_DOCKER_LAYER_GZIP) == 0)
        own.media_type = MEDIA_OCI_LAYER_GZIP;
    return own;
}

static bool pack(struct packing *packing, const struct pack_options *options,
                 const struct descriptor *layer, struct arena *arena, struct descriptor *ret,
                 bool *ret_sent, const struct wait *wait, struct error *err)
{
    bool plain = media_compression(layer->media_type) == COMPRESSION_NONE;
    if (!options->from->table->blob(options->from, layer, plain ? add_plain : add_packed, packing,
                                    wait, err)
        || !flush(packing, err) || !verifier_end(packing->verifier, err))
        return false;
    *ret = pack_own_name(layer);
    ret->digest = verifier_digest(packing->verifier, arena);
    ret->size = packing->size;
    if (plain)
        ret->media_type = MEDIA_OCI_LAYER_GZIP;
    return send_packed(packing, options->to, ret, ret_sent, wait, err);
}

bool pack_layer(const struct pack_options *options, const struct descriptor *layer,
                struct arena *arena, struct descriptor *ret, bool *ret_sent,
                const struct wait *wait, struct error *err)
{
    struct packing packing;
    bool packed = packing_start(&packing, options->threads, err)
                  && pack(&packing, options, layer, arena, ret, ret_sent, wait, err);
    packing_done(&packing);
    return packed;
}

/* -------------------------------------------------------------------------- an image */

static bool put_image(const struct pack_options *options, struct image *image,
                      struct image_manifest *manifest, struct arena *arena, struct descriptor *ret,
                      const struct wait *wait, struct error *err)
{
    AUTO_BUF bytes = BUF_INIT(OCI_MANIFEST_CEILING);
    if (!image_put(options->to, arena, MEDIA_OCI_CONFIG, image->config_bytes, image->config_length,
                   &manifest->config, wait, err))
        return false;
    image_manifest_write(arena, &bytes, manifest);
    *ret = descriptor_of(arena, MEDIA_OCI_MANIFEST, bytes.data, bytes.length);
    ret->platform = image->config.platform;
    return options->to->table->put_manifest(options->to, ret, buf_text(&bytes), NULL, wait, err);
}

bool pack_image(const struct pack_options *options, const char *name, struct arena *arena,
                struct descriptor *ret, const struct wait *wait, struct error *err)
{
    struct image image;
    struct image_manifest manifest = { .media_type = MEDIA_OCI_MANIFEST };
    if (!image_load(options->from, arena, name, NULL, &image, wait, err))
        return false;
    manifest.layers = arena_array(arena, image.manifest.layer_count + 1, sizeof *manifest.layers);
    for (size_t i = 0; i < image.manifest.layer_count; i++) {
        bool sent;
        if (!pack_layer(options, &image.manifest.layers[i], arena, &manifest.layers[i], &sent, wait,
                        err))
            return false;
    }
    manifest.layer_count = image.manifest.layer_count;
    return put_image(options, &image, &manifest, arena, ret, wait, err);
}

bool pack_is_needed(struct image_store *from, const char *name, bool *ret_needed,
                    const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct image image;
    *ret_needed = false;
    if (!image_load(from, arena, name, NULL, &image, wait, err))
        return false;
    for (size_t i = 0; i < image.manifest.layer_count; i++)
        *ret_needed |= media_compression(image.manifest.layers[i].media_type) == COMPRESSION_NONE;
    return true;
}

/* -------------------------------------------------------------------------- apart */

static bool pack_into_file(struct image_store *from, const char *name, const char *file,
                           const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct pack_options options = { .from = from };
    struct descriptor ignored;
    if (!archive_create(file, ARCHIVE_OCI, NULL, &options.to, err))
        return false;
    bool done = pack_image(&options, name, arena, &ignored, wait, err)
                && store_finish(options.to, wait, err);
    options.to->table->close(options.to);
    return done;
}

/* Once it is open its name is not needed, so that it is gone with us whatever happens. */
bool pack_apart(struct image_store *from, const char *name, struct image_store **ret,
                const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    char *folder = arena_printf(arena, "%s/cmx-pack-XXXXXX", temporary_folder());
    if (!mkdtemp(folder))
        return error_errno(err, ERROR_LOCAL, "cannot make %s for the packed layers", folder);
    const char *file = path_join(arena, folder, "image.tar");
    bool done = pack_into_file(from, name, file, wait, err) && archive_open(file, ret, wait, err);
    unlink(file);
    rmdir(folder);
    return done;
}
