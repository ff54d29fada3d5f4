/*
 * packer: the bytes of a layer, while they are made.
 *
 * One thread reads files and writes the tar, cut into pieces; the pool compresses pieces; who
 * stores the layer takes them in their order. A ring of a fixed number of pieces is all the
 * memory there is: when it is full the reader waits.
 */
#include "providers/build/native/layers.h"

#include "base/cleanup.h"
#include "base/digest.h"

#include <libdeflate.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { READ_PIECE = 128 << 10 };

enum piece_state { PIECE_EMPTY, PIECE_FILLED, PIECE_READY };

struct piece {
    struct packer *packer;
    struct libdeflate_compressor *compressor;
    char *plain, *packed;
    size_t plain_length, packed_length;
    enum piece_state state;
};

struct packer {
    struct packer_options options;
    struct piece *pieces;
    size_t count;
    size_t filling, taking; /* which piece is next, of all that ever were */
    size_t taken;           /* bytes of that piece */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    pthread_t thread;
    bool running, stop, ended, failed, left;
    struct error err;
    EVP_MD_CTX *sha;
    unsigned char diff_id[EVP_MAX_MD_SIZE];
};

/* ---------------------------------------------------------------------- compressing */

static void compress_piece(void *context, struct arena *arena)
{
    struct piece *piece = context;
    struct packer *packer = piece->packer;
    (void)arena;
    size_t bound = libdeflate_gzip_compress_bound(piece->compressor, LAYER_PIECE);
    piece->packed_length = libdeflate_gzip_compress(piece->compressor, piece->plain,
                                                    piece->plain_length, piece->packed, bound);
    pthread_mutex_lock(&packer->lock);
    piece->state = PIECE_READY;
    pthread_cond_broadcast(&packer->moved);
    pthread_mutex_unlock(&packer->lock);
}

/* Nobody but the reader fills pieces: it sums up while others compress. */
static void piece_is_full(struct packer *packer, struct piece *piece)
{
    size_t length = piece->plain_length;
    pthread_mutex_lock(&packer->lock);
    piece->state = PIECE_FILLED;
    packer->filling++;
    pthread_mutex_unlock(&packer->lock);
    pool_run(packer->options.pool, compress_piece, piece);
    EVP_DigestUpdate(packer->sha, piece->plain, length);
}

/* The piece that is filled now, once it is free; NULL: nobody wants any more. */
static struct piece *next_piece(struct packer *packer)
{
    struct piece *piece = &packer->pieces[packer->filling % packer->count];
    pthread_mutex_lock(&packer->lock);
    while (piece->state != PIECE_EMPTY && !packer->stop)
        pthread_cond_wait(&packer->moved, &packer->lock);
    bool stop = packer->stop;
    pthread_mutex_unlock(&packer->lock);
    return stop ? NULL : piece;
}

/* ------------------------------------------------------------------------- the tar */

static bool add_bytes(void *context, const char *data, size_t length, struct error *err)
{
    struct packer *packer = context;
    while (length) {
        struct piece *piece = next_piece(packer);
        if (!piece)
            return error_set(err, ERROR_CANCELLED, "stopped");
        size_t room = LAYER_PIECE - piece->plain_length;
        size_t part = length < room ? length : room;
        memcpy(piece->plain + piece->plain_length, data, part);
        piece->plain_length += part;
        data += part;
        length -= part;
        if (piece->plain_length == LAYER_PIECE)
            piece_is_full(packer, piece);
    }
    return true;
}

static bool write_stream(struct packer *packer, struct tar_writer *writer,
                         const struct content *content, struct tar_entry *entry, struct error *err)
{
    const struct files_table *table = content->files->table;
    const struct wait *wait = packer->options.wait;
    AUTO_FREE char *data = memory_alloc(READ_PIECE);
    struct files_stream *stream;
    size_t length = 1;
    if (!table->open(content->files, &content->entry, &stream, &entry->size, wait, err))
        return false;
    bool done = tar_writer_entry(writer, entry, err);
    while (done && length) {
        done = table->read(stream, data, READ_PIECE, &length, wait, err);
        if (done && length)
            done = tar_writer_data(writer, data, length, err);
    }
    table->end(stream);
    return done;
}

static bool write_spooled(struct packer *packer, struct tar_writer *writer,
                          const struct content *content, struct tar_entry *entry, struct error *err)
{
    AUTO_FREE char *data = memory_alloc(READ_PIECE);
    entry->size = content->size;
    if (!tar_writer_entry(writer, entry, err))
        return false;
    for (int64_t at = 0; at < content->size;) {
        int64_t left = content->size - at;
        size_t part = left < READ_PIECE ? (size_t)left : READ_PIECE;
        if (!wait_check(packer->options.wait, "reading files", err)
            || !spool_read(packer->options.spool, content->spooled + at, data, part, err)
            || !tar_writer_data(writer, data, part, err))
            return false;
        at += (int64_t)part;
    }
    return true;
}

