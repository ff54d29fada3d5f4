/*
 * glance_files: the files of a work tree that is as its commit, without libgit2; see glance.h.
 *
 * What there is, and its ids, stand in the index; no object is read for that. Content comes from
 * the disk and is given away only once its id is known to be the commit's, so that a filter that
 * a checkout applied, or a change in the meantime, cannot pass. Where it is another one, and for
 * what must be refused, the commit itself is asked (files.c).
 */
#include "providers/git/files.h"
#include "providers/git/glance_index.h"

#include "base/file.h"
#include "providers/files_disk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 128 << 10, HELD_MOST = GIT_STREAM_ABOVE };

struct glance_files {
    struct files files;
    struct arena *arena;
    struct git_source *source;
    const struct glance_index *index;
    struct git_files *commit; /* once something has to be asked of it */
};

/* All of a small file, a large one that is read for the second time, or one of the commit. */
struct files_stream {
    char *data;
    size_t length, at;
    struct files_stream *disk;
    struct blob_id *id; /* of what was read from `disk` */
    const char *wanted;
    struct files_stream *inner;
    const struct files_table *table;
};

static bool open_commit(struct glance_files *all, struct files **ret, struct error *err)
{
    if (!all->commit && !git_source_files(all->source, &all->commit, err))
        return false;
    *ret = &all->commit->files;
    return true;
}

/* --------------------------------------------------------------------------- listing */

static enum files_kind kind_of(const struct glance_entry *entry)
{
    static const enum files_kind kinds[] = { [GLANCE_FILE] = FILES_REGULAR,
                                             [GLANCE_PROGRAM] = FILES_EXECUTABLE,
                                             [GLANCE_LINK] = FILES_LINK,
                                             [GLANCE_OTHER] = FILES_SUBMODULE };
    return kinds[glance_mode_of(entry)];
}

static struct files_entry file_of(struct arena *arena, const struct glance_entry *entry)
{
    return (struct files_entry){ .path = entry->path,
                                 .kind = kind_of(entry),
                                 .id = blob_id_hex(arena, glance_id_of(entry)) };
}

/* False: the index has no such folder. */
static bool folder_of(const struct glance_files *all, struct arena *arena, const char *path,
                      struct files_entry *ret)
{
    const unsigned char *id = glance_folder_id(all->index, path);
    if (id)
        *ret = (struct files_entry){ .path = path,
                                     .kind = FILES_FOLDER,
                                     .id = blob_id_hex(arena, id) };
    return id != NULL;
}

static bool glance_files_find(struct files *files, struct arena *arena, const char *path,
                              struct files_entry *ret, struct error *err)
{
    const struct glance_files *all = (const struct glance_files *)files;
    const struct glance_range whole = { 0, all->index->count };
    const struct glance_entry *entry = glance_find(all->index, whole, path);
    if (entry) {
        *ret = file_of(arena, entry);
        return true;
    }
    return folder_of(all, arena, arena_strdup(arena, path), ret)
           || error_set(err, ERROR_NOT_FOUND, "%s%s: there is no such file", files->display, path);
}

static bool is_sorted(const struct files_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(entries[i - 1].path, entries[i].path) > 0)
            return false;
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct files_entry *one = a, *other = b;
    return strcmp(one->path, other->path);
}

/* Entries of one folder: its files, and the first parts of what lies deeper, each once. */
static bool glance_files_list(struct files *files, struct arena *arena, const char *folder,
                              struct files_entry **ret_entries, size_t *ret_count,
                              struct error *err)
{
    const struct glance_files *all = (const struct glance_files *)files;
    const struct glance_range range = glance_below(all->index, folder);
    size_t count = 0, capacity = 0, prefix = *folder ? strlen(folder) + 1 : 0;
    struct files_entry *entries = NULL, entry;
    if (!glance_folder_id(all->index, folder))
        return error_set(err, ERROR_NOT_FOUND, "%s%s: there is no such folder", files->display,
                         folder);
    for (size_t i = range.first; i < range.end; i++) {
        const char *path = all->index->entries[i].path, *slash = strchr(path + prefix, '/');
        size_t length = slash ? (size_t)(slash - path) : 0;
        if (slash && count && strncmp(entries[count - 1].path, path, length) == 0
            && !entries[count - 1].path[length])
            continue;
        if (!slash)
            entry = file_of(arena, &all->index->entries[i]);
        else if (!folder_of(all, arena, arena_memdup(arena, path, length), &entry))
            return error_set(err, ERROR_LOCAL, "%s: the index lacks its folder", path);
        arena_push(arena, entries, count, capacity, entry);
    }
    if (count > GIT_FOLDER_CEILING)
        return error_set(err, ERROR_INPUT, "%s%s: more than 100000 entries in one folder",
                         files->display, folder);
    if (!is_sorted(entries, count)) /* "a.b" stands before "a/b", and behind "a" */
        qsort(entries, count, sizeof *entries, by_path);
    *ret_entries = entries;
    *ret_count = count;
    return true;
}

