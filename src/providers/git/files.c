/* files: see files.h. A commit's tree is listed by ids; no file is read for it. */
#include "providers/git/files.h"

#include "base/file.h"
#include "base/process.h"

#include <string.h>
#include <sys/stat.h>

CLEANUP_FUNCTION(git_tree_entry *, git_tree_entry_free)

static bool missing(struct git_files *all, const char *path, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "%s%s: not in this commit", all->files.display, path);
}

static enum files_kind kind_of(git_filemode_t mode)
{
    switch (mode) {
    case GIT_FILEMODE_TREE:
        return FILES_FOLDER;
    case GIT_FILEMODE_LINK:
        return FILES_LINK;
    case GIT_FILEMODE_COMMIT:
        return FILES_SUBMODULE;
    case GIT_FILEMODE_BLOB_EXECUTABLE:
        return FILES_EXECUTABLE;
    default:
        return FILES_REGULAR;
    }
}

static struct files_entry entry_of(struct arena *arena, const git_tree_entry *entry,
                                   const char *path)
{
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, git_tree_entry_id(entry));
    return (struct files_entry){ .path = path,
                                 .kind = kind_of(git_tree_entry_filemode(entry)),
                                 .id = arena_memdup(arena, hex, GIT_OID_HEXSZ) };
}

static bool commit_find(struct files *files, struct arena *arena, const char *path,
                        struct files_entry *ret, struct error *err)
{
    struct git_files *all = (struct git_files *)files;
    CLEANUP(git_tree_entry_free_at) git_tree_entry *entry = NULL;
    if (!*path) {
        char hex[GIT_OID_HEXSZ + 1];
        git_oid_tostr(hex, sizeof hex, git_tree_id(all->tree));
        *ret = (struct files_entry){ .path = "",
                                     .kind = FILES_FOLDER,
                                     .id = arena_memdup(arena, hex, GIT_OID_HEXSZ) };
        return true;
    }
    int code = git_tree_entry_bypath(&entry, all->tree, path);
    if (code == GIT_ENOTFOUND)
        return missing(all, path, err);
    if (code != 0)
        return git_failed(err, ERROR_LOCAL, "cannot read %s%s", files->display, path);
    *ret = entry_of(arena, entry, arena_strdup(arena, path));
    return true;
}

static bool open_tree(struct git_files *all, const char *folder, git_tree **ret, struct error *err)
{
    CLEANUP(git_tree_entry_free_at) git_tree_entry *entry = NULL;
    if (!*folder)
        return git_tree_dup(ret, all->tree) == 0
               || git_failed(err, ERROR_LOCAL, "cannot read the tree of %s", all->name);
    int code = git_tree_entry_bypath(&entry, all->tree, folder);
    if (code == GIT_ENOTFOUND || (code == 0 && git_tree_entry_filemode(entry) != GIT_FILEMODE_TREE))
        return missing(all, folder, err);
    if (code == 0)
        code = git_tree_lookup(ret, all->handle, git_tree_entry_id(entry));
    return code == 0
           || git_failed(err, ERROR_LOCAL, "cannot read %s%s", all->files.display, folder);
}

/* git sorts a folder as if "/" stood behind its name. */
static int by_path(const void *a, const void *b)
{
    const struct files_entry *one = a, *other = b;
    return strcmp(one->path, other->path);
}

