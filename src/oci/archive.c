/* archive: reading; see archive.h. What is written is in archive_write.c. */
#include "oci/archive.h"

#include "base/cleanup.h"
#include "oci/archive_parts.h"
#include "oci/layout_parts.h"
#include "oci/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { LINKS_CEILING = 4, MARKER_CEILING = 4096 };

/* -------------------------------------------------------------------- members */

static int compare_path(const void *path, const void *member)
{
    return strcmp(path, ((const struct archive_member *)member)->path);
}

const struct archive_member *archive_find(const struct archive *archive, const char *path)
{
    for (int links = 0; links <= LINKS_CEILING; links++) {
        const struct archive_member *found =
            archive->member_count ? bsearch(path, archive->members, archive->member_count,
                                            sizeof *archive->members, compare_path)
                                  : NULL;
        if (!found || !found->link)
            return found;
        path = found->link;
    }
    return NULL;
}

bool archive_small(struct archive *archive, const char *path, size_t ceiling,
                   const char **ret_bytes, size_t *ret_length, struct error *err)
{
    const struct archive_member *member = archive_find(archive, path);
    if (!member)
        return error_set(err, ERROR_NOT_FOUND, "%.200s is not in it", path);
    if ((uint64_t)member->size > ceiling)
        return error_set(err, ERROR_INVALID, "%.200s in it is larger than %zu bytes", path,
                         ceiling);
    size_t size = (size_t)member->size, used = 0;
    char *bytes = arena_alloc(archive->arena, size + 1);
    while (used < size) {
        ssize_t length =
            pread(archive->file, bytes + used, size - used, member->offset + (int64_t)used);
        if (length <= 0)
            return error_set(err, ERROR_LOCAL, "cannot read %.200s in it", path);
        used += (size_t)length;
    }
    *ret_bytes = bytes;
    *ret_length = size;
    return true;
}

/* ---------------------------------------------------------------------- blobs */

void archive_add_blob(struct archive *archive, struct archive_blob blob)
{
    arena_push(archive->arena, archive->blobs, archive->blob_count, archive->blob_capacity, blob);
}

static int by_digest(const void *a, const void *b)
{
    const struct archive_blob *left = a, *right = b;
    return strcmp(left->digest, right->digest);
}

static const struct archive_blob *find_blob(const struct archive *archive, const char *digest)
{
    struct archive_blob key = { .digest = digest };
    return archive->blob_count ? bsearch(&key, archive->blobs, archive->blob_count,
                                         sizeof *archive->blobs, by_digest)
                               : NULL;
}

static bool archive_size(struct indexed_store *indexed, const char *digest, int64_t *ret,
                         struct error *err)
{
    const struct archive_blob *blob = find_blob((struct archive *)indexed, digest);
    (void)err;
    *ret = blob ? blob->size : -1;
    return true;
}

static bool archive_index(struct indexed_store *indexed, struct arena *arena,
                          struct image_index *ret, struct error *err)
{
    (void)arena;
    (void)err;
    *ret = ((struct archive *)indexed)->contents;
    return true;
}

static bool get_blob(struct archive *archive, const struct descriptor *blob,
                     const struct archive_blob **ret, struct error *err)
{
    const char *name = archive->indexed.store.name;
    *ret = find_blob(archive, blob->digest);
    if (!*ret)
        return error_set(err, ERROR_NOT_FOUND, "%s: there is no blob %s", name, blob->digest);
    if ((*ret)->size != blob->size)
        return error_set(err, ERROR_INVALID, "%s: blob %s has %lld bytes and should have %lld",
                         name, blob->digest, (long long)(*ret)->size, (long long)blob->size);
    return true;
}

static bool archive_blob(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                         void *context, const struct wait *wait, struct error *err)
{
    struct archive *archive = (struct archive *)store;
    const struct archive_blob *found;
    if (!get_blob(archive, blob, &found, err))
        return false;
    if (found->bytes)
        return sink(context, found->bytes, (size_t)found->size, err);
    return blob_pass(archive->file, found->offset, blob, store->name, sink, context, wait, err);
}

