/*
 * Tars: what is written is read as the same, by us and by GNU tar; what GNU tar writes in
 * each of its formats is read; what strangers write can harm nothing.
 */
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "oci/tar_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define X10  "xxxxxxxxxx"
#define X90  X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X100 X90 X10

/* -------------------------------------------------------------------- writing */

static struct tar_attribute capability = { "security.capability", "a\0=b\n", 5 };

static const struct {
    struct tar_entry entry;
    const char *content, *text; /* as read again; NULL: refused */
} members[] = {
    { { .kind = TAR_FOLDER, .path = "", .mode = 0755 }, "", "folder  0755 0:0 @0\n" },
    { { .kind = TAR_FILE, .path = "a", .mode = 0644, .mtime = 1764000000, .size = 5 },
      "hello",
      "file a 0644 0:0 @1764000000 5 hello\n" },
    { { .kind = TAR_FOLDER, .path = "tmp", .mode = 01777, .uid = 1, .gid = 2 },
      "",
      "folder tmp 1777 1:2 @0\n" },
    { { .kind = TAR_SYMLINK, .path = "l", .link = "../a", .mode = 0777 },
      "",
      "symlink l 0777 0:0 @0 -> ../a !out\n" },
    { { .kind = TAR_HARDLINK, .path = "h", .link = "tmp/a" },
      "",
      "hardlink h 0000 0:0 @0 -> tmp/a\n" },
    { { .kind = TAR_CHARACTER_DEVICE, .path = "null", .major = 1, .minor = 3 },
      "",
      "chardev null 0000 0:0 @0 1,3\n" },
    { { .kind = TAR_FIFO, .path = "f" }, "", "fifo f 0000 0:0 @0\n" },
    { { .kind = TAR_FILE, .path = "\xc3\xa4\xff" }, "", "file \xc3\xa4\xff 0000 0:0 @0\n" },
    { { .kind = TAR_FILE, .path = X100 }, "", "file " X100 " 0000 0:0 @0\n" },
    { { .kind = TAR_FOLDER, .path = X90 "/" X100 }, "", "folder " X90 "/" X100 " 0000 0:0 @0\n" },
    { { .kind = TAR_FILE, .path = X90 "/" X90 "/" X90 },
      "",
      "file " X90 "/" X90 "/" X90 " 0000 0:0 @0\n" },
    { { .kind = TAR_SYMLINK, .path = "l", .link = X100 "y" },
      "",
      "symlink l 0000 0:0 @0 -> " X100 "y\n" },
    { { .kind = TAR_FILE, .path = "n", .uid = 4294967295, .gid = 2097152, .mtime = -1 },
      "",
      "file n 0000 4294967295:2097152 @-1\n" },
    { { .kind = TAR_FILE, .path = "su", .mode = 04755 }, "", "file su 4755 0:0 @0 !setid\n" },
    { { .kind = TAR_FILE, .path = "d/.wh.gone" }, "", "file d/gone 0000 0:0 @0 whiteout\n" },
    { { .kind = TAR_FILE, .path = "d/.wh..wh..opq" }, "", "file d 0000 0:0 @0 opaque\n" },
    { { .kind = TAR_FILE, .path = "/a" }, "", NULL },
    { { .kind = TAR_FILE, .path = "" }, "", NULL },
    { { .kind = TAR_SYMLINK, .path = "a" }, "", NULL },
    { { .kind = TAR_FILE, .path = "a", .link = "b" }, "", NULL },
    { { .kind = TAR_FOLDER, .path = "a", .size = 1 }, "", NULL },
    { { .kind = TAR_FILE, .path = "a", .size = 1 }, "xy", NULL },
    { { .kind = TAR_FILE, .path = "a", .size = 2 }, "x", NULL },
};
enum { MEMBERS = sizeof members / sizeof *members };

static bool write_member(struct tar_writer *writer, size_t i, struct error *err)
{
    return tar_writer_entry(writer, &members[i].entry, err)
           && tar_writer_data(writer, members[i].content, strlen(members[i].content), err);
}

static void test_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < MEMBERS; i++) {
        AUTO_BUF tar = BUF_INIT(1 << 20), text = BUF_INIT(1 << 16);
        struct tar_writer writer;
        struct error err = { 0 };
        tar_writer_start(&writer, tar_text_sink, &tar);
        bool fine = write_member(&writer, i, &err) && tar_writer_end(&writer, &err);
        if (fine != (members[i].text != NULL))
            fail_msg("%s: %s", members[i].entry.path, err.message);
        if (!fine)
            continue;
        assert_int_equal(tar.length % TAR_BLOCK, 0);
        assert_int_equal(tar.length, writer.written);
        if (!tar_text(tar.data, tar.length, 7, NULL, &text, &err))
            fail_msg("%s: %s", members[i].entry.path, err.message);
        assert_string_equal(buf_text(&text), members[i].text);
    }
}

static void write_all(struct buf *tar)
{
    struct tar_writer writer;
    struct error err;
    tar_writer_start(&writer, tar_text_sink, tar);
    for (size_t i = 0; members[i].text; i++)
        assert_true(write_member(&writer, i, &err));
    struct tar_entry entry = { .kind = TAR_FILE,
                               .path = "cap",
                               .attributes = &capability,
                               .attribute_count = 1,
                               .size = 1 << 20 };
    AUTO_BUF content = BUF_INIT(1 << 20);
    buf_fill(&content, 'z', 1 << 20);
    assert_true(tar_writer_entry(&writer, &entry, &err));
    assert_true(tar_writer_data(&writer, content.data, content.length, &err));
    assert_true(tar_writer_end(&writer, &err));
}

