/*
 * archive_index: where the members of an archive stand; see archive_parts.h. Only headers are
 * read: an archive of gigabytes is open at once. A compressed one is unpacked into a file
 * without a name, since it cannot be read in any order.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "oci/archive_parts.h"
#include "oci/layer.h"
#include "oci/layout_parts.h"
#include "oci/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

CLEANUP_FUNCTION(struct tar_reader *, tar_reader_free)
CLEANUP_FUNCTION(struct unpacker *, unpacker_free)

enum { MEMBERS_CEILING = 50000, CHUNK = 256 << 10, LOOK_EVERY = 1024 };
#define ARCHIVE_CEILING ((int64_t)1 << 50)

/* -------------------------------------------------------------------- members */

struct scan {
    struct archive *archive;
    int64_t offset; /* behind the block that is being fed */
};

/* "../x/layer.tar" beside "y/layer.tar"; a hard link is from the root. */
static const char *resolve_link(struct arena *arena, const struct tar_entry *entry)
{
    unsigned tricks = 0;
    const char *slash = strrchr(entry->path, '/');
    if (entry->kind == TAR_HARDLINK)
        return arena_strdup(arena, entry->link);
    if (!slash || *entry->link == '/')
        return tar_path_clean(arena, entry->link, &tricks);
    return tar_path_clean(
        arena, arena_printf(arena, "%.*s/%s", (int)(slash - entry->path), entry->path, entry->link),
        &tricks);
}

static bool keep_member(void *context, const struct tar_entry *entry, struct error *err)
{
    struct scan *scan = context;
    struct archive *archive = scan->archive;
    bool link = entry->kind == TAR_SYMLINK || entry->kind == TAR_HARDLINK;
    if (entry->kind != TAR_FILE && !link)
        return true;
    if (entry->size > archive->file_size - scan->offset)
        return error_set(err, ERROR_INVALID, "tar: it ends in the middle of %.200s", entry->path);
    struct archive_member member = { .path = arena_strdup(archive->arena, entry->path),
                                     .link = link ? resolve_link(archive->arena, entry) : NULL,
                                     .offset = scan->offset,
                                     .size = entry->size };
    arena_push(archive->arena, archive->members, archive->member_count, archive->member_capacity,
               member);
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct archive_member *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static bool sort_members(struct archive *archive, struct error *err)
{
    if (archive->member_count)
        qsort(archive->members, archive->member_count, sizeof *archive->members, by_path);
    for (size_t i = 1; i < archive->member_count; i++)
        if (by_path(&archive->members[i - 1], &archive->members[i]) == 0)
            return error_set(err, ERROR_INVALID, "%s is in it twice", archive->members[i].path);
    return true;
}

/* Feeds headers, and steps over content. */
static bool scan_members(struct archive *archive, struct tar_reader *reader, struct scan *scan,
                         const struct wait *wait, struct error *err)
{
    char block[TAR_BLOCK];
    for (size_t blocks = 0;; blocks++) {
        if (blocks % LOOK_EVERY == 0 && !wait_check(wait, "reading an archive", err))
            return false;
        ssize_t length = pread(archive->file, block, sizeof block, scan->offset);
        if (length < 0)
            return error_errno(err, ERROR_LOCAL, "cannot read it");
        if (length == 0)
            return tar_reader_end(reader, err);
        scan->offset += length;
        if (!tar_reader_feed(reader, block, (size_t)length, err))
            return false;
        scan->offset += tar_reader_skippable(reader);
        if (!tar_reader_skip(reader, err))
            return false;
    }
}

/* ----------------------------------------------------------------- compressed ones */

struct spool {
    int file;
    int64_t offset;
};

static bool spool_sink(void *context, const char *data, size_t length, struct error *err)
{
    struct spool *spool = context;
    bool fine = write_at(spool->file, data, length, spool->offset, "a temporary file", err);
    spool->offset += (int64_t)length;
    return fine;
}

static int open_spool(void)
{
    const char *folder = getenv("TMPDIR");
    AUTO_ARENA arena = arena_new();
    char *path = arena_printf(arena, "%s/cmx-archive-XXXXXX", folder && *folder ? folder : "/tmp");
    int file = mkostemp(path, O_CLOEXEC);
    if (file >= 0)
        unlink(path);
    return file;
}

static bool unpack_file(int from, struct spool *spool, const struct wait *wait, struct error *err)
{
    CLEANUP(unpacker_free_at) struct unpacker *unpacker = unpacker_new(0, spool_sink, spool);
    AUTO_FREE char *chunk = memory_alloc(CHUNK);
    for (int64_t offset = 0;;) {
        if (!wait_check(wait, "unpacking an archive", err))
            return false;
        ssize_t length = pread(from, chunk, CHUNK, offset);
        if (length < 0)
            return error_errno(err, ERROR_LOCAL, "cannot read it");
        if (length == 0)
            return unpacker_end(unpacker, err);
        if (!unpacker_feed(unpacker, chunk, (size_t)length, err))
            return false;
        offset += length;
    }
}

static bool is_compressed(int file)
{
    unsigned char magic[4] = { 0 };
    return pread(file, magic, sizeof magic, 0) == sizeof magic
           && (memcmp(magic, "\x1f\x8b\x08", 3) == 0 || memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0);
}

static bool unpack(struct archive *archive, const struct wait *wait, struct error *err)
{
    struct spool spool = { open_spool(), 0 };
    if (spool.file < 0)
        return error_errno(err, ERROR_LOCAL, "cannot make a temporary file");
    bool fine = unpack_file(archive->file, &spool, wait, err);
    close(archive->file);
    archive->file = spool.file;
    return fine;
}

bool archive_scan(struct archive *archive, const struct wait *wait, struct error *err)
{
    static const struct tar_handler handler = { .begin = keep_member };
    struct tar_limits limits = { .members = MEMBERS_CEILING, .unpacked = ARCHIVE_CEILING };
    struct scan scan = { archive, 0 };
    struct stat info;
    if (is_compressed(archive->file) && !unpack(archive, wait, err))
        return false;
    if (fstat(archive->file, &info) != 0 || !S_ISREG(info.st_mode))
        return error_set(err, ERROR_INVALID, "it is no file");
    archive->file_size = info.st_size;
    CLEANUP(tar_reader_free_at)
    struct tar_reader *reader = tar_reader_new(&limits, &handler, &scan);
    return scan_members(archive, reader, &scan, wait, err) && sort_members(archive, err);
}