static bool archive_open_blob(struct image_store *store, const struct descriptor *blob,
                              struct blob_source *ret, struct error *err)
{
    struct archive *archive = (struct archive *)store;
    const struct archive_blob *found;
    if (!get_blob(archive, blob, &found, err))
        return false;
    if (found->bytes) /* a manifest made here is no blob that anybody copies */
        return error_set(err, ERROR_BUG, "%s: %s is no file in it", store->name, blob->digest);
    return blob_source_file(archive->file, false, found->offset, found->size, blob, store->name,
                            ret, err);
}

/* ----------------------------------------------------------------------- opening */

/* "blobs/sha256/…" as a digest, or NULL. */
static const char *digest_of_path(struct arena *arena, const char *path)
{
    if (strncmp(path, "blobs/", 6) != 0 || strlen(path) < 13 || path[12] != '/')
        return NULL;
    const char *digest = arena_printf(arena, "%.6s:%s", path + 6, path + 13);
    return digest_text_valid(digest) ? digest : NULL;
}

static bool read_layout(struct archive *archive, struct error *err)
{
    const char *bytes;
    size_t length;
    if (!archive_small(archive, "oci-layout", MARKER_CEILING, &bytes, &length, err)
        || !layout_marker_valid(archive->arena, bytes, length, "it", err)
        || !archive_small(archive, "index.json", OCI_MANIFEST_CEILING, &bytes, &length, err))
        return false;
    if (!image_index_read(archive->arena, bytes, length, &archive->contents, err))
        return error_prefix(err, "index.json");
    for (size_t i = 0; i < archive->member_count; i++) {
        const char *path = archive->members[i].path;
        const char *digest = digest_of_path(archive->arena, path);
        const struct archive_member *member = digest ? archive_find(archive, path) : NULL;
        if (member)
            archive_add_blob(archive,
                             (struct archive_blob){ digest, member->offset, member->size, NULL });
    }
    return true;
}

static bool read_contents(struct archive *archive, const struct wait *wait, struct error *err)
{
    if (!archive_scan(archive, wait, err))
        return false;
    bool oci = archive_find(archive, "oci-layout"), docker = archive_find(archive, "manifest.json");
    if (!oci && !docker)
        return error_set(err, ERROR_INVALID,
                         "there is no image in it: neither an OCI layout nor "
                         "what docker save writes");
    archive->of_engine = docker && (!oci || archive_names_sources(archive));
    if (!(oci ? read_layout(archive, err) : archive_read_docker(archive, wait, err)))
        return false;
    if (archive->blob_count)
        qsort(archive->blobs, archive->blob_count, sizeof *archive->blobs, by_digest);
    return true;
}

bool archive_is_of_engine(const struct image_store *archive)
{
    return ((const struct archive *)archive)->of_engine;
}

static void archive_close(struct image_store *store)
{
    struct archive *archive = (struct archive *)store;
    close(archive->file);
    arena_free(archive->arena);
    free(archive);
}

static const struct image_store_table table = {
    .name = "archive",
    .resolve = indexed_resolve,
    .manifest = indexed_manifest,
    .blob = archive_blob,
    .open_blob = archive_open_blob,
    .tags = indexed_tags,
    .referrers = indexed_referrers,
    .close = archive_close,
};

static struct archive *new_archive(const char *path, int file)
{
    struct archive *archive = memory_alloc(sizeof *archive);
    *archive = (struct archive){ .arena = arena_new(), .file = file };
    archive->indexed.store.table = &table;
    archive->indexed.store.name = arena_printf(archive->arena, "archive %s", path);
    archive->indexed.index = archive_index;
    archive->indexed.size = archive_size;
    return archive;
}

bool archive_open(const char *path, struct image_store **ret, const struct wait *wait,
                  struct error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_LOCAL,
                           "cannot open the archive %s", path);
    struct archive *archive = new_archive(path, file);
    if (!read_contents(archive, wait, err)) {
        archive_close(&archive->indexed.store);
        return error_prefix(err, "archive %s", path);
    }
    *ret = &archive->indexed.store;
    return true;
}
