/*
 * tar_reader: see tar.h. A push parser over blocks of 512 bytes. What a header says is made out
 * in tar_header.c and tar_pax.c; here are the stream, the ceilings and what the consumer is told.
 */
#include "base/cleanup.h"
#include "oci/tar.h"
#include "oci/tar_parts.h"

#include <stdlib.h>
#include <string.h>

enum tar_state {
    IN_HEADER,
    IN_META,    /* an extended header or a long name: collected    */
    IN_CONTENT, /* a file's                                        */
    IN_SKIPPED, /* content that nobody gets                        */
    IN_PADDING,
    AT_END, /* two empty blocks: what follows is not looked at */
};

struct tar_reader {
    struct tar_limits limits;
    struct tar_handler handler;
    void *context;
    enum tar_state state;
    char block[TAR_BLOCK];
    size_t block_length;
    bool empty_block; /* the last one was */
    int64_t left;     /* of the content, or of what is skipped */
    unsigned padding;
    struct buf *meta; /* the one that is being collected */
    struct buf pax, long_path, long_link;
    int64_t members, unpacked;
    struct arena *arena; /* of the member */
    struct tar_entry entry;
    bool open; /* a member has begun */
};

static int64_t or_default(int64_t given, int64_t otherwise)
{
    return given > 0 ? given : otherwise;
}

struct tar_reader *tar_reader_new(const struct tar_limits *limits,
                                  const struct tar_handler *handler, void *context)
{
    static const struct tar_limits none;
    struct tar_reader *reader = memory_alloc(sizeof *reader);
    *reader = (struct tar_reader){ .handler = *handler, .context = context };
    limits = limits ? limits : &none;
    reader->limits.members = or_default(limits->members, TAR_MEMBERS_CEILING);
    reader->limits.path_bytes = or_default(limits->path_bytes, TAR_PATH_CEILING);
    reader->limits.pax_bytes = or_default(limits->pax_bytes, TAR_PAX_CEILING);
    reader->limits.unpacked = or_default(limits->unpacked, TAR_UNPACKED_CEILING);
    reader->pax = BUF_INIT((size_t)reader->limits.pax_bytes);
    reader->long_path = BUF_INIT((size_t)reader->limits.path_bytes + TAR_BLOCK);
    reader->long_link = BUF_INIT((size_t)reader->limits.path_bytes + TAR_BLOCK);
    reader->arena = arena_new();
    return reader;
}

void tar_reader_free(struct tar_reader *reader)
{
    if (!reader)
        return;
    buf_done(&reader->pax);
    buf_done(&reader->long_path);
    buf_done(&reader->long_link);
    arena_free(reader->arena);
    free(reader);
}

/* -------------------------------------------------------------------- members */

static void forget_meta(struct tar_reader *reader)
{
    buf_clear(&reader->pax);
    buf_clear(&reader->long_path);
    buf_clear(&reader->long_link);
}

static bool has_meta(const struct tar_reader *reader)
{
    return reader->pax.length || reader->long_path.length || reader->long_link.length;
}

static bool end_member(struct tar_reader *reader, struct error *err)
{
    bool fine = !reader->open || !reader->handler.end
                || reader->handler.end(reader->context, &reader->entry, err);
    reader->open = false;
    arena_clear(reader->arena);
    return fine;
}

/* What stands behind the header: `size` bytes and the rest of their last block. */
static void expect(struct tar_reader *reader, enum tar_state state, int64_t size)
{
    reader->padding = (unsigned)(-(uint64_t)size % TAR_BLOCK);
    reader->left = size;
    reader->state = reader->left ? state : IN_HEADER;
}

static bool begin_meta(struct tar_reader *reader, const struct tar_header *header,
                       struct error *err)
{
    struct buf *meta = header->type == 'L'   ? &reader->long_path
                       : header->type == 'K' ? &reader->long_link
                                             : &reader->pax;
    if ((uint64_t)header->size > meta->ceiling)
        return error_set(err, ERROR_INVALID, "tar: an extended header of %lld bytes (at most %zu)",
                         (long long)header->size, meta->ceiling);
    buf_clear(meta);
    reader->meta = meta;
    expect(reader, IN_META, header->size);
    return true;
}

/* Names what is wrong with a member. */
static bool wrong(const struct tar_entry *entry, struct error *err, const char *what)
{
    return error_set(err, ERROR_INVALID, "tar: %.200s: %s", entry->path ? entry->path : "", what);
}

static bool check_names(struct tar_reader *reader, const struct tar_entry *entry, struct error *err)
{
    size_t most = (size_t)reader->limits.path_bytes;
    if (strlen(entry->path) > most || (entry->link && strlen(entry->link) > most))
        return error_set(err, ERROR_INVALID, "tar: %.60s…: a path is longer than %zu bytes",
                         entry->path, most);
    return true;
}

static bool count_member(struct tar_reader *reader, int64_t size, struct error *err)
{
    if (++reader->members > reader->limits.members)
        return error_set(err, ERROR_INVALID, "tar: more than %lld members",
                         (long long)reader->limits.members);
    if (size > reader->limits.unpacked - reader->unpacked)
        return error_set(err, ERROR_INVALID, "tar: the members have more than %lld bytes",
                         (long long)reader->limits.unpacked);
    reader->unpacked += size;
    return true;
}

