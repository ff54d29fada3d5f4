/*
 * upload: a blob on its way into a repository.
 *
 * POST gives a place (Location, ever a new one); where digest and size are known, as they are of
 * a small blob once it was read (blob_ahead.h), one PUT sends the rest, else PATCH streams and PUT
 * names the digest. When it breaks off, the registry is asked how far it came (GET, Range), the
 * source goes back there, and PATCH goes on; where the place is gone it begins anew. A proxy
 * before it may take no body of that size (413): then PATCH sends pieces, smaller ones until they
 * pass, and so do later blobs.
 */
#include "oci/registry/write.h"

#include "base/cleanup.h"
#include "net/http_url.h"
#include "oci/registry/blob_ahead.h"
#include "oci/registry/paging.h"
#include "oci/registry/upload_parts.h"
#include "oci/registry/words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_RESUMES = 50, LARGEST_PIECE = 16 << 20, SMALLEST_PIECE = 256 << 10 };

/* ----------------------------------------------------------------------- steps */

static const char *what_of(const struct upload *upload)
{
    const char *digest = upload->source->digest;
    return digest ? arena_printf(upload->arena, "upload of blob %s", digest) : "upload of a blob";
}

static bool ask(struct upload *upload, struct call *call, struct answer *answer,
                const struct wait *wait, struct error *err)
{
    call->access = ACCESS_PUSH;
    call->what = what_of(upload);
    return exchange(upload->repository->server, upload->repository->store.repository, upload->arena,
                    call, answer, wait, err);
}

static bool refused(const struct upload *upload, const struct call *call,
                    const struct answer *answer, struct error *err)
{
    return answer_refused(upload->repository->server, upload->repository->store.repository, call,
                          answer, err);
}

static const char *take_spare(struct repository *repository, struct arena *arena)
{
    pthread_mutex_lock(&repository->lock);
    const char *spare = repository->spare ? arena_strdup(arena, repository->spare) : NULL;
    repository->spare = NULL;
    pthread_mutex_unlock(&repository->lock);
    return spare;
}

static const char *place_of(const struct upload *upload, const struct answer *answer)
{
    return answer_location(upload->repository->server, upload->arena, answer);
}

static bool say_no_place(const struct upload *upload, const struct answer *answer,
                         struct error *err)
{
    const char *location = http_header(&answer->response, "Location");
    if (!location)
        return error_set(err, ERROR_UNREACHABLE, "%s: it gave no place to upload to",
                         upload->repository->store.name);
    return error_set(err, ERROR_UNREACHABLE,
                     "%s: it sends uploads to %s, which is no place to upload to or has no TLS",
                     upload->repository->store.name, url_place(upload->arena, location));
}

/* A place to send to. */
static bool begin(struct upload *upload, const struct wait *wait, struct error *err)
{
    struct call call = { .method = "POST", .path = "blobs/uploads/", .body = "" };
    struct answer answer;
    upload->location = take_spare(upload->repository, upload->arena);
    if (upload->location)
        return true;
    if (!ask(upload, &call, &answer, wait, err))
        return false;
    if (answer.response.status != 202)
        return refused(upload, &call, &answer, err);
    upload->location = place_of(upload, &answer);
    const char *least = http_header(&answer.response, "OCI-Chunk-Min-Length");
    upload->least_piece = least ? strtoll(least, NULL, 10) : 0;
    return upload->location || say_no_place(upload, &answer, err);
}

static const char *commit_url(const struct upload *upload, const char *digest)
{
    AUTO_BUF url = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_printf(&url, "%s%cdigest=", upload->location, strchr(upload->location, '?') ? '&' : '?');
    url_encode(&url, digest);
    return arena_strdup(upload->arena, buf_text(&url));
}

/* What the registry calls the blob that it has now. */
static bool check_stored(const struct upload *upload, const struct answer *answer,
                         const char *digest, struct error *err)
{
    const char *said = http_header(&answer->response, "Docker-Content-Digest");
    if (!said || strcmp(said, digest) == 0 || strncmp(said, digest, strcspn(digest, ":")) != 0)
        return true;
    return error_set(err, ERROR_INVALID, "%s: it stored %.200s, and was sent %s",
                     upload->repository->store.name, said, digest);
}

