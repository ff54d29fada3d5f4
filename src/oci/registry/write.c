/* write: blobs that are there already, manifests, and deleting; see write.h. */
#include "oci/registry/write.h"

#include "base/cleanup.h"
#include "manifest/value_json.h"
#include "oci/registry/read.h"
#include "oci/registry/words.h"

#include <stdlib.h>
#include <string.h>

bool registry_has_blob(struct image_store *store, const struct descriptor *blob, bool *ret_there,
                       const struct wait *wait, struct error *err)
{
    /*
     * 405: nobody tells, so it is sent. 403: where HEAD is sent away to what was signed for GET;
     * or who may not write, and sending it brings the words that HEAD has none of.
     */
    static const int expected[] = { 200, 403, 404, 405, 0 };
    AUTO_ARENA arena = arena_new();
    struct answer answer;
    struct call call = { .method = "HEAD",
                         .path = arena_printf(arena, "blobs/%s", blob->digest),
                         .accept = "*/*",
                         .access = ACCESS_PUSH, /* one token for all of a push */
                         .what = arena_printf(arena, "blob %s", blob->digest) };
    if (!digest_text_valid(blob->digest))
        return error_set(err, ERROR_INVALID, "%s: \"%.200s\" is not a digest", store->name,
                         blob->digest);
    if (!exchange_expect(((struct repository *)store)->server, store->repository, arena, &call,
                         expected, &answer, wait, err))
        return false;
    const char *length = http_header(&answer.response, "Content-Length");
    long long size = length ? strtoll(length, NULL, 10) : 0;
    *ret_there = answer.response.status == 200;
    /* 0 is what some proxies make of an answer without a body. */
    if (*ret_there && size && blob->size >= 0 && size != blob->size)
        return error_set(err, ERROR_INVALID,
                         "%s: blob %s has %.30s bytes there, and should have %lld", store->name,
                         blob->digest, length, (long long)blob->size);
    return true;
}

/* ----------------------------------------------------------------------- mount */

/* What was begun instead of a mount takes the next blob. */
static void keep_spare(struct repository *repository, struct arena *arena,
                       const struct answer *answer)
{
    const char *location = answer_location(repository->server, arena, answer);
    pthread_mutex_lock(&repository->lock);
    if (location)
        repository->spare = arena_strdup(repository->arena, location);
    pthread_mutex_unlock(&repository->lock);
}

static const char *mount_path(struct arena *arena, const char *digest, const char *from)
{
    AUTO_BUF path = BUF_INIT(BUF_OUTPUT_CEILING);
    buf_puts(&path, "blobs/uploads/?mount=");
    url_encode(&path, digest);
    buf_puts(&path, "&from=");
    url_encode(&path, from);
    return arena_strdup(arena, buf_text(&path));
}

/* Where it may not be taken from there (no right to pull, no such blob) it is to be sent. */
bool registry_mount(struct image_store *store, const struct descriptor *blob,
                    const char *from_repository, bool *ret_mounted, const struct wait *wait,
                    struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct repository *repository = (struct repository *)store;
    struct answer answer;
    struct call call = { .method = "POST",
                         .path = mount_path(arena, blob->digest, from_repository),
                         .body = "",
                         .access = ACCESS_PUSH,
                         .from_repository = from_repository,
                         .what = arena_printf(arena, "mount of blob %s", blob->digest) };
    struct error problem;
    *ret_mounted = false;
    if (!exchange(repository->server, store->repository, arena, &call, &answer, wait, &problem)) {
        if (problem.kind == ERROR_DENIED) /* the token for both repositories */
            return true;
        *err = problem;
        return false;
    }
    int status = answer.response.status;
    if (status == 202)
        keep_spare(repository, arena, &answer);
    if (status != 201 && status != 202 && (status < 400 || status >= 500))
        return answer_refused(repository->server, store->repository, &call, &answer, err);
    *ret_mounted = status == 201;
    return true;
}

/* ------------------------------------------------------------------- manifests */

/* The subject of a manifest: its digest, or NULL. */
static const char *subject_of(struct arena *arena, const char *bytes, size_t length,
                              struct descriptor *referrer)
{
    const struct value *document;
    struct error ignored;
    if (!json_parse(arena, bytes, length, &document, &ignored))
        return NULL;
    const char *subject = value_text_at(document, "subject", "digest", NULL);
    referrer->artifact_type = value_text(value_get(document, "artifactType"));
    if (!referrer->artifact_type)
        referrer->artifact_type = value_text_at(document, "config", "mediaType", NULL);
    referrer->annotations = value_get(document, "annotations");
    return subject && digest_text_valid(subject) ? subject : NULL;
}

static bool check_sent(const struct image_store *store, const struct descriptor *manifest,
                       const char *bytes, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *digest = digest_text(arena, bytes, (size_t)manifest->size);
    if (strncmp(manifest->digest, "sha256:", 7) != 0 || strcmp(digest, manifest->digest) == 0)
        return true;
    return error_set(err, ERROR_INVALID, "%s: the manifest that is to be stored is %s, not %s",
                     store->name, digest, manifest->digest);
}

static bool is_there(struct repository *repository, struct arena *arena,
                     const struct descriptor *manifest, const char *name, const struct wait *wait)
{
    struct descriptor found;
    const char *bytes;
    struct error why;
    return manifest_get(repository->server, repository->store.repository, arena, name, &found,
                        &bytes, wait, &why)
           && strcmp(found.digest, manifest->digest) == 0;
}

