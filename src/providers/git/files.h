/*
 * files: the files of a commit for building images, and those of a work tree.
 *
 *   files.c         a commit's, from the object database (git.h: git_files)
 *   files_blob.c    its content: small blobs by libgit2, large ones by `git cat-file`
 *   files_work.c    a commit's with what the disk has otherwise laid over them
 *   glance_files.c  of a work tree without changes, told by its index and read from the disk
 */
#ifndef CMX_GIT_FILES_H
#define CMX_GIT_FILES_H

#include "base/process.h"
#include "providers/files.h"
#include "providers/git/repository.h"

enum { GIT_STREAM_ABOVE = 8 << 20 }; /* bytes of a blob: libgit2 holds what it reads whole */

struct git_files {
    struct files files;
    struct arena *arena;
    git_repository *handle; /* our own: another thread may use the source's */
    git_odb *odb;
    git_tree *tree;
    const char *name; /* of the repository, for messages */
    struct process cat;
    bool cat_runs;
};

/* files.c: the commit's files. */
bool git_files_commit(struct git_source *source, struct git_files **ret, struct error *err)
    __attribute__((warn_unused_result));

/* files.c: the same from any thread, of a source that was only glanced at, too. */
bool git_source_files(struct git_source *source, struct git_files **ret, struct error *err)
    __attribute__((warn_unused_result));

/* glance_files.c: those of a work tree that is as its commit; false: libgit2 has to look. */
bool glance_files(struct git_source *source, struct files **ret)
    __attribute__((warn_unused_result));

/* files_work.c: lays the work tree over them and owns them from now on, also on failure. */
bool git_files_work(struct git_source *source, struct git_files *commit, struct files **ret,
                    struct error *err) __attribute__((warn_unused_result));

/* files_blob.c */
bool git_blob_open(struct git_files *all, const struct files_entry *entry,
                   struct files_stream **ret_stream, int64_t *ret_size, const struct wait *wait,
                   struct error *err) __attribute__((warn_unused_result));
bool git_blob_read(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                   const struct wait *wait, struct error *err) __attribute__((warn_unused_result));
void git_blob_end(struct files_stream *stream);
void git_blob_stop(struct git_files *all);

/* files.c: why what is on the disk is not in git; see files.h. */
const char *git_files_absent(struct arena *arena, const char *root, const char *path);

#endif
