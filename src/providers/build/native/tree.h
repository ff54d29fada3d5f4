/*
 * tree: the files of a stage, or of a context, in memory: names, modes and where the bytes are.
 *
 * Nothing of a file's content is here. A stage begins as its base (base.h) and each instruction
 * that copies changes it; what it changed has its number, and becomes a layer (layers.h).
 */
#ifndef CMX_BUILD_TREE_H
#define CMX_BUILD_TREE_H

#include "base/arena.h"
#include "base/error.h"
#include "oci/store.h"
#include "oci/tar.h"
#include "providers/files.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TREE_NODES_CEILING = 4 << 20,
    TREE_LINKS_CEILING = 40, /* symbolic links on one way, as Linux */
    TREE_DEPTH_CEILING = 256,
};

enum content_kind {
    CONTENT_BYTES,   /* here: a here-document, a small file         */
    CONTENT_FILES,   /* a file of the context                       */
    CONTENT_LAYER,   /* a member of a layer of another image        */
    CONTENT_ARCHIVE, /* a member of a tar file of the context, which ADD unpacks */
};

/* Where the bytes of a file are. Shared by all nodes that hold them. */
struct content {
    enum content_kind kind;
    const char *id;      /* two with one id have the same bytes       */
    int64_t size;        /* -1: known when it is opened               */
    bool hard;           /* its nodes are names of one file           */
    const char *bytes;   /* CONTENT_BYTES                             */
    struct files *files; /* CONTENT_FILES, CONTENT_ARCHIVE           */
    struct files_entry entry;
    struct image_store *store; /* CONTENT_LAYER */
    struct descriptor layer;
    const char *member; /* path in that layer or archive */
    /* Where it lies in the spool, once it was taken out of its layer (spool.h); -1 before. */
    int64_t spooled;
};

struct node {
    const char *name;
    struct node *parent;    /* of the root: NULL */
    struct node **children; /* sorted by name */
    size_t count, capacity;
    enum tar_kind kind;
    uint32_t mode;
    int64_t uid, gid, mtime;
    uint32_t major, minor;
    const char *link;        /* of a symbolic link */
    struct content *content; /* of a file          */
    struct tar_attribute *attributes;
    size_t attribute_count;
    unsigned layer;  /* the instruction that changed it last; 0: the base's */
    bool on_the_way; /* a folder that was made because something goes below it */
    bool submodule;  /* a folder of the context whose files are elsewhere   */
};

struct tree {
    struct arena *arena;
    struct node *root;
    size_t count;
    int64_t mtime; /* of folders that are made on the way */
};

struct tree *tree_new(struct arena *arena, int64_t mtime);

/* A second tree with the same files; contents are shared. */
struct tree *tree_copy(struct arena *arena, const struct tree *tree);

/* The child of that name, or NULL. */
struct node *node_child(const struct node *folder, const char *name);

/* "usr/bin/env" of a node, "" of the root. */
const char *node_path(struct arena *arena, const struct node *node);

/*
 * Adds a child, or makes an existing one anew (its children go, too). ERROR_INPUT above a
 * ceiling. The name is not copied.
 */
bool tree_put(struct tree *tree, struct node *folder, const char *name, enum tar_kind kind,
              struct node **ret, struct error *err) __attribute__((warn_unused_result));

/* Takes a child away, where it is. */
void tree_remove(struct tree *tree, struct node *folder, const char *name);

/* The node of a path, without following any link; NULL. */
struct node *tree_look(const struct tree *tree, struct arena *arena, const char *path);

/*
 * The path that `path` truly is, every symbolic link followed within the tree as a chroot would,
 * the last one too; what is not there yet is kept as it is. ERROR_INPUT: a loop.
 */
bool tree_real(const struct tree *tree, struct arena *arena, const char *path, const char **ret,
               struct error *err) __attribute__((warn_unused_result));

/* Who owns what is made, and how. */
struct tree_owner {
    int64_t uid, gid;
    uint32_t mode;
    unsigned layer;
    bool given; /* uid and gid were asked for */
};

/*
 * The folder of a real path, made where it or one above it is missing; as on a disk, below a
 * folder with a set-group-id bit it takes that bit, and the group unless one is given.
 * ERROR_INPUT: one of them is no folder.
 */
bool tree_folder(struct tree *tree, const char *path, const struct tree_owner *owner,
                 struct node **ret, struct error *err) __attribute__((warn_unused_result));

#endif
