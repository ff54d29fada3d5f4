/* spool: see spool.h. */
#include "providers/build/native/spool.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "oci/layer.h"
#include "providers/build/native/members.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct taking {
    struct spool *spool;
    struct content **wanted; /* sorted by id; those of one layer stand together */
    size_t count;
    struct content *current; /* NULL: the member that passes is not wanted */
};

void spool_done(struct spool *spool)
{
    if (spool->descriptor >= 0)
        close(spool->descriptor);
    *spool = SPOOL_INIT;
}

static bool open_spool(struct spool *spool, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *folder = getenv("TMPDIR");
    char *name =
        arena_printf(arena, "%s/cmx-reconcile-XXXXXX", folder && *folder ? folder : "/tmp");
    if (spool->descriptor >= 0)
        return true;
    spool->descriptor = mkostemp(name, O_CLOEXEC);
    if (spool->descriptor < 0)
        return error_errno(err, ERROR_LOCAL, "cannot make a temporary file in %s",
                           folder && *folder ? folder : "/tmp");
    unlink(name);
    return true;
}

static bool spool_write(struct spool *spool, const char *data, size_t length, struct error *err)
{
    while (length) {
        ssize_t written = pwrite(spool->descriptor, data, length, spool->size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_errno(err, ERROR_LOCAL, "cannot write a temporary file");
        spool->size += written;
        data += written;
        length -= (size_t)written;
    }
    return true;
}

bool spool_read(const struct spool *spool, int64_t at, char *data, size_t length, struct error *err)
{
    while (length) {
        ssize_t got = pread(spool->descriptor, data, length, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_errno(err, ERROR_LOCAL, "cannot read a temporary file");
        at += got;
        data += got;
        length -= (size_t)got;
    }
    return true;
}

/* ------------------------------------------------------------------------- taking */

static int by_member(const void *key, const void *item)
{
    const struct content *content = *(struct content *const *)item;
    return strcmp(key, content->member);
}

static bool begin(void *context, const struct tar_entry *entry, struct error *err)
{
    struct taking *all = context;
    (void)err;
    all->current = NULL;
    if (entry->kind != TAR_FILE || entry->whiteout != TAR_NO_WHITEOUT)
        return true;
    struct content **found =
        bsearch(entry->path, all->wanted, all->count, sizeof *all->wanted, by_member);
    if (!found || (*found)->size != entry->size)
        return true;
    all->current = *found;
    all->current->spooled = all->spool->size;
    return true;
}

static bool data(void *context, const char *bytes, size_t length, struct error *err)
{
    struct taking *all = context;
    return !all->current || spool_write(all->spool, bytes, length, err);
}

static const struct tar_handler HANDLER = { .begin = begin, .data = data };

static bool feed_archive(const struct content *one, struct taking *all, const struct wait *wait,
                         struct error *err)
{
    struct tar_reader *reader = tar_reader_new(NULL, &HANDLER, all);
    struct unpacker *unpacker = unpacker_new(LAYER_UNPACKED_CEILING, tar_reader_feed, reader);
    bool done = content_feed(one, unpacker_feed, unpacker, wait, err) && unpacker_end(unpacker, err)
                && tar_reader_end(reader, err);
    unpacker_free(unpacker);
    tar_reader_free(reader);
    return done;
}

/* Two contents may be of one member, of which the search found one. */
static bool share(struct taking *all, struct error *err)
{
    for (size_t i = 1; i < all->count; i++)
        if (strcmp(all->wanted[i]->member, all->wanted[i - 1]->member) == 0) {
            if (all->wanted[i]->spooled < 0)
                all->wanted[i]->spooled = all->wanted[i - 1]->spooled;
        }
    for (size_t i = all->count; i > 0; i--) {
        struct content *one = all->wanted[i - 1];
        if (one->spooled < 0 && i < all->count && strcmp(one->member, all->wanted[i]->member) == 0)
            one->spooled = all->wanted[i]->spooled;
        if (one->spooled < 0)
            return error_set(err, ERROR_INVALID,
                             "%s was listed, and is not there when it is to be read", one->member);
    }
    return true;
}

/* All that is wanted of one layer, in one pass. */
static bool take_group(struct taking *all, const struct wait *wait, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const struct content *one = all->wanted[0];
    bool done = one->kind == CONTENT_LAYER ? layer_read_tar(one->store, arena, &one->layer, NULL,
                                                            NULL, &HANDLER, all, wait, err)
                                           : feed_archive(one, all, wait, err);
    return done && share(all, err);
}

static const char *group_of(const struct content *content)
{
    return content->kind == CONTENT_LAYER ? content->layer.digest : content->entry.id;
}

static int by_group(const void *a, const void *b)
{
    const struct content *one = *(struct content *const *)a, *other = *(struct content *const *)b;
    int order = strcmp(group_of(one), group_of(other));
    return order ? order : strcmp(one->member, other->member);
}

/* Those that are to be taken, each file once. */
static size_t choose(struct content *const *contents, size_t count, struct content **ret)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct content *one = contents[i];
        if (one && (one->kind == CONTENT_LAYER || one->kind == CONTENT_ARCHIVE) && one->spooled < 0)
            ret[kept++] = contents[i];
    }
    if (kept)
        qsort(ret, kept, sizeof *ret, by_group);
    return kept;
}

bool spool_take(struct spool *spool, struct content *const *contents, size_t count,
                const struct wait *wait, struct error *err)
{
    AUTO_FREE struct content **wanted = memory_alloc((count + 1) * sizeof *wanted);
    size_t kept = choose(contents, count, wanted);
    if (kept && !open_spool(spool, err))
        return false;
    for (size_t at = 0, end; at < kept; at = end) {
        for (end = at + 1; end < kept && strcmp(group_of(wanted[at]), group_of(wanted[end])) == 0;)
            end++;
        struct taking all = { .spool = spool, .wanted = wanted + at, .count = end - at };
        if (!take_group(&all, wait, err))
            return false;
    }
    return true;
}

/* -------------------------------------------------------------------- small files */

static bool keep(void *context, const char *bytes, size_t length, struct error *err)
{
    return buf_add(context, bytes, length)
           || error_set(err, ERROR_INPUT, "more than %zu bytes", ((struct buf *)context)->ceiling);
}

bool content_read(struct spool *spool, struct content *content, struct arena *arena, size_t ceiling,
                  const char **ret, const struct wait *wait, struct error *err)
{
    AUTO_BUF bytes = BUF_INIT(ceiling);
    if (content->kind == CONTENT_BYTES) {
        *ret = content->bytes;
        return true;
    }
    if (content->kind == CONTENT_FILES) {
        if (!content_feed(content, keep, &bytes, wait, err))
            return false;
        *ret = arena_memdup(arena, buf_text(&bytes), bytes.length);
        return true;
    }
    if ((size_t)content->size > ceiling)
        return error_set(err, ERROR_INPUT, "%s: more than %zu bytes", content->member, ceiling);
    char *data = arena_alloc(arena, (size_t)content->size + 1);
    *ret = data;
    return spool_take(spool, &content, 1, wait, err)
           && spool_read(spool, content->spooled, data, (size_t)content->size, err);
}
