/* files_disk: see files_disk.h. */
#include "providers/files_disk.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "providers/blob_id.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 << 10, LINK_CEILING = 4096, FOLDER_CEILING = 100000 };

struct files_stream {
    int descriptor; /* -1: `data` is all of it (a link's target) */
    char *name;
    char *data;
    int64_t size, at;
};

struct disk {
    struct files files;
    struct arena *arena;
};

CLEANUP_FUNCTION(DIR *, closedir)
CLEANUP_FUNCTION(struct blob_id *, blob_id_free)

/* ---------------------------------------------------------------------- streams */

static bool open_file(struct files_stream *stream, struct error *err)
{
    struct stat status;
    stream->descriptor = open(stream->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (stream->descriptor < 0 || fstat(stream->descriptor, &status) != 0)
        return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_LOCAL, "%s",
                           stream->name);
    if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_CONFLICT, "%s: it was a file, and now it is none",
                         stream->name);
    stream->size = status.st_size;
    return true;
}

static bool read_link(struct files_stream *stream, struct error *err)
{
    stream->data = memory_alloc(LINK_CEILING);
    ssize_t length = readlink(stream->name, stream->data, LINK_CEILING);
    if (length < 0)
        return error_errno(err, ERROR_LOCAL, "%s", stream->name);
    if (length == LINK_CEILING)
        return error_set(err, ERROR_INPUT, "%s: a link of more than 4095 bytes", stream->name);
    stream->size = length;
    return true;
}

bool files_disk_stream(const char *root, const struct files_entry *entry, struct files_stream **ret,
                       int64_t *ret_size, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct files_stream *stream = memory_alloc(sizeof *stream);
    *stream = (struct files_stream){ .descriptor = -1,
                                     .name = memory_strdup(path_join(arena, root, entry->path)) };
    if (!(entry->kind == FILES_LINK ? read_link(stream, err) : open_file(stream, err))) {
        files_disk_end(stream);
        return false;
    }
    *ret_size = stream->size;
    *ret = stream;
    return true;
}

static bool read_file(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                      struct error *err)
{
    ssize_t length;
    do
        length = read(stream->descriptor, data, capacity);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return error_errno(err, ERROR_LOCAL, "cannot read %s", stream->name);
    stream->at += length;
    if (stream->at > stream->size || (length == 0 && stream->at < stream->size))
        return error_set(err, ERROR_CONFLICT, "%s: it changed while it was read", stream->name);
    *ret_length = (size_t)length;
    return true;
}

bool files_disk_read(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                     const struct wait *wait, struct error *err)
{
    if (!wait_check(wait, "reading files", err))
        return false;
    if (!stream->data)
        return read_file(stream, data, capacity, ret_length, err);
    size_t left = (size_t)(stream->size - stream->at);
    *ret_length = left < capacity ? left : capacity;
    memcpy(data, stream->data + stream->at, *ret_length);
    stream->at += (int64_t)*ret_length;
    return true;
}

void files_disk_end(struct files_stream *stream)
{
    if (stream->descriptor >= 0)
        close(stream->descriptor);
    free(stream->data);
    free(stream->name);
    free(stream);
}

CLEANUP_FUNCTION(struct files_stream *, files_disk_end)

/* ---------------------------------------------------------------------- entries */

static bool content_id(struct arena *arena, const char *root, struct files_entry *entry,
                       struct error *err)
{
    CLEANUP(files_disk_end_at) struct files_stream *stream = NULL;
    AUTO_FREE char *data = memory_alloc(PIECE);
    static const struct wait forever = { .deadline = INT64_MAX };
    unsigned char digest[BLOB_ID_BYTES];
    int64_t size;
    size_t length;
    if (!files_disk_stream(root, entry, &stream, &size, err))
        return false;
    CLEANUP(blob_id_free_at) struct blob_id *id = blob_id_new(size);
    do {
        if (!files_disk_read(stream, data, PIECE, &length, &forever, err))
            return false;
        blob_id_add(id, data, length);
    } while (length);
    blob_id_finish(id, digest);
    entry->id = blob_id_hex(arena, digest);
    return true;
}

bool files_disk_entry(struct arena *arena, const char *root, const char *path,
                      struct files_entry *ret, struct error *err)
{
    struct stat status;
    const char *name = path_join(arena, root, path);
    if (lstat(name, &status) != 0)
        return error_errno(err, errno == ENOENT || errno == ENOTDIR ? ERROR_NOT_FOUND : ERROR_LOCAL,
                           "%s", name);
    *ret = (struct files_entry){ .path = path, .on_disk = true, .kind = FILES_REGULAR };
    if (S_ISDIR(status.st_mode)) {
        ret->kind = FILES_FOLDER;
        return true;
    }
    if (S_ISLNK(status.st_mode))
        ret->kind = FILES_LINK;
    else if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_INPUT, "%s: no file, no folder and no link", name);
    else if (status.st_mode & S_IXUSR)
        ret->kind = FILES_EXECUTABLE;
    return content_id(arena, root, ret, err);
}

/* ------------------------------------------------------------------------- tree */

static bool disk_find(struct files *files, struct arena *arena, const char *path,
                      struct files_entry *ret, struct error *err)
{
    return files_disk_entry(arena, files->root, arena_strdup(arena, path), ret, err);
}

static int by_path(const void *a, const void *b)
{
    const struct files_entry *one = a, *other = b;
    return strcmp(one->path, other->path);
}

static bool disk_list(struct files *files, struct arena *arena, const char *folder,
                      struct files_entry **ret_entries, size_t *ret_count, struct error *err)
{
    const char *name = path_join(arena, files->root, folder);
    CLEANUP(closedir_at) DIR *all = opendir(name);
    struct files_entry *entries = NULL, entry;
    size_t count = 0, capacity = 0;
    if (!all)
        return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_LOCAL, "%s", name);
    for (struct dirent *one = readdir(all); one; one = readdir(all)) {
        if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
            continue;
        const char *path = path_join(arena, folder, arena_strdup(arena, one->d_name));
        if (count == FOLDER_CEILING)
            return error_set(err, ERROR_INPUT, "%s: more than 100000 entries", name);
        if (!files_disk_entry(arena, files->root, path, &entry, err))
            return false;
        arena_push(arena, entries, count, capacity, entry);
    }
    if (count)
        qsort(entries, count, sizeof *entries, by_path);
    *ret_entries = entries;
    *ret_count = count;
    return true;
}

static bool disk_open(struct files *files, const struct files_entry *entry,
                      struct files_stream **ret_stream, int64_t *ret_size, const struct wait *wait,
                      struct error *err)
{
    return wait_check(wait, "reading files", err)
           && files_disk_stream(files->root, entry, ret_stream, ret_size, err);
}

static void disk_close(struct files *files)
{
    arena_free(((struct disk *)files)->arena);
}

bool files_disk_open(const char *root, struct files **ret, struct error *err)
{
    static const struct files_table table = {
        .find = disk_find,
        .list = disk_list,
        .open = disk_open,
        .read = files_disk_read,
        .end = files_disk_end,
        .close = disk_close,
    };
    AUTO_FREE char *real = realpath(root, NULL);
    if (!real)
        return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_LOCAL, "%s", root);
    struct arena *arena = arena_new();
    struct disk *disk = arena_alloc(arena, sizeof *disk);
    *disk = (struct disk){
        .files = { .table = &table,
                   .display = arena_printf(arena, "%s/", root),
                   .root = arena_strdup(arena, real),
                   .dirty = true },
        .arena = arena,
    };
    *ret = &disk->files;
    return true;
}
