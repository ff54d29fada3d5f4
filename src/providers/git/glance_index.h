/*
 * glance_index: a repository's index, as far as a glance relies on it (glance.h).
 *
 * Files in the order of their paths, each with what stat() said of it when it was added; and
 * the cache tree, which knows the id of each folder. Private to glance*.c.
 */
#ifndef CMX_GIT_GLANCE_INDEX_H
#define CMX_GIT_GLANCE_INDEX_H

#include "providers/blob_id.h"
#include "providers/git/glance.h"

#include <sys/stat.h>
#include <time.h>

struct glance_entry {
    const unsigned char *stat; /* ten numbers, then the id */
    const char *path;
};

struct glance_folder {
    const char *path; /* "" is the root */
    const unsigned char *id;
};

struct glance_index {
    const unsigned char *data;
    size_t length;
    struct timespec written;
    struct glance_entry *entries; /* sorted by path */
    size_t count;
    struct glance_folder *folders; /* sorted by path */
    size_t folder_count, folder_capacity;
};

/* A run of entries. */
struct glance_range {
    size_t first, end;
};

/* --- glance_index.c --- */

/* What the index says of an entry. */
enum glance_mode { GLANCE_FILE, GLANCE_PROGRAM, GLANCE_LINK, GLANCE_OTHER };
enum glance_mode glance_mode_of(const struct glance_entry *entry);
const unsigned char *glance_id_of(const struct glance_entry *entry);

/* As long as its stat() says the same, and it was not written in the moment of the index. */
bool glance_untouched(const struct glance_index *index, const struct glance_entry *entry,
                      const struct stat *status);

/* Reads it; false: it cannot be relied on, or it would make another tree than the commit's. */
bool glance_index_read(struct arena *arena, const struct glance *glance, struct glance_index *ret)
    __attribute__((warn_unused_result));

/* All below a folder; none where there is no such folder. */
struct glance_range glance_below(const struct glance_index *index, const char *folder);

/* The file of that path among those of a range, or NULL. */
const struct glance_entry *glance_find(const struct glance_index *index, struct glance_range range,
                                       const char *path);

/* The id of a folder, or NULL: it is none of the commit's. */
const unsigned char *glance_folder_id(const struct glance_index *index, const char *path);

/* --- glance_walk.c --- */

/* Are the files below a path ("" is all) those of the index, no more and no fewer? */
bool glance_walk(const struct glance_index *index, const char *root, const char *path)
    __attribute__((warn_unused_result));

#endif
