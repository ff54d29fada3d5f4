/* tree: see tree.h. */
#include "providers/build/native/tree.h"

#include "base/cleanup.h"
#include "providers/build/path.h"

#include <string.h>

enum { SET_GROUP_ID = 02000 };

struct tree *tree_new(struct arena *arena, int64_t mtime)
{
    struct tree *tree = arena_alloc(arena, sizeof *tree);
    *tree = (struct tree){ .arena = arena, .mtime = mtime };
    tree->root = arena_alloc(arena, sizeof *tree->root);
    *tree->root = (struct node){ .name = "", .kind = TAR_FOLDER, .mode = 0755, .mtime = mtime };
    return tree;
}

/* Where a name is among the children, or belongs. */
static size_t place_of(const struct node *folder, const char *name, bool *ret_there)
{
    size_t low = 0, high = folder->count;
    /* What comes in order is put at the end without a search. */
    if (high && strcmp(folder->children[high - 1]->name, name) < 0)
        low = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(folder->children[middle]->name, name);
        if (order == 0) {
            *ret_there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_there = false;
    return low;
}

struct node *node_child(const struct node *folder, const char *name)
{
    bool there;
    size_t at = place_of(folder, name, &there);
    return there ? folder->children[at] : NULL;
}

const char *node_path(struct arena *arena, const struct node *node)
{
    size_t length = 0;
    for (const struct node *one = node; one->parent; one = one->parent)
        length += strlen(one->name) + 1;
    char *path = arena_alloc(arena, length + 1), *at = path + length;
    for (const struct node *one = node; one->parent; one = one->parent) {
        size_t name = strlen(one->name);
        if (one != node)
            *--at = '/';
        at -= name;
        memcpy(at, one->name, name);
    }
    return at;
}

bool tree_put(struct tree *tree, struct node *folder, const char *name, enum tar_kind kind,
              struct node **ret, struct error *err)
{
    bool there;
    size_t at = place_of(folder, name, &there);
    if (!there && tree->count >= TREE_NODES_CEILING)
        return error_set(err, ERROR_INPUT, "more than %d files", TREE_NODES_CEILING);
    struct node *node = there ? folder->children[at] : arena_alloc(tree->arena, sizeof *node);
    if (!there) {
        folder->children = arena_grow(tree->arena, folder->children, folder->count,
                                      &folder->capacity, sizeof *folder->children);
        memmove(folder->children + at + 1, folder->children + at,
                (folder->count - at) * sizeof *folder->children);
        folder->children[at] = node;
        folder->count++;
        tree->count++;
    }
    *node = (struct node){ .name = name, .parent = folder, .kind = kind, .mtime = tree->mtime };
    *ret = node;
    return true;
}

void tree_remove(struct tree *tree, struct node *folder, const char *name)
{
    bool there;
    size_t at = place_of(folder, name, &there);
    if (!there)
        return;
    folder->count--;
    tree->count--;
    memmove(folder->children + at, folder->children + at + 1,
            (folder->count - at) * sizeof *folder->children);
}

/* The depth is bounded by the ceiling that tree_folder and all readers keep. */
static struct node *copy_node(struct arena *arena, const struct node *node, struct node *parent)
{
    struct node *copy = arena_alloc(arena, sizeof *copy);
    *copy = *node;
    copy->parent = parent;
    copy->capacity = node->count;
    copy->children = arena_array(arena, node->count ? node->count : 1, sizeof *copy->children);
    for (size_t i = 0; i < node->count; i++)
        copy->children[i] = copy_node(arena, node->children[i], copy);
    return copy;
}

struct tree *tree_copy(struct arena *arena, const struct tree *tree)
{
    struct tree *copy = arena_alloc(arena, sizeof *copy);
    *copy = *tree;
    copy->arena = arena;
    copy->root = copy_node(arena, tree->root, NULL);
    return copy;
}

/* The next part of a path; *at moves behind it. NULL at its end. */
static const char *next_part(struct arena *arena, const char **at)
{
    *at += strspn(*at, "/");
    size_t length = strcspn(*at, "/");
    const char *part = length ? arena_memdup(arena, *at, length) : NULL;
    *at += length;
    return part;
}

struct node *tree_look(const struct tree *tree, struct arena *arena, const char *path)
{
    struct node *node = tree->root;
    for (const char *part = next_part(arena, &path); part && node; part = next_part(arena, &path))
        node = node_child(node, part);
    return node;
}

/* ------------------------------------------------------------------------- links */

struct walk {
    const struct tree *tree;
    struct arena *arena;
    const char *rest;  /* what is still to be walked */
    const char *done;  /* real so far, "a/b"         */
    struct node *node; /* of `done`; NULL: it is not there */
    unsigned links;
};

static void walk_up(struct walk *walk)
{
    walk->done = path_folder(walk->arena, walk->done);
    walk->node = tree_look(walk->tree, walk->arena, walk->done);
}

static void walk_down(struct walk *walk, const char *part, struct node *child)
{
    walk->done = *walk->done ? arena_printf(walk->arena, "%s/%s", walk->done, part) : part;
    walk->node = child;
}

static void walk_along(struct walk *walk, const struct node *link)
{
    walk->links++;
    walk->rest = arena_printf(walk->arena, "%s/%s", link->link, walk->rest);
    if (*link->link == '/') {
        walk->done = "";
        walk->node = walk->tree->root;
    }
}

bool tree_real(const struct tree *tree, struct arena *arena, const char *path, const char **ret,
               struct error *err)
{
    struct walk walk = {
        .tree = tree, .arena = arena, .rest = path, .done = "", .node = tree->root
    };
    for (const char *part = next_part(arena, &walk.rest); part;
         part = next_part(arena, &walk.rest)) {
        if (strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0) {
            walk_up(&walk);
            continue;
        }
        struct node *child = walk.node ? node_child(walk.node, part) : NULL;
        if (!child || child->kind != TAR_SYMLINK)
            walk_down(&walk, part, child);
        else if (walk.links == TREE_LINKS_CEILING || strlen(walk.rest) > BUILD_PATH_CEILING)
            return error_set(err, ERROR_INPUT, "%s: more than 40 symbolic links, or a loop", path);
        else
            walk_along(&walk, child);
    }
    *ret = walk.done;
    return true;
}

/* ------------------------------------------------------------------------ folders */

bool tree_folder(struct tree *tree, const char *path, const struct tree_owner *owner,
                 struct node **ret, struct error *err)
{
    struct node *node = tree->root;
    unsigned depth = 0;
    const char *rest = path;
    for (const char *part = next_part(tree->arena, &rest); part;
         part = next_part(tree->arena, &rest)) {
        struct node *child = node_child(node, part);
        if (child && child->kind != TAR_FOLDER)
            return error_set(err, ERROR_INPUT, "/%s is no folder", node_path(tree->arena, child));
        if (++depth > TREE_DEPTH_CEILING)
            return error_set(err, ERROR_INPUT, "%s: more than %d folders deep", path,
                             TREE_DEPTH_CEILING);
        if (!child) {
            if (!tree_put(tree, node, part, TAR_FOLDER, &child, err))
                return false;
            child->mode = owner->mode | (node->mode & SET_GROUP_ID);
            child->uid = owner->uid;
            child->gid = node->mode & SET_GROUP_ID && !owner->given ? node->gid : owner->gid;
            child->layer = owner->layer;
            child->on_the_way = true;
        }
        node = child;
    }
    *ret = node;
    return true;
}
