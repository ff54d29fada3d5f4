/* tar_header: one block of a tar's header, out of fixed fields; see tar_parts.h. */
#include "oci/tar_parts.h"

#include <string.h>

/* Where fields stand (POSIX ustar). */
enum {
    AT_NAME = 0,
    AT_MODE = 100,
    AT_UID = 108,
    AT_GID = 116,
    AT_SIZE = 124,
    AT_MTIME = 136,
    AT_SUM = 148,
    AT_TYPE = 156,
    AT_LINK = 157,
    AT_MAGIC = 257,
    AT_MAJOR = 329,
    AT_MINOR = 337,
    AT_PREFIX = 345,
};

bool tar_block_is_empty(const char *block)
{
    for (size_t i = 0; i < TAR_BLOCK; i++)
        if (block[i])
            return false;
    return true;
}

/* GNU's and star's form for large numbers: big-endian two's complement behind a set bit. */
static bool base256(const unsigned char *field, size_t length, int64_t *ret)
{
    bool negative = field[0] & 0x40;
    uint64_t value = negative ? UINT64_MAX : 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = field[i];
        if (i == 0)
            byte = negative ? byte | 0x80 : byte & 0x7f;
        uint64_t top = value >> 55; /* nine equal bits: the sign stays the sign */
        if (top != (negative ? 0x1ff : 0))
            return false;
        value = value << 8 | byte;
    }
    *ret = (int64_t)value;
    return true;
}

static bool octal(const char *field, size_t length, int64_t *ret)
{
    int64_t value = 0;
    while (length && (*field == ' ' || *field == '\0')) {
        field++;
        length--;
    }
    while (length && (field[length - 1] == ' ' || field[length - 1] == '\0'))
        length--;
    for (size_t i = 0; i < length; i++) {
        if (field[i] == '\0' || field[i] == ' ') /* what stands behind the first end is no matter */
            break;
        if (field[i] < '0' || field[i] > '7')
            return false;
        value = value << 3 | (field[i] - '0');
    }
    *ret = value;
    return true;
}

bool tar_number(const char *field, size_t length, int64_t *ret)
{
    if (field[0] & 0x80)
        return base256((const unsigned char *)field, length, ret);
    return octal(field, length, ret);
}

/* The sum of all bytes, its own field as blanks; some old writers summed signed ones. */
static bool sum_is_right(const char *block)
{
    int64_t sum = 0, signed_sum = 0, wanted;
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        char c = i >= AT_SUM && i < AT_SUM + 8 ? ' ' : block[i];
        sum += (unsigned char)c;
        signed_sum += (signed char)c;
    }
    return tar_number(block + AT_SUM, 8, &wanted) && (wanted == sum || wanted == signed_sum);
}

static void copy_text(char *out, const char *field, size_t length)
{
    size_t used = strnlen(field, length);
    memcpy(out, field, used);
    out[used] = '\0';
}

static void read_path(const char *block, struct tar_header *ret)
{
    char *at = ret->path;
    bool posix = memcmp(block + AT_MAGIC, "ustar\0", 6) == 0;
    if (posix && block[AT_PREFIX]) {
        copy_text(at, block + AT_PREFIX, 155);
        at += strlen(at);
        *at++ = '/';
    }
    copy_text(at, block + AT_NAME, 100);
}

static bool read_numbers(const char *block, struct tar_header *ret)
{
    bool device = ret->type == '3' || ret->type == '4';
    ret->major = ret->minor = 0;
    return tar_number(block + AT_MODE, 8, &ret->mode) && tar_number(block + AT_UID, 8, &ret->uid)
           && tar_number(block + AT_GID, 8, &ret->gid)
           && tar_number(block + AT_SIZE, 12, &ret->size)
           && tar_number(block + AT_MTIME, 12, &ret->mtime)
           && (!device
               || (tar_number(block + AT_MAJOR, 8, &ret->major)
                   && tar_number(block + AT_MINOR, 8, &ret->minor)));
}

static bool check_type(const struct tar_header *header, struct error *err)
{
    if (header->type == 'S')
        return error_set(err, ERROR_INVALID, "tar: %.100s: sparse files are not read",
                         header->path);
    if (header->type && !strchr("01234567xgLKV", header->type))
        return error_set(err, ERROR_INVALID,
                         "tar: %.100s: a member of the kind 0x%02x, which is "
                         "not read",
                         header->path, (unsigned char)header->type);
    return true;
}

bool tar_header_read(const char *block, struct tar_header *ret, struct error *err)
{
    if (!sum_is_right(block))
        return error_set(err, ERROR_INVALID, "not a tar file, or broken: a header's sum is wrong");
    ret->type = block[AT_TYPE];
    read_path(block, ret);
    copy_text(ret->link, block + AT_LINK, 100);
    if (!read_numbers(block, ret) || ret->size < 0)
        return error_set(err, ERROR_INVALID, "tar: %.100s: a number in its header is none",
                         ret->path);
    return check_type(ret, err);
}
