/*
 * Tars of strangers: paths that lead out, lengths that lie, headers without end. What is read
 * of each, or what is said against it.
 */
#include "base/cleanup.h"
#include "oci/tar_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One member, as raw as it gets: `size` is the 12 bytes of the field, `content` what follows. */
static void raw(struct buf *out, char type, const char *path, const char *link, const char *size,
                const char *content, size_t length)
{
    char block[TAR_BLOCK] = { 0 };
    unsigned sum = 8 * ' ';
    memcpy(block, path, strnlen(path, 100));
    memcpy(block + 100, "0000644", 7);
    memcpy(block + 124, size, 12);
    block[156] = type;
    memcpy(block + 157, link, strnlen(link, 100));
    memcpy(block + 257, "ustar\00000", 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += (unsigned char)block[i];
    snprintf(block + 148, 8, "%06o", sum);
    buf_add(out, block, TAR_BLOCK);
    buf_add(out, content, length);
    buf_fill(out, '\0', -length % TAR_BLOCK);
}

static void member(struct buf *out, char type, const char *path, const char *link,
                   const char *content)
{
    char size[32];
    snprintf(size, sizeof size, "%011zo", strlen(content));
    raw(out, type, path, link, size, content, strlen(content));
}

/* "LENGTH key=value\n" in front of a file "p". */
static void pax(struct buf *out, const char *records)
{
    member(out, 'x', "x", "", records);
    member(out, '0', "p", "", "");
}

static void end(struct buf *out)
{
    buf_fill(out, '\0', (size_t)2 * TAR_BLOCK);
}

/* ---------------------------------------------------------- one member: what is read */

static const struct {
    char type;
    const char *path, *link, *text; /* behind "KIND "; NULL: `refused` */
    const char *refused;
} members[] = {
    { '0', "../a", "", "a 0644 0:0 @0 !climbs\n", NULL },
    { '0', "../../../etc/passwd", "", "etc/passwd 0644 0:0 @0 !climbs\n", NULL },
    { '0', "/etc/passwd", "", "etc/passwd 0644 0:0 @0 !absolute\n", NULL },
    { '0', "//a", "", "a 0644 0:0 @0 !absolute\n", NULL },
    { '0', "/../a", "", "a 0644 0:0 @0 !absolute !climbs\n", NULL },
    { '0', "a/../b", "", "b 0644 0:0 @0\n", NULL },
    { '0', "a/../../b", "", "b 0644 0:0 @0 !climbs\n", NULL },
    { '0', "a/b/../c/./d//e", "", "a/c/d/e 0644 0:0 @0\n", NULL },
    { '0', "...", "", "... 0644 0:0 @0\n", NULL },
    { '0', "a/..b/.c", "", "a/..b/.c 0644 0:0 @0\n", NULL },
    { '0', "a/", "", "a 0644 0:0 @0\n", NULL },
    { '\0', "a/", "", "a 0644 0:0 @0\n", NULL },
    { '5', "..", "", " 0644 0:0 @0 !climbs\n", NULL },
    { '5', "./", "", " 0644 0:0 @0\n", NULL },
    { '0', "", "", NULL, "without a name" },
    { '0', "..", "", NULL, "without a name" },
    { '2', ".", "a", NULL, "without a name" },
    { '2', "l", "/etc", "l 0644 0:0 @0 -> /etc\n", NULL },
    { '2', "l", "/../etc", "l 0644 0:0 @0 -> /../etc !out\n", NULL },
    { '2', "a/l", "../b", "a/l 0644 0:0 @0 -> ../b\n", NULL },
    { '2', "a/l", "../../b", "a/l 0644 0:0 @0 -> ../../b !out\n", NULL },
    { '2', "a/l", "b/../../../c", "a/l 0644 0:0 @0 -> b/../../../c !out\n", NULL },
    { '1', "h", "../../etc/shadow", "h 0644 0:0 @0 -> etc/shadow !out\n", NULL },
    { '1', "h", "/etc/shadow", "h 0644 0:0 @0 -> etc/shadow\n", NULL },
    { '1', "h", "..", NULL, "a hard link to nothing" },
    { '1', "h", "", NULL, "a hard link to nothing" },
    { '3', "dev/mem", "", "dev/mem 0644 0:0 @0 0,0\n", NULL },
    { '0', "d/.wh.a", "", "d/a 0644 0:0 @0 whiteout\n", NULL },
    { '0', ".wh.a", "", "a 0644 0:0 @0 whiteout\n", NULL },
    { '0', "d/.wh..wh..opq", "", "d 0644 0:0 @0 opaque\n", NULL },
    { '0', ".wh..wh..opq", "", " 0644 0:0 @0 opaque\n", NULL },
    { '0', "d/.wh..wh.aufs", "", "", NULL },
    { '5', ".wh..wh.plnk/1.2", "", "", NULL },
    { '0', "d/.wh.", "", NULL, "whiteout of no name" },
    { '0', "d/.wh..", "", NULL, "whiteout of no name" },
    { '0', "d/.wh...", "", NULL, "whiteout of no name" },
    { '0', "../.wh.a", "", "a 0644 0:0 @0 whiteout !climbs\n", NULL },
    { 'S', "s", "", NULL, "sparse" },
    { 'D', "d", "", NULL, "kind 0x44" },
    { 'M', "m", "", NULL, "kind 0x4d" },
    { 'g', "g", "", "", NULL },
    { 'V', "label", "", "", NULL },
};

static void test_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        AUTO_BUF tar = BUF_INIT(1 << 16), text = BUF_INIT(1 << 16);
        struct error err = { 0 };
        member(&tar, members[i].type, members[i].path, members[i].link, "");
        end(&tar);
        bool read = tar_text(tar.data, tar.length, tar.length, NULL, &text, &err);
        if (read != (members[i].text != NULL))
            fail_msg("%s: %s%s", members[i].path, err.message, buf_text(&text));
        const char *got = buf_text(&text), *blank = strchr(got, ' ');
        if (read && strcmp(blank ? blank + 1 : got, members[i].text) != 0)
            fail_msg("%s: \"%s\"", members[i].path, got);
        if (!read && !strstr(err.message, members[i].refused))
            fail_msg("%s: %s", members[i].path, err.message);
    }
}