/* Is it there, whatever became of the request that should have stored it? */
static bool is_stored(const struct upload *upload, const char *digest, const struct wait *wait)
{
    struct error ignored;
    bool there = false;
    struct descriptor blob = { .digest = digest, .size = upload->source->size };
    return registry_has_blob(&upload->repository->store, &blob, &there, wait, &ignored) && there;
}

/* Is it a success? What no registry should answer counts where the blob is there. */
static bool is_taken(const struct upload *upload, const struct answer *answer, const char *digest,
                     const struct wait *wait)
{
    int status = answer->response.status;
    if (status == 201 || status == 204)
        return true;
    return (status == 200 || status == 202) && is_stored(upload, digest, wait);
}

/* Names what was sent by PATCH. */
static bool commit(struct upload *upload, const struct wait *wait, struct error *err)
{
    const char *digest = upload->source->digest ? upload->source->digest
                                                : verifier_digest(upload->verifier, upload->arena);
    struct call call = { .method = "PUT", .url = commit_url(upload, digest), .body = "" };
    struct answer answer;
    if (!ask(upload, &call, &answer, wait, err))
        return false;
    if (is_taken(upload, &answer, digest, wait))
        return check_stored(upload, &answer, digest, err);
    /* The upload is unknown: its end was lost and sent again, or ended with the last piece. */
    bool may_be_there = answer.response.status >= 400 && answer.response.status < 500;
    return (may_be_there && is_stored(upload, digest, wait))
           || refused(upload, &call, &answer, err);
}

/* ----------------------------------------------------------------------- sends */

enum sent {
    SENT_ALL,     /* and it is stored            */
    SENT_BYTES,   /* and it is to be committed   */
    SENT_PIECE,   /* and the next one is to go   */
    SENT_IN_PART, /* broke off: may go on        */
    SENT_REFUSED, /* err is set                  */
};

/* Whether an answer that is no success may be another one next time. */
static bool may_change(int status)
{
    return status == 401 || status == 404 || status == 408 || status == 416 || status == 429
           || status >= 500;
}

/* False: even the smallest is too large. */
static bool use_smaller(struct upload *upload)
{
    int64_t size = upload->source->size;
    int64_t piece = upload->piece ? upload->piece / 4 : LARGEST_PIECE;
    while (size >= 0 && piece >= size)
        piece /= 4;
    if (piece < SMALLEST_PIECE || piece < upload->least_piece)
        return false;
    upload->piece = piece;
    server_takes(upload->repository->server, piece);
    return upload->smaller = true;
}

/* 413, by any that says so; ghcr.io says 416 and "the request body is too large". */
static bool is_too_large(const struct upload *upload, const struct answer *answer)
{
    int status = answer->response.status;
    if (status != 416)
        return status == 413;
    return strcasestr(response_words(upload->arena, &answer->response, NULL, 0), "too large");
}

/* An upload that a registry of many servers has lost half of may work as a new one. */
static bool is_broken(const struct upload *upload, const struct answer *answer)
{
    return answer->response.status == 400
           && strstr(response_words(upload->arena, &answer->response, NULL, 0),
                     "BLOB_UPLOAD_INVALID");
}

static enum sent judge_loss(struct upload *upload, const struct call *call, bool answered,
                            const struct answer *answer, struct error *err)
{
    if (upload->spoiled)
        return SENT_REFUSED;
    if (!answered)
        return answer->response.transient ? SENT_IN_PART : SENT_REFUSED;
    refused(upload, call, answer, err);
    if (is_too_large(upload, answer))
        return use_smaller(upload) ? SENT_IN_PART : SENT_REFUSED;
    upload->contradicted = answer->response.status == 416;
    return may_change(answer->response.status) || is_broken(upload, answer) ? SENT_IN_PART
                                                                            : SENT_REFUSED;
}

