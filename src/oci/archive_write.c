/*
 * archive_write: archives that are written; see archive.h.
 *
 * A tar member's header stands before its content and names its size and digest, which may be
 * known only behind it: room is left, and the header is written into it at the end. One blob
 * at a time; a lock keeps those who come together in turn.
 */
#include "base/cleanup.h"
#include "manifest/reference.h"
#include "manifest/value_json.h"
#include "oci/archive.h"
#include "oci/archive_parts.h"
#include "oci/layout_parts.h"
#include "oci/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NO_DIGEST "sha256:0000000000000000000000000000000000000000000000000000000000000000"

struct archive_out {
    struct indexed_store indexed; /* first */
    pthread_mutex_t lock;
    struct arena *arena;
    enum archive_form form;
    const char *repository;
    const char *path;
    char *temporary; /* NULL once it has its name */
    int file;
    int64_t end;
    struct archive_blob *blobs;
    size_t blob_count, blob_capacity;
    struct image_index contents;
};

/* -------------------------------------------------------------------- members */

static bool to_buf(void *context, const char *data, size_t length, struct error *err)
{
    return buf_add(context, data, length) || error_set(err, ERROR_BUG, "a tar header is too long");
}

static bool header_of(const char *path, int64_t size, struct buf *out, struct error *err)
{
    struct tar_writer writer;
    struct tar_entry entry = { .kind = size < 0 ? TAR_FOLDER : TAR_FILE,
                               .path = path,
                               .mode = size < 0 ? 0755 : 0644,
                               .size = size < 0 ? 0 : size };
    tar_writer_start(&writer, to_buf, out);
    return tar_writer_entry(&writer, &entry, err);
}

static bool append(struct archive_out *archive, const char *data, size_t length, struct error *err)
{
    if (!write_at(archive->file, data, length, archive->end, archive->path, err))
        return false;
    archive->end += (int64_t)length;
    return true;
}

static bool append_zeros(struct archive_out *archive, size_t length, struct error *err)
{
    static const char zeros[2 * TAR_BLOCK];
    return append(archive, zeros, length, err);
}

/* A member whose content is at hand; size -1 is a folder. */
static bool append_member(struct archive_out *archive, const char *path, const char *bytes,
                          int64_t size, struct error *err)
{
    AUTO_BUF header = BUF_INIT(8 * TAR_BLOCK);
    size_t length = size < 0 ? 0 : (size_t)size;
    return header_of(path, size, &header, err) && append(archive, header.data, header.length, err)
           && append(archive, bytes, length, err)
           && append_zeros(archive, -length % TAR_BLOCK, err);
}

/* ---------------------------------------------------------------------- blobs */

/* With the lock held. */
static const struct archive_blob *find_blob(const struct archive_out *archive, const char *digest)
{
    for (size_t i = 0; digest && i < archive->blob_count; i++)
        if (strcmp(archive->blobs[i].digest, digest) == 0)
            return &archive->blobs[i];
    return NULL;
}

static void describe(const struct archive_blob *blob, const char *media_type, struct arena *arena,
                     struct descriptor *ret)
{
    *ret = (struct descriptor){ .media_type = media_type,
                                .digest = arena_strdup(arena, blob->digest),
                                .size = blob->size };
}

/* Content first, into the room behind the header that is to come. */
static bool append_blob(struct archive_out *archive, struct arena *arena,
                        const struct blob_source *source, struct descriptor *ret,
                        const struct wait *wait, struct error *err)
{
    AUTO_BUF header = BUF_INIT(8 * TAR_BLOCK);
    const char *digest = source->digest ? source->digest : NO_DIGEST;
    if (!header_of(blob_path(arena, digest), source->size < 0 ? 0 : source->size, &header, err))
        return false;
    size_t room = header.length;
    int64_t start = archive->end, content = start + (int64_t)room;
    if (!blob_take(archive->file, content, source, arena, ret, archive->path, wait, err))
        return false;
    buf_clear(&header);
    if (!header_of(blob_path(arena, ret->digest), ret->size, &header, err))
        return false;
    if (header.length != room)
        return error_set(err, ERROR_REFUSED,
                         "%s: a blob larger than 8 GiB whose size was not "
                         "known before",
                         archive->path);
    if (!write_at(archive->file, header.data, room, start, archive->path, err))
        return false;
    archive->end = content + ret->size;
    struct archive_blob blob = { arena_strdup(archive->arena, ret->digest), content, ret->size,
                                 NULL };
    arena_push(archive->arena, archive->blobs, archive->blob_count, archive->blob_capacity, blob);
    return append_zeros(archive, (size_t)(-(uint64_t)ret->size % TAR_BLOCK), err);
}

