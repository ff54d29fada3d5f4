/* applyset: see applyset.h. */
#include "providers/kubernetes/record/applyset.h"

#include "base/cleanup.h"
#include "base/digest.h"
#include "providers/history.h"
#include "providers/record.h"

#include <libdeflate.h>
#include <string.h>

enum {
    /* A ConfigMap holds 1 MiB, before base64: the history stands in it, too. */
    PACKED_CEILING = (1 << 20) - HISTORY_BYTES - (16 << 10),
    UNPACKED_CEILING = 32 << 20, /* of 1 MB that packs well */
    GZIP_LEAST = 18,
    LEVEL = 6, /* 9 takes four times as long for a hundredth less */
    LEVEL_TIGHT = 12,
    ROLLBACK = 200, /* two commits, two digests, a name */
};

CLEANUP_FUNCTION(struct libdeflate_compressor *, libdeflate_free_compressor)
CLEANUP_FUNCTION(struct libdeflate_decompressor *, libdeflate_free_decompressor)

const char *applyset_parent(struct arena *arena, const char *set_name)
{
    return arena_printf(arena, "cmx-set-%s", set_name);
}

const char *applyset_id(struct arena *arena, const char *parent, const char *namespace)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    const char *named = arena_printf(arena, "%s.%s.ConfigMap.", parent, namespace);
    struct digest digest = digest_sha256(named, strlen(named));
    buf_puts(&text, "applyset-");
    base64url_add(&text, digest.bytes, sizeof digest.bytes);
    buf_puts(&text, "-v1");
    return arena_strdup(arena, buf_text(&text));
}

/* ------------------------------------------------------- sorted text lists */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *join_sorted(struct arena *arena, const char **items, size_t count)
{
    AUTO_BUF text = BUF_INIT(BUF_OUTPUT_CEILING);
    if (count)
        qsort(items, count, sizeof *items, compare_texts);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(items[i], items[i - 1]) != 0)
            buf_printf(&text, "%s%s", text.length ? "," : "", items[i]);
    return arena_strdup(arena, buf_text(&text));
}

const char *applyset_kinds(struct arena *arena, const struct record *record)
{
    const char **kinds = arena_array(arena, record->count + 1, sizeof *kinds);
    for (size_t i = 0; i < record->count; i++) {
        const struct object_id *id = &record->members[i].id;
        kinds[i] = *id->group ? arena_printf(arena, "%s.%s", id->kind, id->group) : id->kind;
    }
    return join_sorted(arena, kinds, record->count);
}

const char *applyset_namespaces(struct arena *arena, const struct record *record,
                                const char *namespace)
{
    const char **names = arena_array(arena, record->count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < record->count; i++) {
        const char *name = record->members[i].id.namespace;
        if (*name && strcmp(name, namespace) != 0)
            names[count++] = name;
    }
    return join_sorted(arena, names, count);
}

/* ------------------------------------------------------------ the members */

/* What the server counts of a text in base64. */
static size_t decoded_size(const char *data)
{
    return strlen(data) / 4 * 3;
}

static const char *pack_text(struct arena *arena, const char *text, size_t length, int level)
{
    AUTO_BUF encoded = BUF_INIT(BUF_OUTPUT_CEILING);
    CLEANUP(libdeflate_free_compressor_at)
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
    if (!compressor)
        abort();
    size_t room = libdeflate_gzip_compress_bound(compressor, length);
    AUTO_FREE char *packed = memory_alloc(room);
    base64_add(&encoded, packed, libdeflate_gzip_compress(compressor, text, length, packed, room));
    return arena_strdup(arena, buf_text(&encoded));
}

const char *applyset_pack_text(struct arena *arena, const char *text, size_t length)
{
    return pack_text(arena, text, length, LEVEL);
}