static struct call send_call(struct upload *upload)
{
    int64_t size = upload->source->size;
    upload->piece_end = upload->piece ? upload->position + upload->piece : INT64_MAX;
    if (size >= 0 && upload->piece_end >= size)
        upload->piece_end = INT64_MAX; /* the last one: its end is the source's */
    int64_t end = upload->piece_end < size ? upload->piece_end : size;
    return (struct call){
        .content_type = "application/octet-stream",
        .source = upload_read,
        .source_context = upload,
        .source_length = size < 0 ? -1 : end - upload->position,
        .http1 = upload->resumes > 0, /* over HTTP/2 an early refusal may have been lost */
    };
}

static enum sent send_by_put(struct upload *upload, struct answer *answer, const struct wait *wait,
                             struct error *err)
{
    struct call call = send_call(upload);
    call.method = "PUT";
    call.url = commit_url(upload, upload->source->digest);
    upload->partial = true;
    bool answered = ask(upload, &call, answer, wait, err);
    if (!answered || !is_taken(upload, answer, upload->source->digest, wait))
        return judge_loss(upload, &call, answered, answer, err);
    return upload_check_end(upload, err)
                   && check_stored(upload, answer, upload->source->digest, err)
               ? SENT_ALL
               : SENT_REFUSED;
}

static enum sent send_by_patch(struct upload *upload, struct answer *answer,
                               const struct wait *wait, struct error *err)
{
    struct call call = send_call(upload);
    call.method = "PATCH";
    call.url = upload->location;
    if (upload->source->size > upload->position)
        call.content_range = arena_printf(upload->arena, "%lld-%lld", (long long)upload->position,
                                          (long long)(upload->position + call.source_length) - 1);
    upload->partial = true;
    bool answered = ask(upload, &call, answer, wait, err);
    bool taken = answer->response.status >= 200 && answer->response.status <= 204;
    if (!answered || !taken)
        return judge_loss(upload, &call, answered, answer, err);
    const char *location = place_of(upload, answer);
    int64_t has = upload_range(http_header(&answer->response, "Range"));
    if (location)
        upload->location = location;
    bool more = upload->position >= upload->piece_end;
    if (!more && !upload_check_end(upload, err))
        return SENT_REFUSED;
    if (has <= 0 || has == upload->position || upload->deaf)
        return more ? SENT_PIECE : SENT_BYTES;
    upload->contradicted = true;
    error_set(err, ERROR_UNREACHABLE, "%s: it took %lld of %lld bytes",
              upload->repository->store.name, (long long)has, (long long)upload->position);
    return SENT_IN_PART;
}

static int64_t ask_place(struct upload *upload, const struct wait *wait)
{
    struct call call = { .method = "GET", .url = upload->location };
    struct answer answer;
    struct error problem;
    int64_t has = -1;
    if (ask(upload, &call, &answer, wait, &problem)
        && (answer.response.status == 204 || answer.response.status == 200)) {
        const char *location = place_of(upload, &answer);
        has = upload_range(http_header(&answer.response, "Range"));
        if (location)
            upload->location = location;
    }
    return has;
}

/*
 * Where the registry stands; a place that it does not know any more is none. ECR stands forever
 * at the end of the first piece, by its words, and has them all: one that is told the rest from
 * where it says, and contradicts, is sent it all anew without asking. The digest tells in the end.
 */
static bool find_place(struct upload *upload, const struct wait *wait, struct error *err)
{
    int64_t has = upload->deaf ? -1 : ask_place(upload, wait);
    upload->deaf |= upload->contradicted && has > 0 && has == upload->resumed_at;
    upload->contradicted = false;
    upload->resumed_at = has;
    if (!upload->deaf && has > 0 && has <= upload->furthest && upload_rewind(upload, has, err))
        return true;
    if (upload->spoiled || !upload_rewind(upload, 0, err))
        return false;
    upload->location = NULL;
    upload->partial = false;
    return true;
}

