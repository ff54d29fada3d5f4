/*
 * file: whole files, in and out.
 *
 * Reading has a ceiling. Writing is atomic: a temporary file beside the target,
 * fsync, rename, fsync of the folder; a kill at any point leaves the old
 * content or the new one.
 */
#ifndef CMX_BASE_FILE_H
#define CMX_BASE_FILE_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The whole file into the arena, NUL behind it. ERROR_NOT_FOUND where there is none. */
bool file_read(struct arena *arena, const char *path, size_t ceiling, char **ret_data,
               size_t *ret_length, struct error *err) __attribute__((warn_unused_result));

/* The same from an open descriptor; `name` is for messages. */
bool file_read_descriptor(struct arena *arena, int descriptor, const char *name, size_t ceiling,
                          char **ret_data, size_t *ret_length, struct error *err)
    __attribute__((warn_unused_result));

/* Writes atomically with exactly this mode. */
bool file_write(const char *path, const void *data, size_t length, mode_t mode, struct error *err)
    __attribute__((warn_unused_result));

/* Makes a folder and those above it (mode 0777 less the umask; existing ones stay). */
bool folder_make(const char *path, struct error *err) __attribute__((warn_unused_result));

/* "a/b" of "a" and "b"; `base` alone where `name` is empty; `name` where it is absolute. */
const char *path_join(struct arena *arena, const char *base, const char *name);

/* `${XDG_CACHE_HOME:-~/.cache}/cmx-reconcile`, not made; NULL where neither variable is set. */
const char *path_cache(struct arena *arena);

/* Writes all of it, however often that takes; false with errno. */
bool file_write_all(int descriptor, const char *data, size_t length)
    __attribute__((warn_unused_result));

#endif
