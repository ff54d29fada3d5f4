/* folder: see folder.h. */
#include "providers/build/buildkit/folder.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "providers/build/path.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PIECE = 128 << 10, FOLDERS_OPEN = 32 };

struct writing {
    int root;
    struct files *files;
    struct files_stream *stream;
    int64_t mtime;
    char *piece;
    const struct wait *wait;
    struct error *err;
};

/* A folder below the root; a link on the way is an error. */
static int open_folder(const struct writing *to, const char *path)
{
    struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
    return (int)syscall(SYS_openat2, to->root, *path ? path : ".", &how, sizeof how);
}

static bool failed(const struct writing *to, const char *path)
{
    return error_errno(to->err, ERROR_LOCAL, "cannot write %s of the context", path);
}

static void set_time(const struct writing *to, int folder, const char *name)
{
    const struct timespec times[2] = { { .tv_sec = to->mtime }, { .tv_sec = to->mtime } };
    (void)utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
}

static bool copy_file(struct writing *to, int folder, const char *name, mode_t mode,
                      const char *path)
{
    AUTO_CLOSE file =
        openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return failed(to, path);
    for (size_t length = 1; length;) {
        if (!to->files->table->read(to->stream, to->piece, PIECE, &length, to->wait, to->err))
            return false;
        if (!file_write_all(file, to->piece, length))
            return failed(to, path);
    }
    return fchmod(file, mode) == 0 || failed(to, path);
}

static bool copy_link(struct writing *to, int folder, const char *name, const char *path)
{
    AUTO_BUF target = BUF_INIT(BUILD_PATH_CEILING);
    for (size_t length = 1; length;) {
        if (!to->files->table->read(to->stream, to->piece, PIECE, &length, to->wait, to->err))
            return false;
        if (!buf_add(&target, to->piece, length))
            return error_set(to->err, ERROR_INPUT, "%s: a link to too long a path", path);
    }
    return symlinkat(buf_text(&target), folder, name) == 0 || failed(to, path);
}

static bool write_content(struct writing *to, int folder, const struct context_entry *item)
{
    const char *name = path_base(item->path);
    int64_t size;
    to->files = item->files;
    if (!to->files->table->open(to->files, &item->entry, &to->stream, &size, to->wait, to->err))
        return false;
    bool done = item->entry.kind == FILES_LINK
                    ? copy_link(to, folder, name, item->path)
                    : copy_file(to, folder, name,
                                item->entry.kind == FILES_EXECUTABLE ? 0755 : 0644, item->path);
    to->files->table->end(to->stream);
    return done;
}

static bool write_item(struct writing *to, const struct context_entry *item, struct arena *arena)
{
    const char *name = path_base(item->path);
    AUTO_CLOSE folder = open_folder(to, path_folder(arena, item->path));
    if (folder < 0)
        return failed(to, item->path);
    if (item->entry.kind != FILES_FOLDER && item->entry.kind != FILES_SUBMODULE) {
        if (!write_content(to, folder, item))
            return false;
    } else if ((mkdirat(folder, name, 0755) != 0 && errno != EEXIST)
               || fchmodat(folder, name, 0755, 0) != 0) {
        return failed(to, item->path);
    }
    set_time(to, folder, name);
    return true;
}

/* Writing into a folder moves its time, so folders get theirs when all is written. */
static void set_folder_times(const struct writing *to, const struct context_list *list,
                             struct arena *arena)
{
    for (size_t i = list->count; i-- > 0;) {
        if (list->items[i].entry.kind != FILES_FOLDER)
            continue;
        AUTO_CLOSE above = open_folder(to, path_folder(arena, list->items[i].path));
        if (above >= 0)
            set_time(to, above, path_base(list->items[i].path));
    }
}

bool folder_write(const char *folder, const struct context_list *list, int64_t mtime,
                  const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_FREE char *piece = memory_alloc(PIECE);
    AUTO_CLOSE root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct writing to = { .root = root, .mtime = mtime, .piece = piece, .wait = wait, .err = err };
    if (root < 0)
        return error_errno(err, ERROR_LOCAL, "cannot open %s", folder);
    for (size_t i = 0; i < list->count; i++)
        if (*list->items[i].path && !write_item(&to, &list->items[i], arena))
            return false;
    set_folder_times(&to, list, arena);
    return true;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status, (void)kind, (void)where;
    (void)!remove(path);
    return 0;
}

void folder_remove(const char *folder)
{
    (void)nftw(folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}
