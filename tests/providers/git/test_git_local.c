/*
 * Local repositories: refs and files, each against what the git program says.
 *
 * timeout: 300
 */
#include "git_local.h"

/* --------------------------------------------------------------------------- refs */

static void refs(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {
        "HEAD",
        "main",
        "side",
        "v1.0.0",
        "v1.2.0",
        "nested",
        "same",
        "HEAD~1",
        "HEAD^2",
        "v1.2.0^{commit}",
        "v1.2.0^{}",
        "refs/heads/same",
        "heads/same",
        "tags/same",
        "refs/tags/v1.2.0",
        "main@{0}",
        "@",
        "v1.9.0~1",
        "origin/only-remote",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *expected =
            bash_line(f->arena, "cd \"$1\"; git rev-parse \"$(git rev-parse \"$2\")^{commit}\"",
                      f->work, names[i]);
        struct git_source *source = open_at(f->work, names[i]);
        if (strcmp(git_record(source)->commit, expected) != 0)
            fail_msg("%s is %s, expected %s", names[i], git_record(source)->commit, expected);
        git_close(source);
    }
}

static void short_ids(void **state)
{
    struct fixture *f = *state;
    char *full = bash_line(f->arena, "cd \"$1\"; git rev-parse HEAD", f->work, NULL);
    for (int digits = 7; digits <= 40; digits += 11) {
        struct git_source *source = open_at(f->work, arena_printf(f->arena, "%.*s", digits, full));
        assert_string_equal(git_record(source)->commit, full);
        assert_string_equal(git_record(source)->ref, "");
        git_close(source);
    }
}

/* Of many objects with one short id only a commit is meant, as in git's "ID^{commit}". */
static void ambiguous_ids(void **state)
{
    struct fixture *f = *state;
    char *list = bash(f->arena,
                      "cd \"$1\"; git rev-list --all | cut -c1-4 | sort | while read p; do "
                      "echo $p $(git rev-parse --verify -q $p^{commit} 2>/dev/null || echo none); "
                      "done",
                      f->work, NULL);
    char *rest = NULL;
    size_t cases = 0;
    for (char *line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *space = strchr(line, ' ');
        *space = '\0';
        if (strcmp(space + 1, "none") == 0)
            continue;
        struct git_source *source = open_at(f->work, line);
        assert_string_equal(git_record(source)->commit, space + 1);
        git_close(source);
        cases++;
    }
    assert_true(cases >= 3);
    bash(f->arena,
         "git init -q \"$1/ambiguous\"; cd \"$1/ambiguous\"; git commit -q --allow-empty -m 0; "
         "t=$(git write-tree); for i in $(seq 700); do git commit-tree -m $i $t; done | sort >ids",
         f->folder, NULL);
    char *twice =
        bash_line(f->arena, "cd \"$1/ambiguous\"; cut -c1-4 ids | uniq -d | head -1 || true",
                  f->folder, NULL);
    if (*twice) {
        struct git_options options = { .folder = arena_printf(f->arena, "%s/ambiguous", f->folder),
                                       .ref = twice };
        assert_int_equal(open_fails(&options, "is ambiguous"), ERROR_USAGE);
    }
}

static void semver_refs(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        { "semver:*", "v1.9.0" },
        { "semver:1.x", "v1.9.0" },
        { "semver:>=1.0 <1.5", "v1.2.0" },
        { "semver:>=1.10.0-0 <2.0.0-0", "v1.10.0-rc.1" },
        { "semver:>=1-0", "v2.0.0-beta.1" },
        { "semver:1.0.0", "v1.0.0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct git_source *source = open_at(f->work, cases[i][0]);
        assert_string_equal(git_record(source)->ref, cases[i][1]);
        assert_string_equal(
            git_record(source)->commit,
            bash_line(f->arena, "cd \"$1\"; git rev-parse \"$2^{commit}\"", f->work, cases[i][1]));
        git_close(source);
    }
    struct git_options none = { .folder = f->work, .ref = "semver:>=7" };
    assert_int_equal(open_fails(&none, "no tag of"), ERROR_USAGE);
    struct git_options wrong = { .folder = f->work, .ref = "semver:>=x.y" };
    assert_int_equal(open_fails(&wrong, "is not a range of versions"), ERROR_USAGE);
}

