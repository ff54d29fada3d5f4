/*
 * Local repositories: refs, files, dirtiness and order of commits, each against
 * what the git program says.
 *
 * timeout: 300
 */
#include "git_test.h"

struct fixture {
    struct arena *arena;
    char *folder, *work;
};

static int fixture_start(void **state)
{
    struct arena *arena = arena_new();
    struct fixture *fixture = arena_alloc(arena, sizeof *fixture);
    fixture->arena = arena;
    fixture->folder = scratch_start(arena);
    fixture->work = arena_printf(arena, "%s/work", fixture->folder);
    bash(arena, "bash \"$2\" \"$1\"", fixture->folder, GIT_TESTS "repository.sh");
    *state = fixture;
    return 0;
}

static int fixture_done(void **state)
{
    struct fixture *fixture = *state;
    scratch_done(fixture->arena, fixture->folder);
    arena_free(fixture->arena);
    return 0;
}

static struct git_source *open_at(const char *folder, const char *ref)
{
    struct git_options options = { .folder = folder, .ref = ref };
    return open_git(&options);
}

/* --------------------------------------------------------------------------- refs */

static void refs(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {
        "HEAD",        "main",       "side",          "v1.0.0",     "v1.2.0",   "nested",
        "same",        "HEAD~1",     "HEAD^2",        "v1.2.0^{commit}", "v1.2.0^{}",
        "refs/heads/same", "heads/same", "tags/same", "refs/tags/v1.2.0", "main@{0}", "@",
        "v1.9.0~1",    "origin/only-remote",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *expected = bash_line(f->arena, "cd \"$1\"; git rev-parse \"$(git rev-parse \"$2\")^{commit}\"",
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
    char *twice = bash_line(f->arena,
                            "cd \"$1/ambiguous\"; cut -c1-4 ids | uniq -d | head -1 || true",
                            f->folder, NULL);
    if (*twice) {
        struct git_options options = {
            .folder = arena_printf(f->arena, "%s/ambiguous", f->folder), .ref = twice
        };
        assert_int_equal(open_fails(&options, "is ambiguous"), ERROR_USAGE);
    }
}

static void semver_refs(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        { "semver:*", "v1.9.0" },           { "semver:1.x", "v1.9.0" },
        { "semver:>=1.0 <1.5", "v1.2.0" },  { "semver:>=1.10.0-0 <2.0.0-0", "v1.10.0-rc.1" },
        { "semver:>=1-0", "v2.0.0-beta.1" }, { "semver:1.0.0", "v1.0.0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct git_source *source = open_at(f->work, cases[i][0]);
        assert_string_equal(git_record(source)->ref, cases[i][1]);
        assert_string_equal(git_record(source)->commit,
                            bash_line(f->arena, "cd \"$1\"; git rev-parse \"$2^{commit}\"",
                                      f->work, cases[i][1]));
        git_close(source);
    }
    struct git_options none = { .folder = f->work, .ref = "semver:>=7" };
    assert_int_equal(open_fails(&none, "no tag of"), ERROR_NOT_FOUND);
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
        { "main:deploy", "is a tree, not a commit" },
        { "", "a ref has 1 to" },
        { "HEAD^{", "" },
        { "a..b", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct git_options options = { .folder = f->work, .ref = cases[i][0] };
        open_fails(&options, cases[i][1]);
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
    assert_string_equal(git_root(other), arena_printf(f->arena, "%s/", f->work));
    git_close(other);
}

/* -------------------------------------------------------------------------- files */

static char *read_path(struct arena *arena, struct git_source *source, const char *path,
                       size_t *ret_length, struct error *err)
{
    const struct source_reader *reader = git_reader(source);
    char *data = NULL;
    return reader->read(reader->context, arena, path, 1 << 20, &data, ret_length, err) ? data
                                                                                       : NULL;
}

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
    static const char *const lines[] = { "deploy/module/\n", "deploy/applink/\n", "deploy/up/\n",
                                         "deploy/link.yaml\n", "deploy/loop1\n",
                                         "deploy/dangling.yaml\n", "deploy/absolute.yaml\n" };
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
        { "deploy/link.yaml", "deploy/a.yaml" },   { "deploy/far.yaml", "deploy/app/c.yaml" },
        { "deploy/applink/c.yaml", "deploy/app/c.yaml" },
        { "deploy/up/deploy/a.yaml", "deploy/a.yaml" }, { "deploy/self/a.yaml", "deploy/a.yaml" },
        { "./deploy//a.yaml", "deploy/a.yaml" },
    };
    static const char *const wrong[][2] = {
        { "deploy/absolute.yaml", "absolute path" }, { "deploy/outside.yaml", "out of the repository" },
        { "deploy/dangling.yaml", "not in this commit" }, { "deploy/loop1", "40 symbolic links" },
        { "deploy/module/s", "a submodule" },        { "deploy/lfs.yaml", "Git LFS pointer" },
        { "deploy", "a folder, not a file" },        { "../work/deploy/a.yaml", "out of the repository" },
        { "deploy/a.yaml/x", "not in this commit" }, { "many/f0.yaml", "not in this commit" },
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

/* -------------------------------------------------------------------------- dirty */

static bool is_dirty(struct git_source *source, const char *path)
{
    bool dirty = false;
    struct error err = { 0 };
    const char *paths[] = { path };
    if (!git_dirty(source, paths, 1, &dirty, &err))
        fail_msg("%s", err.message);
    return dirty;
}

/* Each change alone, on three scopes, against `git status`. */
static void dirtiness(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    char *work = arena_printf(arena, "%s/dirty", f->folder);
    static const char *const changes[] = {
        ":", "echo x >>deploy/a.yaml", "touch deploy/a.yaml", "rm deploy/a.yaml",
        "chmod +x deploy/a.yaml", "echo new >deploy/new.yaml", "mkdir -p deploy/n/m; : >deploy/n/m/x",
        "echo '*.log' >.git/info/exclude; : >deploy/x.log", "mkdir deploy/void",
        "echo x >>many/f1.yaml", "echo x >>root.yaml", "ln -sfn other deploy/applink",
        "rm deploy/link.yaml; cp deploy/a.yaml deploy/link.yaml", "rm -r deploy/app",
        "echo x >>deploy/a.yaml; git add deploy/a.yaml", "rm -r deploy/app; : >deploy/app",
        "printf '*.skip\\n' >deploy/.gitignore; git add .; git commit -qm i; : >deploy/a.skip",
        "git config core.autocrlf input", "printf 'kind: A\\n' >deploy/a.yaml",
        "git mv deploy/a.yaml deploy/moved.yaml", ": >deploy-other.yaml",
    };
    static const char *const scopes[] = { "", "deploy", "many" };
    bash(arena, "git clone -q \"$1/work\" \"$1/pristine\"; cd \"$1/pristine\"; git checkout -q v1.0.0 "
                "2>/dev/null", f->folder, NULL);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        bash(arena, "rm -rf \"$1\"; cp -a \"$(dirname \"$1\")/pristine\" \"$1\"", work, NULL);
        bash(arena, "cd \"$1\"; eval \"$2\"", work, changes[i]);
        struct git_source *source = open_at(work, NULL);
        for (size_t j = 0; j < sizeof scopes / sizeof *scopes; j++) {
            char *status = bash(arena, "cd \"$1\"; git status --porcelain -- \"./$2\"", work,
                                scopes[j]);
            if (is_dirty(source, scopes[j]) != (*status != '\0'))
                fail_msg("after \"%s\", \"%s\": dirty is %d, git says:\n%s", changes[i], scopes[j],
                         is_dirty(source, scopes[j]), status);
        }
        git_close(source);
    }
}

/* What is staged is beside the point: the disk is what -f reads. */
static void staged_only(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    char *work = arena_printf(arena, "%s/staged", f->folder);
    bash(arena,
         "git clone -q \"$1/work\" \"$1/staged\"; cd \"$1/staged\"; cp side.yaml keep; "
         "echo x >>side.yaml; git add side.yaml; mv keep side.yaml",
         f->folder, NULL);
    struct git_source *source = open_at(work, NULL);
    assert_false(is_dirty(source, "side.yaml"));
    git_close(source);
}

/* ------------------------------------------------------------------------ compare */

static const char *order_name(enum git_order order)
{
    static const char *const names[] = { "same", "descendant", "older", "diverged", "not known" };
    return names[order];
}

/* Every pair of commits, against git merge-base --is-ancestor. */
static void orders(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    char *pairs = bash(arena,
                       "cd \"$1\"; for a in $(git rev-list --all); do for b in $(git rev-list "
                       "--all); do if [ $a = $b ]; then o=same; elif git merge-base --is-ancestor "
                       "$b $a; then o=descendant; elif git merge-base --is-ancestor $a $b; then "
                       "o=older; else o=diverged; fi; echo $a $b $o; done; done",
                       f->work, NULL);
    char *rest = NULL;
    for (char *line = strtok_r(pairs, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char one[41], two[41], expected[16];
        enum git_order order;
        struct error err;
        assert_int_equal(sscanf(line, "%40s %40s %15s", one, two, expected), 3);
        struct git_source *source = open_at(f->work, one);
        assert_true(git_compare(source, two, &order, &err));
        if (strcmp(order_name(order), expected) != 0)
            fail_msg("%s: found %s", line, order_name(order));
        git_close(source);
    }
    struct git_source *source = open_at(f->work, NULL);
    enum git_order order;
    struct error err;
    assert_true(git_compare(source, "0123456789012345678901234567890123456789", &order, &err));
    assert_int_equal(order, GIT_NOT_KNOWN);
    git_close(source);
}

static void shallow_clones(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    enum git_order order;
    struct error err = { 0 };
    bash(arena,
         "git init -q \"$1/line\"; cd \"$1/line\"; for i in 1 2 3 4 5 6; do echo $i >f; git add f; "
         "git commit -qm $i; git tag t$i; done; git clone -q --depth 1 \"file://$1/line\" "
         "\"$1/depth1\"; git clone -q --depth 3 \"file://$1/line\" \"$1/depth3\"",
         f->folder, NULL);
    const char *line = arena_printf(arena, "%s/line", f->folder);
    const char *ids[7];
    for (int i = 1; i <= 6; i++)
        ids[i] = bash_line(arena, "git -C \"$1\" rev-parse \"$2\"", line,
                           arena_printf(arena, "t%d", i));
    struct git_source *source = open_at(arena_printf(arena, "%s/depth1", f->folder), NULL);
    size_t length;
    assert_string_equal(read_path(arena, source, "f", &length, &err), "6\n");
    assert_true(git_compare(source, ids[6], &order, &err));
    assert_int_equal(order, GIT_SAME);
    assert_false(git_compare(source, ids[5], &order, &err));
    assert_non_null(strstr(err.message, "fetch-depth: 0"));
    git_close(source);
    source = open_at(arena_printf(arena, "%s/depth3", f->folder), NULL);
    assert_true(git_compare(source, ids[4], &order, &err));
    assert_int_equal(order, GIT_DESCENDANT);
    assert_false(git_compare(source, ids[2], &order, &err));
    git_close(source);
    source = open_at(arena_printf(arena, "%s/depth3", f->folder), ids[4]);
    assert_true(git_compare(source, ids[6], &order, &err));
    assert_int_equal(order, GIT_OLDER);
    git_close(source);
    struct git_options gone = { .folder = arena_printf(arena, "%s/depth1", f->folder),
                                .ref = "t1" };
    open_fails(&gone, "fetch-depth: 0");
}

/* ------------------------------------------------------------ sorts of repositories */

static void check_same(struct fixture *f, const char *folder)
{
    AUTO_ARENA arena = arena_new();
    struct error err;
    size_t length;
    struct git_source *source = open_at(folder, "v1.2.0");
    char *data = read_path(arena, source, "deploy/a.yaml", &length, &err);
    if (!data)
        fail_msg("%s: %s", folder, err.message);
    assert_string_equal(data, "kind: A\nmore\n");
    assert_string_equal(git_record(source)->commit,
                        bash_line(arena, "git -C \"$1\" rev-parse v1.2.0^{commit}", f->work, NULL));
    git_close(source);
}

static void sorts_of_repositories(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    bash(arena,
         "cd \"$1\"; git clone -q --bare work bare.git; git clone -q --shared work alternate; "
         "git -C work worktree add -q ../tree side; git clone -q work foreign; "
         "git clone -q --filter=blob:none --no-checkout \"file://$1/work\" partial "
         "-c uploadpack.allowFilter=true || git clone -q --no-checkout work partial; "
         "git clone -q work sparse; git -C sparse sparse-checkout set many; "
         "[ $(id -u) != 0 ] || chown -R 1234 foreign",
         f->folder, NULL);
    static const char *const names[] = { "bare.git", "alternate", "tree", "foreign", "sparse",
                                         "work/deploy/app" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_same(f, arena_printf(arena, "%s/%s", f->folder, names[i]));
    struct git_source *source = open_at(arena_printf(arena, "%s/bare.git", f->folder), NULL);
    assert_null(git_root(source));
    assert_false(is_dirty(source, ""));
    git_close(source);
    source = open_at(arena_printf(arena, "%s/tree", f->folder), NULL);
    assert_string_equal(git_record(source)->ref, "side");
    assert_string_equal(git_root(source), arena_printf(arena, "%s/tree/", f->folder));
    git_close(source);
}

static void no_repository(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    bash(arena, "mkdir \"$1/plain\"; git init -q \"$1/unborn\"; "
                "git init -q --object-format=sha256 \"$1/sha256\"; "
                "git -C \"$1/sha256\" commit -q --allow-empty -m x", f->folder, NULL);
    struct git_options options = { .folder = arena_printf(arena, "%s/plain", f->folder) };
    assert_int_equal(open_fails(&options, "is in no git repository"), ERROR_NOT_FOUND);
    options.folder = arena_printf(arena, "%s/unborn", f->folder);
    assert_int_equal(open_fails(&options, "has no commit yet"), ERROR_NOT_FOUND);
    options.folder = arena_printf(arena, "%s/nowhere", f->folder);
    assert_int_equal(open_fails(&options, "nowhere"), ERROR_NOT_FOUND);
    options.folder = arena_printf(arena, "%s/sha256", f->folder);
    assert_int_equal(open_fails(&options, "only SHA-1"), ERROR_INPUT);
}

static void origins(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    static const char *const cases[][2] = {
        { "git remote add origin https://u:p@Example.org/a/b.git", "https://example.org/a/b" },
        { "git remote add upstream git@example.org:a/b.git", "https://example.org/a/b" },
        { "git remote add x https://x/y; git remote add origin ssh://git@h:22/p/q", "https://h/p/q" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bash(arena, "rm -rf \"$1/o\"; git init -q \"$1/o\"; cd \"$1/o\"; "
                    "git commit -q --allow-empty -m x; eval \"$2\"", f->folder, cases[i][0]);
        struct git_source *source = open_at(arena_printf(arena, "%s/o", f->folder), NULL);
        assert_string_equal(git_record(source)->origin, cases[i][1]);
        git_close(source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refs),          cmocka_unit_test(short_ids),
        cmocka_unit_test(ambiguous_ids), cmocka_unit_test(semver_refs),
        cmocka_unit_test(wrong_refs),    cmocka_unit_test(commit_record),
        cmocka_unit_test(all_files),     cmocka_unit_test(listings),
        cmocka_unit_test(links_and_refusals), cmocka_unit_test(large_files),
        cmocka_unit_test(dirtiness),     cmocka_unit_test(staged_only),
        cmocka_unit_test(orders),        cmocka_unit_test(shallow_clones),
        cmocka_unit_test(sorts_of_repositories), cmocka_unit_test(no_repository),
        cmocka_unit_test(origins),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_done);
}
