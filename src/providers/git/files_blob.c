/*
 * files_blob: the content of a commit's files.
 *
 * libgit2 can only unpack an object as a whole, so large ones are asked of one `git cat-file
 * --batch`, which hands them over in pieces. Nothing that a repository configures is run by it.
 */
#include "manifest/disk.h"
#include "providers/git/files.h"

#include <stdlib.h>
#include <string.h>

struct files_stream {
    struct git_files *all;
    git_odb_object *object; /* or the rest comes from `all->cat` */
    char *path;
    int64_t left;
};

static bool unreadable(struct git_files *all, const char *path, int code, struct error *err)
{
    if (code == GIT_ENOTFOUND)
        return error_set(err, ERROR_LOCAL,
                         "%s%s: its content is not in %s; fetch it whole (a clone without "
                         "--filter)",
                         all->files.display, path, all->name);
    return git_failed(err, ERROR_LOCAL, "cannot read %s%s", all->files.display, path);
}

/* ------------------------------------------------------------------- large ones */

void git_blob_stop(struct git_files *all)
{
    if (all->cat_runs)
        process_end(&all->cat);
    all->cat_runs = false;
}

static bool start_cat(struct git_files *all, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *folder = arena_printf(arena, "--git-dir=%s", git_repository_path(all->handle));
    /* Above the threshold git streams, too, instead of holding the blob whole. */
    const char *const arguments[] = {
        "git",  "-c",       "safe.directory=*", "-c", "core.bigFileThreshold=4m",
        folder, "cat-file", "--batch",          NULL
    };
    static const char *const environment[] = { "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0",
                                               NULL };
    if (all->cat_runs)
        return true;
    if (!process_start(arguments, environment, &all->cat, err))
        return error_prefix(err, "files of more than %d MiB are read through git",
                            GIT_STREAM_ABOVE >> 20);
    all->cat_runs = true;
    return true;
}

/* "ID blob SIZE" and a line break come before the content. */
static bool read_head(struct git_files *all, const struct files_entry *entry, int64_t size,
                      const struct wait *wait, struct error *err)
{
    char wanted[80], got[80];
    int length = snprintf(wanted, sizeof wanted, "%s blob %lld\n", entry->id, (long long)size);
    for (int at = 0; at < length; at++) {
        size_t one;
        if (!process_read(&all->cat, got + at, 1, &one, wait, err))
            return false;
        if (one == 0 || got[at] != wanted[at])
            return error_set(err, ERROR_LOCAL, "%s%s: git cat-file does not hand it over",
                             all->files.display, entry->path);
    }
    return true;
}

static bool open_large(struct git_files *all, const struct files_entry *entry, int64_t size,
                       const struct wait *wait, struct error *err)
{
    char line[48];
    int length = snprintf(line, sizeof line, "%s\n", entry->id);
    if (start_cat(all, err) && process_write(&all->cat, line, (size_t)length, wait, err)
        && read_head(all, entry, size, wait, err))
        return true;
    git_blob_stop(all);
    return false;
}

static bool read_large(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                       const struct wait *wait, struct error *err)
{
    char end;
    size_t most = (uint64_t)stream->left < capacity ? (size_t)stream->left : capacity;
    if (!process_read(&stream->all->cat, data, most, ret_length, wait, err))
        return false;
    if (*ret_length == 0)
        return error_set(err, ERROR_LOCAL, "%s%s: git cat-file ended in the middle of it",
                         stream->all->files.display, stream->path);
    stream->left -= (int64_t)*ret_length;
    size_t one;
    return stream->left > 0 || process_read(&stream->all->cat, &end, 1, &one, wait, err);
}

/* ------------------------------------------------------------------------- all */

static bool open_small(struct files_stream *stream, const git_oid *id, struct error *err)
{
    struct git_files *all = stream->all;
    int code = git_odb_read(&stream->object, all->odb, id);
    if (code != 0)
        return unreadable(all, stream->path, code, err);
    if (source_is_pointer(git_odb_object_data(stream->object), git_odb_object_size(stream->object)))
        return error_set(err, ERROR_INPUT,
                         "%s%s: a Git LFS pointer; its content is not in the repository",
                         all->files.display, stream->path);
    return true;
}

bool git_blob_open(struct git_files *all, const struct files_entry *entry,
                   struct files_stream **ret_stream, int64_t *ret_size, const struct wait *wait,
                   struct error *err)
{
    git_oid id;
    size_t size;
    git_object_t type;
    if (git_oid_fromstr(&id, entry->id) != 0)
        return error_set(err, ERROR_BUG, "%s: no object id", entry->path);
    int code = git_odb_read_header(&size, &type, all->odb, &id);
    if (code != 0)
        return unreadable(all, entry->path, code, err);
    struct files_stream *stream = memory_alloc(sizeof *stream);
    *stream = (struct files_stream){ .all = all,
                                     .path = memory_strdup(entry->path),
                                     .left = (int64_t)size };
    if (!(size > GIT_STREAM_ABOVE ? open_large(all, entry, (int64_t)size, wait, err)
                                  : open_small(stream, &id, err))) {
        stream->left = 0;
        git_blob_end(stream);
        return false;
    }
    *ret_size = (int64_t)size;
    *ret_stream = stream;
    return true;
}

bool git_blob_read(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                   const struct wait *wait, struct error *err)
{
    if (!wait_check(wait, "reading files", err))
        return false;
    *ret_length = 0;
    if (stream->left == 0)
        return true;
    if (!stream->object)
        return read_large(stream, data, capacity, ret_length, wait, err);
    size_t at = git_odb_object_size(stream->object) - (size_t)stream->left;
    *ret_length = (size_t)stream->left < capacity ? (size_t)stream->left : capacity;
    memcpy(data, (const char *)git_odb_object_data(stream->object) + at, *ret_length);
    stream->left -= (int64_t)*ret_length;
    return true;
}

void git_blob_end(struct files_stream *stream)
{
    if (stream->object)
        git_odb_object_free(stream->object);
    else if (stream->left)
        git_blob_stop(stream->all);
    free(stream->path);
    free(stream);
}