static void wrong_refs(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        { "nowhere", "no branch, tag or commit nowhere" },
        { "blobtag", "is a blob, not a commit" },
        { "HEAD~99", "no branch, tag or commit HEAD~99" },
        { "0123456789012345678901234567890123456789", "no branch, tag or commit" },
        { "main:deploy", "is a file or folder of a commit" },
        { "HEAD^{tree}", "is a tree, not a commit" },
        { ":/first", "a search in messages" },
        { "HEAD^{/first}", "a search in messages" },
        { "@{-1}", "what was checked out before" },
        { "1.2.0", "no branch, tag or commit 1.2.0 in" },
        { "1.2.0", "(did you mean v1.2.0?)" },
        { "a b", "is no ref; right would be" },
        { "^main", "is no ref" },
        { "", "a ref has 1 to" },
        { "HEAD^{", "is no ref" },
        { "a..b", "a range of commits" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct git_options options = { .folder = f->work, .ref = cases[i][0] };
        assert_int_equal(open_fails(&options, cases[i][1]), ERROR_USAGE);
    }
    struct git_source *source = open_at(f->work, "only-remote");
    assert_string_equal(git_record(source)->ref, "only-remote");
    git_close(source);
}

static void commit_record(void **state)
{
    struct fixture *f = *state;
    struct git_source *source = open_at(f->work, "v1.0.0");
    const struct record_source *record = git_record(source);
    assert_string_equal(record->subject, "first commit");
    assert_string_equal(record->author, "Ann Ex <ann@example.org>");
    assert_string_equal(record->ref, "v1.0.0");
    assert_int_equal(record->time, 1767319445);
    assert_string_equal(record->origin,
                        bash_line(f->arena, "cd \"$1\"; git rev-parse v1.0.0", f->work, NULL));
    struct git_source *other = NULL;
    struct wait wait = minutes(1);
    struct error err;
    assert_true(git_open_ref(source, "HEAD", &other, &wait, &err));
    git_close(source);
    assert_string_equal(git_record(other)->ref, "main");
    assert_string_equal(git_root(other), f->work);
    git_close(other);
}

/* -------------------------------------------------------------------------- files */

/* Every plain file of a commit, byte for byte. */
static void all_files(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    struct git_source *source = open_at(f->work, "v1.0.0");
    char *list = bash(arena,
                      "cd \"$1\"; git ls-tree -rz v1.0.0 | tr '\\n\\0' '\\1\\n' | "
                      "grep -v ^120000 | cut -f2-",
                      f->work, NULL);
    bash(arena, "mkdir \"$1/export\"; git -C \"$1/work\" archive v1.0.0 | tar x -C \"$1/export\"",
         f->folder, NULL);
    char *rest = NULL;
    size_t files = 0;
    for (char *path = strtok_r(list, "\n", &rest); path; path = strtok_r(NULL, "\n", &rest)) {
        struct error err;
        size_t length = 0, expected_length = 0;
        char *expected, *name = arena_printf(arena, "%s/export/%s", f->folder, path);
        if (strcmp(path, "deploy/lfs.yaml") == 0)
            continue;
        char *data = read_path(arena, source, path, &length, &err);
        if (!data)
            fail_msg("%s", err.message);
        assert_true(file_read(arena, name, 1 << 20, &expected, &expected_length, &err));
        assert_int_equal(length, expected_length);
        assert_memory_equal(data, expected, length);
        files++;
    }
    assert_true(files > 1000);
    git_close(source);
}

static int by_path(const void *one, const void *two)
{
    return strcmp(((const struct source_entry *)one)->path,
                  ((const struct source_entry *)two)->path);
}

static char *listing(struct arena *arena, struct git_source *source, const char *folder)
{
    const struct source_reader *reader = git_reader(source);
    struct source_entry *entries;
    struct error err;
    size_t count;
    AUTO_BUF text = BUF_INIT(1 << 20);
    if (!reader->list(reader->context, arena, folder, &entries, &count, &err))
        return arena_printf(arena, "error: %s", err.message);
    qsort(entries, count, sizeof *entries, by_path);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s\n", entries[i].path, entries[i].is_folder ? "/" : "");
    return arena_memdup(arena, buf_text(&text), text.length);
}

