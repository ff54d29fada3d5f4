/*
 * tar_source: a context as a tar, made while it is read: the body of a request.
 *
 * Files come from the commit or the disk, one after the other, in pieces; nothing of them is
 * kept. Modes, owners and times are the context's own (context.h).
 */
#ifndef CMX_BUILD_DOCKER_TAR_SOURCE_H
#define CMX_BUILD_DOCKER_TAR_SOURCE_H

#include "base/buf.h"
#include "oci/tar.h"
#include "providers/build/context.h"

struct tar_source {
    const struct context_list *list;
    size_t next; /* of the list */
    int64_t mtime;
    const struct wait *wait;
    /* A file that is no part of the context, put in last; `name` NULL: none. */
    const char *name, *text;
    bool hide; /* a .dockerignore with its name and its own: Docker's classic builder then takes
                  both out before it builds */
    struct tar_writer writer;
    struct buf out; /* made, and not yet read from */
    size_t taken;
    struct files_stream *stream; /* of the file that is under way */
    struct files *files;
    char *piece;
    bool ended;
};

/* The list and the texts outlive it. Ended by tar_source_done(). */
void tar_source_start(struct tar_source *source, const struct context_list *list, int64_t mtime,
                      const struct wait *wait);
void tar_source_done(struct tar_source *source);

/* An http_source whose context it is. */
bool tar_source_read(void *source, char *data, size_t capacity, size_t *ret_length,
                     struct error *err) __attribute__((warn_unused_result));

#endif
