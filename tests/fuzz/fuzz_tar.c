/*
 * Layers of strangers: no input crashes the unpacker or the tar reader; where it is cut makes no
 * difference; what is handed out is a clean path within the tree; and what was read is
 * written and read as the same.
 */
#include "base/cleanup.h"
#include "oci/layer.h"
#include "oci/tar.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* What a reader handed out, as text and written again. */
struct seen {
    struct buf text, tar;
    struct tar_writer writer;
    bool writes; /* into the tar */
};

static bool keep(void *context, const char *data, size_t length, struct error *err)
{
    (void)err;
    return buf_add(context, data, length);
}

static void seen_start(struct seen *seen, bool writes)
{
    *seen = (struct seen){ .text = BUF_INIT(16 << 20), .tar = BUF_INIT(16 << 20) };
    seen->writes = writes;
    tar_writer_start(&seen->writer, keep, &seen->tar);
}

static void seen_done(struct seen *seen)
{
    buf_done(&seen->text);
    buf_done(&seen->tar);
}

/* Relative, no part empty, "." or "..". */
static void require_clean(const char *path)
{
    while (*path) {
        size_t length = strcspn(path, "/");
        require(length > 0 && !(length == 1 && *path == '.')
                && !(length == 2 && path[0] == '.' && path[1] == '.'));
        path += length;
        require(*path == '\0' || path[1] != '\0');
        path += *path == '/';
    }
}

static void require_sane(const struct tar_entry *entry)
{
    require_clean(entry->path);
    require(*entry->path || entry->kind == TAR_FOLDER || entry->whiteout);
    require(entry->size >= 0 && (entry->kind == TAR_FILE || entry->size == 0));
    require(!entry->whiteout || entry->size == 0);
    if (entry->kind == TAR_HARDLINK)
        require_clean(entry->link);
    for (size_t i = 1; i < entry->attribute_count; i++)
        require(strcmp(entry->attributes[i - 1].name, entry->attributes[i].name) < 0);
}

static bool begin(void *context, const struct tar_entry *entry, struct error *err)
{
    struct seen *seen = context;
    require_sane(entry);
    buf_printf(&seen->text, "%d %s %s %o %lld %lld %lld %lld %u %u %d", entry->kind, entry->path,
               entry->link ? entry->link : "-", entry->mode, (long long)entry->uid,
               (long long)entry->gid, (long long)entry->mtime, (long long)entry->size,
               entry->major & 07777777, entry->minor & 07777777, entry->whiteout);
    for (size_t i = 0; i < entry->attribute_count; i++) {
        buf_printf(&seen->text, " %s=", entry->attributes[i].name);
        buf_add(&seen->text, entry->attributes[i].data, entry->attributes[i].length);
    }
    buf_putc(&seen->text, '\n');
    /* A whiteout has lost its name here, a link without a target cannot be written. */
    bool writable = !entry->whiteout && !(entry->link && !*entry->link);
    seen->writes &= writable && entry->major <= 07777777 && entry->minor <= 07777777;
    seen->writes = seen->writes && tar_writer_entry(&seen->writer, entry, err);
    return true;
}

static bool content(void *context, const char *data, size_t length, struct error *err)
{
    struct seen *seen = context;
    seen->writes = seen->writes && tar_writer_data(&seen->writer, data, length, err);
    return buf_add(&seen->text, data, length);
}

static const struct tar_handler handler = { .begin = begin, .data = content };
static const struct tar_limits limits = { .members = 1000, .unpacked = 4 << 20 };

static bool read_in_steps(const char *data, size_t size, size_t step, struct seen *seen)
{
    struct tar_reader *reader = tar_reader_new(&limits, &handler, seen);
    struct error err = { 0 };
    bool fine = true;
    for (size_t at = 0; fine && at < size; at += step)
        fine = tar_reader_feed(reader, data + at, size - at < step ? size - at : step, &err);
    fine = fine && tar_reader_end(reader, &err);
    tar_reader_free(reader);
    require(fine || err.kind == ERROR_INVALID);
    return fine;
}

static void try_tar(const char *data, size_t size)
{
    struct seen whole, cut, again;
    struct error err = { 0 };
    seen_start(&whole, true);
    seen_start(&cut, false);
    seen_start(&again, true);
    bool fine = read_in_steps(data, size, size ? size : 1, &whole);
    require(fine == read_in_steps(data, size, 7, &cut));
    require(whole.text.length == cut.text.length
            && memcmp(buf_text(&whole.text), buf_text(&cut.text), cut.text.length) == 0);
    if (fine && whole.writes) {
        require(tar_writer_end(&whole.writer, &err));
        require(read_in_steps(whole.tar.data, whole.tar.length, 4096, &again));
        require(whole.text.length == again.text.length
                && memcmp(buf_text(&whole.text), buf_text(&again.text), again.text.length) == 0);
        /* Written twice, the bytes are the same. */
        require(tar_writer_end(&again.writer, &err) && again.tar.length == whole.tar.length
                && memcmp(again.tar.data, whole.tar.data, whole.tar.length) == 0);
    }
    seen_done(&whole);
    seen_done(&cut);
    seen_done(&again);
}

/* Puts the right sum into each block, so that changed headers get past the first look. */
static void try_repaired(const char *data, size_t size)
{
    AUTO_FREE char *copy = memory_alloc(size + 1);
    memcpy(copy, data, size);
    for (size_t at = 0; at + TAR_BLOCK <= size; at += TAR_BLOCK) {
        unsigned sum = 0;
        bool empty = true;
        memset(copy + at + 148, ' ', 8);
        for (size_t i = 0; i < TAR_BLOCK; i++) {
            sum += (unsigned char)copy[at + i];
            empty &= (i >= 148 && i < 156) || copy[at + i] == '\0';
        }
        if (empty)
            memset(copy + at + 148, '\0', 8);
        else
            snprintf(copy + at + 148, 8, "%06o", sum);
    }
    try_tar(copy, size);
}

static bool unpack(const char *data, size_t size, size_t step, struct buf *out)
{
    struct unpacker *unpacker = unpacker_new(4 << 20, keep, out);
    struct error err = { 0 };
    bool fine = true;
    for (size_t at = 0; fine && at < size; at += step)
        fine = unpacker_feed(unpacker, data + at, size - at < step ? size - at : step, &err);
    fine = fine && unpacker_end(unpacker, &err);
    unpacker_free(unpacker);
    return fine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    AUTO_BUF whole = BUF_INIT(16 << 20), cut = BUF_INIT(16 << 20);
    bool fine = unpack(text, size, size ? size : 1, &whole);
    require(fine == unpack(text, size, 3, &cut));
    require(!fine
            || (whole.length == cut.length
                && memcmp(buf_text(&whole), buf_text(&cut), cut.length) == 0));
    try_tar(buf_text(&whole), whole.length);
    try_repaired(buf_text(&whole), whole.length);
    return 0;
}