/* These bytes are part of the identity of every image: they never change. */
static void test_same_bytes(void **state)
{
    (void)state;
    AUTO_BUF tar = BUF_INIT(4 << 20), text = BUF_INIT(2 << 20), cut = BUF_INIT(2 << 20);
    struct error err = { 0 };
    AUTO_ARENA arena = arena_new();
    write_all(&tar);
    assert_string_equal(digest_text(arena, tar.data, tar.length),
                        "sha256:604ff6548062503a3b0fa6b486c020606d3990847b66297a04c99584cd43e49f");
    assert_true(tar_text(tar.data, tar.length, tar.length, NULL, &text, &err));
    assert_true(tar_text(tar.data, tar.length, 1000, NULL, &cut, &err));
    assert_string_equal(buf_text(&text), buf_text(&cut));
    assert_non_null(strstr(buf_text(&text), " [security.capability=a"));
}

/* ------------------------------------------------------------------- GNU tar */

static const char *run(struct arena *arena, const char *const *arguments)
{
    struct wait wait = wait_for(30000, NULL);
    struct error err = { 0 };
    char *output;
    int status;
    if (!process_run(arena, arguments, NULL, NULL, 4 << 20, &wait, &output, &status, &err))
        fail_msg("%s: %s", arguments[0], err.message);
    if (status)
        fail_msg("%s: exit %d: %s", arguments[0], status, output);
    return output;
}

static const char *new_folder(struct arena *arena)
{
    char *folder = arena_strdup(arena, "/tmp/cmx-test-tar-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void remove_folder(struct arena *arena, const char *folder)
{
    run(arena, (const char *const[]){ "rm", "-rf", folder, NULL });
}

/* GNU tar sees the members that we see. */
static void test_gnu_reads(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF tar = BUF_INIT(4 << 20);
    struct error err;
    const char *folder = new_folder(arena), *file = path_join(arena, folder, "a.tar");
    write_all(&tar);
    assert_true(file_write(file, tar.data, tar.length, 0600, &err));
    const char *list =
        run(arena, (const char *const[]){ "tar", "-tvf", file, "--utc", "--full-time",
                                          "--quoting-style=literal", "--numeric-owner", NULL });
    static const char *const lines[] = {
        "drwxr-xr-x 0/0               0 1970-01-01 00:00:00 ./\n",
        "-rw-r--r-- 0/0               5 2025-11-24 16:00:00 a\n",
        "drwxrwxrwt 1/2               0 1970-01-01 00:00:00 tmp/\n",
        " l -> ../a\n",
        " h link to tmp/a\n",
        "c--------- 0/0             1,3 1970-01-01 00:00:00 null\n",
        " " X90 "/" X100 "/\n",
        " " X90 "/" X90 "/" X90 "\n",
        " l -> " X100 "y\n",
        "---------- 4294967295/2097152 0 1969-12-31 23:59:59 n\n",
        " 1048576 1970-01-01 00:00:00 cap\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(list, lines[i]))
            fail_msg("no \"%s\" in\n%s", lines[i], list);
    remove_folder(arena, folder);
}

/* A tree with what each format says in its own way. */
static const char make_tree[] =
    "cd \"$1\" && mkdir -p t/d && cd t && umask 022 && echo hello >a && ln -s ../a d/l && ln a h &&"
    "mkdir -p d/" X90 " && echo deep >d/" X90 "/" X90 " && ln -s " X100 "y long && : >d/empty &&"
    "chmod 2755 d && find . -exec touch -h -d @1764000000 {} +";

static const char tree_text[] = "folder  0755 0:0 @1764000000\n"
                                "file a 0644 0:0 @1764000000 6 hello\n\n"
                                "folder d 2755 0:0 @1764000000\n"
                                "file d/empty 0644 0:0 @1764000000\n"
                                "symlink d/l 0777 0:0 @1764000000 -> ../a\n"
                                "folder d/" X90 " 0755 0:0 @1764000000\n"
                                "file d/" X90 "/" X90 " 0644 0:0 @1764000000 5 deep\n\n"
                                "hardlink h 0644 0:0 @1764000000 -> a\n"
                                "symlink long 0777 0:0 @1764000000 -> " X100 "y\n";

static void test_gnu_writes(void **state)
{
    (void)state;
    static const char *const formats[] = { "gnu", "posix", "oldgnu" };
    AUTO_ARENA arena = arena_new();
    const char *folder = new_folder(arena), *file = path_join(arena, folder, "a.tar");
    run(arena, (const char *const[]){ "bash", "-c", make_tree, "-", folder, NULL });
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        AUTO_BUF text = BUF_INIT(1 << 16);
        struct error err = { 0 };
        char *data;
        size_t length;
        run(arena,
            (const char *const[]){ "tar", "-cf", file, "--sort=name", "--owner=0", "--group=0",
                                   "-C", folder, arena_printf(arena, "--format=%s", formats[i]),
                                   "--transform=s,^t,.,rhS", "t", NULL });
        assert_true(file_read(arena, file, 1 << 20, &data, &length, &err));
        if (!tar_text(data, length, 1 << 20, NULL, &text, &err))
            fail_msg("%s: %s", formats[i], err.message);
        assert_string_equal(buf_text(&text), tree_text);
    }
    remove_folder(arena, folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_gnu_reads),
        cmocka_unit_test(test_gnu_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
