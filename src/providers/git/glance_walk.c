/*
 * glance_walk: are the files on the disk those of the index? See glance_index.h.
 *
 * Each folder is a task of its own, on all cores. A file that looks as it did when it was added
 * is the one that was added; of another the content tells, by its id. What is not in the index
 * is untracked, and whether it is ignored libgit2 has to say.
 */
#include "providers/git/glance_index.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/pool.h"
#include "providers/files_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

enum { DEPTH_MOST = 64, THREADS_MOST = 8 };

struct walk {
    const struct glance_index *index;
    const char *root;
    int descriptor; /* of the root */
    struct pool *pool;
    atomic_bool differs;
    atomic_size_t seen; /* files of the index */
};

/* One folder, which the task frees. */
struct step {
    struct walk *walk;
    struct glance_range range; /* what the index has below it */
    unsigned depth;
    char path[];
};

CLEANUP_FUNCTION(DIR *, closedir)

/* -------------------------------------------------------------------------- one file */

static bool is_mode(enum glance_mode mode, const struct stat *status)
{
    if (mode == GLANCE_LINK)
        return S_ISLNK(status->st_mode);
    return S_ISREG(status->st_mode)
           && mode == (status->st_mode & S_IXUSR ? GLANCE_PROGRAM : GLANCE_FILE);
}

static bool has_content(const struct walk *walk, const struct glance_entry *entry)
{
    AUTO_ARENA arena = arena_new();
    struct files_entry found;
    struct error ignored;
    return files_disk_entry(arena, walk->root, entry->path, &found, &ignored) && found.id
           && strcmp(found.id, blob_id_hex(arena, glance_id_of(entry))) == 0;
}

static bool is_the_same(const struct walk *walk, const struct glance_entry *entry,
                        const struct stat *status)
{
    return is_mode(glance_mode_of(entry), status)
           && (glance_untouched(walk->index, entry, status) || has_content(walk, entry));
}

/* ------------------------------------------------------------------------ one folder */

static void check_folder(void *context, struct arena *arena);

static void add_folder(struct walk *walk, const char *path, unsigned depth)
{
    size_t size = strlen(path) + 1;
    struct step *step = memory_alloc(sizeof *step + size);
    *step = (struct step){ walk, glance_below(walk->index, path), depth };
    memcpy(step->path, path, size);
    pool_run(walk->pool, check_folder, step);
}

/* False: it differs. A folder inside is looked at later. */
static bool check_name(const struct step *step, struct arena *arena, int folder, const char *name,
                       bool is_folder)
{
    struct walk *walk = step->walk;
    struct stat status;
    const char *path = path_join(arena, step->path, name);
    if (!is_folder && fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (is_folder || S_ISDIR(status.st_mode)) {
        add_folder(walk, path, step->depth + 1);
        return true;
    }
    const struct glance_entry *entry = glance_find(walk->index, step->range, path);
    if (!entry || !is_the_same(walk, entry, &status))
        return false;
    atomic_fetch_add_explicit(&walk->seen, 1, memory_order_relaxed);
    return true;
}

/* A repository inside is somebody else's to judge. */
static bool check_names(const struct step *step, struct arena *arena)
{
    int descriptor = openat(step->walk->descriptor, *step->path ? step->path : ".",
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    CLEANUP(closedir_at) DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    struct dirent *entry;
    if (!folder || step->depth == DEPTH_MOST)
        return false;
    while ((entry = readdir(folder))) {
        const char *name = entry->d_name;
        bool git = strcmp(name, ".git") == 0;
        if (git && step->depth)
            return false;
        if (git || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (!check_name(step, arena, descriptor, name, entry->d_type == DT_DIR))
            return false;
    }
    return true;
}

static void check_folder(void *context, struct arena *arena)
{
    AUTO_FREE struct step *step = context;
    if (!atomic_load(&step->walk->differs) && !check_names(step, arena))
        atomic_store(&step->walk->differs, true);
}

/* -------------------------------------------------------------------------- the whole */

static unsigned threads(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > THREADS_MOST ? THREADS_MOST : (unsigned)cores;
}

static bool walk_folder(struct walk *walk, const char *path)
{
    struct glance_range range = glance_below(walk->index, path);
    unsigned depth = 0;
    for (const char *at = path; *at; at++)
        depth += *at == '/' || at == path;
    walk->pool = pool_new(threads());
    add_folder(walk, path, depth);
    pool_free(walk->pool);
    return !atomic_load(&walk->differs) && atomic_load(&walk->seen) == range.end - range.first;
}

/* Its parents are real folders, since the path was resolved. */
bool glance_walk(const struct glance_index *index, const char *root, const char *path)
{
    struct walk walk = { .index = index, .root = root };
    const struct glance_range all = { 0, index->count };
    const struct glance_entry *entry = glance_find(index, all, path);
    struct stat status;
    AUTO_CLOSE descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walk.descriptor = descriptor;
    if (descriptor < 0)
        return false;
    if (!entry)
        return walk_folder(&walk, path);
    return fstatat(descriptor, path, &status, AT_SYMLINK_NOFOLLOW) == 0
           && is_the_same(&walk, entry, &status);
}
