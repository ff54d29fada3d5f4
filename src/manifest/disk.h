/*
 * disk: a source_reader over a folder of the disk.
 *
 * Symbolic links are followed inside the root only, and never into a folder
 * that holds the link. What leads outside is refused by name, whoever changes
 * the links meanwhile: a file is opened first and its place asked of the kernel.
 */
#ifndef CMX_MANIFEST_DISK_H
#define CMX_MANIFEST_DISK_H

#include "manifest/set.h"

struct disk;

/*
 * Opens the folder `root`; the caller ends it with disk_close(). `display` is put
 * before paths in messages. Both are copied into the arena. ERROR_NOT_FOUND,
 * ERROR_LOCAL.
 */
bool disk_open(struct arena *arena, const char *root, const char *display, struct disk **ret_disk,
               struct error *err) __attribute__((warn_unused_result));

/*
 * Lets the folders list these too, and refuses them, and what is in them, by name when they are
 * read: what would be left out in silence otherwise. Borrowed.
 */
void disk_set_gaps(struct disk *disk, const struct source_gap *gaps, size_t count);
void disk_close(struct disk *disk); /* NULL is allowed */

/* Is it what Git LFS commits in place of a file? */
bool source_is_pointer(const char *data, size_t length);

/* Valid until disk_close(). */
const struct source_reader *disk_reader(struct disk *disk);

#endif
