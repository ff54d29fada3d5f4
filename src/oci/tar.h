/*
 * tar: what the layers of images are made of, read and written.
 *
 * The reader is pushed bytes as they arrive (out of layer.h) and calls back with each
 * member. It reads ustar, GNU (long names, base-256 numbers) and pax; sparse files are refused
 * by name. Nothing that it hands out can lead a careless consumer astray by itself: paths are
 * relative, without ".", ".." or empty parts, and whatever the archive said against that is
 * told in `tricks`. What it cannot know is what stands on the consumer's disk: who unpacks
 * opens below a folder (openat2 with RESOLVE_IN_ROOT) and never through a link of the archive.
 *
 * The writer knows one dialect: ustar, with a pax header only where ustar cannot say it,
 * never atime, ctime, uname or gname. The same entries give the same bytes.
 */
#ifndef CMX_OCI_TAR_H
#define CMX_OCI_TAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "oci/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAR_BLOCK = 512 };

enum tar_kind {
    TAR_FILE,
    TAR_FOLDER,
    TAR_SYMLINK,
    TAR_HARDLINK,
    TAR_CHARACTER_DEVICE,
    TAR_BLOCK_DEVICE,
    TAR_FIFO,
};

/* What a member takes away from the layers below. */
enum tar_whiteout {
    TAR_NO_WHITEOUT,
    TAR_WHITEOUT, /* ".wh.NAME": entry->path is the path that goes, without ".wh."       */
    TAR_OPAQUE,   /* ".wh..wh..opq": entry->path is the folder whose old content goes    */
};

/* What an honest builder does not write. Harmless as handed out; a scanner may tell it. */
enum tar_trick {
    TAR_ABSOLUTE = 1 << 0, /* the path began with "/"                                    */
    TAR_CLIMBS = 1 << 1,   /* "..", which was cut at the root as in a chroot             */
    TAR_LINK_OUT = 1 << 2, /* the link's ".." leads above the root                       */
    TAR_SET_ID = 1 << 3,   /* setuid or setgid file: no trick, but worth a look          */
};

struct tar_attribute {
    const char *name; /* "security.capability" */
    const char *data;
    size_t length;
};

struct tar_entry {
    enum tar_kind kind;
    const char *path; /* "usr/bin/env"; "" is the root itself                             */
    const char *link; /* symlink: as written. Hard link: a cleaned path. Else NULL        */
    uint32_t mode;    /* permission bits and setuid, setgid, sticky                       */
    int64_t uid, gid;
    int64_t mtime; /* seconds; fractions are dropped                                      */
    int64_t size;  /* bytes of content; 0 for all but files                               */
    uint32_t major, minor;
    struct tar_attribute *attributes; /* SCHILY.xattr.*, sorted by name                   */
    size_t attribute_count;
    enum tar_whiteout whiteout; /* reader only */
    unsigned tricks;            /* reader only: enum tar_trick */
};

/* --- reading --- */

struct tar_limits {
    int64_t members;    /* 0: TAR_MEMBERS_CEILING      */
    int64_t path_bytes; /* 0: TAR_PATH_CEILING         */
    int64_t pax_bytes;  /* of one member; 0: TAR_PAX_CEILING */
    int64_t unpacked;   /* content of all members; 0: TAR_UNPACKED_CEILING */
};

enum {
    TAR_MEMBERS_CEILING = 4 << 20,
    TAR_PATH_CEILING = 4096,
    TAR_PAX_CEILING = 1 << 20,
};
#define TAR_UNPACKED_CEILING ((int64_t)64 << 30)

/* Each may be NULL. False (with err set) ends the reading. */
struct tar_handler {
    /* A member begins. The entry lives until its `end`. */
    bool (*begin)(void *context, const struct tar_entry *entry, struct error *err);
    /* A piece of its content. */
    bool (*data)(void *context, const char *data, size_t length, struct error *err);
    bool (*end)(void *context, const struct tar_entry *entry, struct error *err);
};

struct tar_reader;

/* The caller owns the reader. `limits` NULL: the ceilings above. */
struct tar_reader *tar_reader_new(const struct tar_limits *limits,
                                  const struct tar_handler *handler, void *context)
    __attribute__((warn_unused_result));
void tar_reader_free(struct tar_reader *reader);

/* Reads some more bytes: a blob_sink whose context is the reader. ERROR_INVALID: no tar. */
bool tar_reader_feed(void *reader, const char *data, size_t length, struct error *err)
    __attribute__((warn_unused_result));

/* The input has ended. False where it did in the middle of a member. */
bool tar_reader_end(struct tar_reader *reader, struct error *err)
    __attribute__((warn_unused_result));

/*
 * How many bytes may be left out of the feed: the rest of a member's content, padding
 * included (of a file that can be sought). tar_reader_skip() says that they were.
 */
int64_t tar_reader_skippable(const struct tar_reader *reader);
bool tar_reader_skip(struct tar_reader *reader, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Cleans a path as the reader does: no leading "/", no ".", "..", or empty parts. *tricks gets
 * what was wrong about it.
 */
const char *tar_path_clean(struct arena *arena, const char *path, unsigned *tricks);

/* --- writing --- */

/* Members in the order of the calls; lives with its owner, holds no memory of its own. */
struct tar_writer {
    blob_sink *sink;
    void *context;
    int64_t left; /* content that the last member still wants */
    unsigned padding;
    int64_t written; /* bytes that went to the sink */
};

void tar_writer_start(struct tar_writer *writer, blob_sink *sink, void *context);

/*
 * Begins a member: its header goes to the sink. Paths as the reader hands them out ("/" behind
 * folders is added here); the root is "". A whiteout is a file of its own name. ERROR_INVALID:
 * what no tar can hold, ERROR_BUG: the member before is not complete.
 */
bool tar_writer_entry(struct tar_writer *writer, const struct tar_entry *entry, struct error *err)
    __attribute__((warn_unused_result));

/* Content of a file, in as many pieces as one likes, entry->size bytes in all. */
bool tar_writer_data(struct tar_writer *writer, const char *data, size_t length, struct error *err)
    __attribute__((warn_unused_result));

/* The two empty blocks at the end. */
bool tar_writer_end(struct tar_writer *writer, struct error *err)
    __attribute__((warn_unused_result));

#endif