/* ---------------------------------------------------------------------------- each */

/* Files and folders of the index, both sorted, on their way through them. */
struct visiting {
    const struct glance_index *index;
    struct glance_range files, folders;
    const char *known; /* a file whose folder the index has */
    bool *out;         /* of each file: nobody wants what lies in a folder above it */
    files_visit *visit;
    void *context;
};

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return length ? strncmp(path, folder, length) == 0 && path[length] == '/' : *path != '\0';
}

static struct glance_range folders_below(const struct glance_index *index, const char *folder)
{
    size_t first = 0, end;
    while (first < index->folder_count && !is_below(index->folders[first].path, folder))
        first++;
    for (end = first; end < index->folder_count; end++)
        if (!is_below(index->folders[end].path, folder))
            break;
    return (struct glance_range){ first, end };
}

static void visit_folder(struct visiting *visiting, const struct glance_folder *folder)
{
    char id[BLOB_ID_HEX + 1];
    struct glance_range below = glance_below(visiting->index, folder->path);
    const struct files_entry entry = { .path = folder->path, .kind = FILES_FOLDER, .id = id };
    if (below.first == below.end || visiting->out[below.first])
        return;
    blob_id_write(folder->id, id);
    if (!visiting->visit(visiting->context, &entry))
        memset(visiting->out + below.first, true, below.end - below.first);
}

static bool has_folder(const struct glance_index *index, const char *path, size_t length)
{
    AUTO_ARENA arena = arena_new();
    return glance_folder_id(index, arena_memdup(arena, path, length)) != NULL;
}

/* As `list` does it: a file whose folder has no id is nothing to rely on. */
static bool is_in_folder(struct visiting *visiting, const char *path)
{
    const char *slash = strrchr(path, '/'), *known = visiting->known;
    size_t length = slash ? (size_t)(slash - path) : 0;
    bool same = known && strncmp(known, path, length + 1) == 0 && !strchr(known + length + 1, '/');
    visiting->known = path;
    return !slash || same || has_folder(visiting->index, path, length);
}

static bool visit_file(struct visiting *visiting, size_t at, struct error *err)
{
    char id[BLOB_ID_HEX + 1];
    const struct glance_entry *file = &visiting->index->entries[at];
    const struct files_entry entry = { .path = file->path, .kind = kind_of(file), .id = id };
    if (!is_in_folder(visiting, file->path))
        return error_set(err, ERROR_LOCAL, "%s: the index lacks its folder", file->path);
    blob_id_write(glance_id_of(file), id);
    if (!visiting->out[at])
        visiting->visit(visiting->context, &entry);
    return true;
}

static bool glance_files_each(struct files *files, const char *folder, files_visit *visit,
                              void *context, struct error *err)
{
    const struct glance_index *index = ((const struct glance_files *)files)->index;
    AUTO_FREE bool *out = memory_alloc(index->count * sizeof *out);
    struct visiting visiting = { .index = index,
                                 .files = glance_below(index, folder),
                                 .folders = folders_below(index, folder),
                                 .out = out,
                                 .visit = visit,
                                 .context = context };
    struct glance_range *file = &visiting.files, *inner = &visiting.folders;
    memset(out, false, index->count * sizeof *out);
    if (!glance_folder_id(index, folder))
        return error_set(err, ERROR_NOT_FOUND, "%s%s: there is no such folder", files->display,
                         folder);
    while (file->first < file->end) {
        const struct glance_folder *next = &index->folders[inner->first];
        if (inner->first < inner->end && strcmp(next->path, index->entries[file->first].path) < 0) {
            visit_folder(&visiting, next);
            inner->first++;
        } else if (!visit_file(&visiting, file->first++, err)) {
            return false;
        }
    }
    return true;
}

/* --------------------------------------------------------------------------- content */

static bool has_id(const unsigned char id[BLOB_ID_BYTES], const char *hex)
{
    AUTO_ARENA arena = arena_new();
    return strcmp(blob_id_hex(arena, id), hex) == 0;
}

/* Git LFS leaves a pointer in the commit, which is refused there. */
static bool is_pointer(const char *data, size_t length)
{
    static const char mark[] = "version https://git-lfs.github.com/spec/";
    return length >= sizeof mark - 1 && memcmp(data, mark, sizeof mark - 1) == 0;
}

/* False: it is another content, or cannot be read. */
static bool hold_small(struct files_stream *stream, struct files_stream *disk, size_t size,
                       const char *wanted, const struct wait *wait, struct error *err)
{
    unsigned char id[BLOB_ID_BYTES];
    size_t length = 1;
    stream->data = memory_alloc(size + 1);
    while (length && stream->length <= size) {
        if (!files_disk_read(disk, stream->data + stream->length, size + 1 - stream->length,
                             &length, wait, err))
            return false;
        stream->length += length;
    }
    blob_id_of(stream->data, stream->length, id);
    return stream->length == size && !is_pointer(stream->data, size) && has_id(id, wanted);
}

