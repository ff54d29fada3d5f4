/* disk: see disk.h. */
#include "manifest/disk.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDER_ENTRIES_MOST = 100000, PATH_CEILING = 1 << 16 };

struct disk {
    const char *root; /* real path, without "/" at its end; "" for "/" */
    struct source_reader reader;
    const struct source_gap *gaps;
    size_t gap_count;
};

CLEANUP_FUNCTION(DIR *, closedir)

/* The path of an open descriptor as the kernel knows it. */
static const char *descriptor_path(struct arena *arena, int descriptor)
{
    AUTO_FREE char *link = NULL;
    if (asprintf(&link, "/proc/self/fd/%d", descriptor) < 0)
        abort();
    for (size_t size = 256; size <= PATH_CEILING; size *= 2) {
        char *path = arena_alloc(arena, size);
        ssize_t length = readlink(link, path, size - 1);
        if (length < 0)
            return NULL;
        if ((size_t)length < size - 1)
            return path;
    }
    return NULL;
}

static bool is_inside(const struct disk *disk, const char *path)
{
    size_t length = strlen(disk->root);
    return strncmp(path, disk->root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static const char *absolute(const struct disk *disk, struct arena *arena, const char *path)
{
    return arena_printf(arena, "%s/%s", disk->root, path);
}

static bool refused(const struct disk *disk, const char *path, const char *why, struct error *err)
{
    return error_set(err, ERROR_INPUT, "%s%s: %s", disk->reader.display, path, why);
}

static bool failed(const struct disk *disk, const char *path, struct error *err)
{
    enum error_kind kind = errno == ENOENT || errno == ENOTDIR ? ERROR_NOT_FOUND : ERROR_LOCAL;
    return error_errno(err, kind, "%s%s", disk->reader.display, path);
}

/* A path of a gap, or below one, is refused with its reason. */
static bool check_gap(const struct disk *disk, const char *path, struct error *err)
{
    for (size_t i = 0; i < disk->gap_count; i++) {
        const struct source_gap *gap = &disk->gaps[i];
        size_t length = strlen(gap->path);
        if (strncmp(path, gap->path, length) == 0 && (path[length] == '/' || !path[length]))
            return refused(disk, gap->path, gap->why, err);
    }
    return true;
}

static bool is_link(const struct disk *disk, struct arena *arena, const char *path)
{
    struct stat status;
    return lstat(absolute(disk, arena, path), &status) == 0 && S_ISLNK(status.st_mode);
}

/* A handle that reads nothing yet, so that a device or pipe is not touched. */
static bool open_place(const struct disk *disk, const char *path, int *ret_descriptor,
                       struct stat *ret_status, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    AUTO_CLOSE place = open(absolute(disk, arena, path), O_PATH | O_CLOEXEC);
    int why = errno;
    if (place < 0 && why == ENOENT && is_link(disk, arena, path))
        return refused(disk, path, "a link to nothing", err);
    errno = why;
    if (place < 0 || fstat(place, ret_status) != 0)
        return failed(disk, path, err);
    const char *real = descriptor_path(arena, place);
    if (!real)
        return failed(disk, path, err);
    if (!is_inside(disk, real))
        return refused(disk, path, "a link that leads out of the source's root", err);
    *ret_descriptor = place;
    place = -1;
    return true;
}

static int reopen(int place, int flags)
{
    AUTO_FREE char *link = NULL;
    if (asprintf(&link, "/proc/self/fd/%d", place) < 0)
        abort();
    return open(link, flags | O_CLOEXEC);
}

bool source_is_pointer(const char *data, size_t length)
{
    static const char mark[] = "version https://git-lfs.github.com/spec/";
    return length >= sizeof mark - 1 && memcmp(data, mark, sizeof mark - 1) == 0;
}

static bool disk_read(void *context, struct arena *arena, const char *path, size_t ceiling,
                      char **ret_data, size_t *ret_length, struct error *err)
{
    const struct disk *disk = context;
    AUTO_CLOSE place = -1;
    struct stat status;
    if (!check_gap(disk, path, err) || !open_place(disk, path, &place, &status, err))
        return false;
    if (S_ISDIR(status.st_mode))
        return refused(disk, path, "is a folder", err);
    if (!S_ISREG(status.st_mode))
        return refused(disk, path, "is no regular file", err);
    AUTO_CLOSE descriptor = reopen(place, O_RDONLY | O_NOCTTY);
    if (descriptor < 0)
        return failed(disk, path, err);
    AUTO_ARENA scratch = arena_new();
    const char *name = arena_printf(scratch, "%s%s", disk->reader.display, path);
    if (!file_read_descriptor(arena, descriptor, name, ceiling, ret_data, ret_length, err))
        return false;
    return !source_is_pointer(*ret_data, *ret_length)
           || refused(disk, path, "a Git LFS pointer: fetch its content (git lfs pull)", err);
}

/* ------------------------------------------------------------------- folders */

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct source_entry *)a)->path, ((const struct source_entry *)b)->path);
}

