/*
 * lists: tags, repositories and referrers, page by page.
 *
 * A next page is asked for at the same registry, wherever it is linked to, and there are not
 * endlessly many.
 */
#include "oci/registry/read.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "manifest/value_json.h"
#include "net/http_url.h"
#include "oci/image.h"
#include "oci/registry/paging.h"
#include "oci/registry/words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PAGES_CEILING = 2000, ENTRIES_CEILING = 1000000, PAGE = 1000 };

struct names {
    const char **items;
    size_t count, capacity;
};

/* ----------------------------------------------------------------------- pages */

/* Takes one page's document; false with err: it is wrong. */
typedef bool take_page(void *context, struct arena *arena, const struct value *document,
                       struct error *err);

struct walk {
    struct server *server;
    const char *repository;
    struct call call;
    take_page *take;
    void *context;
    bool may_lack; /* a first answer that is not JSON is that of a server without this API */
};

/*
 * The next page's URL; NULL: this was the last one. Only its path counts: a registry behind a
 * proxy names itself by a host or a scheme that it is not reached by, and a list that ended there
 * would be taken for the whole.
 */
static const char *next_page(struct arena *arena, const struct walk *walk,
                             const struct answer *answer)
{
    const char *link = NULL;
    for (size_t i = 0; !link && i < answer->response.header_count; i++)
        if (strcasecmp(answer->response.headers[i].name, "Link") == 0)
            link = link_next(arena, answer->response.headers[i].value);
    const char *url = link ? url_resolve(arena, answer->url, link) : NULL;
    const char *host = url ? strstr(url, "://") : NULL;
    const char *path = host ? strchr(host + 3, '/') : NULL;
    return path ? arena_printf(arena, "%s%s", server_base(walk->server, arena), path) : NULL;
}

static bool read_page(struct arena *arena, const struct walk *walk, const struct answer *answer,
                      struct error *err)
{
    const struct value *document;
    const struct http_response *response = &answer->response;
    if (!json_parse(arena, response->body, response->body_length, &document, err))
        return error_set(err, ERROR_UNREACHABLE, "%s: its answer to %s is not JSON",
                         walk->server->registry, walk->call.what);
    return walk->take(walk->context, arena, document, err)
           || error_prefix(err, "%s: %s", walk->server->registry, walk->call.what);
}

/* Pages that have come: one that comes again begins a circle. */
struct pages {
    struct digest *items;
    size_t count, capacity;
};

static bool came_before(struct pages *pages, struct arena *arena, const struct answer *answer)
{
    struct digest digest = digest_sha256(answer->response.body, answer->response.body_length);
    for (size_t i = 0; i < pages->count; i++)
        if (memcmp(pages->items[i].bytes, digest.bytes, DIGEST_BYTES) == 0)
            return true;
    arena_push(arena, pages->items, pages->count, pages->capacity, digest);
    return false;
}

static bool say_endless(const struct walk *walk, struct error *err)
{
    return error_set(err, ERROR_UNREACHABLE, "%s: %s: its list does not end",
                     walk->server->registry, walk->call.what);
}

enum { STATUS_STRANGE = 0 }; /* 200, and a page of something else */

/* *ret_status: of the first page; only of 200 something was taken. */
static bool walk_pages(struct walk *walk, int *ret_status, const struct wait *wait,
                       struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *url = NULL;
    struct pages pages = { 0 };
    for (unsigned page = 0; page < PAGES_CEILING; page++) {
        struct answer answer;
        AUTO_ARENA own = arena_new();
        walk->call.url = url;
        if (!exchange(walk->server, walk->repository, own, &walk->call, &answer, wait, err))
            return false;
        if (page == 0)
            *ret_status = answer.response.status;
        if (answer.response.status != 200) {
            answer_refused(walk->server, walk->repository, &walk->call, &answer, err);
            return page == 0;
        }
        if (page == 0 && walk->may_lack && !response_is_json(&answer.response)) {
            *ret_status = STATUS_STRANGE;
            return true;
        }
        if (came_before(&pages, arena, &answer))
            break;
        if (!read_page(own, walk, &answer, err))
            return false;
        url = next_page(own, walk, &answer);
        if (!url)
            return true;
        url = arena_strdup(arena, url);
    }
    return say_endless(walk, err);
}

