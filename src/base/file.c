/* file: see file.h. */
#include "base/file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { READ_CHUNK = 64 << 10 };

static bool too_large(const char *name, size_t ceiling, struct error *err)
{
    bool whole = ceiling >= 1 << 20 && ceiling % (1 << 20) == 0;
    return error_set(err, ERROR_INPUT, "%s is larger than %zu %s", name,
                     whole ? ceiling >> 20 : ceiling, whole ? "MiB" : "bytes");
}

/*
 * A regular file, straight into its place. False: it has no size that can be relied on, and is
 * read from its beginning in another way.
 */
static bool read_at_once(struct arena *arena, int descriptor, size_t ceiling, char **ret_data,
                         size_t *ret_length)
{
    struct stat status;
    size_t used = 0;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < READ_CHUNK
        || (uint64_t)status.st_size > ceiling || lseek(descriptor, 0, SEEK_CUR) != 0)
        return false;
    size_t size = (size_t)status.st_size;
    char *data = arena_alloc(arena, size + 1);
    for (ssize_t length = 1; length; used += (size_t)length) {
        length = used <= size ? pread(descriptor, data + used, size + 1 - used, (off_t)used) : -1;
        if (length < 0)
            return false;
    }
    data[used] = '\0';
    *ret_data = data;
    *ret_length = used;
    return true;
}

bool file_read_descriptor(struct arena *arena, int descriptor, const char *name, size_t ceiling,
                          char **ret_data, size_t *ret_length, struct error *err)
{
    AUTO_BUF content = BUF_INIT(ceiling);
    if (read_at_once(arena, descriptor, ceiling, ret_data, ret_length))
        return true;
    AUTO_FREE char *chunk = memory_alloc(READ_CHUNK);
    for (;;) {
        ssize_t length = read(descriptor, chunk, READ_CHUNK);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return error_errno(err, ERROR_LOCAL, "cannot read %s", name);
        if (length == 0)
            break;
        if (!buf_add(&content, chunk, (size_t)length))
            return too_large(name, ceiling, err);
    }
    *ret_data = arena_memdup(arena, buf_text(&content), content.length);
    *ret_length = content.length;
    return true;
}

bool file_read(struct arena *arena, const char *path, size_t ceiling, char **ret_data,
               size_t *ret_length, struct error *err)
{
    AUTO_CLOSE descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        return error_errno(err, absent ? ERROR_NOT_FOUND : ERROR_LOCAL, "cannot open %s", path);
    }
    return file_read_descriptor(arena, descriptor, path, ceiling, ret_data, ret_length, err);
}

bool file_write_all(int descriptor, const char *data, size_t length)
{
    while (length) {
        ssize_t written = write(descriptor, data, length);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
    return true;
}

static const char *parent(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return slash == path ? "/" : arena_memdup(arena, path, (size_t)(slash - path));
}

/* A rename is durable only once its folder is. */
static bool sync_folder(const char *path)
{
    AUTO_CLOSE descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return descriptor >= 0 && fsync(descriptor) == 0;
}

bool file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    char *temporary = arena_printf(arena, "%s.XXXXXX.tmp", path);
    AUTO_CLOSE descriptor = mkostemps(temporary, 4, O_CLOEXEC);
    if (descriptor < 0)
        return error_errno(err, ERROR_LOCAL, "cannot write beside %s", path);
    if (!file_write_all(descriptor, data, length) || fchmod(descriptor, mode) != 0
        || fsync(descriptor) != 0 || rename(temporary, path) != 0) {
        error_errno(err, ERROR_LOCAL, "cannot write %s", path);
        unlink(temporary);
        return false;
    }
    if (!sync_folder(parent(arena, path)))
        return error_errno(err, ERROR_LOCAL, "cannot sync the folder of %s", path);
    return true;
}

bool folder_make(const char *path, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    char *copy = arena_strdup(arena, path);
    for (char *at = copy + 1; *copy; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            return error_errno(err, ERROR_LOCAL, "cannot make the folder %s", copy);
        *at = kept;
        if (!kept)
            break;
    }
    return true;
}

const char *path_join(struct arena *arena, const char *base, const char *name)
{
    if (!*name)
        return base;
    if (*name == '/' || !*base)
        return name;
    size_t length = strlen(base), rest = strlen(name) + 1;
    char *path = arena_alloc(arena, length + 1 + rest);
    memcpy(path, base, length);
    if (base[length - 1] != '/')
        path[length++] = '/';
    memcpy(path + length, name, rest);
    return path;
}

const char *path_cache(struct arena *arena)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/')
        return path_join(arena, cache, "cmx-reconcile");
    if (home && *home)
        return path_join(arena, home, ".cache/cmx-reconcile");
    return NULL;
}
