/* changes: see changes.h. */
#include "providers/git/changes.h"

#include "base/cleanup.h"
#include "providers/git/repository.h"

#include <string.h>

enum { COMMITS_LOOKED_AT = 1000 };

CLEANUP_FUNCTION(git_tree_entry *, git_tree_entry_free)

static bool failed(struct error *err)
{
    return git_failed(err, ERROR_LOCAL, "cannot compare two commits");
}

/* The id of what stands at `folder` in a commit; zeros where there is nothing. */
static bool entry_of(git_repository *handle, const git_oid *commit_id, const char *folder,
                     git_oid *ret_id)
{
    CLEANUP(git_commit_free_at) git_commit *commit = NULL;
    CLEANUP(git_tree_free_at) git_tree *tree = NULL;
    CLEANUP(git_tree_entry_free_at) git_tree_entry *entry = NULL;
    memset(ret_id, 0, sizeof *ret_id);
    if (git_commit_lookup(&commit, handle, commit_id) != 0 || git_commit_tree(&tree, commit) != 0)
        return false;
    if (!*folder) {
        git_oid_cpy(ret_id, git_tree_id(tree));
        return true;
    }
    int code = git_tree_entry_bypath(&entry, tree, folder);
    if (code == 0)
        git_oid_cpy(ret_id, git_tree_entry_id(entry));
    return code == 0 || code == GIT_ENOTFOUND;
}

/* Did this commit change the folder, against its first parent? */
static bool touches(git_repository *handle, const git_oid *id, const char *folder)
{
    CLEANUP(git_commit_free_at) git_commit *commit = NULL;
    git_oid here, before;
    if (git_commit_lookup(&commit, handle, id) != 0 || !entry_of(handle, id, folder, &here))
        return false;
    if (git_commit_parentcount(commit) == 0)
        return true;
    return entry_of(handle, git_commit_parent_id(commit, 0), folder, &before)
           && !git_oid_equal(&here, &before);
}

/* Of a clone that ends early what lies behind its end is not looked at. */
static const char *last_touch(const struct git_source *source, struct arena *arena,
                              const git_oid *since, const char *folder)
{
    CLEANUP(git_revwalk_free_at) git_revwalk *walk = NULL;
    git_repository *handle = source->repository->handle;
    char hex[41];
    git_oid id;
    if (git_revwalk_new(&walk, handle) != 0 || git_revwalk_push(walk, &source->commit) != 0)
        return NULL;
    git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL);
    if (git_revwalk_hide(walk, since) != 0)
        return NULL;
    for (size_t i = 0; i < COMMITS_LOOKED_AT && git_revwalk_next(&id, walk) == 0; i++)
        if (touches(handle, &id, folder))
            return arena_strdup(arena, git_oid_tostr(hex, sizeof hex, &id));
    return NULL;
}

static bool count_files(const struct git_source *source, git_commit *since, const char *folder,
                        size_t *ret_files, struct error *err)
{
    CLEANUP(git_tree_free_at) git_tree *before = NULL;
    CLEANUP(git_tree_free_at) git_tree *after = NULL;
    CLEANUP(git_diff_free_at) git_diff *diff = NULL;
    git_repository *handle = source->repository->handle;
    git_diff_options options;
    char *paths[] = { (char *)folder };
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_DISABLE_PATHSPEC_MATCH;
    options.pathspec = (git_strarray){ paths, *folder ? 1 : 0 };
    if (git_commit_tree(&before, since) != 0 || git_tree_lookup(&after, handle, &source->tree) != 0
        || git_diff_tree_to_tree(&diff, handle, before, after, &options) != 0)
        return failed(err);
    *ret_files = git_diff_num_deltas(diff);
    return true;
}

bool git_changes(struct git_source *source, struct arena *arena, const char *since,
                 const char *folder, size_t *ret_files, const char **ret_commit, struct error *err)
{
    CLEANUP(git_commit_free_at) git_commit *commit = NULL;
    git_oid id;
    if (!git_source_whole(source, err))
        return false;
    if (git_oid_fromstr(&id, since) != 0
        || git_commit_lookup(&commit, source->repository->handle, &id) != 0)
        return error_set(err, ERROR_NOT_FOUND, "the commit %.40s is not known here", since);
    if (!count_files(source, commit, folder, ret_files, err))
        return false;
    *ret_commit = *ret_files ? last_touch(source, arena, &id, folder) : NULL;
    return true;
}

bool git_had(struct git_source *source, const char *commit, const char *path)
{
    struct error ignored = { 0 };
    git_oid id, entry;
    return git_source_whole(source, &ignored) && git_oid_fromstr(&id, commit) == 0
           && entry_of(source->repository->handle, &id, path, &entry) && !git_oid_is_zero(&entry);
}

const char *git_tree_text(const struct git_source *source, struct arena *arena)
{
    char hex[41];
    if (source->glance)
        return source->glance->commit.tree;
    return arena_strdup(arena, git_oid_tostr(hex, sizeof hex, &source->tree));
}