/* After a loss: waits, and finds the place to go on from. *ret_stored: there is nothing to do. */
static bool recover(struct upload *upload, const struct answer *answer, bool *ret_stored,
                    const struct wait *wait, struct error *err)
{
    bool failed, answered = answer->response.status != 0 && !answer->response.transient;
    struct http_response lost = { .transient = true };
    const char *digest = upload->source->digest;
    if (upload->position > upload->furthest)
        upload->retry.tries = 0;
    if (upload->position > upload->furthest)
        upload->furthest = upload->position;
    bool at_once = upload->smaller;
    upload->smaller = false;
    if (upload->resumes++ >= MOST_RESUMES)
        return false;
    if (!at_once
        && !retry_again(&upload->retry, answered && answer->response.status == 429,
                        answered && answer->response.status == 429 ? &answer->response : &lost,
                        true, &failed, wait, err))
        return false;
    *ret_stored = digest && is_stored(upload, digest, wait);
    return *ret_stored || find_place(upload, wait, err);
}

static bool send_all(struct upload *upload, const struct wait *wait, struct error *err)
{
    const struct blob_source *source = upload->source;
    for (;;) {
        struct answer answer = { 0 };
        bool stored = false;
        if (!upload->location && !begin(upload, wait, err))
            return false;
        bool whole = source->digest && source->size >= 0 && !upload->partial
                     && !(upload->piece && upload->piece < source->size);
        enum sent sent = (whole ? send_by_put : send_by_patch)(upload, &answer, wait, err);
        if (sent == SENT_BYTES)
            return commit(upload, wait, err);
        if (sent == SENT_PIECE)
            continue;
        if (sent != SENT_IN_PART)
            return sent == SENT_ALL;
        if (!recover(upload, &answer, &stored, wait, err))
            return false;
        if (stored)
            return true;
    }
}

static void fill_descriptor(const struct upload *upload, struct arena *arena,
                            struct descriptor *ret)
{
    const struct blob_source *source = upload->source;
    *ret = (struct descriptor){
        .media_type = source->media_type ? arena_strdup(arena, source->media_type) : NULL,
        .digest = source->digest ? arena_strdup(arena, source->digest)
                                 : verifier_digest(upload->verifier, arena),
        .size = source->size >= 0 ? source->size : verifier_size(upload->verifier),
    };
}

/* A place that is asked for while the first bytes are read. */
struct beginning {
    struct upload *upload;
    const struct wait *wait;
    bool done;
    struct error err;
};

static void *begin_apart(void *context)
{
    struct beginning *beginning = context;
    beginning->done = begin(beginning->upload, beginning->wait, &beginning->err);
    return NULL;
}

/* The arena is the other thread's until it has ended. */
static bool begin_and_read(struct upload *upload, struct blob_ahead *ahead, struct arena *arena,
                           const struct wait *wait, struct error *err)
{
    struct beginning beginning = { .upload = upload, .wait = wait };
    pthread_t thread;
    bool apart = pthread_create(&thread, NULL, begin_apart, &beginning) == 0;
    bool read = blob_ahead_read(ahead, upload->source, arena, err);
    if (apart)
        pthread_join(thread, NULL);
    upload->source = &ahead->source;
    if (!read || !apart || beginning.done)
        return read;
    *err = beginning.err;
    return false;
}

static bool put(struct upload *upload, struct arena *arena, struct descriptor *ret,
                const struct wait *wait, struct error *err)
{
    const struct blob_source *source = upload->source;
    upload->verifier = verifier_new(source->digest, source->size, NULL, NULL);
    bool sent = send_all(upload, wait, err);
    if (sent)
        fill_descriptor(upload, arena, ret);
    verifier_free(upload->verifier);
    return sent;
}

bool registry_put_blob(struct image_store *store, struct arena *arena,
                       const struct blob_source *source, struct descriptor *ret,
                       const struct wait *wait, struct error *err)
{
    AUTO_ARENA own = arena_new();
    struct repository *repository = (struct repository *)store;
    struct blob_ahead ahead = { 0 };
    struct upload upload = { .repository = repository,
                             .arena = own,
                             .source = source,
                             .piece = server_piece(repository->server),
                             .retry = { .place = repository->server->registry } };
    bool known = source->digest || source->size >= 0;
    bool done = (known || begin_and_read(&upload, &ahead, arena, wait, err))
                && put(&upload, arena, ret, wait, err);
    blob_ahead_done(&ahead);
    return done;
}
