/*
 * tar_pax: extended headers (POSIX pax) and what a member is in the end; see tar_parts.h.
 * The rules are those of Go's archive/tar, which Docker and containerd unpack with: a
 * parser that sees another tree than they do would be a way past a scanner.
 */
#include "oci/tar_parts.h"

#include <stdlib.h>
#include <string.h>

#define ATTRIBUTE "SCHILY.xattr."

enum { ATTRIBUTES_CEILING = 1000 };

struct record {
    const char *key, *value; /* in the arena, NUL behind them */
    size_t length;           /* of the value */
};

static bool wrong(const struct tar_entry *entry, struct error *err, const char *what)
{
    return error_set(err, ERROR_INVALID, "tar: %.200s: %s", entry->path, what);
}

/* "25 ctime=1084839148.1212\n"; *at moves behind it. */
static bool next_record(struct arena *arena, const char **at, const char *end, struct record *ret)
{
    size_t length = 0, digits = 0;
    const char *start = *at;
    while (start + digits < end && start[digits] >= '0' && start[digits] <= '9' && digits < 10)
        length = length * 10 + (size_t)(start[digits++] - '0');
    if (!digits || length > (size_t)(end - start) || length < digits + 4 || start[digits] != ' '
        || start[length - 1] != '\n')
        return false;
    const char *key = start + digits + 1, *last = start + length - 1;
    const char *equals = memchr(key, '=', (size_t)(last - key));
    if (!equals || equals == key || memchr(key, '\0', (size_t)(equals - key)))
        return false;
    ret->key = arena_memdup(arena, key, (size_t)(equals - key));
    ret->length = (size_t)(last - equals - 1);
    ret->value = arena_memdup(arena, equals + 1, ret->length);
    *at = start + length;
    return true;
}

static bool whole_number(const char *text, int64_t *ret)
{
    char *end;
    if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
        return false;
    *ret = strtoll(text, &end, 10);
    return true;
}

/* "-12.5": whole seconds, rounded down. */
static bool time_number(const char *text, int64_t *ret)
{
    bool negative = *text == '-';
    const char *digits = text + negative;
    size_t whole = strspn(digits, "0123456789");
    const char *fraction = digits + whole;
    if (!whole || whole > 18)
        return false;
    if (*fraction == '.')
        fraction++;
    if (strspn(fraction, "0123456789") != strlen(fraction))
        return false;
    int64_t seconds = strtoll(digits, NULL, 10);
    bool rest = strspn(fraction, "0") != strlen(fraction);
    *ret = negative ? -seconds - rest : seconds;
    return true;
}

static bool add_attribute(struct arena *arena, const struct record *record, size_t *capacity,
                          struct tar_entry *entry)
{
    const char *name = record->key + strlen(ATTRIBUTE);
    if (!*name || entry->attribute_count == ATTRIBUTES_CEILING)
        return false;
    struct tar_attribute attribute = { name, record->value, record->length };
    for (size_t i = 0; i < entry->attribute_count; i++)
        if (strcmp(entry->attributes[i].name, name) == 0) {
            entry->attributes[i] = attribute;
            return true;
        }
    arena_push(arena, entry->attributes, entry->attribute_count, *capacity, attribute);
    return true;
}

/* An empty value takes back what the header says, as in Go's reader. */
static bool take_number(const struct record *record, int64_t *number)
{
    return !record->length || whole_number(record->value, number);
}

static bool take_record(struct arena *arena, const struct record *record, size_t *capacity,
                        struct tar_entry *entry)
{
    const char *key = record->key;
    if (strcmp(key, "path") == 0 || strcmp(key, "linkpath") == 0) {
        if (memchr(record->value, '\0', record->length))
            return false;
        if (record->length)
            *(*key == 'p' ? &entry->path : &entry->link) = record->value;
        return true;
    }
    if (strcmp(key, "size") == 0)
        return take_number(record, &entry->size);
    if (strcmp(key, "uid") == 0)
        return take_number(record, &entry->uid);
    if (strcmp(key, "gid") == 0)
        return take_number(record, &entry->gid);
    if (strcmp(key, "mtime") == 0)
        return !record->length || time_number(record->value, &entry->mtime);
    if (strncmp(key, ATTRIBUTE, strlen(ATTRIBUTE)) == 0)
        return add_attribute(arena, record, capacity, entry);
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct tar_attribute *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static bool take_records(struct arena *arena, const struct buf *pax, struct tar_entry *entry,
                         struct error *err)
{
    const char *at = buf_text(pax), *end = at + pax->length;
    size_t capacity = 0;
    while (at < end) {
        struct record record;
        if (!next_record(arena, &at, end, &record))
            return wrong(entry, err, "its extended header is broken");
        if (strncmp(record.key, "GNU.sparse.", 11) == 0)
            return wrong(entry, err, "sparse files are not read");
        if (!take_record(arena, &record, &capacity, entry))
            return error_set(err, ERROR_INVALID,
                             "tar: %.200s: \"%.60s\" in its extended header "
                             "is wrong",
                             entry->path, record.key);
    }
    if (entry->attribute_count)
        qsort(entry->attributes, entry->attribute_count, sizeof *entry->attributes, by_name);
    return true;
}

/* '0', NUL and '7' are files; a folder of old tars is a file whose name ends in "/". */
static enum tar_kind kind_of(char type, const char *path)
{
    size_t length = strlen(path);
    switch (type) {
    case '1':
        return TAR_HARDLINK;
    case '2':
        return TAR_SYMLINK;
    case '3':
        return TAR_CHARACTER_DEVICE;
    case '4':
        return TAR_BLOCK_DEVICE;
    case '5':
        return TAR_FOLDER;
    case '6':
        return TAR_FIFO;
    default:
        return type == '\0' && length && path[length - 1] == '/' ? TAR_FOLDER : TAR_FILE;
    }
}

bool tar_entry_of(struct arena *arena, const struct tar_header *header, const struct buf *pax,
                  const char *long_path, const char *long_link, struct tar_entry *ret,
                  struct error *err)
{
    *ret = (struct tar_entry){ .path = arena_strdup(arena, header->path),
                               .link = arena_strdup(arena, header->link),
                               .mode = (uint32_t)header->mode & 07777,
                               .uid = header->uid,
                               .gid = header->gid,
                               .mtime = header->mtime,
                               .size = header->size,
                               .major = (uint32_t)header->major,
                               .minor = (uint32_t)header->minor };
    if (!take_records(arena, pax, ret, err))
        return false;
    if (*long_path)
        ret->path = arena_strdup(arena, long_path);
    if (*long_link)
        ret->link = arena_strdup(arena, long_link);
    ret->kind = kind_of(header->type, ret->path);
    if (ret->kind != TAR_FILE)
        ret->size = 0; /* links and folders have no content, whatever they say */
    if (ret->kind != TAR_SYMLINK && ret->kind != TAR_HARDLINK)
        ret->link = NULL;
    if (ret->uid < 0 || ret->gid < 0 || ret->uid > UINT32_MAX || ret->gid > UINT32_MAX)
        return wrong(ret, err, "its owner is no number of a user");
    return true;
}
