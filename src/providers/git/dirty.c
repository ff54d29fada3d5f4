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

/* Without any where one of the paths is the root: everything counts. */
static git_strarray limit_of(struct arena *arena, const char *const *paths, size_t count)
{
    git_strarray limit = { arena_array(arena, count + 1, sizeof(char *)), count };
    for (size_t i = 0; i < count; i++) {
        limit.strings[i] = plain_path(arena, paths[i]);
        if (!*limit.strings[i])
            limit.count = 0;
    }
    return limit;
}

/* Is nothing surely changed there, or (*ret_sure false) has libgit2 to look? It is opened then. */
static bool glance_first(struct git_source *source, const git_strarray *limit, bool *ret_sure,
                         struct error *err)
{
    *ret_sure = source->glance
                && glance_clean(source->glance, (const char *const *)limit->strings, limit->count);
    if (*ret_sure)
        return true;
    if (!git_source_whole(source, err))
        return false;
    *ret_sure = !source->repository->root;
    return true;
}

static bool is_below(const char *path, const git_strarray *limit)
{
    for (size_t i = 0; i < limit->count; i++) {
        size_t length = strlen(limit->strings[i]);
        if (strncmp(path, limit->strings[i], length) == 0
            && (path[length] == '/' || path[length] == '\0'))
            return true;
    }
    return limit->count == 0;
}

bool git_changed(struct git_source *source, struct arena *arena, const char *const *paths,
                 size_t count, struct text_list *ret_changed, struct error *err)
{
    git_strarray limit = limit_of(arena, paths, count);
    bool sure;
    *ret_changed = (struct text_list){ 0 };
    if (!glance_first(source, &limit, &sure, err) || (!sure && !git_touched_all(source, err)))
        return false;
    for (size_t i = 0; !sure && i < source->touched->count; i++)
        if (is_below(source->touched->items[i].path, &limit))
            arena_push(arena, ret_changed->items, ret_changed->count, ret_changed->capacity,
                       source->touched->items[i].path);
    return true;
}

bool git_dirty(struct git_source *source, const char *const *paths, size_t count, bool *ret_dirty,
               struct error *err)
{
    AUTO_ARENA arena = arena_new();
    git_strarray limit = limit_of(arena, paths, count);
    struct git_changes changes = { 0 };
    bool sure;
    if (!glance_first(source, &limit, &sure, err)
        || (!sure && !git_touched(source, arena, limit.count ? &limit : NULL, &changes, err)))
        return false;
    *ret_dirty = changes.count > 0;
    return true;
}