/* AUFS's own (".wh..wh.plnk/…") is of no image. */
static bool is_of_aufs(const struct tar_entry *entry)
{
    const char *slash = strrchr(entry->path, '/'), *name = slash ? slash + 1 : entry->path;
    return strncmp(name, ".wh..wh.", 8) == 0 || strncmp(entry->path, ".wh..wh.", 8) == 0;
}

static bool begin_member(struct tar_reader *reader, const struct tar_header *header,
                         struct error *err)
{
    struct tar_entry *entry = &reader->entry;
    if (!tar_entry_of(reader->arena, header, &reader->pax, buf_text(&reader->long_path),
                      buf_text(&reader->long_link), entry, err)
        || !check_names(reader, entry, err))
        return false;
    if (!tar_entry_clean(reader->arena, entry, err))
        return false;
    int64_t size = entry->size;
    if (!count_member(reader, size, err))
        return false;
    forget_meta(reader);
    if (!entry->whiteout && is_of_aufs(entry)) {
        expect(reader, IN_SKIPPED, size);
        return end_member(reader, err);
    }
    if (entry->kind != TAR_FOLDER && !entry->whiteout && !*entry->path)
        return wrong(entry, err, "a member without a name");
    if (entry->whiteout)
        entry->size = 0;
    reader->open = true;
    if (reader->handler.begin && !reader->handler.begin(reader->context, entry, err))
        return false;
    expect(reader, entry->whiteout || !reader->handler.data ? IN_SKIPPED : IN_CONTENT, size);
    return reader->left > 0 || end_member(reader, err);
}

static bool take_header(struct tar_reader *reader, struct error *err)
{
    struct tar_header header;
    if (tar_block_is_empty(reader->block)) {
        if (has_meta(reader))
            return error_set(err, ERROR_INVALID, "tar: it ends behind an extended header");
        reader->state = reader->empty_block ? AT_END : IN_HEADER;
        reader->empty_block = true;
        return true;
    }
    reader->empty_block = false;
    if (!tar_header_read(reader->block, &header, err))
        return false;
    switch (header.type) {
    case 'x':
    case 'L':
    case 'K':
        return count_member(reader, 0, err) && begin_meta(reader, &header, err);
    case 'g': /* of all that follow: Docker and containerd do not look at it either */
    case 'V': /* a volume's label */
        if (!count_member(reader, 0, err))
            return false;
        expect(reader, IN_SKIPPED, header.size);
        return true;
    default:
        return begin_member(reader, &header, err);
    }
}

/* --------------------------------------------------------------------- stream */

static size_t least(size_t length, int64_t left)
{
    return (uint64_t)left < length ? (size_t)left : length;
}

/* Each takes some bytes and returns how many in *ret_used. */
static bool feed_header(struct tar_reader *reader, const char *data, size_t length,
                        size_t *ret_used, struct error *err)
{
    size_t used = least(length, TAR_BLOCK - (int64_t)reader->block_length);
    memcpy(reader->block + reader->block_length, data, used);
    reader->block_length += used;
    *ret_used = used;
    if (reader->block_length < TAR_BLOCK)
        return true;
    reader->block_length = 0;
    return take_header(reader, err);
}

static bool feed_content(struct tar_reader *reader, const char *data, size_t length,
                         size_t *ret_used, struct error *err)
{
    size_t used = least(length, reader->left);
    if (reader->state == IN_META)
        buf_add(reader->meta, data, used); /* begin_meta() has looked at the ceiling */
    else if (reader->state == IN_CONTENT && !reader->handler.data(reader->context, data, used, err))
        return false;
    *ret_used = used;
    reader->left -= (int64_t)used;
    if (reader->left)
        return true;
    bool meta = reader->state == IN_META;
    reader->state = reader->padding ? IN_PADDING : IN_HEADER;
    reader->left = reader->padding;
    return meta || end_member(reader, err);
}

static size_t feed_padding(struct tar_reader *reader, size_t length)
{
    size_t used = least(length, reader->left);
    reader->left -= (int64_t)used;
    if (!reader->left)
        reader->state = IN_HEADER;
    return used;
}

bool tar_reader_feed(void *context, const char *data, size_t length, struct error *err)
{
    struct tar_reader *reader = context;
    size_t used = 0;
    for (size_t at = 0; at < length && reader->state != AT_END; at += used) {
        bool fine = true;
        if (reader->state == IN_HEADER)
            fine = feed_header(reader, data + at, length - at, &used, err);
        else if (reader->state == IN_PADDING)
            used = feed_padding(reader, length - at);
        else
            fine = feed_content(reader, data + at, length - at, &used, err);
        if (!fine)
            return false;
    }
    return true;
}

bool tar_reader_end(struct tar_reader *reader, struct error *err)
{
    if (reader->state == AT_END)
        return true;
    /* The padding of the last member may be missing, and the empty blocks. */
    if (reader->state != IN_PADDING && (reader->state != IN_HEADER || reader->block_length))
        return error_set(err, ERROR_INVALID, "tar: it ends in the middle of a member");
    if (has_meta(reader))
        return error_set(err, ERROR_INVALID, "tar: it ends behind an extended header");
    return true;
}

int64_t tar_reader_skippable(const struct tar_reader *reader)
{
    bool content = reader->state == IN_CONTENT || reader->state == IN_SKIPPED;
    return content ? reader->left + reader->padding : 0;
}

bool tar_reader_skip(struct tar_reader *reader, struct error *err)
{
    if (!tar_reader_skippable(reader))
        return true;
    reader->left = 0;
    reader->state = IN_HEADER;
    return end_member(reader, err);
}
