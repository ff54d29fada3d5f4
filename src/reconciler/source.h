/*
 * source: where a run's manifests come from, whatever way the user named it.
 *
 *   -f PATH…            the disk; the revision is that of the repository around it
 *   -f PATH… --ref REF  that commit of the repository around it
 *   -f -                standard input
 *   --git URL           a repository elsewhere (or bare, or a work tree's path)
 *
 * Joins providers/git with manifest/disk; what is read goes through one
 * `struct source_reader`.
 */
#ifndef CMX_RECONCILER_SOURCE_H
#define CMX_RECONCILER_SOURCE_H

#include "base/clock.h"
#include "manifest/set.h"
#include "net/http.h"
#include "providers/git/git.h"
#include "providers/provider.h"

struct source_options {
    const char *const *files; /* -f; "-" is standard input */
    size_t file_count;
    const char *git_url, *ref, *path; /* --git, --ref, --path */
    bool several; /* `path` is that of a record: several paths have commas between them */
    const char *ca_file, *token_file; /* of the git server    */
    struct http *http;
    struct git_source *opened; /* another commit of the repository, fetched already; or NULL */
};

struct source {
    const struct source_reader *reader; /* NULL: standard input only */
    const char **paths;                 /* below the reader's root   */
    size_t path_count;
    const char *stdin_data;
    size_t stdin_length;
    const char *root;  /* the reader's root on the disk, absolute; NULL: not on the disk */
    bool only_folders; /* every path is a folder */
    struct record_source commit;
    const char *revision;   /* "3f2a1c7", "3f2a1c7-dirty", "" where there is no repository */
    const char *name;       /* a set's name where no Project gives one */
    struct git_source *git; /* NULL: no repository */
    struct disk *disk;
};

/* Opens; the caller ends it with source_close(). Strings live in the arena. */
bool source_open(struct source *source, struct arena *arena, const struct source_options *options,
                 const struct wait *wait, struct error *err) __attribute__((warn_unused_result));
void source_close(struct source *source);

/* "shop-deploy": a DNS-1123 label made of any text; "set" where nothing is left. */
const char *source_name(struct arena *arena, const char *text);

/* "3f2a1c7": the first 7 digits of a commit. */
const char *commit_short(struct arena *arena, const char *commit);

#endif
