/*
 * repository: what the files of this folder share.
 *
 * A `struct repository` is one opened object database; several sources (refs)
 * of it share it by count. A `struct git_source` is one commit of it. Only the
 * files that need libgit2's types include this header.
 */
#ifndef CMX_GIT_REPOSITORY_H
#define CMX_GIT_REPOSITORY_H

#include "base/cleanup.h"
#include "providers/git/glance.h"

#include <git2.h>
#include <pthread.h>

enum {
    GIT_BLOB_CEILING = 32 << 20, /* bytes of a file that is read whole  */
    GIT_REF_CEILING = 1024,      /* bytes of a ref's name or expression */
    GIT_FOLDER_CEILING = 100000, /* entries of one folder               */
    GIT_DEPTH_CEILING = 256,     /* folders in folders                  */
    GIT_LINK_CEILING = 40,       /* symbolic links on one way, as Linux */
    GIT_PATH_CEILING = 4096,     /* bytes of a path or a link's target  */
};

/* One opened repository. Not locked: its sources belong to one thread at a time. */
struct repository {
    struct arena *arena;
    unsigned users;
    git_repository *handle;
    const char *name;   /* for messages: a folder, or a URL without credentials */
    const char *origin; /* as in struct record_source                           */
    const char *root;   /* of the work tree, or NULL                            */
    bool remote;        /* handle is our cache of `options.url`                 */
    struct http *http;  /* our own, where the options bring none; or NULL       */
    int cache_use;      /* while it is open, the cache's packs stay; or -1      */
    bool shallow;
    struct git_options options; /* copies, for opening another ref */
};

struct git_changes;

struct git_source {
    struct arena *arena;
    struct repository *repository;     /* NULL: not needed so far, see git_source_whole() */
    struct glance *glance;             /* what was read without libgit2, or NULL          */
    const char *folder;                /* then: where it was looked for                   */
    pthread_mutex_t lock;              /* while a thread opens what git_files() needs     */
    const struct git_changes *touched; /* of git_touched_all(), once asked for        */
    git_oid commit, tree;
    const char *ref; /* branch or tag, or "" */
    struct record_source record;
    struct source_reader reader;
};

CLEANUP_FUNCTION(git_object *, git_object_free)
CLEANUP_FUNCTION(git_reference *, git_reference_free)
CLEANUP_FUNCTION(git_commit *, git_commit_free)
CLEANUP_FUNCTION(git_tree *, git_tree_free)
CLEANUP_FUNCTION(git_blob *, git_blob_free)
CLEANUP_FUNCTION(git_config *, git_config_free)
CLEANUP_FUNCTION(git_diff *, git_diff_free)
CLEANUP_FUNCTION(git_index *, git_index_free)
CLEANUP_FUNCTION(git_odb *, git_odb_free)
CLEANUP_FUNCTION(git_odb_object *, git_odb_object_free)
CLEANUP_FUNCTION(git_remote *, git_remote_free)
CLEANUP_FUNCTION(git_revwalk *, git_revwalk_free)
CLEANUP_FUNCTION(git_repository *, git_repository_free)

/* The line that a shallow clone in CI lacks; put behind messages. */
#define GIT_DEPTH_HINT                                                                             \
    "fetch its history (GitHub Actions: fetch-depth: 0; GitLab: GIT_DEPTH: 0; "                    \
    "else: git fetch --unshallow)"

/* library.c: libgit2's life, limits and error texts. */
bool git_library_start(struct error *err) __attribute__((warn_unused_result));
void git_library_end(void);

/* Sets the error from libgit2's last one: "CONTEXT: what libgit2 says". Always false. */
bool git_failed(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* git.c: opens the repository of a source that was only glanced at. */
bool git_source_whole(struct git_source *source, struct error *err)
    __attribute__((warn_unused_result));

/* ref.c: finds the commit that `ref` names (NULL: HEAD); *ret_name is its branch or tag, or "". */
bool git_ref_find(const struct repository *repository, struct arena *arena, const char *ref,
                  git_oid *ret_commit, const char **ret_name, struct error *err)
    __attribute__((warn_unused_result));

/*
 * ref_unknown.c: refuses forms that name no one commit; and what is wrong with a
 * ref that was not found: ERROR_USAGE, or ERROR_NOT_FOUND in a shallow clone,
 * where it may be beyond the clone's end. The last two answer false.
 */
bool git_ref_form(const char *ref, struct error *err) __attribute__((warn_unused_result));
bool git_ref_malformed(const char *ref, struct error *err);
bool git_ref_unknown(const struct repository *repository, const char *ref, struct error *err);

/* semver_ref.c: the highest tag in a range ("semver:>=1.2 <2" without "semver:"). */
bool git_ref_semver(const struct repository *repository, struct arena *arena, const char *range,
                    git_oid *ret_commit, const char **ret_name, struct error *err)
    __attribute__((warn_unused_result));

/* tree_reader.c: a reader over the source's tree. */
void git_reader_start(struct git_source *source);

/* A path of the work tree that is not as in a commit: changed, new and not ignored, or gone. */
struct git_change {
    const char *path;
    bool gone;
};

struct git_changes {
    struct git_change *items; /* sorted by path */
    size_t count, capacity;
};

/*
 * touched.c: those of the whole work tree, or below the paths of `limit` (may be NULL). The
 * repository is open (git_source_whole()), and has a work tree.
 */
bool git_touched(struct git_source *source, struct arena *arena, const git_strarray *limit,
                 struct git_changes *ret_changes, struct error *err)
    __attribute__((warn_unused_result));

/* Those of the whole work tree, compared once for all who ask; by one thread at a time. */
bool git_touched_all(struct git_source *source, struct error *err)
    __attribute__((warn_unused_result));

/* origin.c: where the repository came from, see struct record_source. */
bool git_origin(struct repository *repository, const git_oid *commit, const char **ret_origin,
                struct error *err) __attribute__((warn_unused_result));

/* config.c: the URL of the only remote, or NULL; `url` after the user's url.*.insteadOf. */
const char *git_config_only_remote(git_repository *handle, struct arena *arena);
const char *git_config_rewrite(git_repository *handle, struct arena *arena, const char *url);

/*
 * compare.c: looks for `to` among `from` and its ancestors. *ret_cut: the clone ended
 * before the history did.
 */
bool git_shallow_walk(const struct repository *repository, const git_oid *from, const git_oid *to,
                      bool *ret_found, bool *ret_cut, struct error *err)
    __attribute__((warn_unused_result));

#endif
