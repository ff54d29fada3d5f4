/*
 * touched: which paths of a work tree differ from a commit; see repository.h.
 *
 * The index knows the times and sizes that the files had, so libgit2 looks at it first and
 * reads only what was touched. What it names is then compared with the commit itself, since
 * what stands staged is beside the point.
 */
#include "providers/git/repository.h"

#include <stdlib.h>
#include <string.h>

struct noting {
    struct arena *arena;
    struct git_changes *changes;
};

static int note_change(const git_diff_delta *delta, float progress, void *context)
{
    const struct noting *noting = context;
    struct git_changes *changes = noting->changes;
    (void)progress;
    bool gone = delta->status == GIT_DELTA_DELETED;
    if (delta->status == GIT_DELTA_UNMODIFIED || delta->status == GIT_DELTA_IGNORED)
        return 0;
    const char *path = gone ? delta->old_file.path : delta->new_file.path;
    struct git_change change = { arena_strdup(noting->arena, path), gone };
    arena_push(noting->arena, changes->items, changes->count, changes->capacity, change);
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct git_change *one = a, *other = b;
    return strcmp(one->path, other->path);
}

static int compare(git_repository *handle, git_tree *tree, const git_strarray *limit,
                   bool with_index, struct arena *arena, struct git_changes *changes)
{
    struct noting noting = { arena, changes };
    CLEANUP(git_diff_free_at) git_diff *diff = NULL;
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS
                    | GIT_DIFF_DISABLE_PATHSPEC_MATCH | GIT_DIFF_INCLUDE_TYPECHANGE
                    | GIT_DIFF_SKIP_BINARY_CHECK;
    if (limit)
        options.pathspec = *limit;
    int code = with_index ? git_diff_tree_to_workdir_with_index(&diff, handle, tree, &options)
                          : git_diff_tree_to_workdir(&diff, handle, tree, &options);
    return code == 0 ? git_diff_foreach(diff, note_change, NULL, NULL, NULL, &noting) : code;
}

static git_strarray paths_of(struct arena *arena, const struct git_changes *changes)
{
    git_strarray paths = { arena_array(arena, changes->count + 1, sizeof(char *)), changes->count };
    for (size_t i = 0; i < changes->count; i++)
        paths.strings[i] = arena_strdup(arena, changes->items[i].path);
    return paths;
}

/* Entries may say "assume that it is unchanged": then the index tells nothing. */
static bool index_knows(git_repository *handle)
{
    CLEANUP(git_index_free_at) git_index *index = NULL;
    if (git_repository_index(&index, handle) != 0)
        return false;
    for (size_t i = 0; i < git_index_entrycount(index); i++) {
        const git_index_entry *entry = git_index_get_byindex(index, i);
        if ((entry->flags & GIT_INDEX_ENTRY_VALID)
            || (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE))
            return false;
    }
    return true;
}

/* What a sparse checkout leaves out is not there, and not deleted: it is as in the commit. */
static void drop_left_out(git_repository *handle, struct git_changes *changes)
{
    CLEANUP(git_index_free_at) git_index *index = NULL;
    size_t kept = 0;
    if (git_repository_index(&index, handle) != 0)
        return;
    for (size_t i = 0; i < changes->count; i++) {
        const git_index_entry *entry = git_index_get_bypath(index, changes->items[i].path, 0);
        bool left_out = entry && entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE;
        if (!changes->items[i].gone || !left_out)
            changes->items[kept++] = changes->items[i];
    }
    changes->count = kept;
}

static bool find(struct arena *arena, git_repository *handle, git_tree *tree,
                 const git_strarray *limit, struct git_changes *ret_changes)
{
    struct git_changes touched = { 0 };
    bool known = index_knows(handle);
    if (known && compare(handle, tree, limit, true, arena, &touched) != 0)
        return false;
    git_strarray paths = paths_of(arena, &touched);
    if ((!known || paths.count)
        && compare(handle, tree, known ? &paths : limit, false, arena, ret_changes) != 0)
        return false;
    if (!known)
        drop_left_out(handle, ret_changes);
    return true;
}

bool git_touched(struct git_source *source, struct arena *arena, const git_strarray *limit,
                 struct git_changes *ret_changes, struct error *err)
{
    const struct repository *repository = source->repository;
    CLEANUP(git_tree_free_at) git_tree *tree = NULL;
    *ret_changes = (struct git_changes){ 0 };
    if (git_tree_lookup(&tree, repository->handle, &source->tree) != 0
        || !find(arena, repository->handle, tree, limit, ret_changes))
        return git_failed(err, ERROR_LOCAL, "cannot compare the files of %s with its commit",
                          repository->name);
    if (ret_changes->count)
        qsort(ret_changes->items, ret_changes->count, sizeof *ret_changes->items, by_path);
    return true;
}

bool git_touched_all(struct git_source *source, struct error *err)
{
    if (source->touched)
        return true;
    struct git_changes *changes = arena_alloc(source->arena, sizeof *changes);
    if (!git_touched(source, source->arena, NULL, changes, err))
        return false;
    source->touched = changes;
    return true;
}
