/*
 * files: the contract of a tree of files that images are built from.
 *
 * A commit is read straight from git's objects (git/files.c), a changed work tree is that
 * commit with what differs read from the disk (git/files_work.c), and a folder in no
 * repository is the disk alone (build/files_disk.c). Each file has an id that changes with its
 * content, known without reading it where it comes from a commit.
 *
 * A tree belongs to one thread at a time. Paths are relative to its root, "a/b", "" is the
 * root itself; links are never followed.
 */
#ifndef CMX_PROVIDERS_FILES_H
#define CMX_PROVIDERS_FILES_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum files_kind { FILES_REGULAR, FILES_EXECUTABLE, FILES_LINK, FILES_FOLDER, FILES_SUBMODULE };

struct files_entry {
    const char *path; /* from the root of the tree, "a/b.c" */
    enum files_kind kind;
    const char *id; /* 40 hex digits: git's object id; NULL of a folder that is not all of a
                       commit's */
    bool on_disk;   /* read from there: it differs from the commit, or there is none */
};

struct files;
struct files_stream;

/* One of many. The entry lives as long as the call. Of a folder: is what lies below it wanted? */
typedef bool files_visit(void *context, const struct files_entry *entry);

struct files_table {
    /* The entry of a path; ERROR_NOT_FOUND. */
    bool (*find)(struct files *files, struct arena *arena, const char *path,
                 struct files_entry *ret, struct error *err);

    /* What a folder holds, sorted by the bytes of the names. */
    bool (*list)(struct files *files, struct arena *arena, const char *folder,
                 struct files_entry **ret_entries, size_t *ret_count, struct error *err);

    /*
     * All that lies below a folder, folders too, in the order of the bytes of the whole paths;
     * nothing is read or kept for it. May be NULL: there is `list`.
     */
    bool (*each)(struct files *files, const char *folder, files_visit *visit, void *context,
                 struct error *err);

    /*
     * Opens a file or the target of a link. The size is surely what will be read: a
     * file that changes below our hands is an error.
     */
    bool (*open)(struct files *files, const struct files_entry *entry,
                 struct files_stream **ret_stream, int64_t *ret_size, const struct wait *wait,
                 struct error *err);

    /* Up to `capacity` bytes; *ret_length 0 is the end. */
    bool (*read)(struct files_stream *stream, char *data, size_t capacity, size_t *ret_length,
                 const struct wait *wait, struct error *err);
    void (*end)(struct files_stream *stream);

    /*
     * Why a path that is on the disk is not in the tree: "dist/ is left out of git by
     * .gitignore:3: dist/"; NULL where it is nowhere. May be NULL.
     */
    const char *(*absent)(struct files *files, struct arena *arena, const char *path);

    void (*close)(struct files *files);
};

struct files {
    const struct files_table *table;
    const char *display; /* before paths in messages: "3f2a1c7:" of a commit, else "" or "dir/" */
    const char *root;    /* the same root on the disk, absolute; NULL where there is none */
    bool dirty;          /* something of it differs from the commit, or there is none */
};

#endif
