/*
 * Local repositories: dirtiness, order of commits, origins, and sorts of repositories
 * (bare, shallow, shared, sparse), each against what the git program says.
 *
 * timeout: 300
 */
#include "git_local.h"

#include "providers/git/changes.h"

#include <stdlib.h>

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

/* How many files differ there, as is looked up once for all the Images of a source. */
static size_t count_changed(struct git_source *source, const char *path)
{
    AUTO_ARENA arena = arena_new();
    struct text_list changed;
    struct error err = { 0 };
    size_t length = strlen(path);
    if (!git_changed(source, arena, &path, 1, &changed, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < changed.count; i++)
        if (length && (strncmp(changed.items[i], path, length) || changed.items[i][length] != '/'))
            fail_msg("%s is not below %s", changed.items[i], path);
    return changed.count;
}

/* Each change alone, on three scopes, against `git status`. */
static void dirtiness(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    char *work = arena_printf(arena, "%s/dirty", f->folder);
    static const char *const changes[] = {
        ":",
        "echo x >>deploy/a.yaml",
        "touch deploy/a.yaml",
        "rm deploy/a.yaml",
        "chmod +x deploy/a.yaml",
        "echo new >deploy/new.yaml",
        "mkdir -p deploy/n/m; : >deploy/n/m/x",
        "echo '*.log' >.git/info/exclude; : >deploy/x.log",
        "mkdir deploy/void",
        "echo x >>many/f1.yaml",
        "echo x >>root.yaml",
        "ln -sfn other deploy/applink",
        "rm deploy/link.yaml; cp deploy/a.yaml deploy/link.yaml",
        "rm -r deploy/app",
        "echo x >>deploy/a.yaml; git add deploy/a.yaml",
        "rm -r deploy/app; : >deploy/app",
        "printf '*.skip\\n' >deploy/.gitignore; git add .; git commit -qm i; : >deploy/a.skip",
        "git config core.autocrlf input",
        "printf 'kind: A\\n' >deploy/a.yaml",
        "git mv deploy/a.yaml deploy/moved.yaml",
        ": >deploy-other.yaml",
    };
    static const char *const scopes[] = { "", "deploy", "many" };
    bash(arena,
         "git clone -q \"$1/work\" \"$1/pristine\"; cd \"$1/pristine\"; git checkout -q v1.0.0 "
         "2>/dev/null",
         f->folder, NULL);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        bash(arena, "rm -rf \"$1\"; cp -a \"$(dirname \"$1\")/pristine\" \"$1\"", work, NULL);
        bash(arena, "cd \"$1\"; eval \"$2\"", work, changes[i]);
        struct git_source *source = open_at(work, NULL);
        for (size_t j = 0; j < sizeof scopes / sizeof *scopes; j++) {
            char *status =
                bash(arena, "cd \"$1\"; git status --porcelain -- \"./$2\"", work, scopes[j]);
            if (is_dirty(source, scopes[j]) != (*status != '\0'))
                fail_msg("after \"%s\", \"%s\": dirty is %d, git says:\n%s", changes[i], scopes[j],
                         is_dirty(source, scopes[j]), status);
            if ((count_changed(source, scopes[j]) > 0) != (*status != '\0'))
                fail_msg("after \"%s\", \"%s\": %zu changed, git says:\n%s", changes[i], scopes[j],
                         count_changed(source, scopes[j]), status);
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
        ids[i] =
            bash_line(arena, "git -C \"$1\" rev-parse \"$2\"", line, arena_printf(arena, "t%d", i));
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
    static const char *const names[] = { "bare.git", "alternate", "tree",
                                         "foreign",  "sparse",    "work/deploy/app" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_same(f, arena_printf(arena, "%s/%s", f->folder, names[i]));
    struct git_source *source = open_at(arena_printf(arena, "%s/bare.git", f->folder), NULL);
    assert_null(git_root(source));
    assert_false(is_dirty(source, ""));
    git_close(source);
    source = open_at(arena_printf(arena, "%s/tree", f->folder), NULL);
    assert_string_equal(git_record(source)->ref, "side");
    assert_string_equal(git_root(source), arena_printf(arena, "%s/tree", f->folder));
    git_close(source);
}

static void no_repository(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    bash(arena,
         "mkdir \"$1/plain\"; git init -q \"$1/unborn\"; "
         "git init -q --object-format=sha256 \"$1/sha256\"; "
         "git -C \"$1/sha256\" commit -q --allow-empty -m x",
         f->folder, NULL);
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
        { "git remote add x https://x/y; git remote add origin ssh://git@h:22/p/q",
          "https://h/p/q" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bash(arena,
             "rm -rf \"$1/o\"; git init -q \"$1/o\"; cd \"$1/o\"; "
             "git commit -q --allow-empty -m x; eval \"$2\"",
             f->folder, cases[i][0]);
        struct git_source *source = open_at(arena_printf(arena, "%s/o", f->folder), NULL);
        assert_string_equal(git_record(source)->origin, cases[i][1]);
        git_close(source);
    }
}

/* ------------------------------------------------------------------------- changes */

static void check_changes(struct arena *arena, struct git_source *source, const char *work,
                          const char *since, const char *folder)
{
    struct error err = { 0 };
    size_t files = 0;
    const char *commit = NULL;
    char *id = bash_line(arena, "cd \"$1\"; git rev-parse \"$2^{commit}\"", work, since);
    if (!git_changes(source, arena, id, folder, &files, &commit, &err))
        fail_msg("%s", err.message);
    char *range = arena_printf(arena, "%s..HEAD", id);
    char *script = arena_printf(
        arena, "cd \"$1\"; git diff --name-only --no-renames $2 -- \"./%s\" | wc -l", folder);
    assert_int_equal(files, atoi(bash(arena, script, work, range)));
    script = arena_printf(arena, "cd \"$1\"; git log -1 --first-parent --format=%%H $2 -- \"./%s\"",
                          folder);
    if (files)
        assert_string_equal(commit ? commit : "none", bash_line(arena, script, work, range));
    else
        assert_null(commit);
}

/* What a folder became since a commit, against `git diff` and `git log`. */
static void changes(void **state)
{
    struct fixture *f = *state;
    static const char *const commits[] = { "v1.0.0", "v1.2.0", "HEAD^", "HEAD" };
    static const char *const folders[] = { "", "deploy", "deploy/app", "many", "a b", "nowhere" };
    AUTO_ARENA arena = arena_new();
    struct git_source *source = open_at(f->work, "main");
    for (size_t i = 0; i < sizeof commits / sizeof *commits; i++)
        for (size_t j = 0; j < sizeof folders / sizeof *folders; j++)
            check_changes(arena, source, f->work, commits[i], folders[j]);
    size_t files;
    const char *commit;
    struct error err = { 0 };
    assert_false(git_changes(source, arena, "0123456789012345678901234567890123456789", "", &files,
                             &commit, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_string_equal(git_tree_text(source, arena),
                        bash_line(arena, "cd \"$1\"; git rev-parse 'main^{tree}'", f->work, NULL));
    git_close(source);
}

/* Many ask what differs; the work tree is compared once, and all get the same answer. */
static void changed_is_looked_at_once(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    char *work = arena_printf(arena, "%s/once", f->folder);
    bash(arena, "git clone -q \"$1/work\" \"$2\"; cd \"$2\"; echo x >>root.yaml", f->folder, work);
    struct git_source *source = open_at(work, NULL);
    assert_int_equal(count_changed(source, ""), 1);
    bash(arena, "echo x >>\"$1/deploy/a.yaml\"", work, NULL);
    assert_int_equal(count_changed(source, "deploy"), 0);
    assert_int_equal(count_changed(source, ""), 1);
    git_close(source);
    source = open_at(work, NULL);
    assert_int_equal(count_changed(source, "deploy"), 1);
    git_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dirtiness),      cmocka_unit_test(changed_is_looked_at_once),
        cmocka_unit_test(staged_only),    cmocka_unit_test(orders),
        cmocka_unit_test(shallow_clones), cmocka_unit_test(sorts_of_repositories),
        cmocka_unit_test(no_repository),  cmocka_unit_test(origins),
        cmocka_unit_test(changes),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_done);
}