static bool write_content(struct packer *packer, struct tar_writer *writer,
                          const struct content *content, struct tar_entry *entry, struct error *err)
{
    switch (content->kind) {
    case CONTENT_BYTES:
        entry->size = content->size;
        return tar_writer_entry(writer, entry, err)
               && tar_writer_data(writer, content->bytes, (size_t)content->size, err);
    case CONTENT_FILES:
        return write_stream(packer, writer, content, entry, err);
    default:
        return write_spooled(packer, writer, content, entry, err);
    }
}

/* The first path of the same file in this layer, owned and moded alike; or NULL. */
static const char *other_name(const struct layer_list *list, size_t at)
{
    const struct node *node = &list->entries[at].node;
    for (size_t i = 0; node->content && node->content->hard && i < at; i++) {
        const struct node *other = &list->entries[i].node;
        if (other->content == node->content && other->mode == node->mode && other->uid == node->uid
            && other->gid == node->gid)
            return list->entries[i].path;
    }
    return NULL;
}

static bool write_entry(struct packer *packer, struct tar_writer *writer, size_t at,
                        struct error *err)
{
    const struct layer_list *list = packer->options.list;
    const struct node *node = &list->entries[at].node;
    struct tar_entry entry = {
        .kind = node->kind,
        .path = list->entries[at].path,
        .link = node->link,
        .mode = node->mode,
        .uid = node->uid,
        .gid = node->gid,
        .mtime = node->mtime,
        .major = node->major,
        .minor = node->minor,
        .attributes = node->attributes,
        .attribute_count = node->attribute_count,
    };
    const char *other = other_name(list, at);
    if (other) {
        entry.kind = TAR_HARDLINK;
        entry.link = other;
        entry.attribute_count = 0;
    }
    if (entry.kind == TAR_FILE)
        return write_content(packer, writer, node->content, &entry, err);
    return tar_writer_entry(writer, &entry, err);
}

static bool write_all(struct packer *packer, struct error *err)
{
    struct tar_writer writer;
    tar_writer_start(&writer, add_bytes, packer);
    for (size_t i = 0; i < packer->options.list->count; i++)
        if (!write_entry(packer, &writer, i, err))
            return error_prefix(err, "%s", packer->options.list->entries[i].path);
    if (!tar_writer_end(&writer, err))
        return false;
    struct piece *last = next_piece(packer);
    if (!last)
        return error_set(err, ERROR_CANCELLED, "stopped");
    if (last->plain_length)
        piece_is_full(packer, last);
    return true;
}

static void *read_files(void *context)
{
    struct packer *packer = context;
    struct error err = { 0 };
    bool done = write_all(packer, &err);
    pthread_mutex_lock(&packer->lock);
    packer->ended = true;
    packer->failed = !done;
    packer->err = err;
    if (done)
        EVP_DigestFinal_ex(packer->sha, packer->diff_id, NULL);
    pthread_cond_broadcast(&packer->moved);
    pthread_mutex_unlock(&packer->lock);
    return NULL;
}

/* ---------------------------------------------------------------------------- life */

static void start(struct packer *packer)
{
    pthread_mutex_lock(&packer->lock);
    packer->filling = packer->taking = packer->taken = 0;
    packer->stop = packer->ended = packer->failed = false;
    pthread_mutex_unlock(&packer->lock);
    for (size_t i = 0; i < packer->count; i++) {
        packer->pieces[i].state = PIECE_EMPTY;
        packer->pieces[i].plain_length = 0;
    }
    EVP_DigestInit_ex(packer->sha, EVP_sha256(), NULL);
    packer->running = pthread_create(&packer->thread, NULL, read_files, packer) == 0;
    if (!packer->running) {
        packer->ended = packer->failed = true;
        error_set(&packer->err, ERROR_LOCAL, "cannot start a thread");
    }
}

static void stop(struct packer *packer)
{
    pthread_mutex_lock(&packer->lock);
    packer->stop = true;
    pthread_cond_broadcast(&packer->moved);
    pthread_mutex_unlock(&packer->lock);
    if (packer->running)
        pthread_join(packer->thread, NULL);
    packer->running = false;
    pthread_mutex_lock(&packer->lock);
    for (size_t i = 0; i < packer->count; i++)
        while (packer->pieces[i].state == PIECE_FILLED)
            pthread_cond_wait(&packer->moved, &packer->lock);
    pthread_mutex_unlock(&packer->lock);
}