/* A success that is none of a registry's may be a page of something before it: is it there? */
static bool check_there(struct repository *repository, struct arena *arena,
                        const struct descriptor *manifest, const char *name,
                        const struct answer *answer, const struct wait *wait, struct error *err)
{
    if (is_there(repository, arena, manifest, name, wait))
        return true;
    return error_set(err, ERROR_UNREACHABLE,
                     "%s: it answered %d to manifest %s, and does not have it afterwards",
                     repository->store.name, answer->response.status, name);
}

static bool is_success(int status)
{
    return status == 200 || status == 201 || status == 202 || status == 204;
}

/* Tags that may not move are refused by ECR (400), Harbor (412) and others even to stay. */
static bool may_be_immutable(int status)
{
    return status == 400 || status == 403 || status == 405 || status == 409 || status == 412;
}

static bool put_once(struct repository *repository, struct arena *arena,
                     const struct descriptor *manifest, const char *bytes, const char *name,
                     struct answer *answer, const struct wait *wait, struct error *err)
{
    struct call call = { .method = "PUT",
                         .path = manifest_path(arena, name),
                         .content_type = manifest->media_type,
                         .body = bytes,
                         .body_length = (size_t)manifest->size,
                         .access = ACCESS_PUSH,
                         .what = arena_printf(arena, "manifest %s", name) };
    if (!exchange(repository->server, repository->store.repository, arena, &call, answer, wait,
                  err))
        return false;
    if (!is_success(answer->response.status))
        return (may_be_immutable(answer->response.status)
                && is_there(repository, arena, manifest, name, wait))
               || answer_refused(repository->server, repository->store.repository, &call, answer,
                                 err);
    const char *said = http_header(&answer->response, "Docker-Content-Digest");
    bool other = said && strncmp(said, manifest->digest, strcspn(manifest->digest, ":")) == 0
                 && strcmp(said, manifest->digest) != 0;
    if (other)
        return error_set(err, ERROR_INVALID, "%s: it stored %.200s, and was sent %s",
                         repository->store.name, said, manifest->digest);
    return answer->response.status == 201
           || check_there(repository, arena, manifest, name, answer, wait, err);
}

bool registry_put_manifest(struct image_store *store, const struct descriptor *manifest,
                           const char *bytes, const char *tag, const struct wait *wait,
                           struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct repository *repository = (struct repository *)store;
    struct descriptor referrer = *manifest;
    struct answer answer;
    const char *subject = subject_of(arena, bytes, (size_t)manifest->size, &referrer);
    if (tag && !tag_valid(tag))
        return error_set(err, ERROR_USAGE, "\"%.200s\" cannot be a tag of %s", tag, store->name);
    if (!check_sent(store, manifest, bytes, err))
        return false;
    /* By a tag the registry would name it by a digest of its own choice. */
    bool by_digest = !tag || strncmp(manifest->digest, "sha256:", 7) != 0;
    if (by_digest
        && !put_once(repository, arena, manifest, bytes, manifest->digest, &answer, wait, err))
        return false;
    if (tag && !put_once(repository, arena, manifest, bytes, tag, &answer, wait, err))
        return false;
    return !subject || http_header(&answer.response, "OCI-Subject")
           || referrer_known(repository, subject, manifest->digest, wait)
           || fallback_add(repository, subject, &referrer, wait, err);
}

/* -------------------------------------------------------------------- deleting */

static bool say_no_deletes(const struct image_store *store, struct error *err)
{
    return error_set(err, ERROR_REFUSED,
                     "%s: the registry does not allow deleting (405); of Docker's registry it is "
                     "switched on by storage.delete.enabled, others do it elsewhere",
                     store->name);
}

static bool delete_path(struct image_store *store, struct arena *arena, const char *kind,
                        const char *digest, const struct wait *wait, struct error *err)
{
    static const int expected[] = { 202, 200, 204, 405, 0 };
    struct answer answer;
    struct call call = { .method = "DELETE",
                         .path = arena_printf(arena, "%ss/%s", kind, digest),
                         .access = ACCESS_DELETE,
                         .what = arena_printf(arena, "%s %s", kind, digest) };
    if (!digest_text_valid(digest))
        return error_set(err, ERROR_INVALID, "%s: \"%.200s\" is not a digest", store->name, digest);
    if (!exchange_expect(((struct repository *)store)->server, store->repository, arena, &call,
                         expected, &answer, wait, err))
        return false;
    return answer.response.status != 405 || say_no_deletes(store, err);
}

/* What it was a referrer of is told by the manifest itself, which is gone afterwards. */
bool registry_delete_manifest(struct image_store *store, const char *digest,
                              const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct repository *repository = (struct repository *)store;
    struct descriptor top, referrer = { 0 };
    const char *bytes;
    if (!manifest_get(repository->server, store->repository, arena, digest, &top, &bytes, wait,
                      err))
        return false;
    const char *subject = subject_of(arena, bytes, (size_t)top.size, &referrer);
    return delete_path(store, arena, "manifest", digest, wait, err)
           && (!subject || fallback_remove(repository, subject, digest, wait, err));
}

bool registry_delete_blob(struct image_store *store, const char *digest, const struct wait *wait,
                          struct error *err)
{
    AUTO_ARENA arena = arena_new();
    return delete_path(store, arena, "blob", digest, wait, err);
}
