/* tar_source: see tar_source.h. */
#include "providers/build/docker/tar_source.h"

#include "base/cleanup.h"

#include <string.h>

enum { PIECE = 128 << 10 };

static bool add_out(void *context, const char *data, size_t length, struct error *err)
{
    (void)err;
    return buf_add(context, data, length);
}

void tar_source_start(struct tar_source *source, const struct context_list *list, int64_t mtime,
                      const struct wait *wait)
{
    *source = (struct tar_source){
        .list = list, .mtime = mtime, .wait = wait, .out = BUF_INIT(BUF_OUTPUT_CEILING)
    };
    source->piece = memory_alloc(PIECE);
}

static void end_file(struct tar_source *source)
{
    if (source->stream)
        source->files->table->end(source->stream);
    source->stream = NULL;
}

void tar_source_done(struct tar_source *source)
{
    end_file(source);
    buf_done(&source->out);
    free(source->piece);
}

/* ---------------------------------------------------------------------- one member */

static bool open_file(struct tar_source *source, const struct context_entry *item,
                      int64_t *ret_size, struct error *err)
{
    source->files = item->files;
    return item->files->table->open(item->files, &item->entry, &source->stream, ret_size,
                                    source->wait, err);
}

/* A link's target is its content. */
static bool add_link(struct tar_source *source, struct tar_entry *entry, int64_t size,
                     struct error *err)
{
    AUTO_BUF target = BUF_INIT(TAR_PATH_CEILING);
    for (size_t length = 1; length;) {
        if (!source->files->table->read(source->stream, source->piece, PIECE, &length, source->wait,
                                        err))
            return false;
        if (!buf_add(&target, source->piece, length))
            return error_set(err, ERROR_INPUT, "%s: a link of %lld bytes", entry->path,
                             (long long)size);
    }
    end_file(source);
    entry->size = 0;
    entry->link = buf_text(&target);
    return tar_writer_entry(&source->writer, entry, err);
}

static bool begin_member(struct tar_source *source, const struct context_entry *item,
                         struct error *err)
{
    struct tar_entry entry = { .kind = TAR_FILE,
                               .path = item->path,
                               .mode = item->entry.kind == FILES_REGULAR ? 0644 : 0755,
                               .mtime = source->mtime };
    if (!*item->path)
        return true;
    if (item->entry.kind == FILES_FOLDER || item->entry.kind == FILES_SUBMODULE) {
        entry.kind = TAR_FOLDER;
        return tar_writer_entry(&source->writer, &entry, err);
    }
    if (!open_file(source, item, &entry.size, err))
        return false;
    if (item->entry.kind != FILES_LINK)
        return tar_writer_entry(&source->writer, &entry, err);
    entry.kind = TAR_SYMLINK;
    entry.mode = 0777;
    return add_link(source, &entry, entry.size, err);
}

static bool go_on(struct tar_source *source, struct error *err)
{
    size_t length;
    if (!source->files->table->read(source->stream, source->piece, PIECE, &length, source->wait,
                                    err))
        return false;
    if (length)
        return tar_writer_data(&source->writer, source->piece, length, err);
    end_file(source);
    return true;
}

/* ------------------------------------------------------------------------- the end */

static bool add_text(struct tar_source *source, const char *path, const char *text,
                     struct error *err)
{
    struct tar_entry entry = { .kind = TAR_FILE,
                               .path = path,
                               .mode = 0644,
                               .mtime = source->mtime,
                               .size = (int64_t)strlen(text) };
    return tar_writer_entry(&source->writer, &entry, err)
           && (!*text || tar_writer_data(&source->writer, text, strlen(text), err));
}

static bool finish(struct tar_source *source, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    source->ended = true;
    if (source->name && !add_text(source, source->name, source->text, err))
        return false;
    if (source->name && source->hide
        && !add_text(source, ".dockerignore",
                     arena_printf(arena, "%s\n.dockerignore\n", source->name), err))
        return false;
    return tar_writer_end(&source->writer, err);
}

static bool make_more(struct tar_source *source, struct error *err)
{
    if (source->stream)
        return go_on(source, err);
    if (source->next < source->list->count)
        return begin_member(source, &source->list->items[source->next++], err);
    return finish(source, err);
}

bool tar_source_read(void *context, char *data, size_t capacity, size_t *ret_length,
                     struct error *err)
{
    struct tar_source *source = context;
    if (!source->writer.sink)
        tar_writer_start(&source->writer, add_out, &source->out);
    while (source->taken == source->out.length && !source->ended) {
        buf_clear(&source->out);
        source->taken = 0;
        if (!make_more(source, err))
            return false;
    }
    size_t left = source->out.length - source->taken;
    *ret_length = left < capacity ? left : capacity;
    if (*ret_length)
        memcpy(data, source->out.data + source->taken, *ret_length);
    source->taken += *ret_length;
    return true;
}
