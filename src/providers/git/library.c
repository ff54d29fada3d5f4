/*
 * library: libgit2's life, limits and error texts.
 *
 * Limits are set each time the library starts, so that a stream of repositories
 * (a controller) keeps a small footprint. Folders of another owner are opened:
 * only objects are read and nothing that a repository configures is run.
 */
#include "providers/git/repository.h"

#include <string.h>

enum {
    WINDOW_BYTES = 4 << 20,
    MAPPED_BYTES = 16 << 20,
    OPEN_PACKS = 128,
    CACHE_BYTES = 32 << 20,
    CACHED_TREE_BYTES = 64 << 10,
    PACK_OBJECTS = 20000000,
};

/*
 * Extensions that change nothing for a reader of objects. Without this list
 * libgit2 refuses a partial or sparse clone before it looks for one object.
 */
static const char *const EXTENSIONS[] = { "worktreeconfig", "preciousobjects", "partialclone" };

static bool set_limits(void)
{
    const char *extensions[] = { EXTENSIONS[0], EXTENSIONS[1], EXTENSIONS[2] };
    return git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW_BYTES) == 0
           && git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)MAPPED_BYTES) == 0
           && git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, (size_t)OPEN_PACKS) == 0
           && git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_BYTES) == 0
           && git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE,
                               (size_t)CACHED_TREE_BYTES)
                  == 0
           && git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)PACK_OBJECTS) == 0
           && git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1) == 0
           && git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0) == 0
           && git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
                               sizeof extensions / sizeof *extensions)
                  == 0;
}

bool git_library_start(struct error *err)
{
    int users = git_libgit2_init();
    if (users < 0)
        return git_failed(err, ERROR_LOCAL, "cannot start libgit2");
    if (users > 1 || set_limits())
        return true;
    git_failed(err, ERROR_BUG, "cannot set libgit2's limits");
    git_libgit2_shutdown();
    return false;
}

void git_library_end(void)
{
    git_libgit2_shutdown();
}

bool git_failed(struct error *err, enum error_kind kind, const char *format, ...)
{
    const git_error *last = git_error_last();
    va_list args;
    va_start(args, format);
    error_vset(err, kind, format, args);
    va_end(args);
    if (!last || !last->message || !*last->message)
        return false;
    AUTO_FREE char *said = memory_strdup(last->message);
    for (char *at = said; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' '; /* a server's words may be in it: no escape reaches a terminal */
    if (last->klass == GIT_ERROR_ODB && strncmp(said, "object not found", 16) == 0)
        return error_set(err, kind,
                         "%s: %s. In a partial clone, `git fetch --refetch --no-filter` brings it",
                         err->message, said);
    return error_set(err, kind, "%s: %s", err->message, said);
}
