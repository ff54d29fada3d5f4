/* layout: see layout.h. What is written is in layout_write.c. */
#include "oci/layout.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "oci/document.h"
#include "oci/layout_parts.h"
#include "oci/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

CLEANUP_FUNCTION(struct verifier *, verifier_free)

enum { CHUNK = 256 << 10, MARKER_CEILING = 4096 };

/* ------------------------------------------------------------------------ blobs */

bool blob_pass(int descriptor, int64_t offset, const struct descriptor *blob, const char *name,
               blob_sink *sink, void *context, const struct wait *wait, struct error *err)
{
    CLEANUP(verifier_free_at)
    struct verifier *verifier = verifier_new(blob->digest, blob->size, sink, context);
    AUTO_FREE char *chunk = memory_alloc(CHUNK);
    int64_t left = blob->size;
    while (left > 0) {
        if (!wait_check(wait, name, err))
            return false;
        size_t wanted = left < CHUNK ? (size_t)left : CHUNK;
        ssize_t length = pread(descriptor, chunk, wanted, offset);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return error_errno(err, ERROR_LOCAL, "%s: cannot read %s", name, blob->digest);
        if (length == 0)
            break;
        if (!verifier_feed(verifier, chunk, (size_t)length, err))
            return error_prefix(err, "%s: %.19s", name, blob->digest);
        offset += length;
        left -= length;
    }
    return verifier_end(verifier, err) || error_prefix(err, "%s: %.19s", name, blob->digest);
}

/* A fifo in the place of a blob must not hang us. */
static bool open_blob(struct layout *layout, const char *digest, int *ret, int64_t *ret_size,
                      struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct stat info;
    const char *path = path_join(arena, layout->path, blob_path(arena, digest));
    AUTO_CLOSE descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_LOCAL, "%s: blob %s",
                           layout->indexed.store.name, digest);
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode))
        return error_set(err, ERROR_INVALID, "%s: blob %s is no file", layout->indexed.store.name,
                         digest);
    *ret = descriptor;
    *ret_size = info.st_size;
    descriptor = -1;
    return true;
}

struct file_source {
    int descriptor;
    bool own;
    int64_t start, at, size;
    char name[]; /* for messages */
};

static bool file_source_read(void *context, char *data, size_t capacity, size_t *ret_length,
                             struct error *err)
{
    struct file_source *source = context;
    int64_t left = source->size - source->at;
    size_t wanted = left < (int64_t)capacity ? (size_t)left : capacity;
    ssize_t length = 0;
    do
        length = pread(source->descriptor, data, wanted, source->start + source->at);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return error_errno(err, ERROR_LOCAL, "%s: cannot read a blob", source->name);
    source->at += length;
    *ret_length = (size_t)length;
    return true;
}

static bool file_source_seek(void *context, int64_t offset, struct error *err)
{
    struct file_source *source = context;
    (void)err;
    source->at = offset;
    return true;
}

static void file_source_close(void *context)
{
    struct file_source *source = context;
    if (source->own)
        close(source->descriptor);
    free(source);
}

bool blob_source_file(int descriptor, bool own, int64_t offset, int64_t size,
                      const struct descriptor *blob, const char *name, struct blob_source *ret,
                      struct error *err)
{
    if (size != blob->size)
        return error_set(err, ERROR_INVALID, "%s: blob %s has %lld bytes and should have %lld",
                         name, blob->digest, (long long)size, (long long)blob->size);
    struct file_source *source = memory_alloc(sizeof *source + strlen(name) + 1);
    *source = (struct file_source){ descriptor, own, offset, 0, size };
    strcpy(source->name, name);
    *ret = (struct blob_source){ .context = source,
                                 .read = file_source_read,
                                 .seek = file_source_seek,
                                 .close = file_source_close,
                                 .media_type = blob->media_type,
                                 .digest = blob->digest,
                                 .size = blob->size };
    return true;
}

static bool layout_open_blob(struct image_store *store, const struct descriptor *blob,
                             struct blob_source *ret, struct error *err)
{
    AUTO_CLOSE descriptor = -1;
    int64_t size;
    if (!digest_text_valid(blob->digest))
        return error_set(err, ERROR_USAGE, "\"%s\" is no digest", blob->digest);
    if (!open_blob((struct layout *)store, blob->digest, &descriptor, &size, err)
        || !blob_source_file(descriptor, true, 0, size, blob, store->name, ret, err))
        return false;
    descriptor = -1;
    return true;
}

