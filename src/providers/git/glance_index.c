/*
 * glance_index: are the files on the disk those of the commit? See glance.h.
 *
 * The index (gitformat-index(5), version 2 or 3) keeps with each file what stat()
 * said when it was added, and in its cache tree the id of the tree that it would
 * make: where that is the commit's, and each file still looks the same, nothing
 * has to be read. A file that was written in the same moment as the index proves
 * nothing.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "providers/git/glance.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum {
    INDEX_CEILING = 64 << 20,
    ENTRIES_MOST = 200000,
    DEPTH_MOST = 64,
    HASH = GLANCE_HEX / 2,
    HEAD = 12,
    STAT = 40, /* ten numbers, then the id and the flags */
    FLAG_EXTENDED = 0x4000,
    FLAGS_UNUSUAL = 0xb000, /* assumed to be valid; in the middle of a merge */
    LINK = 0120000,
    FILE_TYPE = 0170000,
};

struct entry {
    const unsigned char *stat;
    const char *path;
    bool seen;
};

struct index {
    const unsigned char *data;
    size_t length;
    struct timespec written;
    struct entry *entries;
    size_t count;
};

static uint32_t number_at(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* --------------------------------------------------------------------- reading it */

/* One entry; the bytes that it takes, 0 where it is none that can be relied on. */
static size_t read_entry(const struct index *index, size_t at, struct entry *entry)
{
    const unsigned char *data = index->data + at;
    size_t fixed = STAT + HASH + 2, left = index->length - at;
    if (left < fixed + 3)
        return 0;
    unsigned flags = (unsigned)data[fixed - 2] << 8 | data[fixed - 1];
    if (flags & (FLAGS_UNUSUAL | FLAG_EXTENDED))
        return 0;
    size_t name = strnlen((const char *)data + fixed, left - fixed);
    size_t whole = (fixed + name + 8) / 8 * 8;
    if (!name || whole > left)
        return 0;
    *entry = (struct entry){ .stat = data, .path = (const char *)data + fixed };
    return whole;
}

static bool read_entries(struct arena *arena, struct index *index, size_t *ret_end)
{
    const unsigned char *data = index->data;
    uint32_t version = number_at(data + 4);
    index->count = number_at(data + 8);
    if (memcmp(data, "DIRC", 4) != 0 || (version != 2 && version != 3)
        || index->count > ENTRIES_MOST)
        return false;
    index->entries = arena_array(arena, index->count + 1, sizeof *index->entries);
    size_t at = HEAD;
    for (size_t i = 0; i < index->count; i++) {
        size_t used = read_entry(index, at, &index->entries[i]);
        if (!used || (i && strcmp(index->entries[i - 1].path, index->entries[i].path) >= 0))
            return false;
        at += used;
    }
    *ret_end = at;
    return true;
}

/* "\0COUNT SUBTREES\n" and the id, of the root of the cache tree; -1: it is not known. */
static bool is_tree(const unsigned char *data, size_t length, const char *tree)
{
    AUTO_BUF hex = BUF_INIT(BUF_OUTPUT_CEILING);
    const unsigned char *line = length ? memchr(data, '\n', length) : NULL;
    if (!line || data[0] != '\0' || data[1] == '-' || (size_t)(line + 1 - data) + HASH > length)
        return false;
    for (size_t i = 0; i < HASH; i++)
        buf_printf(&hex, "%02x", line[1 + i]);
    return strcmp(buf_text(&hex), tree) == 0;
}

/* Extensions, of which those in small letters change what the index means. */
static bool has_tree(const struct index *index, size_t at, const char *tree)
{
    bool found = false;
    while (at + 8 + HASH <= index->length) {
        const unsigned char *data = index->data + at;
        size_t size = number_at(data + 4);
        if (data[0] < 'A' || data[0] > 'Z' || size > index->length - at - 8)
            return false;
        if (memcmp(data, "TREE", 4) == 0)
            found = is_tree(data + 8, size, tree);
        at += 8 + size;
    }
    return found && at + HASH == index->length;
}

static bool parse_index(struct arena *arena, struct index *index, const char *tree)
{
    size_t end;
    return index->length >= HEAD + HASH && read_entries(arena, index, &end)
           && has_tree(index, end, tree);
}

bool glance_index_parse(struct arena *arena, const char *data, size_t length, const char *tree)
{
    struct index index = { .data = (const unsigned char *)data, .length = length };
    return parse_index(arena, &index, tree);
}

static bool read_index(struct arena *arena, const struct glance *glance, struct index *index)
{
    struct error ignored;
    struct stat status;
    char *data;
    AUTO_CLOSE descriptor =
        open(arena_printf(arena, "%s/index", glance->git), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &status) != 0
        || !file_read_descriptor(arena, descriptor, "index", INDEX_CEILING, &data, &index->length,
                                 &ignored))
        return false;
    index->data = (const unsigned char *)data;
    index->written = status.st_mtim;
    return parse_index(arena, index, glance->commit.tree);
}

