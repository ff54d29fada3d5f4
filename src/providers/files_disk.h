/*
 * files_disk: files of a folder on the disk, as a tree of files (files.h).
 *
 * A folder in no repository is read through this alone; the git provider reads through it what
 * a work tree has that its commit has not. Only regular files, links and folders count; the id
 * is what git would call the content.
 */
#ifndef CMX_PROVIDERS_FILES_DISK_H
#define CMX_PROVIDERS_FILES_DISK_H

#include "providers/files.h"

/* A tree of all that is below `root`. The caller closes it. */
bool files_disk_open(const char *root, struct files **ret, struct error *err)
    __attribute__((warn_unused_result));

/*
 * The entry of one path below `root`; its content is read for its id. ERROR_NOT_FOUND;
 * ERROR_INPUT for what cannot go into an image (a socket, a device).
 */
bool files_disk_entry(struct arena *arena, const char *root, const char *path,
                      struct files_entry *ret, struct error *err)
    __attribute__((warn_unused_result));

/* `open`, `read` and `end` of files.h. */
bool files_disk_stream(const char *root, const struct files_entry *entry, struct files_stream **ret,
                       int64_t *ret_size, struct error *err) __attribute__((warn_unused_result));
bool files_disk_read(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                     const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));
void files_disk_end(struct files_stream *stream);

#endif