static bool is_file_name(const char *name)
{
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

static bool commit_list(struct files *files, struct arena *arena, const char *folder,
                        struct files_entry **ret_entries, size_t *ret_count, struct error *err)
{
    struct git_files *all = (struct git_files *)files;
    CLEANUP(git_tree_free_at) git_tree *tree = NULL;
    if (!open_tree(all, folder, &tree, err))
        return false;
    size_t count = git_tree_entrycount(tree);
    if (count > GIT_FOLDER_CEILING)
        return error_set(err, ERROR_INPUT, "%s%s: more than 100000 entries in one folder",
                         files->display, folder);
    struct files_entry *entries = arena_array(arena, count ? count : 1, sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        const char *name = git_tree_entry_name(entry);
        if (!is_file_name(name))
            return error_set(err, ERROR_INPUT,
                             "%s%s: holds an entry with a name that no file can have",
                             files->display, folder);
        entries[i] = entry_of(arena, entry, path_join(arena, folder, arena_strdup(arena, name)));
    }
    qsort(entries, count, sizeof *entries, by_path);
    *ret_entries = entries;
    *ret_count = count;
    return true;
}

static bool commit_open(struct files *files, const struct files_entry *entry,
                        struct files_stream **ret_stream, int64_t *ret_size,
                        const struct wait *wait, struct error *err)
{
    return git_blob_open((struct git_files *)files, entry, ret_stream, ret_size, wait, err);
}

/* ----------------------------------------------------------------- what is left out */

/* "SOURCE:LINE:PATTERN", a tab and the path, from `git check-ignore -v`; NULL: not ignored. */
static const char *ignore_line(struct arena *arena, const char *root, const char *path)
{
    const char *const arguments[] = {
        "git", "-c", "safe.directory=*", "-C", root, "check-ignore", "-v", "--", path, NULL
    };
    struct wait wait = wait_for(5000, NULL);
    struct error ignored;
    char *output;
    int status;
    if (!process_run(arena, arguments, NULL, NULL, 8192, &wait, &output, &status, &ignored)
        || status != 0)
        return NULL;
    char *tab = strchr(output, '\t');
    if (!tab)
        return NULL;
    *tab = '\0';
    return output;
}

const char *git_files_absent(struct arena *arena, const char *root, const char *path)
{
    struct stat status;
    if (!root || lstat(path_join(arena, root, path), &status) != 0)
        return NULL;
    const char *line = ignore_line(arena, root, path);
    if (line)
        return arena_printf(arena, "%s is on the disk, but left out of git by %s", path, line);
    return arena_printf(arena, "%s is on the disk, but not in this commit", path);
}

static const char *commit_absent(struct files *files, struct arena *arena, const char *path)
{
    return git_files_absent(arena, files->root, path);
}

/* --------------------------------------------------------------------------- life */

static void commit_close(struct files *files)
{
    struct git_files *all = (struct git_files *)files;
    git_blob_stop(all);
    git_tree_free(all->tree);
    git_odb_free(all->odb);
    git_repository_free(all->handle);
    arena_free(all->arena);
}

bool git_files_commit(struct git_source *source, struct git_files **ret, struct error *err)
{
    static const struct files_table table = {
        .find = commit_find,
        .list = commit_list,
        .open = commit_open,
        .read = git_blob_read,
        .end = git_blob_end,
        .absent = commit_absent,
        .close = commit_close,
    };
    const struct repository *repository = source->repository;
    struct arena *arena = arena_new();
    struct git_files *all = arena_alloc(arena, sizeof *all);
    *all = (struct git_files){
        .files = { .table = &table, .display = source->reader.display, .root = repository->root },
        .arena = arena,
        .name = repository->name,
    };
    const char *path = git_repository_path(repository->handle);
    if (git_repository_open_ext(&all->handle, path, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0
        && git_repository_odb(&all->odb, all->handle) == 0
        && git_tree_lookup(&all->tree, all->handle, &source->tree) == 0) {
        *ret = all;
        return true;
    }
    git_failed(err, ERROR_LOCAL, "cannot read the files of %s", repository->name);
    commit_close(&all->files);
    return false;
}

bool git_source_files(struct git_source *source, struct git_files **ret, struct error *err)
{
    pthread_mutex_lock(&source->lock);
    bool done = git_source_whole(source, err) && git_files_commit(source, ret, err);
    pthread_mutex_unlock(&source->lock);
    return done;
}

static bool sure_of_work_tree(struct git_source *source, struct files **ret)
{
    pthread_mutex_lock(&source->lock);
    bool sure = glance_files(source, ret);
    pthread_mutex_unlock(&source->lock);
    return sure;
}

bool git_files(struct git_source *source, bool work_tree, struct files **ret_files,
               struct error *err)
{
    struct git_files *all;
    if (work_tree && sure_of_work_tree(source, ret_files))
        return true;
    if (!git_source_files(source, &all, err))
        return false;
    if (work_tree && source->repository->root)
        return git_files_work(source, all, ret_files, err);
    *ret_files = &all->files;
    return true;
}