/* ------------------------------------------------------------------------ names */

struct name_list {
    struct arena *arena;
    const char *member; /* "tags", "repositories" */
    bool (*valid)(const char *text);
    struct names names;
};

static bool take_names(void *context, struct arena *arena, const struct value *document,
                       struct error *err)
{
    struct name_list *list = context;
    const struct value *items = value_get(document, list->member);
    (void)arena;
    if (!document || document->kind != VALUE_MAP)
        return error_set(err, ERROR_UNREACHABLE, "its answer is no list");
    for (size_t i = 0; i < value_count(items); i++) {
        const char *name = value_text(value_item(items, i));
        if (!name || !list->valid(name))
            return error_set(err, ERROR_UNREACHABLE, "its answer holds what cannot be a name");
        if (list->names.count >= ENTRIES_CEILING)
            return error_set(err, ERROR_UNREACHABLE, "its list does not end");
        const char *own = arena_strdup(list->arena, name);
        arena_push(list->arena, list->names.items, list->names.count, list->names.capacity, own);
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(struct names *names)
{
    size_t kept = 0;
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    for (size_t i = 0; i < names->count; i++)
        if (kept == 0 || strcmp(names->items[kept - 1], names->items[i]) != 0)
            names->items[kept++] = names->items[i];
    names->count = kept;
}

/* In long pages; a registry whose pages are shorter may refuse to be asked for those (400). */
static bool walk_names(struct walk *walk, struct arena *arena, int *ret_status,
                       const struct wait *wait, struct error *err)
{
    const char *path = walk->call.path;
    walk->call.path = arena_printf(arena, "%s?n=%d", path, PAGE);
    if (!walk_pages(walk, ret_status, wait, err))
        return false;
    walk->call.path = path;
    return *ret_status != 400 || walk_pages(walk, ret_status, wait, err);
}

static bool repository_valid(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._/-");
    return length && !text[length] && length <= 255;
}

bool registry_tags(struct image_store *store, struct arena *arena, const char ***ret_tags,
                   size_t *ret_count, const struct wait *wait, struct error *err)
{
    struct name_list list = { .arena = arena, .member = "tags", .valid = tag_valid };
    struct walk walk = { .server = ((struct repository *)store)->server,
                         .repository = store->repository,
                         .call = { .method = "GET", .path = "tags/list", .what = "tags" },
                         .take = take_names,
                         .context = &list };
    int status;
    if (!walk_names(&walk, arena, &status, wait, err) || status != 200)
        return false;
    sort_names(&list.names);
    *ret_tags = list.names.items;
    *ret_count = list.names.count;
    return true;
}

bool registry_catalog(struct registries *registries, struct arena *arena, const char *registry,
                      const char ***ret_names, size_t *ret_count, const struct wait *wait,
                      struct error *err)
{
    struct name_list list = { .arena = arena, .member = "repositories", .valid = repository_valid };
    struct walk walk = { .call = { .method = "GET",
                                   .path = "_catalog",
                                   .access = ACCESS_CATALOG,
                                   .what = "list of repositories" },
                         .take = take_names,
                         .context = &list };
    int status;
    if (!credentials_load(registries->credentials, err)
        || !server_find(registries, registry, &walk.server, err)
        || !walk_names(&walk, arena, &status, wait, err))
        return false;
    if (status == 404 || status == 405)
        return error_set(err, ERROR_REFUSED, "%s: it does not tell which repositories it holds",
                         registry);
    if (status != 200)
        return false;
    sort_names(&list.names);
    *ret_names = list.names.items;
    *ret_count = list.names.count;
    return true;
}

/* -------------------------------------------------------------------- referrers */

struct referrer_list {
    struct arena *arena;
    const char *artifact_type;
    struct descriptor *items;
    size_t count, capacity;
};

/* What a manifest is made for: its artifact type, else its config's media type by the index. */
static bool is_wanted(const struct referrer_list *list, const struct descriptor *item)
{
    return !list->artifact_type
           || (item->artifact_type && strcmp(item->artifact_type, list->artifact_type) == 0);
}

static bool take_index(void *context, struct arena *arena, const struct value *document,
                       struct error *err)
{
    struct referrer_list *list = context;
    const struct value *items = value_get(document, "manifests");
    (void)arena;
    if (!document || document->kind != VALUE_MAP)
        return error_set(err, ERROR_UNREACHABLE, "its answer is no index");
    for (size_t i = 0; i < value_count(items); i++) {
        struct descriptor item;
        const struct value *own = value_copy(list->arena, value_item(items, i));
        if (!descriptor_read(list->arena, own, &item, err))
            return false;
        if (list->count >= IMAGE_ENTRIES_CEILING)
            return error_set(err, ERROR_UNREACHABLE, "its list does not end");
        if (is_wanted(list, &item))
            arena_push(list->arena, list->items, list->count, list->capacity, item);
    }
    return true;
}

const char *fallback_tag(struct arena *arena, const char *digest)
{
    char *tag = arena_printf(arena, "%.*s", (int)(strcspn(digest, ":") + 1 + 64), digest);
    *strchr(tag, ':') = '-';
    return tag;
}

/*
 * Registries without the API keep an index under a tag that is made of the digest. GitLab takes
 * that tag for the digest: the image itself is no list of its referrers.
 */
static bool read_fallback(struct repository *repository, const char *digest,
                          struct referrer_list *list, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct descriptor top;
    const struct value *document;
    const char *bytes;
    struct error problem;
    if (!manifest_get(repository->server, repository->store.repository, arena,
                      fallback_tag(arena, digest), &top, &bytes, wait, &problem)) {
        if (problem.kind == ERROR_NOT_FOUND)
            return true;
        *err = problem;
        return false;
    }
    return media_role(top.media_type) != MEDIA_INDEX || strcmp(top.digest, digest) == 0
           || (json_parse(arena, bytes, (size_t)top.size, &document, err)
               && take_index(list, arena, document, err));
}

/* By the API alone; *ret_status is what it answered first. */
static bool ask_api(struct repository *repository, const char *digest, struct referrer_list *list,
                    int *ret_status, const struct wait *wait, struct error *err)
{
    struct walk walk = { .server = repository->server,
                         .repository = repository->store.repository,
                         .call = { .method = "GET",
                                   .path = arena_printf(list->arena, "referrers/%s", digest),
                                   .accept = MEDIA_OCI_INDEX,
                                   .what = arena_printf(list->arena, "referrers of %s", digest) },
                         .take = take_index,
                         .context = list,
                         .may_lack = true };
    return walk_pages(&walk, ret_status, wait, err);
}

/* Some send the unknown path to a page for people. */
static bool lacks_api(int status)
{
    return status == STATUS_STRANGE || status == 400 || status == 404 || status == 405
           || status == 406 || status == 501;
}

bool referrer_known(struct repository *repository, const char *subject, const char *digest,
                    const struct wait *wait)
{
    AUTO_ARENA arena = arena_new();
    struct referrer_list list = { .arena = arena };
    struct error ignored;
    int status;
    if (!ask_api(repository, subject, &list, &status, wait, &ignored) || status != 200)
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].digest, digest) == 0)
            return true;
    return false;
}

bool registry_referrers(struct image_store *store, struct arena *arena, const char *digest,
                        const char *artifact_type, struct descriptor **ret, size_t *ret_count,
                        const struct wait *wait, struct error *err)
{
    struct repository *repository = (struct repository *)store;
    struct referrer_list list = { .arena = arena, .artifact_type = artifact_type };
    int status;
    if (!digest_text_valid(digest))
        return error_set(err, ERROR_INVALID, "\"%.200s\" is not a digest", digest);
    if (!ask_api(repository, digest, &list, &status, wait, err))
        return false;
    if (status != 200 && !lacks_api(status))
        return false;
    if (status != 200 && !read_fallback(repository, digest, &list, wait, err))
        return false;
    *ret = list.items;
    *ret_count = list.count;
    return true;
}