/* ------------------------------------------------------------------------ comparing */

static bool is_time(const unsigned char *at, const struct timespec *time)
{
    return number_at(at) == (uint32_t)time->tv_sec && number_at(at + 4) == (uint32_t)time->tv_nsec;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static bool is_mode(uint32_t mode, const struct stat *status)
{
    if ((mode & FILE_TYPE) == LINK)
        return S_ISLNK(status->st_mode);
    return S_ISREG(status->st_mode) && (mode == 0100644 || mode == 0100755)
           && !(status->st_mode & S_IXUSR) == (mode == 0100644);
}

/* In the order of the index: ctime, mtime, dev, ino, mode, uid, gid, size. */
static bool is_untouched(const struct index *index, const struct entry *entry,
                         const struct stat *status)
{
    const unsigned char *at = entry->stat;
    return is_time(at, &status->st_ctim) && is_time(at + 8, &status->st_mtim)
           && is_before(&status->st_mtim, &index->written)
           && number_at(at + 20) == (uint32_t)status->st_ino && is_mode(number_at(at + 24), status)
           && number_at(at + 28) == status->st_uid && number_at(at + 32) == status->st_gid
           && number_at(at + 36) == (uint32_t)status->st_size;
}

static struct entry *find_entry(const struct index *index, const char *path)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(index->entries[middle].path, path);
        if (order == 0)
            return &index->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---------------------------------------------------------------------------- walking */

CLEANUP_FUNCTION(DIR *, closedir)

static bool walk(struct index *index, const char *path, int parent, const char *name,
                 unsigned depth);

static bool visit(struct index *index, const char *folder, int descriptor, const char *name,
                  unsigned depth)
{
    struct stat status;
    AUTO_ARENA arena = arena_new();
    const char *path = *folder ? arena_printf(arena, "%s/%s", folder, name) : name;
    if (fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (S_ISDIR(status.st_mode))
        return walk(index, path, descriptor, name, depth);
    struct entry *entry = find_entry(index, path);
    if (!entry || !is_untouched(index, entry, &status))
        return false;
    entry->seen = true;
    return true;
}

/* All below a folder. A repository inside of it is somebody else's to judge. */
static bool walk(struct index *index, const char *path, int parent, const char *name,
                 unsigned depth)
{
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    CLEANUP(closedir_at) DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    struct dirent *entry;
    if (!folder || depth == DEPTH_MOST)
        return false;
    while ((entry = readdir(folder))) {
        const char *inner = entry->d_name;
        bool git = strcmp(inner, ".git") == 0;
        if (git && depth)
            return false;
        if (git || strcmp(inner, ".") == 0 || strcmp(inner, "..") == 0)
            continue;
        if (!visit(index, path, descriptor, inner, depth + 1))
            return false;
    }
    return true;
}

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return length == 0
           || (strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

/* A folder, or a file; its parents are real folders, since the path was resolved. */
static bool check_path(struct index *index, const char *root, const char *path)
{
    AUTO_ARENA arena = arena_new();
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_memdup(arena, path, (size_t)(slash - path)) : "";
    AUTO_CLOSE parent =
        open(arena_printf(arena, "%s/%s", root, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return false;
    if (!*path ? !walk(index, "", parent, ".", 0)
               : !visit(index, folder, parent, slash ? slash + 1 : path, 1))
        return false;
    for (size_t i = 0; i < index->count; i++)
        if (!index->entries[i].seen && is_below(index->entries[i].path, path))
            return false;
    return true;
}

bool glance_clean(const struct glance *glance, const char *const *paths, size_t count)
{
    AUTO_ARENA arena = arena_new();
    struct index index = { 0 };
    if (!count || !read_index(arena, glance, &index))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool odd = strstr(paths[i], "//") || strncmp(paths[i], "./", 2) == 0
                   || strcmp(paths[i], ".") == 0 || strstr(paths[i], "..");
        if (odd || !check_path(&index, glance->root, paths[i]))
            return false;
    }
    return true;
}
