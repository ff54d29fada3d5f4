/* context: see context.h. */
#include "providers/build/context.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "providers/build/path.h"

#include <stdlib.h>
#include <string.h>

enum { LINKS_CEILING = 8 };

static const struct wait FOREVER = { .deadline = INT64_MAX };

/* ------------------------------------------------------------------ reading a file */

static bool read_all(struct files *files, struct arena *arena, const struct files_entry *entry,
                     size_t ceiling, const char **ret, size_t *ret_length, struct error *err)
{
    struct files_stream *stream;
    int64_t size;
    size_t used = 0, length = 1;
    if (!files->table->open(files, entry, &stream, &size, &FOREVER, err))
        return false;
    bool done = size <= (int64_t)ceiling
                || error_set(err, ERROR_INPUT, "%s%s: more than %zu bytes", files->display,
                             entry->path, ceiling);
    char *data = done ? arena_alloc(arena, (size_t)size + 1) : NULL;
    while (done && length) {
        done = files->table->read(stream, data + used, (size_t)size - used + 1, &length, &FOREVER,
                                  err);
        used += done ? length : 0;
    }
    files->table->end(stream);
    *ret = data;
    *ret_length = used;
    return done;
}

bool context_read(struct files *files, struct arena *arena, const char *path, size_t ceiling,
                  const char **ret, size_t *ret_length, struct error *err)
{
    const char *at = path_below(arena, path);
    for (unsigned links = 0;; links++) {
        struct files_entry entry;
        const char *target;
        size_t length;
        if (!files->table->find(files, arena, at, &entry, err))
            return false;
        if (entry.kind == FILES_FOLDER || entry.kind == FILES_SUBMODULE || links > LINKS_CEILING)
            return error_set(err, ERROR_INPUT, "%s%s: no file", files->display, path);
        if (entry.kind != FILES_LINK)
            return read_all(files, arena, &entry, ceiling, ret, ret_length, err);
        if (!read_all(files, arena, &entry, BUILD_PATH_CEILING, &target, &length, err))
            return false;
        at = path_below(arena, path_join(arena, path_folder(arena, at), target));
    }
}

/* ------------------------------------------------------------------------- walking */

struct walk {
    const struct context *context;
    struct files *files;
    struct arena *arena;
    struct context_list *list;
    struct error *err;
};

/* A folder on the way down, which is listed once something below it is. */
struct folder {
    struct folder *above;
    const struct files_entry *entry;
    const char *path; /* below the context */
    bool listed;
    bool *ignored; /* what each pattern said of it */
    unsigned depth;
};

static bool add(struct walk *walk, const struct files_entry *entry, const char *path)
{
    struct context_entry item = { path, walk->files, *entry };
    if (walk->list->count == CONTEXT_ENTRIES_CEILING)
        return error_set(walk->err, ERROR_INPUT, "%s%s: more than %d files in the context",
                         walk->files->display, walk->context->folder, CONTEXT_ENTRIES_CEILING);
    arena_push(walk->arena, walk->list->items, walk->list->count, walk->list->capacity, item);
    return true;
}

static bool list_folder(struct walk *walk, struct folder *folder)
{
    if (folder->listed)
        return true;
    folder->listed = true;
    return (!folder->above || list_folder(walk, folder->above))
           && add(walk, folder->entry, folder->path);
}

static bool walk_folder(struct walk *walk, struct folder *folder);

static bool walk_child(struct walk *walk, struct folder *folder, const struct files_entry *entry)
{
    const struct patterns *ignore = walk->context->ignore;
    const char *root = walk->context->folder;
    struct folder own = { .above = folder, .entry = entry, .depth = folder->depth + 1 };
    own.path = entry->path + (*root ? strlen(root) + 1 : 0);
    if (ignore->count)
        own.ignored = arena_array(walk->arena, ignore->count, sizeof *own.ignored);
    bool out = ignore->count
               && patterns_match(ignore, walk->arena, own.path, folder->ignored, own.ignored);
    if (entry->kind != FILES_FOLDER)
        return out || (list_folder(walk, folder) && add(walk, entry, own.path));
    if (out && !patterns_except_below(ignore, own.path))
        return true;
    return (out || list_folder(walk, &own)) && walk_folder(walk, &own);
}

