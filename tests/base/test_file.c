/* file: the whole of a file, whether its size is known beforehand or not, and never more than
 * asked. */
#include "base/file.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 300000 };

static char *bytes_of(struct arena *arena, size_t length)
{
    char *data = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length; i++)
        data[i] = (char)('a' + i % 23);
    return data;
}

/* A file of that content that has no name any more. */
static int file_of(const char *data, size_t length)
{
    char path[] = "/tmp/cmx-test-file-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0 && unlink(path) == 0);
    assert_true(file_write_all(descriptor, data, length));
    assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
    return descriptor;
}

static void reads_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        AUTO_ARENA arena = arena_new();
        struct error err = { 0 };
        char *wanted = bytes_of(arena, sizes[i]), *data;
        size_t length;
        AUTO_CLOSE descriptor = file_of(wanted, sizes[i]);
        assert_true(file_read_descriptor(arena, descriptor, "it", sizes[i], &data, &length, &err));
        assert_int_equal(length, sizes[i]);
        assert_memory_equal(data, wanted, length + 1);
    }
}

static void has_a_ceiling(void **state)
{
    (void)state;
    for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
        AUTO_ARENA arena = arena_new();
        struct error err = { 0 };
        char *data;
        size_t length;
        AUTO_CLOSE descriptor = file_of(bytes_of(arena, sizes[i]), sizes[i]);
        assert_false(
            file_read_descriptor(arena, descriptor, "it", sizes[i] - 1, &data, &length, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
    }
}

/* From where it stands, as of what has no size. */
static void reads_from_where_it_stands(void **state)
{
    AUTO_ARENA arena = arena_new();
    struct error err = { 0 };
    char *wanted = bytes_of(arena, 300000), *data;
    size_t length;
    AUTO_CLOSE descriptor = file_of(wanted, 300000);
    (void)state;
    assert_int_equal(lseek(descriptor, 100000, SEEK_SET), 100000);
    assert_true(file_read_descriptor(arena, descriptor, "it", 1 << 20, &data, &length, &err));
    assert_int_equal(length, 200000);
    assert_memory_equal(data, wanted + 100000, length + 1);
}

/* HOME=/dev/null is how accounts without a home are run. */
static void nothing_is_below_what_is_no_folder(void **state)
{
    static const char *const paths[] = { "/nowhere/x", "/dev/null/x", "/dev/null/.docker/x" };
    AUTO_ARENA arena = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct error err = { 0 };
        char *data;
        size_t length;
        assert_false(file_read(arena, paths[i], 100, &data, &length, &err));
        assert_int_equal(err.kind, ERROR_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all),
        cmocka_unit_test(has_a_ceiling),
        cmocka_unit_test(reads_from_where_it_stands),
        cmocka_unit_test(nothing_is_below_what_is_no_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
