/*
 * tree_reader: files of one commit, read from the object database.
 *
 * A path is walked part by part from the root tree. Symbolic links are followed
 * as the kernel would, but never out of the repository, and never into a folder
 * that holds the link (a listing would not end). A submodule is listed as a
 * folder and refused by name once somebody looks into it, so that .cmxignore
 * can leave it out.
 */
#include "base/file.h"
#include "manifest/disk.h"
#include "providers/git/cache.h"
#include "providers/git/repository.h"

#include <string.h>

struct level {
    git_oid tree;
    const char *name;
};

/* Where a walk stands: folders from the root down, and what of the path is still to come. */
struct walk {
    const struct git_source *source;
    struct arena *arena;
    const char *path; /* for messages */
    const char *rest;
    struct level *levels;
    size_t depth, capacity; /* levels[0] is the root */
    const char **links;     /* folders that held the links on the way */
    size_t link_count, link_capacity;
    git_oid blob;
    bool is_blob;
};

/* ------------------------------------------------------------------------ errors */

static bool missing(const struct walk *walk, struct error *err)
{
    return error_set(err, ERROR_NOT_FOUND, "%s%s: not in this commit", walk->source->reader.display,
                     walk->path);
}

static bool refused(const struct walk *walk, struct error *err, const char *why)
{
    return error_set(err, ERROR_INPUT, "%s%s: %s", walk->source->reader.display, walk->path, why);
}

/* A cache is whole unless the disk lost something; the next run fetches it again. */
static bool damaged(const struct walk *walk, struct error *err)
{
    const struct repository *repository = walk->source->repository;
    git_cache_distrust(repository->handle);
    return error_set(err, ERROR_LOCAL,
                     "%s%s: the cache of %s is damaged; run again, and it is fetched anew",
                     walk->source->reader.display, walk->path, repository->name);
}

/* An object that a tree names and the database lacks: a partial clone, or damage. */
static bool unreadable(const struct walk *walk, int code, struct error *err)
{
    if (walk->source->repository->remote)
        return damaged(walk, err);
    if (code == GIT_ENOTFOUND)
        return error_set(err, ERROR_UNREACHABLE,
                         "%s%s: its content is not in %s; fetch it whole (a clone without "
                         "--filter)",
                         walk->source->reader.display, walk->path, walk->source->repository->name);
    return git_failed(err, ERROR_LOCAL, "cannot read %s%s", walk->source->reader.display,
                      walk->path);
}

/* ----------------------------------------------------------------------- walking */

static const char *real_path(const struct walk *walk)
{
    AUTO_BUF path = BUF_INIT(BUF_OUTPUT_CEILING);
    for (size_t i = 1; i < walk->depth; i++)
        buf_printf(&path, "%s%s", i > 1 ? "/" : "", walk->levels[i].name);
    return arena_memdup(walk->arena, buf_text(&path), path.length);
}

static bool enter(struct walk *walk, const git_oid *tree, const char *name, struct error *err)
{
    if (walk->depth == GIT_DEPTH_CEILING)
        return refused(walk, err, "more than 256 folders deep");
    struct level level = { .name = name };
    git_oid_cpy(&level.tree, tree);
    arena_push(walk->arena, walk->levels, walk->depth, walk->capacity, level);
    return true;
}

static bool follow(struct walk *walk, const git_oid *id, struct error *err)
{
    CLEANUP(git_blob_free_at) git_blob *blob = NULL;
    if (walk->link_count == GIT_LINK_CEILING)
        return refused(walk, err, "more than 40 symbolic links on the way, or a loop of them");
    int code = git_blob_lookup(&blob, walk->source->repository->handle, id);
    if (code != 0)
        return unreadable(walk, code, err);
    size_t length = (size_t)git_blob_rawsize(blob);
    if (length == 0 || length + strlen(walk->rest) > GIT_PATH_CEILING)
        return refused(walk, err, "a symbolic link with no target, or too long a one");
    const char *target = arena_memdup(walk->arena, git_blob_rawcontent(blob), length);
    if (*target == '/')
        return refused(walk, err, "a symbolic link to an absolute path, out of the repository");
    const char *folder = real_path(walk);
    arena_push(walk->arena, walk->links, walk->link_count, walk->link_capacity, folder);
    walk->rest = arena_printf(walk->arena, "%s/%s", target, walk->rest);
    return true;
}