static bool walk_folder(struct walk *walk, struct folder *folder)
{
    struct files_entry *entries;
    size_t count;
    const char *path = path_join(walk->arena, walk->context->folder, folder->path);
    if (folder->depth > CONTEXT_DEPTH_CEILING)
        return error_set(walk->err, ERROR_INPUT, "%s: more than %d folders deep", path,
                         CONTEXT_DEPTH_CEILING);
    if (!walk->files->table->list(walk->files, walk->arena, path, &entries, &count, walk->err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!walk_child(walk, folder, &entries[i]))
            return false;
    return true;
}

/* ----------------------------------------------------------------------- artifacts */

/* The patterns look at the folders above an artifact, too: its own walk begins at it. */
static bool walk_artifact(struct walk *walk, const char *path)
{
    const struct context *context = walk->context;
    struct files_entry entry;
    struct folder top = { .path = path, .listed = true, .entry = &entry };
    const char *whole = path_join(walk->arena, context->folder, path);
    struct error own;
    if (!walk->files->table->find(walk->files, walk->arena, whole, &entry, &own)) {
        *walk->err = own;
        if (own.kind == ERROR_NOT_FOUND)
            error_set(walk->err, ERROR_INPUT,
                      "build.artifacts: %s is not on the disk; make it before the image is built",
                      whole);
        return false;
    }
    walk->list->artifacts = true;
    bool *ignored = arena_array(walk->arena, context->ignore->count + 1, sizeof *ignored);
    bool out = patterns_match(context->ignore, walk->arena, path, NULL, ignored);
    if (context->ignore->count)
        top.ignored = ignored;
    if (!out && !add(walk, &entry, path))
        return false;
    return entry.kind != FILES_FOLDER || walk_folder(walk, &top);
}

static bool add_artifacts(struct walk *walk)
{
    const struct text_list *artifacts = walk->context->artifacts;
    for (size_t i = 0; artifacts && i < artifacts->count; i++) {
        if (!walk->context->disk)
            return error_set(walk->err, ERROR_INPUT,
                             "build.artifacts: %s cannot be read: the source is no folder on this "
                             "machine",
                             artifacts->items[i]);
        walk->files = walk->context->disk;
        if (!walk_artifact(walk, path_below(walk->arena, artifacts->items[i])))
            return false;
    }
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct context_entry *one = a, *other = b;
    return strcmp(one->path, other->path);
}

static bool is_sorted(const struct context_list *list)
{
    for (size_t i = 1; i < list->count; i++)
        if (strcmp(list->items[i - 1].path, list->items[i].path) > 0)
            return false;
    return true;
}

/* Of two with one path the later wins: what an artifact says. qsort alone is not stable. */
static void sort_once(struct context_list *list, const struct files *commit)
{
    size_t kept = 0;
    if (!is_sorted(list))
        qsort(list->items, list->count, sizeof *list->items, by_path);
    for (size_t i = 0; i < list->count; i++) {
        if (kept && strcmp(list->items[kept - 1].path, list->items[i].path) == 0) {
            if (list->items[i].files != commit)
                list->items[kept - 1] = list->items[i];
        } else {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

bool context_list(const struct context *context, struct arena *arena, struct context_list *ret,
                  struct error *err)
{
    struct walk walk = { context, context->files, arena, ret, err };
    struct folder root = { .path = "", .listed = true };
    *ret = (struct context_list){ 0 };
    if (!walk_folder(&walk, &root) || !add_artifacts(&walk))
        return false;
    sort_once(ret, context->files);
    return true;
}

/* ----------------------------------------------------------------------- one by one */

struct visiting {
    const struct context *context;
    struct arena *arena;
    context_visit *visit;
    void *visitor;
    size_t prefix; /* of the context's folder */
    const bool *none;
};

/* Nobody comes here below a folder that is left out. */
static bool visit_entry(void *context, const struct files_entry *entry)
{
    const struct visiting *visiting = context;
    const struct context *all = visiting->context;
    struct context_entry item = { entry->path + visiting->prefix, all->files, *entry };
    if (all->ignore->count
        && patterns_match(all->ignore, visiting->arena, item.path, visiting->none, NULL))
        return false;
    visiting->visit(visiting->visitor, &item);
    return true;
}

/* What a "!" takes back in, and what artifacts bring, is only known when all was seen. */
bool context_each(const struct context *context, context_visit *visit, void *visitor,
                  struct error *err)
{
    AUTO_ARENA arena = arena_new();
    struct context_list list;
    size_t length = strlen(context->folder);
    bool artifacts = context->artifacts && context->artifacts->count;
    struct visiting visiting = { context, arena, visit, visitor, length + (length > 0), NULL };
    visiting.none = arena_array(arena, context->ignore->count + 1, sizeof *visiting.none);
    if (context->files->table->each && !context->ignore->exceptions && !artifacts)
        return context->files->table->each(context->files, context->folder, visit_entry, &visiting,
                                           err);
    if (!context_list(context, arena, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        visit(visitor, &list.items[i]);
    return true;
}

/* ---------------------------------------------------------------------------- tree */

static const char *read_link(const struct context_entry *item, struct arena *arena,
                             struct error *err)
{
    const char *target;
    size_t length;
    if (!read_all(item->files, arena, &item->entry, BUILD_PATH_CEILING, &target, &length, err))
        return NULL;
    if (length == 0 || strlen(target) != length) {
        error_set(err, ERROR_INPUT, "%s: a link that leads nowhere", item->path);
        return NULL;
    }
    return target;
}

static struct content *content_of(const struct context_entry *item, struct arena *arena)
{
    struct content *content = arena_alloc(arena, sizeof *content);
    *content = (struct content){ .kind = CONTENT_FILES,
                                 .id = item->entry.id,
                                 .size = -1,
                                 .files = item->files,
                                 .entry = item->entry,
                                 .spooled = -1 };
    return content;
}

static bool add_node(struct tree *tree, const struct context_entry *item, struct error *err)
{
    static const struct tree_owner root = { .mode = 0755 };
    struct arena *arena = tree->arena;
    struct node *folder, *node;
    enum tar_kind kind = item->entry.kind == FILES_LINK ? TAR_SYMLINK : TAR_FILE;
    if (item->entry.kind == FILES_FOLDER || item->entry.kind == FILES_SUBMODULE)
        kind = TAR_FOLDER;
    if (!tree_folder(tree, path_folder(arena, item->path), &root, &folder, err))
        return false;
    if (kind == TAR_FOLDER && node_child(folder, path_base(item->path)))
        return true;
    if (!tree_put(tree, folder, path_base(item->path), kind, &node, err))
        return false;
    node->mode = kind == TAR_SYMLINK ? 0777 : 0755;
    node->submodule = item->entry.kind == FILES_SUBMODULE;
    if (item->entry.kind == FILES_REGULAR)
        node->mode = 0644;
    if (kind == TAR_FILE)
        node->content = content_of(item, arena);
    else if (kind == TAR_SYMLINK)
        node->link = read_link(item, arena, err);
    return kind != TAR_SYMLINK || node->link;
}

bool context_tree(const struct context *context, struct arena *arena, int64_t mtime,
                  struct tree **ret, const struct wait *wait, struct error *err)
{
    struct context_list list;
    struct tree *tree = tree_new(arena, mtime);
    if (!context_list(context, arena, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!wait_check(wait, "reading the context", err) || !add_node(tree, &list.items[i], err))
            return false;
    *ret = tree;
    return true;
}

/* -------------------------------------------------------------------------- absent */

/* What git has, and the context has not: a rule says so, or it is a link to something else. */
static const char *left_out(const struct context *context, struct arena *arena, const char *path,
                            const struct files_entry *entry)
{
    const struct context_entry item = { .path = path, .files = context->files, .entry = *entry };
    const struct pattern *rule = patterns_matching(context->ignore, arena, path);
    struct error none;
    const char *target = NULL;
    if (rule && rule->origin)
        return arena_printf(arena, "%s is left out by %s: %s", path, rule->origin, rule->text);
    if (!rule && entry->kind == FILES_LINK)
        target = read_link(&item, arena, &none);
    if (target)
        return arena_printf(arena, "%s is a link to %s, which is not in the context", path, target);
    return arena_printf(arena, "all of %s is left out by .dockerignore", path);
}

const char *context_absent(const struct context *context, struct arena *arena, const char *path)
{
    struct files *files = context->files;
    struct files_entry entry;
    struct error none;
    path = path_below(arena, path);
    const char *whole = path_join(arena, context->folder, path);
    if (files->table->find(files, arena, whole, &entry, &none))
        return left_out(context, arena, path, &entry);
    const char *why = files->table->absent ? files->table->absent(files, arena, whole) : NULL;
    if (!why)
        return NULL;
    return arena_printf(arena,
                        "%s. Commit it, or name it in build.artifacts (%s), which makes the image "
                        "-dirty",
                        why, path);
}
