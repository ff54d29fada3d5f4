/*
 * gaps: what the work tree's index names and the disk does not have, or not as its own.
 *
 * Without its submodules, or with a sparse checkout, `-f` would read half of a source and
 * call it whole: what the other half made would be pruned.
 */
#include "base/file.h"
#include "providers/git/repository.h"

#include <string.h>
#include <sys/stat.h>

#define SUBMODULE                                                                                  \
    "a submodule; submodules are not read. Leave it out with .cmxignore, or name its own "         \
    "repository with --git"
#define SPARSE                                                                                     \
    "not checked out (a sparse checkout): check it out, read the commit with --ref HEAD, or "      \
    "leave it out with .cmxignore"

struct gaps {
    struct arena *arena;
    const char *root;
    struct source_gap *items;
    size_t count, capacity;
};

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return length == 0
           || (strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0'));
}

static bool is_read(const char *path, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_below(path, paths[i]))
            return true;
    return false;
}

static void add(struct gaps *gaps, const char *path, bool folder, const char *why)
{
    struct source_gap gap = { arena_strdup(gaps->arena, path), folder, why };
    if (!gaps->count || strcmp(gaps->items[gaps->count - 1].path, path) != 0)
        arena_push(gaps->arena, gaps->items, gaps->count, gaps->capacity, gap);
}

/* The file, or the highest folder on the way to it that is not there. */
static void add_missing(struct gaps *gaps, const char *path)
{
    AUTO_ARENA arena = arena_new();
    struct stat status;
    for (const char *end = path; *end;) {
        end += strcspn(end + 1, "/") + 1;
        const char *way = arena_memdup(arena, path, (size_t)(end - path));
        if (lstat(path_join(arena, gaps->root, way), &status) == 0)
            continue;
        add(gaps, way, *end != '\0', SPARSE);
        return;
    }
}

bool git_gaps(struct git_source *source, struct arena *arena, const char *const *paths,
              size_t count, struct source_gap **ret_gaps, size_t *ret_count, struct error *err)
{
    CLEANUP(git_index_free_at) git_index *index = NULL;
    struct repository *repository = source->repository;
    *ret_count = 0;
    if (!repository || !repository->root) /* glanced at: the files are the commit's */
        return true;
    if (git_repository_index(&index, repository->handle) != 0)
        return git_failed(err, ERROR_LOCAL,
                          "cannot read the index of %s (read the commit with --ref HEAD; of a "
                          "sparse index: git sparse-checkout reapply --no-sparse-index)",
                          repository->name);
    struct gaps gaps = { .arena = arena, .root = repository->root };
    for (size_t i = 0; i < git_index_entrycount(index); i++) {
        const git_index_entry *entry = git_index_get_byindex(index, i);
        if (!is_read(entry->path, paths, count))
            continue;
        if (entry->mode == GIT_FILEMODE_COMMIT)
            add(&gaps, entry->path, true, SUBMODULE);
        else if (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE)
            add_missing(&gaps, entry->path);
    }
    *ret_gaps = gaps.items;
    *ret_count = gaps.count;
    return true;
}
