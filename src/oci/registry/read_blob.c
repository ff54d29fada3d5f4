/*
 * read_blob: the bytes of a blob, checked while they pass.
 *
 * A download that breaks off goes on where it stopped (Range), be it at a mirror or at the
 * registry itself: what was passed on stays right, and the digest covers all of it.
 */
#include "oci/registry/read.h"

#include "base/cleanup.h"
#include "oci/registry/retry.h"
#include "oci/verify.h"

#include <string.h>
#include <strings.h>

enum { MOST_RESUMES = 50 };

struct download {
    struct arena *arena;
    const char *repository;
    const struct descriptor *blob;
    struct verifier *verifier;
    bool refused; /* the sink or the verifier said no: nothing more is read */
    unsigned resumes;
    /* Of one request: */
    const struct http_response *response; /* its status tells where the bytes begin */
    int64_t from, skip;
    bool begun;
};

static bool on_bytes(void *context, const char *data, size_t length, struct error *err)
{
    struct download *download = context;
    if (!download->begun) {
        download->begun = true;
        download->skip = download->response->status == 206 ? 0 : download->from;
    }
    size_t skipped = (int64_t)length < download->skip ? length : (size_t)download->skip;
    download->skip -= (int64_t)skipped;
    if (verifier_feed(download->verifier, data + skipped, length - skipped, err))
        return true;
    download->refused = true;
    return false;
}

/* One request for what is still missing. *ret_lost: it broke off, and may be taken up again. */
static bool read_once(struct download *download, struct server *server, struct answer *answer,
                      bool *ret_lost, const struct wait *wait, struct error *err)
{
    static const int expected[] = { 200, 206, 0 };
    int64_t from = verifier_size(download->verifier);
    struct call call = {
        .method = "GET",
        .path = arena_printf(download->arena, "blobs/%s", download->blob->digest),
        .accept = "*/*",
        .sink = on_bytes,
        .sink_context = download,
        .range = from ? arena_printf(download->arena, "bytes=%lld-", (long long)from) : NULL,
        .what = arena_printf(download->arena, "blob %s", download->blob->digest),
    };
    download->response = &answer->response;
    download->from = from;
    download->begun = false;
    *answer = (struct answer){ 0 };
    bool read = exchange_expect(server, download->repository, download->arena, &call, expected,
                                answer, wait, err);
    *ret_lost = !read && !download->refused && answer->response.transient;
    return read;
}

/* A page of HTML in place of a blob has a digest too: another one. */
static bool say_wrong(const struct download *download, const struct server *server,
                      const struct answer *answer, struct error *err)
{
    const char *type = http_header(&answer->response, "Content-Type");
    bool page = type && strncasecmp(type, "text/html", 9) == 0;
    return error_prefix(err, "%s/%s: blob %s%s", server->registry, download->repository,
                        download->blob->digest, page ? " (a page of HTML came)" : "");
}

/* All of it has come, be it that its end was lost. */
static bool is_whole(const struct download *download)
{
    return download->blob->size >= 0 && verifier_size(download->verifier) == download->blob->size;
}

/* A part that was asked for may come as a smaller one: what is left is asked for next. */
static bool is_part(struct download *download, const struct answer *answer, int64_t before)
{
    int64_t size = verifier_size(download->verifier);
    return answer->response.status == 206 && size > before && size < download->blob->size
           && download->resumes++ < MOST_RESUMES;
}

/* What came so far may stay: it was a part of the right bytes, or the digest will tell. */
static bool may_resume(struct download *download, struct retry *retry, int64_t before,
                       const struct answer *answer, bool *ret_failed, const struct wait *wait,
                       struct error *err)
{
    *ret_failed = false;
    if (verifier_size(download->verifier) > before)
        retry->tries = 0;
    return download->resumes++ < MOST_RESUMES
           && retry_again(retry, false, &answer->response, true, ret_failed, wait, err);
}

static bool read_from(void *context, struct server *server, const char *repository,
                      const struct wait *wait, struct error *err)
{
    struct download *download = context;
    download->repository = repository;
    struct retry retry = { .place = server->registry };
    struct answer answer;
    for (;;) {
        bool lost, failed;
        int64_t before = verifier_size(download->verifier);
        if (download->refused)
            return false;
        bool read = read_once(download, server, &answer, &lost, wait, err);
        if (read && is_part(download, &answer, before))
            continue;
        if (read || (lost && is_whole(download)))
            break;
        if (download->refused)
            return say_wrong(download, server, &answer, err);
        if (!lost || !may_resume(download, &retry, before, &answer, &failed, wait, err))
            return false;
    }
    if (verifier_end(download->verifier, err))
        return true;
    download->refused = true;
    return say_wrong(download, server, &answer, err);
}

bool registry_blob(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                   void *context, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct download download = { .arena = arena, .blob = blob };
    if (!digest_text_valid(blob->digest))
        return error_set(err, ERROR_INVALID, "%s: \"%.200s\" is not a digest", store->name,
                         blob->digest);
    download.verifier = verifier_new(blob->digest, blob->size, sink, context);
    bool read = ask_mirrors_first((struct repository *)store, read_from, &download, wait, err);
    verifier_free(download.verifier);
    return read;
}