static bool out_put_locked(struct archive_out *archive, struct arena *arena,
                           const struct blob_source *source, struct descriptor *ret,
                           const struct wait *wait, struct error *err)
{
    const struct archive_blob *there = find_blob(archive, source->digest);
    int64_t end = archive->end;
    if (there) {
        describe(there, source->media_type, arena, ret);
        return true;
    }
    if (append_blob(archive, arena, source, ret, wait, err))
        return true;
    archive->end = end; /* what comes next is written over it */
    return false;
}

static bool out_put_blob(struct image_store *store, struct arena *arena,
                         const struct blob_source *source, struct descriptor *ret,
                         const struct wait *wait, struct error *err)
{
    struct archive_out *archive = (struct archive_out *)store;
    pthread_mutex_lock(&archive->lock);
    bool fine = out_put_locked(archive, arena, source, ret, wait, err);
    pthread_mutex_unlock(&archive->lock);
    return fine;
}

static bool out_size(struct indexed_store *indexed, const char *digest, int64_t *ret,
                     struct error *err)
{
    struct archive_out *archive = (struct archive_out *)indexed;
    (void)err;
    pthread_mutex_lock(&archive->lock);
    const struct archive_blob *found = find_blob(archive, digest);
    *ret = found ? found->size : -1;
    pthread_mutex_unlock(&archive->lock);
    return true;
}

static bool out_blob(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                     void *context, const struct wait *wait, struct error *err)
{
    struct archive_out *archive = (struct archive_out *)store;
    pthread_mutex_lock(&archive->lock);
    const struct archive_blob *found = find_blob(archive, blob->digest);
    int64_t offset = found ? found->offset : -1;
    pthread_mutex_unlock(&archive->lock);
    if (offset < 0)
        return error_set(err, ERROR_NOT_FOUND, "%s: there is no blob %s", store->name,
                         blob->digest);
    return blob_pass(archive->file, offset, blob, store->name, sink, context, wait, err);
}

/* --------------------------------------------------------------------- manifests */

static bool out_index(struct indexed_store *indexed, struct arena *arena, struct image_index *ret,
                      struct error *err)
{
    struct archive_out *archive = (struct archive_out *)indexed;
    (void)err;
    pthread_mutex_lock(&archive->lock);
    *ret = archive->contents;
    ret->manifests = arena_array(arena, ret->count + 1, sizeof *ret->manifests);
    memcpy(ret->manifests, archive->contents.manifests, ret->count * sizeof *ret->manifests);
    pthread_mutex_unlock(&archive->lock);
    return true;
}

static bool out_put_manifest(struct image_store *store, const struct descriptor *manifest,
                             const char *bytes, const char *tag, const struct wait *wait,
                             struct error *err)
{
    struct archive_out *archive = (struct archive_out *)store;
    AUTO_ARENA arena = arena_new();
    struct blob_memory memory = { bytes, (size_t)manifest->size, 0 };
    struct blob_source source = blob_source_memory(&memory, manifest->media_type, manifest->digest);
    struct descriptor stored;
    if (!out_put_blob(store, arena, &source, &stored, wait, err))
        return false;
    pthread_mutex_lock(&archive->lock);
    struct descriptor entry = descriptor_copy(archive->arena, manifest);
    index_put(archive->arena, &archive->contents, &entry, bytes, tag);
    pthread_mutex_unlock(&archive->lock);
    return true;
}