/* -------------------------------------------------------------- extended headers */

static const struct {
    const char *records, *text, *refused;
} records[] = {
    { "9 path=q\n", "file q 0644 0:0 @0\n", NULL },
    { "13 path=../q\n", "file q 0644 0:0 @0 !climbs\n", NULL },
    { "9 path=q\n9 path=r\n", "file r 0644 0:0 @0\n", NULL },
    { "8 path=\n", "file p 0644 0:0 @0\n", NULL },
    { "12 mtime=-5\n", "file p 0644 0:0 @-5\n", NULL },
    { "14 mtime=-5.5\n", "file p 0644 0:0 @-6\n", NULL },
    { "14 mtime=5.99\n", "file p 0644 0:0 @5\n", NULL },
    { "12 uid=4095\n11 gid=100\n", "file p 0644 4095:100 @0\n", NULL },
    { "23 SCHILY.xattr.u.b=1\n\n23 SCHILY.xattr.u.a=22\n",
      "file p 0644 0:0 @0 [u.a=22] [u.b=1\n]\n", NULL },
    { "20 comment=whatever\n", "file p 0644 0:0 @0\n", NULL },
    { "9 path=q", NULL, "broken" },
    { "99 path=q\n", NULL, "broken" },
    { "8 path=q\n", NULL, "broken" },
    { "-9 path=q\n", NULL, "broken" },
    { "path=q\n", NULL, "broken" },
    { "7 =abc\n", NULL, "broken" },
    { "8 nokey\n", NULL, "broken" },
    { "99999999999999999999999 path=q\n", NULL, "broken" },
    { "11 size=-1\n", NULL, "\"size\"" },
    { "12 size=1e3\n", NULL, "\"size\"" },
    { "29 size=99999999999999999999\n", NULL, "\"size\"" },
    { "11 mtime=x\n", NULL, "\"mtime\"" },
    { "18 uid=4294967296\n", NULL, "owner" },
    { "22 GNU.sparse.major=1\n", NULL, "sparse" },
    { "19 SCHILY.xattr.=1\n", NULL, "SCHILY" },
};

