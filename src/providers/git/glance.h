/*
 * glance: what a plain repository on the disk says of its HEAD, without libgit2.
 *
 * libgit2 1.5 with mbedTLS reads all of the system's certificates when it starts,
 * which costs more than parsing 500 manifests, and its comparison with the work
 * tree hashes each file. For `-f`, which reads the disk, only the commit's name and
 * whether the files are its own are wanted. So this reads the few bytes that tell:
 * HEAD, the branch, one commit, the origin in the config, the index.
 *
 * It answers only where it is sure. A worktree, alternates, includes or extensions
 * in the config, a commit stored as a delta, an index of another form, one file that
 * differs, one untracked file: then libgit2 looks, and its answer counts.
 */
#ifndef CMX_GIT_GLANCE_H
#define CMX_GIT_GLANCE_H

#include "providers/git/git.h"

enum { GLANCE_HEX = 40 };

struct glance_commit {
    const char *tree; /* 40 hex digits */
    const char **parents;
    size_t parent_count;
    const char *subject, *author;
    int64_t time;
};

struct glance {
    struct arena *arena;
    const char *git;  /* the folder .git      */
    const char *root; /* of the work tree     */
    struct glance_commit commit;
    struct record_source record; /* all but `path` and `dirty` */
    bool index_asked;
    struct glance_index *index; /* once asked for; NULL: it cannot be relied on */
    bool whole_asked, whole_clean;
};

/* The repository around a folder and its HEAD. False: libgit2 has to look. */
bool glance_open(struct arena *arena, const char *folder, struct glance *ret_glance)
    __attribute__((warn_unused_result));

/*
 * Are the files below these paths (none: all) surely those of the commit, no more and no fewer?
 * By the index, as `git status` would: the same times, size and inode as when they
 * were added, or the same content. False: libgit2 has to look.
 */
bool glance_clean(struct glance *glance, const char *const *paths, size_t count)
    __attribute__((warn_unused_result));

/* All of them. It is looked at once; then any thread may ask. */
bool glance_clean_whole(struct glance *glance) __attribute__((warn_unused_result));

/* --- glance_commit.c --- */

/* A commit from a loose object, or whole in a pack. */
bool glance_commit(struct arena *arena, const char *git, const char *hex,
                   struct glance_commit *ret_commit) __attribute__((warn_unused_result));

/* --- on bytes alone, as the fuzzer calls them --- */

/* A commit's text; false where it is not of the usual form. */
bool glance_commit_parse(struct arena *arena, const char *text, struct glance_commit *ret_commit)
    __attribute__((warn_unused_result));

/* Can this index be relied on, and would it make the tree of that id? */
bool glance_index_parse(struct arena *arena, const char *data, size_t length, const char *tree)
    __attribute__((warn_unused_result));

/* False where a config says something unusual; *ret_origin: the URL of "origin", or NULL. */
bool glance_config_parse(struct arena *arena, const char *text, const char **ret_origin)
    __attribute__((warn_unused_result));

#endif
