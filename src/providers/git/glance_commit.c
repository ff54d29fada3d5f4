/*
 * glance_commit: reads one commit object; see glance.h. Formats: gitformat-pack(5),
 * and "commit SIZE\0" deflated in a loose object.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "providers/git/glance.h"

#include <dirent.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

enum {
    OBJECT_CEILING = 1 << 20,
    PACKS_MOST = 64,
    HASH = GLANCE_HEX / 2,
    FANOUT = 8, /* where an index's table of 256 counts begins */
    NAMES = FANOUT + 256 * 4,
    COMMIT = 1, /* the type in a pack */
};

CLEANUP_FUNCTION(struct libdeflate_decompressor *, libdeflate_free_decompressor)
CLEANUP_FUNCTION(DIR *, closedir)

/* Unpacks to at most `room` bytes; false where that is not all. A NUL stands behind it. */
static bool unpack(struct arena *arena, const char *data, size_t length, size_t room,
                   char **ret_text, size_t *ret_length)
{
    CLEANUP(libdeflate_free_decompressor_at)
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    size_t used;
    char *text = arena_alloc(arena, room + 1);
    if (!decompressor
        || libdeflate_zlib_decompress_ex(decompressor, data, length, text, room, &used, ret_length)
               != LIBDEFLATE_SUCCESS)
        return false;
    *ret_text = text;
    return true;
}

/* ------------------------------------------------------------------ loose objects */

static bool read_loose(struct arena *arena, const char *git, const char *hex, const char **ret_text)
{
    struct error ignored;
    char *data, *text, *end;
    size_t length, size;
    const char *path = arena_printf(arena, "%s/objects/%.2s/%s", git, hex, hex + 2);
    if (!file_read(arena, path, OBJECT_CEILING / 16, &data, &length, &ignored)
        || !unpack(arena, data, length, OBJECT_CEILING / 4, &text, &size)
        || strncmp(text, "commit ", 7) != 0)
        return false;
    size_t told = strtoul(text + 7, &end, 10);
    if (*end || told != size - (size_t)(end + 1 - text) || strlen(end + 1) != told)
        return false;
    *ret_text = end + 1;
    return true;
}

/* ------------------------------------------------------------------------- packs */

static bool read_at(int descriptor, uint64_t offset, void *data, size_t length)
{
    return pread(descriptor, data, length, (off_t)offset) == (ssize_t)length;
}

static bool read_number(int descriptor, uint64_t offset, uint32_t *ret)
{
    unsigned char bytes[4];
    if (!read_at(descriptor, offset, bytes, sizeof bytes))
        return false;
    *ret = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return true;
}

