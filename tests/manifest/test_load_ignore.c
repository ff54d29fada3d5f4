/*
 * .cmxignore against `git check-ignore`: each line of the table is a set of
 * patterns and paths, and git says which are left out.
 */
#include "base/file.h"
#include "base/process.h"
#include "manifest/cases_file.h"
#include "manifest/cmxignore.h"

#include <ftw.h>
#include <stdlib.h>
#include <time.h>

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static char *run(struct arena *arena, const char *const *arguments, const char *input)
{
    struct wait wait = wait_for(20000, NULL);
    struct error err = { 0 };
    char *output = NULL;
    int status = 0;
    if (!process_run(arena, arguments, NULL, input, 1 << 20, &wait, &output, &status, &err))
        fail_msg("%s", err.message);
    assert_true(status <= 1); /* 1: no path is ignored */
    return output;
}

/* As a walk does: a folder that is left out takes all below it with it. */
static bool is_ignored(struct arena *arena, const struct cmxignore *ignore, const char *path)
{
    size_t length = strlen(path);
    bool is_folder = path[length - 1] == '/';
    for (const char *slash = strchr(path, '/'); slash && slash[1]; slash = strchr(slash + 1, '/'))
        if (cmxignore_matches(ignore, arena_memdup(arena, path, (size_t)(slash - path)), true))
            return true;
    return cmxignore_matches(ignore, arena_memdup(arena, path, length - is_folder), is_folder);
}

static void write_paths(struct arena *arena, const char *root, const char *paths)
{
    struct error err = { 0 };
    for (size_t length; *paths; paths += length + (paths[length] == '\n')) {
        length = strcspn(paths, "\n");
        if (length == 0)
            continue;
        bool is_folder = paths[length - 1] == '/';
        char *path = arena_printf(arena, "%s/%.*s", root, (int)length, paths);
        char *folder = arena_strdup(arena, path);
        *strrchr(folder, '/') = '\0';
        if (!folder_make(folder, &err) || (!is_folder && !file_write(path, "", 0, 0644, &err)))
            fail_msg("%s", err.message);
    }
}

static bool listed(const char *list, const char *path)
{
    size_t length = strlen(path);
    for (const char *at = list; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (strncmp(at, path, length) == 0 && at[length] == '\n')
            return true;
    return false;
}

static size_t checked, differing;

static void ignore_case(struct arena *arena, const struct test_case *test, struct buf *out)
{
    char root[] = "/tmp/cmx-ignore-XXXXXX";
    struct error err = { 0 };
    assert_non_null(mkdtemp(root));
    assert_int_equal(test->count, 2);
    const char *patterns = test->parts[0].text, *paths = test->parts[1].text;
    const char *file = arena_printf(arena, "%s/.gitignore", root);
    run(arena, (const char *const[]){ "git", "init", "-q", root, NULL }, NULL);
    if (!file_write(file, patterns, strlen(patterns), 0644, &err))
        fail_msg("%s", err.message);
    write_paths(arena, root, paths);
    const char *git = run(arena,
                          (const char *const[]){ "git", "-C", root, "-c", "core.quotePath=false",
                                                 "-c", "core.excludesFile=/dev/null",
                                                 "check-ignore", "--no-index", "--stdin", NULL },
                          paths);
    const struct cmxignore *ignore = cmxignore_read(arena, NULL, "", patterns, strlen(patterns));
    for (size_t length; *paths; paths += length + (paths[length] == '\n')) {
        length = strcspn(paths, "\n");
        if (length == 0)
            continue;
        const char *path = arena_memdup(arena, paths, length);
        bool ours = is_ignored(arena, ignore, path), theirs = listed(git, path);
        buf_printf(out, "%c %s\n", ours ? '-' : '+', path);
        if (ours != theirs)
            print_error("%s: %s: git %s it, we %s\n", test->name, path,
                        theirs ? "ignores" : "takes", ours ? "ignore it" : "take it");
        checked++;
        differing += ours != theirs;
    }
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool update;

static void test_against_git(void **state)
{
    (void)state;
    cases_run("manifest/cases/load/ignore.txt", ignore_case, update);
    assert_true(checked >= 100);
    assert_int_equal(differing, 0);
}

/* A pattern made to be slow ends soon, and matches what it can. */
static void test_many_stars(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new();
    AUTO_BUF glob = BUF_INIT(1 << 20), path = BUF_INIT(1 << 20);
    for (int i = 0; i < 200; i++)
        buf_puts(&glob, "*a");
    buf_puts(&glob, "b");
    buf_fill(&path, 'a', 5000);
    const struct cmxignore *ignore = cmxignore_read(arena, NULL, "", glob.data, glob.length);
    clock_t start = clock();
    assert_false(cmxignore_matches(ignore, path.data, false));
    assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
}

int main(int argc, char **argv)
{
    update = argc > 1 && strcmp(argv[1], "--update") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_git),
        cmocka_unit_test(test_many_stars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
