/*
 * glance_index: reads the index of a repository; see glance_index.h.
 *
 * The index (gitformat-index(5), version 2 or 3) keeps with each file what stat() said when it
 * was added, and in its cache tree the ids of the trees that it would make. Where the root's is
 * the commit's, the index is the commit's list of files.
 */
#include "providers/git/glance_index.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
    INDEX_CEILING = 64 << 20,
    ENTRIES_MOST = 200000,
    DEPTH_MOST = 64,
    HASH = GLANCE_HEX / 2,
    HEAD = 12,
    STAT = 40, /* ten numbers, then the id and the flags */
    FLAG_EXTENDED = 0x4000,
    FLAGS_UNUSUAL = 0xb000, /* assumed to be valid; in the middle of a merge */
};

static uint32_t number_at(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* --------------------------------------------------------------------- reading it */

/* One entry; the bytes that it takes, 0 where it is none that can be relied on. */
static size_t read_entry(const struct glance_index *index, size_t at, struct glance_entry *entry)
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
    *entry = (struct glance_entry){ .stat = data, .path = (const char *)data + fixed };
    return whole;
}

static bool read_entries(struct arena *arena, struct glance_index *index, size_t *ret_end)
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

/* ------------------------------------------------------------------- the cache tree */

/* Where the reading of the cache tree stands. */
struct trees {
    struct arena *arena;
    const unsigned char *data;
    size_t left;
    struct glance_index *index;
};

static bool take(struct trees *trees, size_t length)
{
    if (length > trees->left)
        return false;
    trees->data += length;
    trees->left -= length;
    return true;
}

/* A number in decimal, with that byte behind it; false for -1, too: not known. */
static bool take_number(struct trees *trees, char end, size_t *ret)
{
    size_t number = 0, digits = 0;
    while (digits < trees->left && digits < 9 && trees->data[digits] >= '0'
           && trees->data[digits] <= '9')
        number = number * 10 + (trees->data[digits++] - '0');
    if (!digits || digits == trees->left || trees->data[digits] != (unsigned char)end)
        return false;
    *ret = number;
    return take(trees, digits + 1);
}

/* "NAME\0ENTRIES SUBTREES\n", the id, and the subtrees, each like this. */
static bool read_tree(struct trees *trees, const char *parent, unsigned depth)
{
    struct glance_index *index = trees->index;
    size_t entries, subtrees;
    const char *name = (const char *)trees->data;
    size_t length = strnlen(name, trees->left);
    if (depth == DEPTH_MOST || !trees->left || !*name != !depth || !take(trees, length + 1)
        || !take_number(trees, ' ', &entries) || !take_number(trees, '\n', &subtrees)
        || trees->left < HASH)
        return false;
    struct glance_folder folder = { .path = path_join(trees->arena, parent, name),
                                    .id = trees->data };
    arena_push(trees->arena, index->folders, index->folder_count, index->folder_capacity, folder);
    if (!take(trees, HASH) || entries > index->count)
        return false;
    for (size_t i = 0; i < subtrees; i++)
        if (!read_tree(trees, folder.path, depth + 1))
            return false;
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct glance_folder *one = a, *other = b;
    return strcmp(one->path, other->path);
}

static bool is_id(const unsigned char *id, const char *hex)
{
    AUTO_ARENA arena = arena_new();
    return strcmp(blob_id_hex(arena, id), hex) == 0;
}

static bool read_trees(struct arena *arena, struct glance_index *index, const unsigned char *data,
                       size_t length, const char *tree)
{
    struct trees trees = { arena, data, length, index };
    index->folder_count = 0;
    if (!length || !read_tree(&trees, "", 0) || trees.left || !is_id(index->folders[0].id, tree))
        return false;
    qsort(index->folders, index->folder_count, sizeof *index->folders, by_path);
    return true;
}

/* Extensions, of which those in small letters change what the index means. */
static bool has_tree(struct arena *arena, struct glance_index *index, size_t at, const char *tree)
{
    bool found = false;
    while (at + 8 + HASH <= index->length) {
        const unsigned char *data = index->data + at;
        size_t size = number_at(data + 4);
        if (data[0] < 'A' || data[0] > 'Z' || size > index->length - at - 8)
            return false;
        if (memcmp(data, "TREE", 4) == 0)
            found = read_trees(arena, index, data + 8, size, tree);
        at += 8 + size;
    }
    return found && at + HASH == index->length;
}

