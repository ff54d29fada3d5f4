/*
 * read_manifest: what a tag or a digest names, by HEAD, and the bytes of manifests.
 *
 * The digest is made from the bytes; what the registry says of it has to agree. A page of a
 * hotel's network is neither a manifest nor its absence.
 */
#include "oci/registry/read.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "oci/image.h"
#include "oci/registry/words.h"
#include "oci/verify.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TAG_CEILING = 128 };

#define MEDIA_DOCKER_SCHEMA1 "application/vnd.docker.distribution.manifest.v1"

static const char accepted[] = MEDIA_OCI_INDEX ", " MEDIA_OCI_MANIFEST ", " MEDIA_DOCKER_INDEX
                                               ", " MEDIA_DOCKER_MANIFEST ", */*;q=0.1";

bool tag_valid(const char *text)
{
    size_t length =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return length && !text[length] && length <= TAG_CEILING && *text != '.' && *text != '-';
}

const char *manifest_path(struct arena *arena, const char *tag_or_digest)
{
    if (!tag_valid(tag_or_digest) && !digest_text_valid(tag_or_digest))
        return NULL;
    return arena_printf(arena, "manifests/%s", tag_or_digest);
}

/* One lookup, over mirrors. */
struct lookup {
    struct arena *arena;
    const char *repository, *name;
    struct descriptor *ret;
    const char **ret_bytes;
};

static const char *place_of(struct arena *arena, const struct server *server,
                            const char *repository, const char *name)
{
    return arena_printf(arena, "%s/%s%c%s", server->registry, repository,
                        digest_text_valid(name) ? '@' : ':', name);
}

/* The media type without its parameters, in lower case as registries write it. */
static const char *answer_type(struct arena *arena, const struct answer *answer)
{
    const char *type = http_header(&answer->response, "Content-Type");
    return type ? arena_memdup(arena, type, strcspn(type, "; ")) : "";
}

/*
 * Did something answer that is a registry? A 404 from elsewhere says nothing of the image.
 * (X-Docker-Size: the CDN that registry.redhat.io has its manifests on.)
 */
static bool knows_registry(const struct answer *answer)
{
    return http_header(&answer->response, "Docker-Distribution-Api-Version")
           || http_header(&answer->response, "X-Docker-Size")
           || response_is_json(&answer->response);
}

static bool say_stranger(const struct server *server, const struct answer *answer,
                         struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *type = answer_type(arena, answer);
    return error_set(
        err, ERROR_UNREACHABLE, "%s: it answered %d with %s, which is no answer of a registry",
        server->registry, answer->response.status, *type ? type : "nothing to tell by");
}

static bool say_refused(const struct server *server, const struct lookup *lookup,
                        const struct call *call, const struct answer *answer, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    if (answer->response.status == 404 && !knows_registry(answer))
        return say_stranger(server, answer, err);
    if (answer->response.status != 404)
        return answer_refused(server, lookup->repository, call, answer, err);
    return error_set(err, ERROR_NOT_FOUND, "%s does not exist",
                     place_of(arena, server, lookup->repository, lookup->name));
}

static bool say_other_digest(const struct server *server, const struct lookup *lookup,
                             const char *found, const char *wanted, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    return error_set(err, ERROR_INVALID, "%s: what came is %s, and should be %s",
                     place_of(arena, server, lookup->repository, lookup->name), found, wanted);
}

static bool check_schema(const struct server *server, const struct lookup *lookup,
                         const char *media_type, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    if (strncmp(media_type, MEDIA_DOCKER_SCHEMA1, strlen(MEDIA_DOCKER_SCHEMA1)) != 0)
        return true;
    return error_set(err, ERROR_INVALID,
                     "%s: it is an image of Docker's schema 1, which is given up everywhere; push "
                     "it again with a newer program",
                     place_of(arena, server, lookup->repository, lookup->name));
}

/* ------------------------------------------------------------------------ GET */

static struct call manifest_call(struct arena *arena, const char *method, const char *name)
{
    return (struct call){ .method = method,
                          .path = manifest_path(arena, name),
                          .accept = accepted,
                          .ceiling = OCI_MANIFEST_CEILING,
                          .what = arena_printf(arena, "manifest %s", name) };
}

/* The digest by the algorithm that was asked for. */
static bool check_bytes(const struct server *server, const struct lookup *lookup,
                        const struct answer *answer, const char **ret_digest, struct error *err)
{
    const char *said = http_header(&answer->response, "Docker-Content-Digest");
    const char *named = digest_text_valid(lookup->name) ? lookup->name : NULL;
    const char *wanted = named ? named : said && digest_text_valid(said) ? said : NULL;
    struct verifier *verifier = verifier_new(wanted, -1, NULL, NULL);
    struct error ignored;
    bool right = verifier_feed(verifier, answer->response.body, answer->response.body_length, err)
                 && verifier_end(verifier, &ignored);
    *ret_digest = verifier_digest(verifier, lookup->arena);
    verifier_free(verifier);
    return right || say_other_digest(server, lookup, *ret_digest, wanted, err);
}