static void test_pax(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        AUTO_BUF tar = BUF_INIT(1 << 16), text = BUF_INIT(1 << 16);
        struct error err = { 0 };
        pax(&tar, records[i].records);
        end(&tar);
        bool read = tar_text(tar.data, tar.length, 1, NULL, &text, &err);
        if (read != (records[i].text != NULL))
            fail_msg("%s: %s%s", records[i].records, err.message, buf_text(&text));
        if (read)
            assert_string_equal(buf_text(&text), records[i].text);
        else if (!strstr(err.message, records[i].refused))
            fail_msg("%s: %s", records[i].records, err.message);
    }
}

/* ----------------------------------------------------------------- sizes and ends */

static const struct {
    const char *name;
    char type;
    const char *size; /* field */
    size_t content;   /* bytes that follow */
    bool ends;
    const char *refused; /* NULL: read */
} sizes[] = {
    { "right", '0', "00000000005", 5, true, NULL },
    { "no end blocks", '0', "00000000005", 5, false, NULL },
    { "blanks", '0', "         5 ", 5, true, NULL },
    { "base 256", '0', "\x80\0\0\0\0\0\0\0\0\0\0\5", 5, true, NULL },
    { "negative", '0', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 5, true, "number" },
    { "too large for 64 bits", '0', "\x80\1\0\0\0\0\0\0\0\0\0\0", 5, true, "number" },
    { "no number", '0', "0000000000x", 5, true, "number" },
    { "cut", '0', "00000002000", 512, false, "middle of a member" },
    { "eight exabytes", '0', "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 5, true, "more than" },
    { "a folder that says it has content", '5', "00000000005", 0, true, NULL },
    { "a link that says so", '2', "77777777777", 0, true, NULL },
    { "a name that does not come", 'L', "00000000005", 5, true, "behind an extended header" },
    { "a name of a gigabyte", 'L', "10000000000", 5, true, "extended header of" },
    { "records of a gigabyte", 'x', "10000000000", 5, true, "extended header of" },
};

static void test_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        AUTO_BUF tar = BUF_INIT(1 << 16), text = BUF_INIT(1 << 16), content = BUF_INIT(1 << 16);
        struct error err = { 0 };
        buf_fill(&content, 'c', sizes[i].content);
        raw(&tar, sizes[i].type, "f", "l", sizes[i].size, buf_text(&content), content.length);
        if (sizes[i].ends)
            end(&tar);
        bool read = tar_text(tar.data, tar.length, 100, NULL, &text, &err);
        if (read != !sizes[i].refused)
            fail_msg("%s: %s", sizes[i].name, err.message);
        if (!read && !strstr(err.message, sizes[i].refused))
            fail_msg("%s: %s", sizes[i].name, err.message);
    }
}

static void test_no_tar(void **state)
{
    (void)state;
    AUTO_BUF text = BUF_INIT(1 << 16), page = BUF_INIT(1 << 16);
    struct error err = { 0 };
    assert_true(tar_text("", 0, 1, NULL, &text, &err));
    buf_fill(&page, 'h', 4096);
    assert_false(tar_text(page.data, page.length, 4096, NULL, &text, &err));
    assert_non_null(strstr(err.message, "not a tar"));
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_false(tar_text(page.data, 100, 4096, NULL, &text, &err));
    buf_clear(&page);
    end(&page);
    buf_fill(&page, 'h', 4096); /* what stands behind the end is no matter */
    assert_true(tar_text(page.data, page.length, 4096, NULL, &text, &err));
    assert_string_equal(buf_text(&text), "");
}

