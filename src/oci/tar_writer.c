/* tar_writer: one dialect of tar, the same bytes each time; see tar.h. */
#include "base/cleanup.h"
#include "oci/tar.h"

#include <stdio.h>
#include <string.h>

enum {
    NAME_BYTES = 100,
    PREFIX_BYTES = 155,
    OWNER_MOST = 07777777, /* seven octal digits */
    PAX_CEILING = 2 << 20,
};
#define NUMBER_MOST 077777777777LL /* eleven */

struct ustar {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
    char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is one block");

static const char types[] = {
    [TAR_FILE] = '0',     [TAR_FOLDER] = '5',           [TAR_SYMLINK] = '2',
    [TAR_HARDLINK] = '1', [TAR_CHARACTER_DEVICE] = '3', [TAR_BLOCK_DEVICE] = '4',
    [TAR_FIFO] = '6'
};

void tar_writer_start(struct tar_writer *writer, blob_sink *sink, void *context)
{
    *writer = (struct tar_writer){ .sink = sink, .context = context };
}

static bool emit(struct tar_writer *writer, const char *data, size_t length, struct error *err)
{
    writer->written += (int64_t)length;
    return writer->sink(writer->context, data, length, err);
}

static bool emit_zeros(struct tar_writer *writer, size_t length, struct error *err)
{
    static const char zeros[2 * TAR_BLOCK];
    return length == 0 || emit(writer, zeros, length, err);
}

/* --------------------------------------------------------------------- header */

/* Octal with a NUL behind it; the field was zeroed, and the number fits. */
static void set_octal(char *field, size_t size, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%0*llo", (int)size - 1, (unsigned long long)number);
    memcpy(field, text, size - 1);
}

static int64_t if_fits(int64_t number, int64_t most)
{
    return number >= 0 && number <= most ? number : 0;
}

static void set_sum(struct ustar *block)
{
    unsigned sum = 0;
    memset(block->sum, ' ', sizeof block->sum);
    for (size_t i = 0; i < sizeof *block; i++)
        sum += ((const unsigned char *)block)[i];
    set_octal(block->sum, 7, sum);
    block->sum[6] = '\0';
}

/* Puts the path into name and prefix, cut at a "/". False: it does not fit. */
static bool set_path(struct ustar *block, const char *path)
{
    size_t length = strlen(path);
    if (length <= NAME_BYTES) {
        memcpy(block->name, path, length);
        return true;
    }
    size_t cut = length - 2 < PREFIX_BYTES ? length - 2 : PREFIX_BYTES;
    while (cut > 0 && path[cut] != '/')
        cut--;
    if (cut == 0 || length - cut - 1 > NAME_BYTES) {
        memcpy(block->name, path, NAME_BYTES);
        return false;
    }
    memcpy(block->prefix, path, cut);
    memcpy(block->name, path + cut + 1, length - cut - 1);
    return true;
}

static void set_common(struct ustar *block, char type, int64_t size, uint32_t mode)
{
    memcpy(block->magic, "ustar", 6);
    memcpy(block->version, "00", 2);
    block->type = type;
    set_octal(block->mode, sizeof block->mode, mode & 07777);
    set_octal(block->uid, sizeof block->uid, 0);
    set_octal(block->gid, sizeof block->gid, 0);
    set_octal(block->size, sizeof block->size, if_fits(size, NUMBER_MOST));
    set_octal(block->mtime, sizeof block->mtime, 0);
    set_octal(block->major, sizeof block->major, 0);
    set_octal(block->minor, sizeof block->minor, 0);
}

/* ------------------------------------------------------------------------ pax */

/* "LENGTH KEY=VALUE\n", where the length counts its own digits. */
static bool add_record(struct buf *out, const char *key, const char *value, size_t length)
{
    size_t rest = strlen(key) + length + 3, digits = 1;
    for (size_t limit = 10; rest + digits >= limit; limit *= 10)
        digits++;
    return buf_printf(out, "%zu %s=", rest + digits, key) && buf_add(out, value, length)
           && buf_putc(out, '\n');
}

static bool add_number(struct buf *out, const char *key, int64_t number, int64_t most)
{
    char text[24];
    if (number >= 0 && number <= most)
        return true;
    int length = snprintf(text, sizeof text, "%lld", (long long)number);
    return add_record(out, key, text, (size_t)length);
}

static bool add_attributes(struct buf *out, const struct tar_entry *entry)
{
    for (size_t i = 0; i < entry->attribute_count; i++) {
        const struct tar_attribute *attribute = &entry->attributes[i];
        AUTO_BUF key = BUF_INIT(4096);
        buf_printf(&key, "SCHILY.xattr.%s", attribute->name);
        if (key.overflowed || strchr(attribute->name, '=')
            || !add_record(out, buf_text(&key), attribute->data, attribute->length))
            return false;
    }
    return true;
}

/* What ustar cannot say, keys in the order of their bytes. */
static bool add_records(struct buf *out, const struct tar_entry *entry, const char *path,
                        bool path_fits)
{
    bool link_fits = !entry->link || strlen(entry->link) <= NAME_BYTES;
    return add_attributes(out, entry) && add_number(out, "gid", entry->gid, OWNER_MOST)
           && (link_fits || add_record(out, "linkpath", entry->link, strlen(entry->link)))
           && add_number(out, "mtime", entry->mtime, NUMBER_MOST)
           && (path_fits || add_record(out, "path", path, strlen(path)))
           && add_number(out, "size", entry->size, NUMBER_MOST)
           && add_number(out, "uid", entry->uid, OWNER_MOST);
}

static bool emit_pax(struct tar_writer *writer, const struct buf *records, struct error *err)
{
    struct ustar block = { 0 };
    if (!records->length)
        return true;
    set_path(&block, "PaxHeaders/0");
    set_common(&block, 'x', (int64_t)records->length, 0644);
    set_sum(&block);
    return emit(writer, (const char *)&block, sizeof block, err)
           && emit(writer, records->data, records->length, err)
           && emit_zeros(writer, -records->length % TAR_BLOCK, err);
}

/* ------------------------------------------------------------------------ members */

static bool check_entry(const struct tar_writer *writer, const struct tar_entry *entry,
                        struct error *err)
{
    bool link = entry->kind == TAR_SYMLINK || entry->kind == TAR_HARDLINK;
    if (writer->left || writer->padding)
        return error_set(err, ERROR_BUG, "tar: the member before %s is not complete", entry->path);
    if (*entry->path == '/' || (!*entry->path && entry->kind != TAR_FOLDER))
        return error_set(err, ERROR_BUG, "tar: \"%s\" is no path of a member", entry->path);
    if (link != (entry->link && *entry->link))
        return error_set(err, ERROR_BUG, "tar: %s: a link leads somewhere, and nothing else does",
                         entry->path);
    if (entry->size < 0 || (entry->size && entry->kind != TAR_FILE))
        return error_set(err, ERROR_BUG, "tar: %s: its size cannot be", entry->path);
    return true;
}

static bool emit_header(struct tar_writer *writer, const struct tar_entry *entry, const char *path,
                        struct error *err)
{
    struct ustar block = { 0 };
    AUTO_BUF records = BUF_INIT(PAX_CEILING);
    bool fits = set_path(&block, path);
    if (!add_records(&records, entry, path, fits))
        return error_set(err, ERROR_INVALID, "tar: %s: its names or attributes are too long",
                         entry->path);
    set_common(&block, types[entry->kind], entry->size, entry->mode);
    set_octal(block.uid, sizeof block.uid, if_fits(entry->uid, OWNER_MOST));
    set_octal(block.gid, sizeof block.gid, if_fits(entry->gid, OWNER_MOST));
    set_octal(block.mtime, sizeof block.mtime, if_fits(entry->mtime, NUMBER_MOST));
    set_octal(block.major, sizeof block.major, if_fits(entry->major, OWNER_MOST));
    set_octal(block.minor, sizeof block.minor, if_fits(entry->minor, OWNER_MOST));
    if (entry->link)
        memcpy(block.link, entry->link, strnlen(entry->link, NAME_BYTES));
    set_sum(&block);
    return emit_pax(writer, &records, err) && emit(writer, (const char *)&block, sizeof block, err);
}

bool tar_writer_entry(struct tar_writer *writer, const struct tar_entry *entry, struct error *err)
{
    AUTO_BUF path = BUF_INIT(PAX_CEILING);
    if (!check_entry(writer, entry, err))
        return false;
    buf_printf(&path, "%s%s", *entry->path ? entry->path : ".",
               entry->kind == TAR_FOLDER ? "/" : "");
    if (!emit_header(writer, entry, buf_text(&path), err))
        return false;
    writer->left = entry->size;
    writer->padding = (unsigned)(-(uint64_t)entry->size % TAR_BLOCK);
    return true;
}

bool tar_writer_data(struct tar_writer *writer, const char *data, size_t length, struct error *err)
{
    if ((uint64_t)writer->left < length)
        return error_set(err, ERROR_BUG, "tar: a member has more content than its size");
    if (length && !emit(writer, data, length, err))
        return false;
    writer->left -= (int64_t)length;
    if (writer->left || !writer->padding)
        return true;
    size_t padding = writer->padding;
    writer->padding = 0;
    return emit_zeros(writer, padding, err);
}

bool tar_writer_end(struct tar_writer *writer, struct error *err)
{
    if (writer->left || writer->padding)
        return error_set(err, ERROR_BUG, "tar: the last member is not complete");
    return emit_zeros(writer, (size_t)2 * TAR_BLOCK, err);
}
