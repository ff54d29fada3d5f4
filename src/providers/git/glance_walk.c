/*
 * glance_walk: are the files on the disk those of the index? See glance_index.h.
 *
 * Each folder is a task of its own, on all cores, and each thousand files of a large one. A file
 * that looks as it did when it was added is the one that was added; of another the content tells,
 * by its id. Where all that the index has in a folder is there, and the folder holds as many names,
 * it holds nothing else: names are compared only where there are more. What is not in the index is
 * untracked, and whether it is ignored libgit2 has to say.
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

enum { DEPTH_MOST = 64, THREADS_MOST = 8, FILES_MOST = 1000 };

struct walk {
    const struct glance_index *index;
    const char *root;
    int descriptor; /* of the root */
    struct pool *pool;
    atomic_bool differs;
};

/* One folder, or some of its files, which the task frees. */
struct step {
    struct walk *walk;
    struct glance_range range; /* what the index has below it, or these files */
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

/* `name` is the entry's in that folder. */
static bool is_the_same(const struct walk *walk, const struct glance_entry *entry, int folder,
                        const char *name)
{
    struct stat status;
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
           && is_mode(glance_mode_of(entry), &status)
           && (glance_untouched(walk->index, entry, &status) || has_content(walk, entry));
}

/* --------------------------------------------------------------------- files of a folder */

static struct step *new_step(struct walk *walk, const char *path, size_t length, unsigned depth)
{
    struct step *step = memory_alloc(sizeof *step + length + 1);
    *step = (struct step){ .walk = walk, .depth = depth };
    memcpy(step->path, path, length);
    step->path[length] = '\0';
    return step;
}

static int open_step(const struct step *step)
{
    return openat(step->walk->descriptor, *step->path ? step->path : ".",
                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool has_files(const struct step *step, int folder, struct glance_range files)
{
    const struct glance_entry *entries = step->walk->index->entries;
    size_t prefix = *step->path ? strlen(step->path) + 1 : 0;
    for (size_t i = files.first; i < files.end; i++)
        if (!is_the_same(step->walk, &entries[i], folder, entries[i].path + prefix))
            return false;
    return true;
}

static void check_files(void *context, struct arena *arena)
{
    AUTO_FREE struct step *step = context;
    AUTO_CLOSE folder = atomic_load(&step->walk->differs) ? -1 : open_step(step);
    (void)arena;
    if (folder < 0 || !has_files(step, folder, step->range))
        atomic_store(&step->walk->differs, true);
}

/* Now, or of many later. */
static bool take_files(const struct step *step, int folder, struct glance_range files)
{
    if (files.end - files.first < FILES_MOST)
        return has_files(step, folder, files);
    struct step *some = new_step(step->walk, step->path, strlen(step->path), step->depth);
    some->range = files;
    pool_run(step->walk->pool, check_files, some);
    return true;
}

/* ------------------------------------------------------------------------ one folder */

static void check_folder(void *context, struct arena *arena);

/* Looked at later. Answers where the index goes on behind it. */
static size_t add_folder(struct walk *walk, const char *path, size_t length, unsigned depth)
{
    struct step *step = new_step(walk, path, length, depth);
    step->range = glance_below(walk->index, step->path);
    size_t end = step->range.end;
    pool_run(walk->pool, check_folder, step);
    return end;
}

/* What no commit holds, and would lead somewhere else. */
static bool leads_away(const char *name)
{
    return *name == '/' || strncmp(name, "./", 2) == 0 || strncmp(name, "../", 3) == 0;
}

/* Is what the index has in this folder there? *ret_names: so many names. */
static bool has_entries(const struct step *step, int folder, size_t *ret_names)
{
    const struct glance_entry *entries = step->walk->index->entries;
    size_t prefix = *step->path ? strlen(step->path) + 1 : 0;
    struct glance_range files = { step->range.first, step->range.first };
    *ret_names = 0;
    for (size_t i = files.first; i < step->range.end; ++*ret_names) {
        const char *path = entries[i].path, *name = path + prefix, *slash = strchr(name, '/');
        files.end = slash ? i : ++i;
        if (!slash && files.end - files.first < FILES_MOST)
            continue;
        if ((slash && leads_away(name)) || !take_files(step, folder, files))
            return false;
        if (slash)
            i = add_folder(step->walk, path, (size_t)(slash - path), step->depth + 1);
        files.first = i;
    }
    files.end = step->range.end;
    return files.first >= files.end || take_files(step, folder, files);
}

/* The next name that counts; NULL: that was the last one. */
static const struct dirent *next_name(DIR *folder, unsigned depth)
{
    const struct dirent *entry = readdir(folder);
    while (entry
           && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0
               || (!depth && strcmp(entry->d_name, ".git") == 0)))
        entry = readdir(folder);
    return entry;
}

/* False: there is a repository inside, which is somebody else's to judge. */
static bool count_names(const struct step *step, DIR *folder, size_t *ret_names)
{
    const struct dirent *entry;
    *ret_names = 0;
    while ((entry = next_name(folder, step->depth))) {
        if (strcmp(entry->d_name, ".git") == 0)
            return false;
        ++*ret_names;
    }
    return true;
}

static bool is_folder(int parent, const struct dirent *entry)
{
    struct stat status;
    return entry->d_type == DT_DIR
           || (entry->d_type == DT_UNKNOWN
               && fstatat(parent, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0
               && S_ISDIR(status.st_mode));
}

/*
 * There are more names than `count` in the index: of the others each has to be a folder, in which
 * there is no file either. Where fewer are found than the index has, two of it mean one file.
 */
static bool has_only_folders_beside(const struct step *step, struct arena *arena, DIR *folder,
                                    size_t count)
{
    const struct dirent *entry;
    size_t known = 0;
    rewinddir(folder);
    while ((entry = next_name(folder, step->depth))) {
        const char *path = path_join(arena, step->path, entry->d_name);
        struct glance_range below = glance_below(step->walk->index, path);
        if (glance_find(step->walk->index, step->range, path) || below.first < below.end)
            known++;
        else if (is_folder(dirfd(folder), entry))
            add_folder(step->walk, path, strlen(path), step->depth + 1);
        else
            return false;
    }
    return known == count;
}

static bool check_names(const struct step *step, struct arena *arena)
{
    int descriptor = open_step(step);
    CLEANUP(closedir_at) DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    size_t wanted, names;
    return folder && step->depth < DEPTH_MOST && has_entries(step, descriptor, &wanted)
           && count_names(step, folder, &names)
           && (names == wanted || has_only_folders_beside(step, arena, folder, wanted));
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
    unsigned depth = 0;
    for (const char *at = path; *at; at++)
        depth += *at == '/' || at == path;
    walk->pool = pool_new(threads());
    add_folder(walk, path, strlen(path), depth);
    pool_free(walk->pool);
    return !atomic_load(&walk->differs);
}

/* Its parents are real folders, since the path was resolved. */
bool glance_walk(const struct glance_index *index, const char *root, const char *path)
{
    struct walk walk = { .index = index, .root = root };
    const struct glance_range all = { 0, index->count };
    const struct glance_entry *entry = glance_find(index, all, path);
    AUTO_CLOSE descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walk.descriptor = descriptor;
    if (descriptor < 0)
        return false;
    return entry ? is_the_same(&walk, entry, descriptor, path) : walk_folder(&walk, path);
}