/* Once through all of it. */
static bool check_large(struct files_stream *disk, int64_t size, const char *wanted,
                        const struct wait *wait, struct error *err)
{
    unsigned char digest[BLOB_ID_BYTES];
    AUTO_FREE char *data = memory_alloc(PIECE);
    struct blob_id *id = blob_id_new(size);
    size_t length = 1;
    bool done = true;
    while (done && length) {
        done = files_disk_read(disk, data, PIECE, &length, wait, err);
        if (done)
            blob_id_add(id, data, length);
    }
    blob_id_finish(id, digest);
    blob_id_free(id);
    return done && has_id(digest, wanted);
}

/* Opens it on the disk, whose content is surely the commit's. */
static bool open_disk(struct glance_files *all, const struct files_entry *entry,
                      struct files_stream *stream, int64_t *ret_size, const struct wait *wait)
{
    struct files_stream *disk;
    struct error ignored;
    bool right;
    if (!files_disk_stream(all->files.root, entry, &disk, ret_size, &ignored))
        return false;
    if (*ret_size <= HELD_MOST) {
        right = hold_small(stream, disk, (size_t)*ret_size, entry->id, wait, &ignored);
    } else {
        right = check_large(disk, *ret_size, entry->id, wait, &ignored)
                && files_disk_stream(all->files.root, entry, &stream->disk, ret_size, &ignored);
        stream->id = right ? blob_id_new(*ret_size) : NULL;
        stream->wanted = entry->id;
    }
    files_disk_end(disk);
    return right;
}

static void glance_files_end(struct files_stream *stream)
{
    if (stream->inner)
        stream->table->end(stream->inner);
    if (stream->disk)
        files_disk_end(stream->disk);
    if (stream->id)
        blob_id_free(stream->id);
    free(stream->data);
    free(stream);
}

static bool glance_files_open(struct files *files, const struct files_entry *entry,
                              struct files_stream **ret_stream, int64_t *ret_size,
                              const struct wait *wait, struct error *err)
{
    struct glance_files *all = (struct glance_files *)files;
    struct files_stream *stream = memory_alloc(sizeof *stream);
    struct files *commit;
    *stream = (struct files_stream){ 0 };
    if (open_disk(all, entry, stream, ret_size, wait)) {
        *ret_stream = stream;
        return true;
    }
    glance_files_end(stream);
    if (!wait_check(wait, "reading files", err) || !open_commit(all, &commit, err))
        return false;
    stream = memory_alloc(sizeof *stream);
    *stream = (struct files_stream){ .table = commit->table };
    if (commit->table->open(commit, entry, &stream->inner, ret_size, wait, err)) {
        *ret_stream = stream;
        return true;
    }
    free(stream);
    return false;
}

/* The second time it may be another content, if somebody writes it. */
static bool read_large(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                       const struct wait *wait, struct error *err)
{
    unsigned char id[BLOB_ID_BYTES];
    if (!files_disk_read(stream->disk, data, capacity, ret_length, wait, err))
        return false;
    blob_id_add(stream->id, data, *ret_length);
    if (*ret_length)
        return true;
    blob_id_finish(stream->id, id);
    return has_id(id, stream->wanted)
           || error_set(err, ERROR_CONFLICT, "it changed while it was read");
}

static bool glance_files_read(struct files_stream *stream, char *data, size_t capacity,
                              size_t *ret_length, const struct wait *wait, struct error *err)
{
    if (stream->inner)
        return stream->table->read(stream->inner, data, capacity, ret_length, wait, err);
    if (stream->disk)
        return read_large(stream, data, capacity, ret_length, wait, err);
    if (!wait_check(wait, "reading files", err))
        return false;
    size_t left = stream->length - stream->at;
    *ret_length = left < capacity ? left : capacity;
    memcpy(data, stream->data + stream->at, *ret_length);
    stream->at += *ret_length;
    return true;
}

/* ------------------------------------------------------------------------------ life */

static const char *glance_files_absent(struct files *files, struct arena *arena, const char *path)
{
    return git_files_absent(arena, files->root, path);
}

static void glance_files_close(struct files *files)
{
    struct glance_files *all = (struct glance_files *)files;
    if (all->commit)
        all->commit->files.table->close(&all->commit->files);
    arena_free(all->arena);
}

bool glance_files(struct git_source *source, struct files **ret)
{
    static const struct files_table table = {
        .find = glance_files_find,
        .list = glance_files_list,
        .each = glance_files_each,
        .open = glance_files_open,
        .read = glance_files_read,
        .end = glance_files_end,
        .absent = glance_files_absent,
        .close = glance_files_close,
    };
    if (!source->glance || !glance_clean_whole(source->glance))
        return false;
    struct arena *arena = arena_new();
    struct glance_files *all = arena_alloc(arena, sizeof *all);
    *all = (struct glance_files){
        .files = { .table = &table, .display = "", .root = source->glance->root },
        .arena = arena,
        .source = source,
        .index = source->glance->index,
    };
    *ret = &all->files;
    return true;
}