/* ------------------------------------------------------------------------ finish */

/* "shop/api:1" as Docker lists it. */
static const char *repo_tag(struct arena *arena, const struct archive_out *archive,
                            const char *name)
{
    struct reference reference;
    struct error err;
    const char *slash = strrchr(name, '/');
    if (!strchr(slash ? slash : name, ':') && archive->repository)
        name = arena_printf(arena, "%s:%s", archive->repository, name);
    if (!reference_parse(arena, name, &reference, &err) || !reference.tag)
        return NULL;
    return reference_short(arena, &reference);
}

static struct value *docker_layers(struct arena *arena, const struct image_manifest *manifest)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < manifest->layer_count; i++)
        value_push(arena, list, value_string(arena, blob_path(arena, manifest->layers[i].digest)));
    return list;
}

/* The names of one image, which stand beside each other or not. */
static struct value *docker_tags(struct arena *arena, const struct archive_out *archive,
                                 const char *digest)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < archive->contents.count; i++) {
        const struct descriptor *entry = &archive->contents.manifests[i];
        const char *name = entry_name(entry);
        const char *tag =
            name && strcmp(entry->digest, digest) == 0 ? repo_tag(arena, archive, name) : NULL;
        if (tag)
            value_push(arena, list, value_string(arena, tag));
    }
    return list;
}

static bool docker_item(struct archive_out *archive, struct arena *arena,
                        const struct descriptor *entry, struct value *list, const struct wait *wait,
                        struct error *err)
{
    struct image_manifest manifest;
    const char *bytes;
    size_t length;
    if (media_role(entry->media_type) == MEDIA_INDEX)
        return error_set(err, ERROR_REFUSED,
                         "%s: Docker's archives hold images of one platform, "
                         "not an index: say which platform",
                         archive->path);
    if (!image_blob(&archive->indexed.store, arena, entry, OCI_MANIFEST_CEILING, &bytes, &length,
                    wait, err)
        || !image_manifest_read(arena, bytes, length, &manifest, err))
        return false;
    if (manifest.subject.digest)
        return true; /* a note about an image, which Docker has no place for */
    struct value *item = value_map(arena);
    value_set(arena, item, "Config", value_string(arena, blob_path(arena, manifest.config.digest)));
    value_set(arena, item, "RepoTags", docker_tags(arena, archive, entry->digest));
    value_set(arena, item, "Layers", docker_layers(arena, &manifest));
    value_push(arena, list, item);
    return true;
}

static bool is_first(const struct image_index *index, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(index->manifests[j].digest, index->manifests[i].digest) == 0)
            return false;
    return true;
}

static bool append_docker(struct archive_out *archive, struct arena *arena, const struct wait *wait,
                          struct error *err)
{
    struct value *list = value_list(arena);
    AUTO_BUF out = BUF_INIT(OCI_MANIFEST_CEILING);
    for (size_t i = 0; i < archive->contents.count; i++)
        if (is_first(&archive->contents, i)
            && !docker_item(archive, arena, &archive->contents.manifests[i], list, wait, err))
            return false;
    json_write(&out, list);
    return append_member(archive, "manifest.json", buf_text(&out), (int64_t)out.length, err);
}

static bool append_index(struct archive_out *archive, struct arena *arena, struct error *err)
{
    AUTO_BUF out = BUF_INIT(OCI_MANIFEST_CEILING);
    image_index_write(arena, &out, &archive->contents);
    if (out.overflowed)
        return error_set(err, ERROR_REFUSED, "%s: its index.json would be larger than 4 MiB",
                         archive->path);
    return append_member(archive, "index.json", buf_text(&out), (int64_t)out.length, err)
           && append_member(archive, "oci-layout", LAYOUT_MARKER, strlen(LAYOUT_MARKER), err);
}