struct packer *packer_new(const struct packer_options *options)
{
    struct packer *packer = memory_alloc(sizeof *packer);
    *packer = (struct packer){ .options = *options, .count = options->threads + 3 };
    packer->pieces = memory_alloc(packer->count * sizeof *packer->pieces);
    packer->sha = EVP_MD_CTX_new();
    pthread_mutex_init(&packer->lock, NULL);
    pthread_cond_init(&packer->moved, NULL);
    for (size_t i = 0; i < packer->count; i++) {
        struct piece *piece = &packer->pieces[i];
        *piece = (struct piece){ .packer = packer,
                                 .compressor = libdeflate_alloc_compressor(LAYER_LEVEL) };
        if (!piece->compressor || !packer->sha)
            abort();
        piece->plain = memory_alloc(LAYER_PIECE);
        piece->packed =
            memory_alloc(libdeflate_gzip_compress_bound(piece->compressor, LAYER_PIECE));
    }
    start(packer);
    return packer;
}

void packer_free(struct packer *packer)
{
    stop(packer);
    for (size_t i = 0; i < packer->count; i++) {
        libdeflate_free_compressor(packer->pieces[i].compressor);
        free(packer->pieces[i].plain);
        free(packer->pieces[i].packed);
    }
    EVP_MD_CTX_free(packer->sha);
    pthread_mutex_destroy(&packer->lock);
    pthread_cond_destroy(&packer->moved);
    free(packer->pieces);
    free(packer);
}

/* -------------------------------------------------------------------------- taking */

/* The next piece once it is compressed; NULL: the end, or what went wrong. */
static struct piece *ready_piece(struct packer *packer)
{
    struct piece *piece = &packer->pieces[packer->taking % packer->count];
    pthread_mutex_lock(&packer->lock);
    for (;;) {
        bool end = packer->ended && (packer->failed || packer->taking == packer->filling);
        if (end || piece->state == PIECE_READY) {
            pthread_mutex_unlock(&packer->lock);
            return end ? NULL : piece;
        }
        pthread_cond_wait(&packer->moved, &packer->lock);
    }
}

static void piece_is_taken(struct packer *packer, struct piece *piece)
{
    pthread_mutex_lock(&packer->lock);
    piece->state = PIECE_EMPTY;
    piece->plain_length = 0;
    packer->taking++;
    packer->taken = 0;
    pthread_cond_broadcast(&packer->moved);
    pthread_mutex_unlock(&packer->lock);
}

static bool packer_read(void *context, char *data, size_t capacity, size_t *ret_length,
                        struct error *err)
{
    struct packer *packer = context;
    struct piece *piece = ready_piece(packer);
    *ret_length = 0;
    if (!piece) {
        if (packer->failed)
            *err = packer->err;
        return !packer->failed;
    }
    size_t left = piece->packed_length - packer->taken;
    *ret_length = left < capacity ? left : capacity;
    memcpy(data, piece->packed + packer->taken, *ret_length);
    packer->taken += *ret_length;
    if (packer->taken == piece->packed_length)
        piece_is_taken(packer, piece);
    return true;
}

static bool packer_seek(void *context, int64_t offset, struct error *err)
{
    struct packer *packer = context;
    AUTO_FREE char *data = memory_alloc(READ_PIECE);
    stop(packer);
    start(packer);
    while (offset > 0) {
        size_t length;
        if (!packer_read(packer, data, offset < READ_PIECE ? (size_t)offset : READ_PIECE, &length,
                         err))
            return false;
        if (length == 0)
            return error_set(err, ERROR_BUG, "sought behind the end of a layer");
        offset -= (int64_t)length;
    }
    return true;
}

struct blob_source packer_source(struct packer *packer)
{
    return (struct blob_source){ .context = packer,
                                 .read = packer_read,
                                 .seek = packer_seek,
                                 .media_type = MEDIA_OCI_LAYER_GZIP,
                                 .size = -1 };
}

void packer_is_left(struct packer *packer)
{
    pthread_mutex_lock(&packer->lock);
    packer->left = true;
    pthread_cond_broadcast(&packer->moved);
    pthread_mutex_unlock(&packer->lock);
}

const char *packer_diff_id(struct packer *packer, struct arena *arena)
{
    struct digest diff_id;
    pthread_mutex_lock(&packer->lock);
    while (!packer->ended && !packer->left)
        pthread_cond_wait(&packer->moved, &packer->lock);
    bool known = packer->ended && !packer->failed;
    memcpy(diff_id.bytes, packer->diff_id, sizeof diff_id.bytes);
    pthread_mutex_unlock(&packer->lock);
    return known ? arena_printf(arena, "sha256:%s", digest_hex(arena, &diff_id)) : NULL;
}