/* Does one of the folders on the way to `path` lie where it leads? Then a walk would not end. */
static bool leads_back(struct arena *arena, int folder, const char *path, const struct disk *disk)
{
    struct stat here, above;
    if (fstat(folder, &here) != 0)
        return false;
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        const char *way = arena_memdup(arena, path, (size_t)(slash - path));
        if (stat(absolute(disk, arena, way), &above) == 0 && above.st_dev == here.st_dev
            && above.st_ino == here.st_ino)
            return true;
    }
    return false;
}

static bool entry_is_folder(int folder, const struct dirent *entry)
{
    struct stat status;
    if (entry->d_type == DT_DIR || entry->d_type == DT_REG)
        return entry->d_type == DT_DIR;
    return fstatat(folder, entry->d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

struct listing {
    struct source_entry *items;
    size_t count, capacity;
};

static bool list_entries(const struct disk *disk, struct arena *arena, const char *path,
                         DIR *folder, struct listing *listing, struct error *err)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry)
            return errno == 0 || failed(disk, path, err);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (listing->count == FOLDER_ENTRIES_MOST)
            return error_set(err, ERROR_INPUT, "%s%s: more than %d entries in one folder",
                             disk->reader.display, path, FOLDER_ENTRIES_MOST);
        struct source_entry item = {
            .path = *path ? arena_printf(arena, "%s/%s", path, entry->d_name)
                          : arena_strdup(arena, entry->d_name),
            .is_folder = entry_is_folder(dirfd(folder), entry),
        };
        arena_push(arena, listing->items, listing->count, listing->capacity, item);
    }
}

/* The gaps that stand in a folder and are not listed by the disk itself. */
static void list_gaps(const struct disk *disk, struct arena *arena, const char *folder,
                      struct listing *listing)
{
    size_t length = strlen(folder), listed = listing->count;
    for (size_t i = 0; i < disk->gap_count; i++) {
        const char *path = disk->gaps[i].path, *slash = strrchr(path, '/');
        bool known = (size_t)(slash ? slash - path : 0) != length || strncmp(path, folder, length);
        for (size_t j = 0; !known && j < listed; j++)
            known = strcmp(listing->items[j].path, path) == 0;
        struct source_entry item = { path, disk->gaps[i].is_folder };
        if (!known)
            arena_push(arena, listing->items, listing->count, listing->capacity, item);
    }
}

static bool disk_list(void *context, struct arena *arena, const char *path,
                      struct source_entry **ret_entries, size_t *ret_count, struct error *err)
{
    const struct disk *disk = context;
    AUTO_CLOSE place = -1;
    struct stat status;
    struct listing listing = { 0 };
    if (!check_gap(disk, path, err) || !open_place(disk, path, &place, &status, err))
        return false;
    if (*path && leads_back(arena, place, path, disk))
        return refused(disk, path, "a link that leads back to a folder above it", err);
    int descriptor = reopen(place, O_RDONLY | O_DIRECTORY);
    CLEANUP(closedir_at) DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    if (!folder) {
        if (descriptor >= 0)
            close(descriptor);
        return failed(disk, path, err);
    }
    if (!list_entries(disk, arena, path, folder, &listing, err))
        return false;
    list_gaps(disk, arena, path, &listing);
    if (listing.count)
        qsort(listing.items, listing.count, sizeof *listing.items, compare_entries);
    *ret_entries = listing.items;
    *ret_count = listing.count;
    return true;
}

/* ------------------------------------------------------------------ life cycle */

bool disk_open(struct arena *arena, const char *root, const char *display, struct disk **ret_disk,
               struct error *err)
{
    AUTO_FREE char *real = realpath(root, NULL);
    struct stat status;
    if (!real || stat(real, &status) != 0)
        return error_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_LOCAL, "%s", root);
    if (!S_ISDIR(status.st_mode))
        return error_set(err, ERROR_INPUT, "%s is no folder", root);
    struct disk *disk = arena_alloc(arena, sizeof *disk);
    disk->root = strcmp(real, "/") == 0 ? "" : arena_strdup(arena, real);
    disk->reader = (struct source_reader){ .context = disk,
                                           .list = disk_list,
                                           .read = disk_read,
                                           .display = arena_strdup(arena, display) };
    *ret_disk = disk;
    return true;
}

void disk_set_gaps(struct disk *disk, const struct source_gap *gaps, size_t count)
{
    disk->gaps = gaps;
    disk->gap_count = count;
}

void disk_close(struct disk *disk)
{
    (void)disk; /* it holds nothing open between calls; its memory is the arena's */
}

const struct source_reader *disk_reader(struct disk *disk)
{
    return &disk->reader;
}