static void test_ceilings(void **state)
{
    (void)state;
    struct tar_limits limits = { .members = 3, .path_bytes = 8, .pax_bytes = 64, .unpacked = 10 };
    AUTO_BUF tar = BUF_INIT(1 << 16), text = BUF_INIT(1 << 16);
    struct error err = { 0 };
    for (int i = 0; i < 3; i++)
        member(&tar, '0', "12345678", "", "abc");
    assert_true(tar_text(tar.data, tar.length, 99, &limits, &text, &err));
    member(&tar, '0', "a", "", "");
    assert_false(tar_text(tar.data, tar.length, 99, &limits, &text, &err));
    assert_non_null(strstr(err.message, "more than 3 members"));

    buf_clear(&tar);
    for (int i = 0; i < 4; i++) /* headers without a member count, too */
        member(&tar, 'x', "a", "", "9 path=q\n");
    assert_false(tar_text(tar.data, tar.length, 99, &limits, &text, &err));
    assert_non_null(strstr(err.message, "more than 3 members"));

    buf_clear(&tar);
    member(&tar, '0', "123456789", "", "");
    assert_false(tar_text(tar.data, tar.length, 99, &limits, &text, &err));
    assert_non_null(strstr(err.message, "longer than 8 bytes"));

    buf_clear(&tar);
    member(&tar, '0', "a", "", "12345678901");
    assert_false(tar_text(tar.data, tar.length, 99, &limits, &text, &err));
    assert_non_null(strstr(err.message, "more than 10 bytes"));
}

/* umoci 0.4 leaves out the end, the padding of the last member included. */
static void test_no_padding(void **state)
{
    (void)state;
    AUTO_BUF tar = BUF_INIT(1 << 16), text = BUF_INIT(1 << 16);
    struct tar_handler silent = { .begin = tar_text_begin };
    struct error err = { 0 };
    member(&tar, '0', "a", "", "hello");
    tar.length = TAR_BLOCK + 5;
    assert_true(tar_text(tar.data, tar.length, 99, NULL, &text, &err));
    struct tar_reader *reader = tar_reader_new(NULL, &silent, &text);
    assert_true(tar_reader_feed(reader, tar.data, tar.length, &err));
    assert_true(tar_reader_end(reader, &err));
    tar_reader_free(reader);
    assert_false(tar_text(tar.data, tar.length - 1, 99, NULL, &text, &err));
}

/* Content that is left out of the feed gives the same members. */
static void test_skip(void **state)
{
    (void)state;
    AUTO_BUF tar = BUF_INIT(1 << 16);
    struct error err = { 0 };
    struct tar_handler handler = tar_text_handler;
    AUTO_BUF text = BUF_INIT(1 << 16);
    member(&tar, '0', "a", "", "hello");
    member(&tar, '0', "b", "", "");
    handler.data = NULL;
    struct tar_reader *reader = tar_reader_new(NULL, &handler, &text);
    assert_true(tar_reader_feed(reader, tar.data, TAR_BLOCK, &err));
    assert_int_equal(tar_reader_skippable(reader), TAR_BLOCK);
    assert_true(tar_reader_skip(reader, &err));
    assert_int_equal(tar_reader_skippable(reader), 0);
    assert_true(tar_reader_feed(reader, tar.data + 2 * TAR_BLOCK, TAR_BLOCK, &err));
    assert_true(tar_reader_end(reader, &err));
    tar_reader_free(reader);
    assert_string_equal(buf_text(&text), "file a 0644 0:0 @0 5 \nfile b 0644 0:0 @0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),    cmocka_unit_test(test_pax),
        cmocka_unit_test(test_sizes),      cmocka_unit_test(test_no_tar),
        cmocka_unit_test(test_ceilings),   cmocka_unit_test(test_skip),
        cmocka_unit_test(test_no_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