static bool step_named(struct walk *walk, const char *name, struct error *err)
{
    CLEANUP(git_tree_free_at) git_tree *tree = NULL;
    const struct level *top = &walk->levels[walk->depth - 1];
    int code = git_tree_lookup(&tree, walk->source->repository->handle, &top->tree);
    if (code != 0)
        return unreadable(walk, code, err);
    const git_tree_entry *entry = git_tree_entry_byname(tree, name);
    if (!entry)
        return missing(walk, err);
    const git_oid *id = git_tree_entry_id(entry);
    switch (git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_TREE:
        return enter(walk, id, name, err);
    case GIT_FILEMODE_LINK:
        return follow(walk, id, err);
    case GIT_FILEMODE_COMMIT:
        return refused(walk, err,
                       "a submodule; submodules are not read. Leave it out with .cmxignore, or "
                       "name its own repository with --git");
    default:
        git_oid_cpy(&walk->blob, id);
        walk->is_blob = true;
        return true;
    }
}

static bool step_up(struct walk *walk, struct error *err)
{
    if (walk->depth == 1)
        return refused(walk, err,
                       walk->link_count ? "a symbolic link out of the repository"
                                        : "a path out of the repository");
    walk->depth--;
    return true;
}

static bool step(struct walk *walk, struct error *err)
{
    size_t length = strcspn(walk->rest, "/");
    const char *name = arena_memdup(walk->arena, walk->rest, length);
    walk->rest += length + (walk->rest[length] == '/');
    if (length == 0 || strcmp(name, ".") == 0)
        return true;
    if (walk->is_blob)
        return missing(walk, err);
    return strcmp(name, "..") == 0 ? step_up(walk, err) : step_named(walk, name, err);
}

static bool walk_to(struct walk *walk, const struct git_source *source, struct arena *arena,
                    const char *path, struct error *err)
{
    *walk = (struct walk){ .source = source, .arena = arena, .path = path, .rest = path };
    if (strlen(path) > GIT_PATH_CEILING)
        return error_set(err, ERROR_INPUT, "a path of more than %d bytes", GIT_PATH_CEILING);
    if (!enter(walk, &source->tree, "", err))
        return false;
    while (*walk->rest)
        if (!step(walk, err))
            return false;
    return true;
}

/* A link into a folder that holds the link would be listed without end. */
static bool check_loop(const struct walk *walk, struct error *err)
{
    const char *here = real_path(walk);
    size_t length = strlen(here);
    for (size_t i = 0; i < walk->link_count; i++) {
        const char *link = walk->links[i];
        if (strncmp(link, here, length) == 0
            && (length == 0 || link[length] == '/' || link[length] == '\0'))
            return refused(walk, err, "a symbolic link to a folder that holds the link");
    }
    return true;
}

/* ------------------------------------------------------------------------ listing */

