/*
 * files_work: a commit's files with those of its work tree laid over them.
 *
 * What differs is told by libgit2, as for `git_dirty`: changed, new (but not ignored) and
 * deleted paths. All else is read from the commit, so that a work tree of a million files
 * costs what changed in it.
 */
#include "providers/git/files.h"

#include "base/file.h"
#include "providers/files_disk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct work {
    struct files files;
    struct arena *arena;
    struct git_files *commit;
    const struct git_change *changes; /* sorted by path; the source's */
    size_t count;
};

struct files_stream {
    struct files_stream *inner;
    const struct files_table *table;
};

/* ---------------------------------------------------------------------- changes */

/* The first change at or behind `path`. */
static size_t first_change(const struct work *work, const char *path)
{
    size_t low = 0, high = work->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(work->changes[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct git_change *change_of(const struct work *work, const char *path)
{
    size_t at = first_change(work, path);
    return at < work->count && strcmp(work->changes[at].path, path) == 0 ? &work->changes[at]
                                                                         : NULL;
}

static bool changed_below(const struct work *work, const char *folder)
{
    AUTO_ARENA arena = arena_new();
    const char *prefix = *folder ? arena_printf(arena, "%s/", folder) : "";
    size_t at = first_change(work, prefix);
    return at < work->count && strncmp(work->changes[at].path, prefix, strlen(prefix)) == 0;
}

/* ------------------------------------------------------------------------- tree */

static bool missing(struct files *files, const char *path, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "%s%s: there is no such file", files->display, path);
}

static bool work_find(struct files *files, struct arena *arena, const char *path,
                      struct files_entry *ret, struct error *err)
{
    struct work *work = (struct work *)files;
    const struct git_change *change = change_of(work, path);
    if (change && change->gone)
        return missing(files, path, err);
    if (change)
        return files_disk_entry(arena, files->root, arena_strdup(arena, path), ret, err);
    bool changed = changed_below(work, path);
    struct stat status;
    if (changed && lstat(path_join(arena, files->root, path), &status) != 0)
        return missing(files, path, err);
    if (changed) {
        *ret = (struct files_entry){ .path = arena_strdup(arena, path), .kind = FILES_FOLDER };
        return true;
    }
    struct files *commit = &work->commit->files;
    return commit->table->find(commit, arena, path, ret, err);
}

/* Adds the part of a changed path that stands in the folder, once. */
static bool add_changed(struct work *work, struct arena *arena, const char *path, size_t folder,
                        struct files_entry **entries, size_t *count, size_t *capacity,
                        struct error *err)
{
    struct files_entry entry;
    size_t length = folder + strcspn(path + folder, "/");
    const char *own = arena_memdup(arena, path, length);
    struct error gone;
    if (*count && strcmp((*entries)[*count - 1].path, own) == 0)
        return true;
    if (!work_find(&work->files, arena, own, &entry, &gone)) {
        if (gone.kind == ERROR_NOT_FOUND)
            return true;
        *err = gone;
        return false;
    }
    arena_push(arena, *entries, *count, *capacity, entry);
    return true;
}

static int entry_by_path(const void *a, const void *b)
{
    const struct files_entry *one = a, *other = b;
    return strcmp(one->path, other->path);
}

/* A folder that became a file was found by both. */
static size_t sort_once(struct files_entry *entries, size_t count)
{
    size_t kept = 0;
    if (count)
        qsort(entries, count, sizeof *entries, entry_by_path);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(entries[i].path, entries[kept - 1].path) != 0)
            entries[kept++] = entries[i];
    return kept;
}

/* What the commit has there and the disk has as it is. */
static bool add_unchanged(struct work *work, struct arena *arena, const char *folder,
                          struct files_entry **entries, size_t *count, size_t *capacity,
                          struct error *err)
{
    struct files *commit = &work->commit->files;
    struct files_entry *all = NULL;
    size_t all_count = 0;
    struct error none;
    if (!commit->table->list(commit, arena, folder, &all, &all_count, &none)
        && none.kind != ERROR_NOT_FOUND) {
        *err = none;
        return false;
    }
    for (size_t i = 0; i < all_count; i++)
        if (!change_of(work, all[i].path) && !changed_below(work, all[i].path))
            arena_push(arena, *entries, *count, *capacity, all[i]);
    return true;
}

static bool work_list(struct files *files, struct arena *arena, const char *folder,
                      struct files_entry **ret_entries, size_t *ret_count, struct error *err)
{
    struct work *work = (struct work *)files;
    struct files_entry *entries = NULL;
    size_t count = 0, capacity = 0;
    const char *prefix = *folder ? arena_printf(arena, "%s/", folder) : "";
    size_t length = strlen(prefix);
    if (!add_unchanged(work, arena, folder, &entries, &count, &capacity, err))
        return false;
    for (size_t i = first_change(work, prefix);
         i < work->count && strncmp(work->changes[i].path, prefix, length) == 0; i++)
        if (!add_changed(work, arena, work->changes[i].path, length, &entries, &count, &capacity,
                         err))
            return false;
    count = sort_once(entries, count);
    *ret_entries = entries;
    *ret_count = count;
    return true;
}

static bool work_open(struct files *files, const struct files_entry *entry,
                      struct files_stream **ret_stream, int64_t *ret_size, const struct wait *wait,
                      struct error *err)
{
    struct work *work = (struct work *)files;
    struct files_stream *inner;
    struct files *commit = &work->commit->files;
    if (!(entry->on_disk ? files_disk_stream(files->root, entry, &inner, ret_size, err)
                         : commit->table->open(commit, entry, &inner, ret_size, wait, err)))
        return false;
    static const struct files_table disk = { .read = files_disk_read, .end = files_disk_end };
    struct files_stream *stream = memory_alloc(sizeof *stream);
    *stream = (struct files_stream){ inner, entry->on_disk ? &disk : commit->table };
    *ret_stream = stream;
    return true;
}

static bool work_read(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                      const struct wait *wait, struct error *err)
{
    return stream->table->read(stream->inner, data, capacity, ret_length, wait, err);
}

static void work_end(struct files_stream *stream)
{
    stream->table->end(stream->inner);
    free(stream);
}

static const char *work_absent(struct files *files, struct arena *arena, const char *path)
{
    return git_files_absent(arena, files->root, path);
}

static void work_close(struct files *files)
{
    struct work *work = (struct work *)files;
    work->commit->files.table->close(&work->commit->files);
    arena_free(work->arena);
}

bool git_files_work(struct git_source *source, struct git_files *commit, struct files **ret,
                    struct error *err)
{
    static const struct files_table table = {
        .find = work_find,
        .list = work_list,
        .open = work_open,
        .read = work_read,
        .end = work_end,
        .absent = work_absent,
        .close = work_close,
    };
    pthread_mutex_lock(&source->lock);
    bool compared = git_touched_all(source, err);
    pthread_mutex_unlock(&source->lock);
    if (!compared) {
        commit->files.table->close(&commit->files);
        return false;
    }
    struct arena *arena = arena_new();
    struct work *work = arena_alloc(arena, sizeof *work);
    *work = (struct work){
        .files = { .table = &table, .display = "", .root = source->repository->root },
        .arena = arena,
        .commit = commit,
        .changes = source->touched->items,
        .count = source->touched->count,
    };
    work->files.dirty = work->count > 0;
    *ret = &work->files;
    return true;
}
