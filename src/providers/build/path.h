/*
 * path: paths as Dockerfiles mean them, which is as Go's path package cleans them.
 */
#ifndef CMX_BUILD_PATH_H
#define CMX_BUILD_PATH_H

#include "base/arena.h"

#include <stdbool.h>

enum { BUILD_PATH_CEILING = 4096 }; /* bytes */

/*
 * The shortest path that means the same: no ".", no empty part, ".." taken with the part before
 * it (at the root: away). "" is ".".
 */
const char *path_clean(struct arena *arena, const char *path);

/* What `path` means in a folder: itself where it is absolute. Cleaned, absolute. */
const char *path_in(struct arena *arena, const char *folder, const char *path);

/* The same below a root, as files are named there: "a/b", "" for the root itself. */
const char *path_below(struct arena *arena, const char *path);

/* The last part; the path before it ("" at the root). */
const char *path_base(const char *path);
const char *path_folder(struct arena *arena, const char *path);

#endif