static bool layout_blob(struct image_store *store, const struct descriptor *blob, blob_sink *sink,
                        void *context, const struct wait *wait, struct error *err)
{
    AUTO_CLOSE descriptor = -1;
    int64_t size;
    if (!digest_text_valid(blob->digest))
        return error_set(err, ERROR_USAGE, "\"%s\" is no digest", blob->digest);
    if (!open_blob((struct layout *)store, blob->digest, &descriptor, &size, err))
        return false;
    if (size != blob->size)
        return error_set(err, ERROR_INVALID, "%s: blob %s has %lld bytes and should have %lld",
                         store->name, blob->digest, (long long)size, (long long)blob->size);
    return blob_pass(descriptor, 0, blob, store->name, sink, context, wait, err);
}

static bool layout_size(struct indexed_store *indexed, const char *digest, int64_t *ret,
                        struct error *err)
{
    AUTO_CLOSE descriptor = -1;
    int64_t size;
    struct error why;
    if (open_blob((struct layout *)indexed, digest, &descriptor, &size, &why)) {
        *ret = size;
        return true;
    }
    *ret = -1;
    if (why.kind == ERROR_NOT_FOUND)
        return true;
    *err = why;
    return false;
}

/* ------------------------------------------------------------------------ index */

bool layout_index_read(struct layout *layout, struct arena *arena, struct image_index *ret,
                       struct error *err)
{
    char *data;
    size_t length;
    const char *path = path_join(arena, layout->path, "index.json");
    if (!file_read(arena, path, OCI_MANIFEST_CEILING, &data, &length, err))
        return false;
    return image_index_read(arena, data, length, ret, err) || error_prefix(err, "%s", path);
}

static bool layout_index(struct indexed_store *indexed, struct arena *arena,
                         struct image_index *ret, struct error *err)
{
    return layout_index_read((struct layout *)indexed, arena, ret, err);
}

/* ---------------------------------------------------------------- open and close */

static void layout_close(struct image_store *store)
{
    struct layout *layout = (struct layout *)store;
    free(layout->path);
    free((void *)(uintptr_t)store->name);
    free(layout);
}

static const struct image_store_table reading = {
    .name = "layout",
    .resolve = indexed_resolve,
    .manifest = indexed_manifest,
    .blob = layout_blob,
    .open_blob = layout_open_blob,
    .tags = indexed_tags,
    .referrers = indexed_referrers,
    .close = layout_close,
};

static const struct image_store_table writing = {
    .name = "layout",
    .resolve = indexed_resolve,
    .manifest = indexed_manifest,
    .blob = layout_blob,
    .open_blob = layout_open_blob,
    .has_blob = indexed_has_blob,
    .put_blob = layout_put_blob,
    .put_manifest = layout_put_manifest,
    .tags = indexed_tags,
    .referrers = indexed_referrers,
    .close = layout_close,
};

bool layout_marker_valid(struct arena *arena, const char *data, size_t length, const char *name,
                         struct error *err)
{
    const struct value *marker;
    if (!document_parse(arena, data, length, &marker, err))
        return error_prefix(err, "%s: oci-layout", name);
    const char *version = value_text(value_get(marker, "imageLayoutVersion"));
    return (version && strncmp(version, "1.", 2) == 0)
           || error_set(err, ERROR_INVALID,
                        "%s: it is an image layout of the version %s, 1.0.0 "
                        "is read",
                        name, version ? version : "\"\"");
}

static bool check_marker(const char *path, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    char *data;
    size_t length;
    if (!file_read(arena, path_join(arena, path, "oci-layout"), MARKER_CEILING, &data, &length,
                   err))
        return err->kind == ERROR_NOT_FOUND ? error_set(err, ERROR_NOT_FOUND,
                                                        "%s is no OCI image layout: it has no file "
                                                        "oci-layout",
                                                        path)
                                            : false;
    return layout_marker_valid(arena, data, length, path, err);
}

static struct layout *new_layout(const char *path, const struct image_store_table *table)
{
    struct layout *layout = memory_alloc(sizeof *layout);
    AUTO_ARENA arena = arena_new();
    *layout = (struct layout){ .path = memory_strdup(path) };
    layout->indexed.store.table = table;
    layout->indexed.store.name = memory_strdup(arena_printf(arena, "folder %s", path));
    layout->indexed.index = layout_index;
    layout->indexed.size = layout_size;
    return layout;
}

bool layout_open(const char *path, struct image_store **ret, struct error *err)
{
    if (!check_marker(path, err))
        return false;
    *ret = &new_layout(path, &reading)->indexed.store;
    return true;
}

bool layout_create(const char *path, struct image_store **ret, struct error *err)
{
    if (!layout_make(path, err) || !check_marker(path, err))
        return false;
    *ret = &new_layout(path, &writing)->indexed.store;
    return true;
}
