/*
 * http_upload: a body that is read from a callback while it is sent.
 *
 * The callback belongs to the caller and may block, so that it runs on the
 * caller's thread and fills a ring; the I/O thread sends from it and pauses where it
 * is empty. See http_transfer.h.
 */
#include "net/http_transfer.h"

#include <stdlib.h>
#include <string.h>

enum {
    RING = 1 << 20,
    PIECE = 64 << 10, /* free bytes from which reading on is worth it */
    SENT_AT_ONCE = 256 << 10,
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Takes bytes out of the ring; locked. */
static size_t take(struct upload *upload, char *out, size_t capacity)
{
    size_t taken = 0;
    while (taken < capacity && upload->length) {
        size_t piece = smaller(smaller(capacity - taken, upload->length), RING - upload->start);
        memcpy(out + taken, upload->data + upload->start, piece);
        upload->start = (upload->start + piece) % RING;
        upload->length -= piece;
        taken += piece;
    }
    return taken;
}

static size_t on_upload(char *out, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    struct upload *upload = &transfer->upload;
    pthread_mutex_lock(&transfer->waiter->lock);
    size_t taken = take(upload, out, size * count);
    if (!taken && !upload->ended) {
        upload->paused = true;
        taken = CURL_READFUNC_PAUSE;
    }
    pthread_cond_signal(&transfer->waiter->changed);
    pthread_mutex_unlock(&transfer->waiter->lock);
    return taken;
}

void upload_start(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    transfer->upload.data = memory_alloc(RING);
    curl()->easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl()->easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                        (curl_off_t)transfer->request->source_length);
    curl()->easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SENT_AT_ONCE);
    curl()->easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
    curl()->easy_setopt(easy, CURLOPT_READDATA, transfer);
}

void upload_done(struct transfer *transfer)
{
    free(transfer->upload.data);
    transfer->upload = (struct upload){ 0 };
}

bool upload_wants(const struct transfer *transfer)
{
    const struct upload *upload = &transfer->upload;
    return upload->data && !upload->ended && RING - upload->length >= PIECE;
}

/* A length that was told to the server and does not hold would leave it waiting, or cut the body.
 */
static bool check_length(const struct transfer *transfer, struct error *err)
{
    const struct upload *upload = &transfer->upload;
    int64_t told = transfer->request->source_length;
    if (told < 0 || upload->given == told || (upload->given < told && !upload->ended))
        return true;
    return error_set(err, ERROR_INPUT, "the body was said to have %lld bytes, and has %s",
                     (long long)told, upload->given > told ? "more" : "fewer");
}

bool upload_feed(struct transfer *transfer, bool *ret_resume, struct error *err)
{
    const struct http_request *request = transfer->request;
    struct upload *upload = &transfer->upload;
    size_t at = (upload->start + upload->length) % RING, length = 0;
    size_t room = smaller(RING - upload->length, RING - at);
    pthread_mutex_unlock(&transfer->waiter->lock);
    bool read = request->source(request->source_context, upload->data + at, room, &length, err);
    pthread_mutex_lock(&transfer->waiter->lock);
    transfer->activity = clock_now();
    upload->length += length;
    upload->given += (int64_t)length;
    upload->ended = length == 0;
    if (!read || !check_length(transfer, err))
        return false;
    *ret_resume = upload->paused;
    upload->paused = false;
    return true;
}