static bool put_in_place(struct archive_out *archive, struct error *err)
{
    if (ftruncate(archive->file, archive->end) != 0 || fsync(archive->file) != 0
        || rename(archive->temporary, archive->path) != 0)
        return error_errno(err, ERROR_LOCAL, "cannot write %s", archive->path);
    archive->temporary = NULL;
    return true;
}

static bool out_finish(struct image_store *store, const struct wait *wait, struct error *err)
{
    struct archive_out *archive = (struct archive_out *)store;
    AUTO_ARENA arena = arena_new();
    if (!archive->contents.count)
        return error_set(err, ERROR_REFUSED, "%s: no image was put into it", archive->path);
    if (archive->form == ARCHIVE_DOCKER && !append_docker(archive, arena, wait, err))
        return false;
    return append_index(archive, arena, err) && append_zeros(archive, (size_t)2 * TAR_BLOCK, err)
           && put_in_place(archive, err);
}

static void out_close(struct image_store *store)
{
    struct archive_out *archive = (struct archive_out *)store;
    close(archive->file);
    if (archive->temporary)
        unlink(archive->temporary);
    pthread_mutex_destroy(&archive->lock);
    arena_free(archive->arena);
    free(archive);
}

static const struct image_store_table table = {
    .name = "archive",
    .resolve = indexed_resolve,
    .manifest = indexed_manifest,
    .blob = out_blob,
    .has_blob = indexed_has_blob,
    .put_blob = out_put_blob,
    .put_manifest = out_put_manifest,
    .tags = indexed_tags,
    .referrers = indexed_referrers,
    .finish = out_finish,
    .close = out_close,
};

static struct archive_out *new_out(const char *path, enum archive_form form, const char *repository)
{
    struct archive_out *archive = memory_alloc(sizeof *archive);
    *archive = (struct archive_out){ .arena = arena_new(), .form = form };
    archive->indexed.store = (struct image_store){
        .table = &table, .name = arena_printf(archive->arena, "archive %s", path), .in_turn = true
    };
    archive->indexed.index = out_index;
    archive->indexed.size = out_size;
    archive->path = arena_strdup(archive->arena, path);
    archive->temporary = arena_printf(archive->arena, "%s.XXXXXX.tmp", path);
    archive->repository = repository ? arena_strdup(archive->arena, repository) : NULL;
    archive->contents.media_type = MEDIA_OCI_INDEX;
    pthread_mutex_init(&archive->lock, NULL);
    return archive;
}

/*
 * An archive is put in place whole, by a rename: never over a device or a pipe, which would be
 * gone, nor over a link: what it leads to is meant ("archive:/dev/stdout" with a file behind it).
 */
static bool find_file(const char *path, struct arena *arena, const char **ret, struct error *err)
{
    struct stat info;
    *ret = path;
    if (stat(path, &info) != 0)
        return true; /* it is to be made */
    if (!S_ISREG(info.st_mode))
        return error_set(err, ERROR_USAGE,
                         "%s is no regular file: an archive is written as a whole, into a file",
                         path);
    AUTO_FREE char *led_to = realpath(path, NULL);
    if (led_to)
        *ret = arena_strdup(arena, led_to);
    return true;
}

bool archive_create(const char *path, enum archive_form form, const char *repository,
                    struct image_store **ret, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    if (!find_file(path, arena, &path, err))
        return false;
    struct archive_out *archive = new_out(path, form, repository);
    archive->file = mkostemps(archive->temporary, 4, O_CLOEXEC);
    if (archive->file < 0) {
        error_errno(err, ERROR_LOCAL, "cannot write beside %s", path);
        archive->temporary = NULL;
        out_close(&archive->indexed.store);
        return false;
    }
    bool made = fchmod(archive->file, 0644) == 0
                || error_errno(err, ERROR_LOCAL, "cannot write beside %s", path);
    if (!made || !append_member(archive, "blobs", "", -1, err)
        || !append_member(archive, "blobs/sha256", "", -1, err)) {
        out_close(&archive->indexed.store);
        return false;
    }
    *ret = &archive->indexed.store;
    return true;
}