static bool parse_index(struct arena *arena, struct glance_index *index, const char *tree)
{
    size_t end;
    return index->length >= HEAD + HASH && read_entries(arena, index, &end)
           && has_tree(arena, index, end, tree);
}

bool glance_index_parse(struct arena *arena, const char *data, size_t length, const char *tree)
{
    struct glance_index index = { .data = (const unsigned char *)data, .length = length };
    return parse_index(arena, &index, tree);
}

bool glance_index_read(struct arena *arena, const struct glance *glance, struct glance_index *ret)
{
    struct error ignored;
    struct stat status;
    struct glance_index index = { 0 };
    char *data;
    AUTO_CLOSE descriptor =
        open(arena_printf(arena, "%s/index", glance->git), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &status) != 0
        || !file_read_descriptor(arena, descriptor, "index", INDEX_CEILING, &data, &index.length,
                                 &ignored))
        return false;
    index.data = (const unsigned char *)data;
    index.written = status.st_mtim;
    if (!parse_index(arena, &index, glance->commit.tree))
        return false;
    *ret = index;
    return true;
}

/* --------------------------------------------------------------------------- an entry */

enum glance_mode glance_mode_of(const struct glance_entry *entry)
{
    switch (number_at(entry->stat + 24)) {
    case 0100644:
        return GLANCE_FILE;
    case 0100755:
        return GLANCE_PROGRAM;
    case 0120000:
        return GLANCE_LINK;
    default:
        return GLANCE_OTHER;
    }
}

const unsigned char *glance_id_of(const struct glance_entry *entry)
{
    return entry->stat + STAT;
}

static bool is_time(const unsigned char *at, const struct timespec *time)
{
    return number_at(at) == (uint32_t)time->tv_sec && number_at(at + 4) == (uint32_t)time->tv_nsec;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* In the order of the index: ctime, mtime, dev, ino, mode, uid, gid, size. */
bool glance_untouched(const struct glance_index *index, const struct glance_entry *entry,
                      const struct stat *status)
{
    const unsigned char *at = entry->stat;
    return is_time(at, &status->st_ctim) && is_time(at + 8, &status->st_mtim)
           && is_before(&status->st_mtim, &index->written)
           && number_at(at + 20) == (uint32_t)status->st_ino && number_at(at + 28) == status->st_uid
           && number_at(at + 32) == status->st_gid
           && number_at(at + 36) == (uint32_t)status->st_size;
}

/* ---------------------------------------------------------------------------- finding */

/* The first entry of a range that does not stand before `path`. */
static size_t first_from(const struct glance_index *index, struct glance_range range,
                         const char *path)
{
    while (range.first < range.end) {
        size_t middle = range.first + (range.end - range.first) / 2;
        if (strcmp(index->entries[middle].path, path) < 0)
            range.first = middle + 1;
        else
            range.end = middle;
    }
    return range.first;
}

/* Behind "a/" stands "a0": "0" is the byte behind "/". */
struct glance_range glance_below(const struct glance_index *index, const char *folder)
{
    AUTO_ARENA arena = arena_new();
    const struct glance_range all = { 0, index->count };
    if (!*folder)
        return all;
    return (struct glance_range){ first_from(index, all, arena_printf(arena, "%s/", folder)),
                                  first_from(index, all, arena_printf(arena, "%s0", folder)) };
}

const struct glance_entry *glance_find(const struct glance_index *index, struct glance_range range,
                                       const char *path)
{
    size_t at = first_from(index, range, path);
    bool found = at < range.end && strcmp(index->entries[at].path, path) == 0;
    return found ? &index->entries[at] : NULL;
}

const unsigned char *glance_folder_id(const struct glance_index *index, const char *path)
{
    const struct glance_folder wanted = { .path = path };
    const struct glance_folder *found =
        bsearch(&wanted, index->folders, index->folder_count, sizeof wanted, by_path);
    return found ? found->id : NULL;
}
