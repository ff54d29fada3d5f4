/*
 * cmxignore: which files a source leaves out, in gitignore's syntax.
 *
 * Each folder may hold a `.cmxignore`; its patterns hold for that folder and
 * those below it. As in git: the last pattern that fits decides, that of a
 * deeper folder before those above it; what lies in a left-out folder is left
 * out whatever else is said. Checked against `git check-ignore` in its test.
 */
#ifndef CMX_MANIFEST_CMXIGNORE_H
#define CMX_MANIFEST_CMXIGNORE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

#define CMXIGNORE_NAME ".cmxignore"

enum { CMXIGNORE_FILE_CEILING = 1 << 20 }; /* bytes */

struct cmxignore_pattern {
    const char *glob;  /* without "!", and without "/" at its ends */
    bool negated;      /* "!": takes back in */
    bool only_folders; /* "/" at its end */
    bool anchored;     /* "/" at its start or inside: matched against the whole path */
};

/* The patterns of one folder; folders above it through `above`. */
struct cmxignore {
    const struct cmxignore *above; /* NULL: none */
    const char *folder;            /* that it is in: "" or "a/b" */
    struct cmxignore_pattern *patterns;
    size_t count, capacity;
};

/* Reads the text of a `.cmxignore` of `folder`. Everything is valid. Strings live in the arena. */
struct cmxignore *cmxignore_read(struct arena *arena, const struct cmxignore *above,
                                 const char *folder, const char *data, size_t length);

/*
 * Is `path` (from the root, "a/b/c.yaml") left out? It lies in the folder of
 * `ignore` or below. Only the path itself is looked at: whoever walks does not
 * enter folders that are left out.
 */
bool cmxignore_matches(const struct cmxignore *ignore, const char *path, bool is_folder);

#endif