static void listings(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    struct git_source *source = open_at(f->work, NULL);
    assert_string_equal(listing(arena, source, ""),
                        ".gitmodules\na b/\ndeploy/\nmany/\nside.yaml\n");
    assert_string_equal(listing(arena, source, "deploy/app"), "deploy/app/c.yaml\n");
    assert_string_equal(listing(arena, source, "deploy/applink"), "deploy/applink/c.yaml\n");
    char *deploy = listing(arena, source, "deploy");
    static const char *const lines[] = { "deploy/module/\n",      "deploy/applink/\n",
                                         "deploy/up/\n",          "deploy/link.yaml\n",
                                         "deploy/loop1\n",        "deploy/dangling.yaml\n",
                                         "deploy/absolute.yaml\n" };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_non_null(strstr(deploy, lines[i]));
    assert_non_null(strstr(listing(arena, source, "deploy/module"), "a submodule"));
    assert_non_null(strstr(listing(arena, source, "deploy/up"), "a folder that holds the link"));
    assert_non_null(strstr(listing(arena, source, "deploy/self"), "a folder that holds the link"));
    assert_non_null(strstr(listing(arena, source, "deploy/a.yaml"), "a file, not a folder"));
    assert_non_null(strstr(listing(arena, source, "nowhere"), "not in this commit"));
    assert_non_null(strstr(listing(arena, source, ".."), "out of the repository"));
    git_close(source);
}

static void links_and_refusals(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    struct git_source *source = open_at(f->work, NULL);
    static const char *const same[][2] = {
        { "deploy/link.yaml", "deploy/a.yaml" },
        { "deploy/far.yaml", "deploy/app/c.yaml" },
        { "deploy/applink/c.yaml", "deploy/app/c.yaml" },
        { "deploy/up/deploy/a.yaml", "deploy/a.yaml" },
        { "deploy/self/a.yaml", "deploy/a.yaml" },
        { "./deploy//a.yaml", "deploy/a.yaml" },
    };
    static const char *const wrong[][2] = {
        { "deploy/absolute.yaml", "absolute path" },
        { "deploy/outside.yaml", "out of the repository" },
        { "deploy/dangling.yaml", "not in this commit" },
        { "deploy/loop1", "40 symbolic links" },
        { "deploy/module/s", "a submodule" },
        { "deploy/lfs.yaml", "Git LFS pointer" },
        { "deploy", "a folder, not a file" },
        { "../work/deploy/a.yaml", "out of the repository" },
        { "deploy/a.yaml/x", "not in this commit" },
        { "many/f0.yaml", "not in this commit" },
    };
    size_t length = 0;
    struct error err;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char *one = read_path(arena, source, same[i][0], &length, &err);
        char *two = read_path(arena, source, same[i][1], &length, &err);
        assert_non_null(one);
        assert_string_equal(one, two);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (read_path(arena, source, wrong[i][0], &length, &err))
            fail_msg("%s was read", wrong[i][0]);
        if (!strstr(err.message, wrong[i][1]) || !strstr(err.message, wrong[i][0]))
            fail_msg("%s: expected \"%s\" in: %s", wrong[i][0], wrong[i][1], err.message);
    }
    git_close(source);
}

static void large_files(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    bash(arena,
         "git init -q \"$1/large\"; cd \"$1/large\"; truncate -s 40M big.yaml; "
         "truncate -s 9M nine.yaml; git add .; git commit -qm x; git gc -q",
         f->folder, NULL);
    struct git_source *source = open_at(arena_printf(arena, "%s/large", f->folder), NULL);
    const struct source_reader *reader = git_reader(source);
    struct error err;
    char *data;
    size_t length;
    assert_false(reader->read(reader->context, arena, "big.yaml", SIZE_MAX, &data, &length, &err));
    assert_non_null(strstr(err.message, "big.yaml: 41943040 bytes, a manifest may have 33554432"));
    assert_false(reader->read(reader->context, arena, "nine.yaml", 8 << 20, &data, &length, &err));
    assert_non_null(strstr(err.message, "a manifest may have 8388608"));
    assert_true(reader->read(reader->context, arena, "nine.yaml", 9 << 20, &data, &length, &err));
    git_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refs),
        cmocka_unit_test(short_ids),
        cmocka_unit_test(ambiguous_ids),
        cmocka_unit_test(semver_refs),
        cmocka_unit_test(wrong_refs),
        cmocka_unit_test(commit_record),
        cmocka_unit_test(all_files),
        cmocka_unit_test(listings),
        cmocka_unit_test(links_and_refusals),
        cmocka_unit_test(large_files),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_done);
}
