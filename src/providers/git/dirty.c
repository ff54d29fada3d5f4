/*
 * dirty: do files on the disk differ from the commit?
 *
 * The commit's tree is compared with the work tree itself (touched.c): `-f` reads the
 * disk. Line endings and filters are applied as a checkout would.
 */
#include "providers/git/repository.h"

#include <string.h>

/* Without the "/" at its end, which libgit2 does not take for a folder; "." is the root. */
static char *plain_path(struct arena *arena, const char *path)
{
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    char *plain = arena_strdup(arena, strcmp(path, ".") == 0 ? "" : path);
    size_t length = strlen(plain);
    while (length && plain[length - 1] == '/')
        plain[--length] = '\0';
    return plain;
}

/* False where one of the paths is the root: everything counts. */
static bool limit_paths(struct arena *arena, const char *const *paths, size_t count,
                        git_strarray *ret_paths)
{
    ret_paths->strings = arena_array(arena, count ? count : 1, sizeof *ret_paths->strings);
    for (size_t i = 0; i < count; i++) {
        ret_paths->strings[i] = plain_path(arena, paths[i]);
        if (!*ret_paths->strings[i])
            return false;
    }
    ret_paths->count = count;
    return count > 0;
}

bool git_changed(struct git_source *source, struct arena *arena, const char *const *paths,
                 size_t count, struct text_list *ret_changed, struct error *err)
{
    git_strarray limit = { 0 };
    bool limited = limit_paths(arena, paths, count, &limit);
    *ret_changed = (struct text_list){ 0 };
    if (source->glance
        && glance_clean(source->glance, (const char *const *)limit.strings, limit.count))
        return true;
    if (!git_source_whole(source, err))
        return false;
    struct repository *repository = source->repository;
    CLEANUP(git_tree_free_at) git_tree *tree = NULL;
    struct git_change *changes;
    size_t change_count = 0;
    if (!repository->root)
        return true;
    if (git_tree_lookup(&tree, repository->handle, &source->tree) != 0
        || !git_touched(arena, repository->handle, tree, limited ? &limit : NULL, &changes,
                        &change_count))
        return git_failed(err, ERROR_LOCAL, "cannot compare the files of %s with its commit",
                          repository->name);
    for (size_t i = 0; i < change_count; i++)
        arena_push(arena, ret_changed->items, ret_changed->count, ret_changed->capacity,
                   changes[i].path);
    return true;
}

bool git_dirty(struct git_source *source, const char *const *paths, size_t count, bool *ret_dirty,
               struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct text_list changed;
    if (!git_changed(source, arena, paths, count, &changed, err))
        return false;
    *ret_dirty = changed.count > 0;
    return true;
}
