/*
 * tar_text: tars for tests. One line for each member that the reader hands out, so that a
 * tree can be compared as text; and the reader fed in steps of any size.
 *
 *   folder a 0755 0:0 @0
 *   file a/b 0644 1000:100 @1764000000 5 hello
 */
#ifndef CMX_TESTS_TAR_TEXT_H
#define CMX_TESTS_TAR_TEXT_H

#include "base/buf.h"
#include "oci/tar.h"

static inline bool tar_text_begin(void *context, const struct tar_entry *entry, struct error *err)
{
    static const char *const kinds[] = { "file",    "folder",   "symlink", "hardlink",
                                         "chardev", "blockdev", "fifo" };
    static const char *const whiteouts[] = { "", " whiteout", " opaque" };
    (void)err;
    struct buf *out = context;
    buf_printf(out, "%s %s %04o %lld:%lld @%lld", kinds[entry->kind], entry->path, entry->mode,
               (long long)entry->uid, (long long)entry->gid, (long long)entry->mtime);
    if (entry->link)
        buf_printf(out, " -> %s", entry->link);
    if (entry->size)
        buf_printf(out, " %lld ", (long long)entry->size);
    if (entry->kind == TAR_CHARACTER_DEVICE || entry->kind == TAR_BLOCK_DEVICE)
        buf_printf(out, " %u,%u", entry->major, entry->minor);
    for (size_t i = 0; i < entry->attribute_count; i++)
        buf_printf(out, " [%s=%.*s]", entry->attributes[i].name, (int)entry->attributes[i].length,
                   entry->attributes[i].data);
    buf_puts(out, whiteouts[entry->whiteout]);
    buf_puts(out, entry->tricks & TAR_ABSOLUTE ? " !absolute" : "");
    buf_puts(out, entry->tricks & TAR_CLIMBS ? " !climbs" : "");
    buf_puts(out, entry->tricks & TAR_LINK_OUT ? " !out" : "");
    buf_puts(out, entry->tricks & TAR_SET_ID ? " !setid" : "");
    return true;
}

static inline bool tar_text_data(void *context, const char *data, size_t length, struct error *err)
{
    (void)err;
    buf_add(context, data, length);
    return true;
}

static inline bool tar_text_end(void *context, const struct tar_entry *entry, struct error *err)
{
    (void)entry;
    (void)err;
    return buf_putc(context, '\n');
}

static const struct tar_handler tar_text_handler = { tar_text_begin, tar_text_data, tar_text_end };

/* Reads a whole tar, `step` bytes at a time. */
static inline bool tar_text(const char *data, size_t length, size_t step,
                            const struct tar_limits *limits, struct buf *out, struct error *err)
{
    struct tar_reader *reader = tar_reader_new(limits, &tar_text_handler, out);
    bool fine = true;
    for (size_t at = 0; fine && at < length; at += step)
        fine = tar_reader_feed(reader, data + at, length - at < step ? length - at : step, err);
    fine = fine && tar_reader_end(reader, err);
    tar_reader_free(reader);
    return fine;
}

/* A blob_sink into a buffer. */
static inline bool tar_text_sink(void *context, const char *data, size_t length, struct error *err)
{
    (void)err;
    return buf_add(context, data, length);
}

#endif
