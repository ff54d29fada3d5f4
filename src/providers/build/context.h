/*
 * context: the files that a Dockerfile may copy: a folder of a commit or a work tree, without
 * what the ignore rules leave out, and with what `build.artifacts` takes from the disk.
 *
 * Files have git's modes (0644, 0755), belong to root and carry one fixed time: umask, user
 * and clock of the machine change nothing.
 */
#ifndef CMX_BUILD_CONTEXT_H
#define CMX_BUILD_CONTEXT_H

#include "manifest/resource.h"
#include "providers/build/native/tree.h"
#include "providers/build/pattern.h"

enum { CONTEXT_ENTRIES_CEILING = 2 << 20, CONTEXT_DEPTH_CEILING = 256 };

struct context {
    struct files *files; /* of the repository                        */
    struct files *disk;  /* its root on the disk, for artifacts; or NULL */
    const char *folder;  /* below the root: "services/api", ""       */
    const struct patterns *ignore;
    const struct text_list *artifacts;
};

struct context_entry {
    const char *path; /* below the context */
    struct files *files;
    struct files_entry entry; /* its path is below the root */
};

struct context_list {
    struct context_entry *items;
    size_t count, capacity;
    bool artifacts; /* some of it came from `artifacts` */
};

/* All that is in it, sorted by path. No file is read where it is a commit's. */
bool context_list(const struct context *context, struct arena *arena, struct context_list *ret,
                  struct error *err) __attribute__((warn_unused_result));

/* The same one by one, in that order, with less to do for it. The item lives as long as the call.
 */
typedef void context_visit(void *context, const struct context_entry *item);
bool context_each(const struct context *context, context_visit *visit, void *visitor,
                  struct error *err) __attribute__((warn_unused_result));

/* The same as a tree; targets of links are read. */
bool context_tree(const struct context *context, struct arena *arena, int64_t mtime,
                  struct tree **ret, const struct wait *wait, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Why a path that a COPY wants is not in it: it is ignored by git, by .dockerignore, or nowhere.
 * Ends with what to do. NULL: nothing is known about it.
 */
const char *context_absent(const struct context *context, struct arena *arena, const char *path);

/* A whole file of the repository, through links. ERROR_NOT_FOUND. */
bool context_read(struct files *files, struct arena *arena, const char *path, size_t ceiling,
                  const char **ret, size_t *ret_length, struct error *err)
    __attribute__((warn_unused_result));

#endif