static bool read_manifest(const struct server *server, const struct lookup *lookup,
                          const struct answer *answer, struct error *err)
{
    const struct http_response *response = &answer->response;
    const char *type = answer_type(lookup->arena, answer), *digest;
    const char *own = manifest_media_type(lookup->arena, response->body, response->body_length);
    if (!check_schema(server, lookup, type, err))
        return false;
    if (!own && media_role(type) != MEDIA_MANIFEST && media_role(type) != MEDIA_INDEX)
        return say_stranger(server, answer, err);
    if (!check_bytes(server, lookup, answer, &digest, err))
        return false;
    *lookup->ret = (struct descriptor){ .media_type = own ? own : type,
                                        .digest = digest,
                                        .size = (int64_t)response->body_length };
    *lookup->ret_bytes = response->body;
    return true;
}

static bool get_from(void *context, struct server *server, const char *repository,
                     const struct wait *wait, struct error *err)
{
    struct lookup *lookup = context;
    lookup->repository = repository;
    struct call call = manifest_call(lookup->arena, "GET", lookup->name);
    struct answer answer;
    if (!exchange(server, lookup->repository, lookup->arena, &call, &answer, wait, err))
        return false;
    if (answer.response.status != 200)
        return say_refused(server, lookup, &call, &answer, err);
    return read_manifest(server, lookup, &answer, err);
}

static bool check_name(const char *name, struct error *err)
{
    return tag_valid(name) || digest_text_valid(name)
           || error_set(err, ERROR_USAGE, "\"%.200s\" is neither a tag nor a digest", name);
}

bool manifest_get(struct server *server, const char *repository, struct arena *arena,
                  const char *tag_or_digest, struct descriptor *ret, const char **ret_bytes,
                  const struct wait *wait, struct error *err)
{
    struct lookup lookup = { arena, repository, tag_or_digest, ret, ret_bytes };
    return check_name(tag_or_digest, err) && get_from(&lookup, server, repository, wait, err);
}

bool registry_manifest(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                       struct descriptor *ret, const char **ret_bytes, const struct wait *wait,
                       struct error *err)
{
    struct lookup lookup = { arena, store->repository, tag_or_digest, ret, ret_bytes };
    return check_name(tag_or_digest, err)
           && ask_mirrors_first((struct repository *)store, get_from, &lookup, wait, err);
}

/* ----------------------------------------------------------------------- HEAD */

/* Fills the descriptor from the headers. False: they do not say enough. */
static bool read_headers(const struct lookup *lookup, const struct answer *answer)
{
    const char *digest = http_header(&answer->response, "Docker-Content-Digest");
    const char *length = http_header(&answer->response, "Content-Length");
    const char *type = answer_type(lookup->arena, answer);
    enum media_role role = media_role(type);
    if (!digest || !digest_text_valid(digest) || !length
        || (role != MEDIA_MANIFEST && role != MEDIA_INDEX))
        return false;
    long long size = strtoll(length, NULL, 10);
    if (size <= 0 || size > OCI_MANIFEST_CEILING)
        return false;
    *lookup->ret =
        (struct descriptor){ .media_type = type, .digest = digest, .size = (int64_t)size };
    return true;
}

/*
 * Does GET tell more? What HEAD leaves open, the bytes tell; and where it is refused altogether
 * (405, 501, or a 403 by what stands before the registry), GET may not be, or says why in words.
 */
static bool get_tells_more(const struct answer *answer, bool known)
{
    int status = answer->response.status;
    if (status == 404)
        return !knows_registry(answer);
    if (status == 401 || status == 429)
        return false;
    return (status == 200 && !known) || (status >= 400 && status < 500) || status == 501;
}

static bool head_at(void *context, struct server *server, const char *repository,
                    const struct wait *wait, struct error *err)
{
    struct lookup *lookup = context;
    lookup->repository = repository;
    struct call call = manifest_call(lookup->arena, "HEAD", lookup->name);
    struct answer answer;
    if (!exchange(server, lookup->repository, lookup->arena, &call, &answer, wait, err))
        return false;
    int status = answer.response.status;
    bool known = status == 200 && read_headers(lookup, &answer);
    if (get_tells_more(&answer, known))
        return get_from(context, server, repository, wait, err);
    if (!known)
        return say_refused(server, lookup, &call, &answer, err);
    bool named = digest_text_valid(lookup->name);
    return check_schema(server, lookup, lookup->ret->media_type, err)
           && (!named || strcmp(lookup->name, lookup->ret->digest) == 0
               || say_other_digest(server, lookup, lookup->ret->digest, lookup->name, err));
}

bool registry_resolve(struct image_store *store, struct arena *arena, const char *tag_or_digest,
                      struct descriptor *ret, const struct wait *wait, struct error *err)
{
    const char *bytes;
    struct lookup lookup = { arena, store->repository, tag_or_digest, ret, &bytes };
    return check_name(tag_or_digest, err)
           && ask_mirrors_first((struct repository *)store, head_at, &lookup, wait, err);
}

/* -------------------------------------------------------------------- mirrors */

bool ask_mirrors_first(struct repository *repository, ask_server *ask, void *context,
                       const struct wait *wait, struct error *err)
{
    struct server *server = repository->server;
    const char *name = repository->store.repository;
    for (size_t i = 0; i < server->mirror_count; i++) {
        AUTO_ARENA arena = arena_new();
        const struct mirror *mirror = &server->mirrors[i];
        const char *there = *mirror->path ? path_join(arena, mirror->path, name) : name;
        if (ask(context, mirror->server, there, wait, err))
            return true;
        if (!wait_check(wait, server->registry, err))
            return false;
        log_debug("registry: mirror %s: %s", mirror->server->registry, err->message);
    }
    return ask(context, server, name, wait, err);
}
