/* image_place: see image_place.h. */
#include "cli/image_place.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "oci/archive.h"
#include "oci/indexed.h"
#include "oci/layout.h"
#include "providers/docker/docker_store.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "FOLDER", "FOLDER:TAG" (a tag may hold further colons) or "FOLDER@DIGEST". */
static void split_name(struct arena *arena, const char *text, struct image_place *ret)
{
    size_t length = strcspn(text, ":@");
    ret->path = arena_memdup(arena, text, length);
    if (text[length] == '@')
        ret->digest = text + length + 1;
    else if (text[length])
        ret->tag = text + length + 1;
}

/* As skopeo and podman write places. */
static const struct {
    const char *prefix, *ours;
} other_words[] = {
    { "docker://", "" },
    { "docker-archive:", "archive:" },
    { "oci-archive:", "archive:" },
    { "docker-daemon:", "docker:" },
};

/* A file that is here is not meant to be asked for at Docker Hub. */
static bool check_meant(struct arena *arena, const char *text, struct error *err)
{
    struct stat info;
    for (size_t i = 0; i < sizeof other_words / sizeof *other_words; i++) {
        size_t length = strlen(other_words[i].prefix);
        if (strncmp(text, other_words[i].prefix, length) == 0)
            return error_set(err, ERROR_USAGE, "\"%s\": write %s%s", text, other_words[i].ours,
                             text + length);
    }
    bool layout = access(path_join(arena, text, "oci-layout"), F_OK) == 0;
    if (!layout && (stat(text, &info) != 0 || !S_ISREG(info.st_mode)))
        return true;
    return error_set(err, ERROR_USAGE, "\"%s\" is a %s here: write %s%s", text,
                     layout ? "folder with images" : "file", layout ? "oci:" : "archive:", text);
}

static bool parse_registry(struct arena *arena, const char *text, struct image_place *ret,
                           struct error *err)
{
    if (!check_meant(arena, text, err))
        return false;
    if (!reference_parse(arena, text, &ret->reference, err))
        return false;
    ret->kind = PLACE_REGISTRY;
    ret->tag = ret->reference.tag;
    ret->digest = ret->reference.digest;
    return true;
}

/* A name is as good as one tag; an id has none. */
static bool parse_docker(struct arena *arena, const char *name, struct image_place *ret,
                         struct error *err)
{
    ret->kind = PLACE_DOCKER;
    ret->path = name;
    ret->tag = "latest";
    if (digest_text_valid(name))
        return true;
    if (!*name || !reference_parse(arena, name, &ret->reference, err))
        return error_set(err, ERROR_USAGE, "\"%s\": expected docker:NAME[:TAG]", ret->text);
    if (ret->reference.tag)
        ret->tag = ret->reference.tag;
    return true;
}

bool image_place_parse(struct arena *arena, const char *text, struct image_place *ret,
                       struct error *err)
{
    *ret = (struct image_place){ .text = text };
    if (strncmp(text, "oci:", 4) == 0) {
        ret->kind = PLACE_LAYOUT;
        split_name(arena, text + 4, ret);
    } else if (strncmp(text, "archive:", 8) == 0) {
        ret->kind = PLACE_ARCHIVE;
        ret->path = text + 8;
    } else if (strncmp(text, "docker:", 7) == 0 && strncmp(text, "docker://", 9) != 0) {
        return parse_docker(arena, text + 7, ret, err);
    } else {
        return parse_registry(arena, text, ret, err);
    }
    if (!*ret->path || (ret->tag && !*ret->tag) || (ret->digest && !digest_text_valid(ret->digest)))
        return error_set(err, ERROR_USAGE,
                         "\"%s\": expected oci:FOLDER[:TAG|@DIGEST] or archive:FILE", text);
    return true;
}

/* --------------------------------------------------------------- what is to be read */

/* "all.tar:shop/api:1", "all.tar@sha256:…": the first part that is a file is it. */
static void split_archive(struct arena *arena, struct image_place *place)
{
    if (access(place->path, F_OK) == 0)
        return;
    for (const char *at = place->path; *(at += strcspn(at, ":@")); at++) {
        const char *path = arena_memdup(arena, place->path, (size_t)(at - place->path));
        if (!at[1] || access(path, F_OK) != 0)
            continue;
        *(*at == '@' ? &place->digest : &place->tag) = at + 1;
        place->path = path;
        return;
    }
}

