/*
 * git: manifests from a repository, read from its object database.
 *
 * A work tree, a bare repository or a URL, at a branch, tag, commit or semver
 * range. Nothing is checked out. libgit2 negotiates and reads objects; the bytes
 * travel through our own subtransports (transport_http.c, transport_ssh.c), with
 * our deadlines. URLs have a cache (cache.c), safe for two processes at once.
 */
#ifndef CMX_GIT_GIT_H
#define CMX_GIT_GIT_H

#include "base/clock.h"
#include "base/error.h"
#include "manifest/set.h"
#include "net/http.h"
#include "providers/files.h"
#include "providers/provider.h"

struct git_source;

struct git_options {
    const char *url;    /* --git, or NULL: the repository around `folder` */
    const char *folder; /* a folder on the disk inside a repository       */
    const char
        *ref; /* branch, tag, commit, "semver:>=1.2 <2"; NULL: HEAD (URL: its default branch) */
    struct http *http; /* for https URLs; NULL: one is made               */
    bool of_disk; /* of a `folder` at HEAD: its files are read from the disk, not by git_reader() */
    const char *user, *token, *token_file, *ca_file; /* or NULL            */
};

/*
 * Opens and, for a URL, fetches: an unchanged remote costs one ls-remote. The
 * caller owns it. ERROR_NOT_FOUND where `folder` is in no repository, or in one
 * without a commit and no ref was given; ERROR_USAGE where the repository was
 * reached and surely has no such ref.
 */
bool git_open(const struct git_options *options, struct git_source **ret_source,
              const struct wait *wait, struct error *err) __attribute__((warn_unused_result));
void git_close(struct git_source *source);

/* Opens another ref of the same repository (no fetch for a local one). */
bool git_open_ref(struct git_source *source, const char *ref, struct git_source **ret_source,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Reads files of the chosen commit, unless it was opened `of_disk`; root: the repository's root.
 * Valid until git_close(). */
const struct source_reader *git_reader(struct git_source *source);

/* The commit and origin; strings live as long as the source. `path` and `dirty` are the caller's.
 */
const struct record_source *git_record(const struct git_source *source);

/* The work tree's root, absolute; NULL for a bare repository or a URL. */
const char *git_root(const struct git_source *source);

/*
 * Do the files on disk below these paths (relative to the root) differ from the
 * commit? Untracked files that are not ignored count.
 */
bool git_dirty(struct git_source *source, const char *const *paths, size_t count, bool *ret_dirty,
               struct error *err) __attribute__((warn_unused_result));

/* Which ones: paths from the root, in the arena. The work tree is compared once for all who ask:
 * what changes later in the run is not seen. One thread at a time. */
bool git_changed(struct git_source *source, struct arena *arena, const char *const *paths,
                 size_t count, struct text_list *ret_changed, struct error *err)
    __attribute__((warn_unused_result));

/*
 * What is below these paths by the index, and not to be read on the disk: submodules, and what a
 * sparse checkout leaves out. Call it behind git_dirty(). In the arena, sorted by path.
 */
bool git_gaps(struct git_source *source, struct arena *arena, const char *const *paths,
              size_t count, struct source_gap **ret_gaps, size_t *ret_count, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Finds out what git_files() will read, once for all who call it: a work tree without changes
 * needs nothing but its index.
 */
bool git_look_at_files(struct git_source *source, bool work_tree, struct error *err)
    __attribute__((warn_unused_result));

/*
 * The files of the chosen commit for building images (files.h); with `work_tree`, what the disk
 * holds instead: changes, and untracked files that are not ignored. May be called from any
 * thread; the tree must not outlive the source.
 */
bool git_files(struct git_source *source, bool work_tree, struct files **ret_files,
               struct error *err) __attribute__((warn_unused_result));

enum git_order { GIT_SAME, GIT_DESCENDANT, GIT_OLDER, GIT_DIVERGED, GIT_NOT_KNOWN };

/*
 * How the chosen commit stands to `other`: is it the same, a descendant, an
 * ancestor ("older"), on another branch, or not known here? A shallow clone
 * that cannot tell is an error that names the line to add (`fetch-depth: 0`).
 */
bool git_compare(struct git_source *source, const char *other, enum git_order *ret_order,
                 struct error *err) __attribute__((warn_unused_result));

/*
 * Where two commits part: the last one that both have behind them, 40 digits in
 * the arena; NULL where one is the other's ancestor, or they have none in common.
 * A shallow clone that cannot tell is an error, as above.
 */
bool git_base(struct git_source *source, struct arena *arena, const char *other,
              const char **ret_base, struct error *err) __attribute__((warn_unused_result));

/*
 * "https://host/team/repo": without user, password, port of the scheme, ".git" and
 * trailing "/". One form for https, ssh and git, so that CI and a developer who
 * clone one repository by different ways have one set; a folder is "file:///path".
 */
const char *git_normal_url(struct arena *arena, const char *url);

#endif
