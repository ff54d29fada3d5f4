/*
 * raw: the least that making a layer costs: all files of a folder, one behind the other in
 * 1 MiB pieces, compressed by libdeflate at the builder's level on all cores, and hashed on
 * both sides.
 *
 *     raw FOLDER FILE
 *
 * Reads, compresses, hashes and writes FILE; no tar, no names, nothing is checked.
 */
#define _GNU_SOURCE
#include <ftw.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 20, LEVEL = 4, ROUND = 16 };

struct piece {
    char *data, *packed;
    size_t length, packed_length;
};

static struct piece pieces[ROUND];
static int filled, next;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static EVP_MD_CTX *plain, *packed;
static FILE *out;

static int take(void)
{
    pthread_mutex_lock(&mutex);
    int taken = next < filled ? next++ : -1;
    pthread_mutex_unlock(&mutex);
    return taken;
}

static void *compress_some(void *unused)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);
    (void)unused;
    for (int i; (i = take()) >= 0;)
        pieces[i].packed_length = libdeflate_gzip_compress(
            compressor, pieces[i].data, pieces[i].length, pieces[i].packed, PIECE + 4096);
    libdeflate_free_compressor(compressor);
    return NULL;
}

/* Compresses what was filled on all cores, then hashes and writes it in order. */
static void flush_round(void)
{
    pthread_t threads[64];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    next = 0;
    for (long i = 0; i < cores && i < 64; i++)
        pthread_create(&threads[i], NULL, compress_some, NULL);
    for (int i = 0; i < filled; i++)
        EVP_DigestUpdate(plain, pieces[i].data, pieces[i].length);
    for (long i = 0; i < cores && i < 64; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < filled; i++) {
        EVP_DigestUpdate(packed, pieces[i].packed, pieces[i].packed_length);
        fwrite(pieces[i].packed, 1, pieces[i].packed_length, out);
        pieces[i].length = 0;
    }
    filled = 0;
}

static int read_file(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)place;
    if (type != FTW_F)
        return 0;
    FILE *file = fopen(path, "rb");
    while (file) {
        struct piece *piece = &pieces[filled];
        size_t got = fread(piece->data + piece->length, 1, PIECE - piece->length, file);
        piece->length += got;
        if (piece->length == PIECE && ++filled == ROUND)
            flush_round();
        if (!got)
            break;
    }
    return file ? fclose(file) : 1;
}

int main(int count, char **arguments)
{
    if (count != 3 || !(out = fopen(arguments[2], "wb")))
        return 2;
    plain = EVP_MD_CTX_new(), packed = EVP_MD_CTX_new();
    EVP_DigestInit_ex(plain, EVP_sha256(), NULL);
    EVP_DigestInit_ex(packed, EVP_sha256(), NULL);
    for (int i = 0; i < ROUND; i++)
        pieces[i] = (struct piece){ malloc(PIECE), malloc(PIECE + 4096), 0, 0 };
    if (nftw(arguments[1], read_file, 16, FTW_PHYS))
        return 1;
    filled += pieces[filled].length > 0;
    flush_round();
    return fclose(out) == 0 ? 0 : 1;
}