static const char *shown_name(const struct descriptor *entry)
{
    const char *full = value_text(value_get(entry->annotations, ANNOTATION_CONTAINERD_NAME));
    return full ? full : entry_name(entry) ? entry_name(entry) : entry->digest;
}

static bool say_several(const struct image_place *place, const struct image_index *index,
                        bool named, struct error *err)
{
    AUTO_BUF names = BUF_INIT(1000);
    for (size_t i = 0; i < index->count; i++)
        if (!named || entry_name(&index->manifests[i]))
            buf_printf(&names, "%s%s", names.length ? ", " : "", shown_name(&index->manifests[i]));
    return error_set(err, ERROR_USAGE, "%s holds several images; add %s: %s", place->text,
                     named ? "\":\" and one of these tags" : "\"@\" and one of these digests",
                     buf_text(&names));
}

/*
 * A folder or a file with one image needs no tag, be it without a name or under several. What has
 * none beside one that has refers to that one.
 */
static bool only_image(struct registry_run *run, const struct image_place *place,
                       struct image_store *store, const char **ret_name, struct error *err)
{
    struct indexed_store *indexed = (struct indexed_store *)store;
    const struct descriptor *only = NULL;
    struct image_index index;
    bool named = false, several = false;
    if (!indexed->index(indexed, run->arena, &index, err))
        return false;
    for (size_t i = 0; i < index.count; i++)
        named |= entry_name(&index.manifests[i]) != NULL;
    for (size_t i = 0; i < index.count; i++) {
        const struct descriptor *entry = &index.manifests[i];
        if (named && !entry_name(entry))
            continue;
        several |= only && strcmp(only->digest, entry->digest) != 0;
        only = only ? only : entry;
    }
    if (several)
        return say_several(place, &index, named, err);
    if (!only)
        return error_set(err, ERROR_NOT_FOUND, "%s holds no image", place->text);
    *ret_name = entry_name(only) ? entry_name(only) : only->digest;
    return true;
}

static bool check_digest(const struct image_place *place, struct error *err)
{
    return !place->digest || digest_text_valid(place->digest)
           || error_set(err, ERROR_USAGE, "\"%s\": a digest is sha256: and 64 hexadecimal digits",
                        place->text);
}

bool image_place_open(struct registry_run *run, struct image_place *place, struct image_store **ret,
                      const char **ret_name, struct error *err)
{
    struct image_store *store = NULL;
    if (place->kind == PLACE_ARCHIVE)
        split_archive(run->arena, place);
    if (!check_digest(place, err))
        return false;
    *ret_name = place->digest ? place->digest : place->tag;
    if (place->kind == PLACE_REGISTRY) {
        *ret_name = *ret_name ? *ret_name : "latest";
        return registry_open(run->registries, &place->reference, ret, err);
    }
    if (place->kind == PLACE_DOCKER)
        return docker_store_find(run->http, NULL, place->path, false, ret, run->wait, err);
    bool opened = place->kind == PLACE_LAYOUT ? layout_open(place->path, &store, err)
                                              : archive_open(place->path, &store, run->wait, err);
    if (!opened)
        return false;
    if (!*ret_name && !only_image(run, place, store, ret_name, err)) {
        store->table->close(store);
        return false;
    }
    *ret = store;
    return true;
}

/* "shop/api", as Docker will call it once it has loaded the archive; NULL where nobody knows. */
static const char *repository_of(struct arena *arena, const struct image_place *place)
{
    struct reference name = place->reference;
    name.tag = name.digest = NULL;
    return name.repository ? reference_short(arena, &name) : NULL;
}

bool image_place_create(struct registry_run *run, const struct image_place *place,
                        const struct image_place *from, struct image_store **ret, struct error *err)
{
    if (place->digest)
        return error_set(err, ERROR_USAGE,
                         "\"%s\": the digest comes out of what is copied; leave it out",
                         place->text);
    if (place->kind == PLACE_REGISTRY)
        return registry_open(run->registries, &place->reference, ret, err);
    if (place->kind == PLACE_DOCKER)
        return docker_store_find(run->http, NULL, place->path, true, ret, run->wait, err);
    if (place->kind == PLACE_LAYOUT)
        return layout_create(place->path, ret, err);
    return archive_create(place->path, ARCHIVE_DOCKER, repository_of(run->arena, from), ret, err);
}