static bool is_file_name(const char *name)
{
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

/* Links are what they lead to; what leads nowhere is a file that cannot be read. */
static bool is_folder(const struct git_source *source, struct arena *arena,
                      const git_tree_entry *entry, const char *path)
{
    git_filemode_t mode = git_tree_entry_filemode(entry);
    struct walk target;
    struct error ignored;
    if (mode != GIT_FILEMODE_LINK)
        return mode == GIT_FILEMODE_TREE || mode == GIT_FILEMODE_COMMIT;
    return walk_to(&target, source, arena, path, &ignored) && !target.is_blob;
}

static bool list_tree(const struct walk *walk, git_tree *tree, struct source_entry **ret_entries,
                      size_t *ret_count, struct error *err)
{
    size_t count = git_tree_entrycount(tree), capacity = 0, used = 0;
    struct source_entry *entries = NULL;
    if (count > GIT_FOLDER_CEILING)
        return refused(walk, err, "more than 100000 entries in one folder");
    for (size_t i = 0; i < count; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        const char *name = git_tree_entry_name(entry);
        if (!is_file_name(name))
            return refused(walk, err, "holds an entry with a name that no file can have");
        const char *path = path_join(walk->arena, walk->path, arena_strdup(walk->arena, name));
        struct source_entry item = { path, is_folder(walk->source, walk->arena, entry, path) };
        arena_push(walk->arena, entries, used, capacity, item);
    }
    *ret_entries = entries;
    *ret_count = used;
    return true;
}

static bool reader_list(void *context, struct arena *arena, const char *folder,
                        struct source_entry **ret_entries, size_t *ret_count, struct error *err)
{
    const struct git_source *source = context;
    CLEANUP(git_tree_free_at) git_tree *tree = NULL;
    struct walk walk;
    if (!walk_to(&walk, source, arena, folder, err))
        return false;
    if (walk.is_blob)
        return error_set(err, ERROR_INPUT, "%s%s: a file, not a folder", source->reader.display,
                         folder);
    if (!check_loop(&walk, err))
        return false;
    int code =
        git_tree_lookup(&tree, source->repository->handle, &walk.levels[walk.depth - 1].tree);
    if (code != 0)
        return unreadable(&walk, code, err);
    return list_tree(&walk, tree, ret_entries, ret_count, err);
}

/* ------------------------------------------------------------------------ reading */

/* Size first: libgit2 unpacks a blob whole, and may need several times its size for it. */
static bool check_size(const struct walk *walk, git_odb *odb, size_t ceiling, struct error *err)
{
    size_t size;
    git_object_t type;
    int code = git_odb_read_header(&size, &type, odb, &walk->blob);
    if (code != 0)
        return unreadable(walk, code, err);
    if (ceiling > GIT_BLOB_CEILING)
        ceiling = GIT_BLOB_CEILING;
    if (type != GIT_OBJECT_BLOB || size <= ceiling)
        return true;
    return error_set(err, ERROR_INPUT, "%s%s: %zu bytes, a manifest may have %zu",
                     walk->source->reader.display, walk->path, size, ceiling);
}

static bool read_blob(const struct walk *walk, struct arena *arena, size_t ceiling, char **ret_data,
                      size_t *ret_length, struct error *err)
{
    CLEANUP(git_odb_free_at) git_odb *odb = NULL;
    CLEANUP(git_odb_object_free_at) git_odb_object *object = NULL;
    if (git_repository_odb(&odb, walk->source->repository->handle) != 0)
        return unreadable(walk, GIT_ERROR, err);
    if (!check_size(walk, odb, ceiling, err))
        return false;
    int code = git_odb_read(&object, odb, &walk->blob);
    if (code != 0)
        return unreadable(walk, code, err);
    const char *data = git_odb_object_data(object);
    size_t length = git_odb_object_size(object);
    if (git_odb_object_type(object) != GIT_OBJECT_BLOB)
        return refused(walk, err, "damaged: its object is not a file");
    if (source_is_pointer(data, length))
        return refused(walk, err, "a Git LFS pointer; its content is not in the repository");
    *ret_data = arena_memdup(arena, data, length);
    *ret_length = length;
    return true;
}

static bool reader_read(void *context, struct arena *arena, const char *path, size_t ceiling,
                        char **ret_data, size_t *ret_length, struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    struct walk walk;
    if (!walk_to(&walk, context, scratch, path, err))
        return false;
    if (!walk.is_blob)
        return refused(&walk, err, "a folder, not a file");
    return read_blob(&walk, arena, ceiling, ret_data, ret_length, err);
}

void git_reader_start(struct git_source *source)
{
    char hex[8];
    git_oid_tostr(hex, sizeof hex, &source->commit);
    source->reader = (struct source_reader){
        .context = source,
        .list = reader_list,
        .read = reader_read,
        .display = arena_printf(source->arena, "%s:", hex),
    };
}