bool applyset_pack(struct arena *arena, const struct record *record, const char **ret_data,
                   struct error *err)
{
    AUTO_BUF text = BUF_INIT(UNPACKED_CEILING);
    record_write(&text, record);
    const char *data =
        text.overflowed ? "" : applyset_pack_text(arena, buf_text(&text), text.length);
    if (decoded_size(data) > PACKED_CEILING)
        data = pack_text(arena, buf_text(&text), text.length, LEVEL_TIGHT);
    if (text.overflowed || decoded_size(data) > PACKED_CEILING)
        return error_set(err, ERROR_REFUSED,
                         "the record of %zu objects needs %zu bytes, and a ConfigMap holds 1 MiB: "
                         "split the set into several Projects",
                         record->count, decoded_size(data));
    *ret_data = data;
    return true;
}

/* Compressed, a member takes no more than half of its plain JSON, which has 90 bytes of names. */
bool applyset_fits(const struct record *record, struct error *err)
{
    AUTO_ARENA arena = arena_new();
    const char *data;
    size_t length = 0;
    for (size_t i = 0; i < record->count; i++) {
        const struct record_member *member = &record->members[i];
        length += strlen(member->id.group) + strlen(member->id.kind) + strlen(member->id.namespace)
                  + strlen(member->id.name) + strlen(member->path) + strlen(member->digest)
                  + strlen(member->mark);
        if (member->contest.count)
            length += strlen(member->contest.field) + strlen(member->contest.pointer)
                      + strlen(member->contest.manager);
        if (member->rollback)
            length += strlen(member->rollback->reason) + strlen(member->rollback->with) + ROLLBACK;
    }
    return length < PACKED_CEILING / 4 || applyset_pack(arena, record, &data, err);
}

/* The size that the end of a gzip stream tells (RFC 1952). */
static size_t told_size(const char *packed, size_t length)
{
    const unsigned char *tail = (const unsigned char *)packed + length - 4;
    return (size_t)tail[0] | (size_t)tail[1] << 8 | (size_t)tail[2] << 16 | (size_t)tail[3] << 24;
}

bool applyset_unpack_text(struct arena *arena, const char *data, size_t most, char **ret_text,
                          size_t *ret_length, struct error *err)
{
    char *packed;
    size_t length, size;
    AUTO_ARENA scratch = arena_new();
    if (!base64_decode(scratch, data, strlen(data), &packed, &length) || length < GZIP_LEAST)
        return error_set(err, ERROR_INPUT, "it is no gzip in base64");
    size = told_size(packed, length);
    if (size > most)
        return error_set(err, ERROR_INPUT, "it would unpack to %zu bytes", size);
    char *text = arena_alloc(arena, size + 1);
    CLEANUP(libdeflate_free_decompressor_at)
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (!decompressor)
        abort();
    if (libdeflate_gzip_decompress(decompressor, packed, length, text, size, NULL)
        != LIBDEFLATE_SUCCESS)
        return error_set(err, ERROR_INPUT, "it cannot be unpacked");
    *ret_text = text;
    *ret_length = size;
    return true;
}

bool applyset_unpack(struct arena *arena, const char *data, struct record *ret_record,
                     struct error *err)
{
    AUTO_ARENA scratch = arena_new();
    char *text;
    size_t length;
    if (!applyset_unpack_text(scratch, data, UNPACKED_CEILING, &text, &length, err))
        return error_prefix(err, "its list of members");
    return record_parse(arena, text, length, ret_record, err);
}

bool applyset_check(const struct value *document, const char *id, struct error *err)
{
    const char *name = value_text_at(document, "metadata", "name", NULL);
    const char *theirs = value_text_at(document, "metadata", "labels", APPLYSET_ID, NULL);
    const char *tooling =
        value_text_at(document, "metadata", "annotations", APPLYSET_TOOLING, NULL);
    if (!theirs && !tooling)
        return error_set(err, ERROR_REFUSED,
                         "ConfigMap %s is in the way: it is not the record of a set", name);
    if (!tooling || strncmp(tooling, APPLYSET_TOOL, strlen(APPLYSET_TOOL)) != 0)
        return error_set(err, ERROR_REFUSED, "the set belongs to another tool (%s)",
                         tooling ? tooling : "not named");
    if (!theirs || strcmp(theirs, id) != 0)
        return error_set(err, ERROR_REFUSED,
                         "the label " APPLYSET_ID " of ConfigMap %s is not the one of its name: "
                         "was it copied from another namespace?",
                         name);
    return true;
}