/* Where the object stands in the pack of this index (version 2). */
static bool find_packed(int index, const unsigned char *id, uint32_t *ret_offset)
{
    static const unsigned char magic[] = { 0xff, 't', 'O', 'c', 0, 0, 0, 2 };
    unsigned char head[sizeof magic], name[HASH];
    uint32_t low = 0, high, count;
    if (!read_at(index, 0, head, sizeof head) || memcmp(head, magic, sizeof magic) != 0
        || (*id && !read_number(index, FANOUT + (*id - 1) * 4u, &low))
        || !read_number(index, FANOUT + *id * 4u, &high)
        || !read_number(index, FANOUT + 255 * 4u, &count) || high > count)
        return false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (!read_at(index, NAMES + (uint64_t)middle * HASH, name, HASH))
            return false;
        int order = memcmp(name, id, HASH);
        if (order == 0) /* behind the names stand as many checksums */
            return read_number(index, NAMES + (uint64_t)count * (HASH + 4) + middle * 4ull,
                               ret_offset)
                   && !(*ret_offset >> 31);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* Type and size, seven bits at a time; the number of bytes they take, 0: not what is read here. */
static size_t packed_head(const unsigned char *data, size_t length, unsigned *ret_type,
                          size_t *ret_size)
{
    size_t used = 0, size = data[0] & 15;
    unsigned shift = 4;
    *ret_type = data[0] >> 4 & 7;
    while (data[used++] & 0x80) {
        if (used >= length || shift > 25)
            return 0;
        size |= (size_t)(data[used] & 0x7f) << shift;
        shift += 7;
    }
    *ret_size = size;
    return size < OBJECT_CEILING / 4 ? used : 0;
}

static bool read_packed(struct arena *arena, const char *pack, uint32_t offset,
                        const char **ret_text)
{
    AUTO_CLOSE descriptor = open(pack, O_RDONLY | O_CLOEXEC);
    unsigned type;
    size_t size, length;
    char *data = arena_alloc(arena, OBJECT_CEILING / 4), *text;
    ssize_t got = descriptor < 0 ? -1 : pread(descriptor, data, OBJECT_CEILING / 4, offset);
    if (got < 16)
        return false;
    size_t used = packed_head((const unsigned char *)data, (size_t)got, &type, &size);
    if (!used || type != COMMIT
        || !unpack(arena, data + used, (size_t)got - used, size, &text, &length) || length != size
        || strlen(text) != size)
        return false;
    *ret_text = text;
    return true;
}

static void id_of(const char *hex, unsigned char *id)
{
    for (size_t i = 0; i < HASH; i++) {
        const char digits[] = { hex[2 * i], hex[2 * i + 1], '\0' };
        id[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
}

static bool look_into_pack(struct arena *arena, const char *packs, const char *name,
                           const unsigned char *id, const char **ret_text)
{
    size_t length = strlen(name);
    uint32_t offset;
    if (length < 5 || strcmp(name + length - 4, ".idx") != 0)
        return false;
    AUTO_CLOSE index = open(arena_printf(arena, "%s/%s", packs, name), O_RDONLY | O_CLOEXEC);
    return index >= 0 && find_packed(index, id, &offset)
           && read_packed(arena, arena_printf(arena, "%s/%.*s.pack", packs, (int)length - 4, name),
                          offset, ret_text);
}

static bool read_any_pack(struct arena *arena, const char *git, const char *hex,
                          const char **ret_text)
{
    unsigned char id[HASH];
    const char *packs = arena_printf(arena, "%s/objects/pack", git);
    CLEANUP(closedir_at) DIR *folder = opendir(packs);
    struct dirent *entry;
    id_of(hex, id);
    for (int i = 0; folder && i < 4 * PACKS_MOST && (entry = readdir(folder)); i++)
        if (look_into_pack(arena, packs, entry->d_name, id, ret_text))
            return true;
    return false;
}

/* ----------------------------------------------------------------------- parsing */

static bool is_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") >= GLANCE_HEX;
}

/* "WORD <40 hex>\n" at *at, which moves behind it. */
static const char *take_id(struct arena *arena, const char **at, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0 || !is_hex(*at + length)
        || (*at)[length + GLANCE_HEX] != '\n')
        return NULL;
    const char *id = arena_memdup(arena, *at + length, GLANCE_HEX);
    *at += length + GLANCE_HEX + 1;
    return id;
}

/* What libgit2 cuts off at the ends of a name or an address. */
static bool is_crud(char c)
{
    return (unsigned char)c <= ' ' || strchr(".,:;<>\"\\'", c);
}

/* Nothing of it would be cut off. */
static bool is_clean(const char *text, size_t length)
{
    return length && !is_crud(text[0]) && !is_crud(text[length - 1]);
}

/* "WORD NAME <EMAIL> SECONDS +0000\n" of the usual form alone. */
static bool take_person(struct arena *arena, const char **at, const char *word,
                        const char **ret_person, int64_t *ret_time)
{
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0)
        return false;
    const char *name = *at + length;
    const char *email = name + strcspn(name, "<>\n");
    if (strncmp(email, "<", 1) != 0 || email < name + 2 || email[-1] != ' '
        || !is_clean(name, (size_t)(email - 1 - name)))
        return false;
    email++;
    const char *end = email + strcspn(email, "<>\n");
    size_t digits = strncmp(end, "> ", 2) == 0 ? strspn(end + 2, "0123456789") : 0;
    if (!is_clean(email, (size_t)(end - email)) || !digits || digits > 18 || end[2 + digits] != ' ')
        return false;
    *ret_person = arena_memdup(arena, name, (size_t)(end + 1 - name));
    *ret_time = strtoll(end + 2, NULL, 10);
    *at = strchr(end, '\n');
    return *at && ++*at;
}

/* Other headers, up to the blank line; false where one says how the text is to be read. */
static bool skip_headers(const char **at)
{
    while (**at && **at != '\n') {
        if (strncmp(*at, "encoding ", 9) == 0)
            return false;
        const char *end = strchr(*at, '\n');
        if (!end)
            return false;
        *at = end + 1;
    }
    return true;
}

/* The first line, where it is a paragraph of its own and has no odd spaces. */
static bool take_subject(struct arena *arena, const char *message, const char **ret_subject)
{
    message += strspn(message, "\n");
    size_t length = strcspn(message, "\n");
    const char *rest = message + length;
    bool alone = !*rest || !rest[1] || rest[1] == '\n';
    const char *subject = arena_memdup(arena, message, length);
    if (!alone || strpbrk(subject, "\r\t\v\f")
        || (length && (subject[0] == ' ' || subject[length - 1] == ' ')))
        return false;
    *ret_subject = subject;
    return true;
}

bool glance_commit(struct arena *arena, const char *git, const char *hex,
                   struct glance_commit *ret_commit)
{
    AUTO_ARENA scratch = arena_new();
    const char *text;
    return (read_loose(scratch, git, hex, &text) || read_any_pack(scratch, git, hex, &text))
           && glance_commit_parse(arena, text, ret_commit);
}

bool glance_commit_parse(struct arena *arena, const char *text, struct glance_commit *ret_commit)
{
    struct glance_commit commit = { 0 };
    const char *parent, *committer;
    size_t capacity = 0;
    int64_t authored;
    if (!(commit.tree = take_id(arena, &text, "tree ")))
        return false;
    while ((parent = take_id(arena, &text, "parent ")))
        arena_push(arena, commit.parents, commit.parent_count, capacity, parent);
    if (!take_person(arena, &text, "author ", &commit.author, &authored)
        || !take_person(arena, &text, "committer ", &committer, &commit.time)
        || !skip_headers(&text) || !take_subject(arena, text, &commit.subject))
        return false;
    *ret_commit = commit;
    return true;
}
