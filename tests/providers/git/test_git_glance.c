/*
 * A glance at a local repository says what libgit2 says, or leaves it to it: each
 * case is a small repository in some state, asked both ways.
 */
#include "git_test.h"
#include "providers/git/repository.h"

/* deploy/a.yaml, deploy/b.yaml, tool and a link, all older than the index; the folder is $1/work.
 */
#define SETUP                                                                                      \
    "mkdir \"$1\"; cd \"$1\"; export HOME=\"$1\" GIT_CONFIG_NOSYSTEM=1 "                           \
    "GIT_AUTHOR_NAME='Ann Äpfel' GIT_AUTHOR_EMAIL=ann@x.example GIT_COMMITTER_NAME=Bob "          \
    "GIT_COMMITTER_EMAIL=bob@x.example GIT_AUTHOR_DATE=2026-01-02T03:04:05Z; "                     \
    "git init -q -b main work; cd work; mkdir deploy; echo a >deploy/a.yaml; "                     \
    "echo b >deploy/b.yaml; echo t >tool; chmod +x tool; ln -s tool link; "                        \
    "n=60; old() { n=$((n - 1)); find . -name .git -prune -o -exec touch -hd \"$n minutes ago\" "  \
    "{} +; }; old; "                                                                               \
    "save() { git add -A; git commit -qm \"$1\"; }; save 'The first'; "

/* 2000 files in deploy/, with a folder between some of them. */
#define MANY "mkdir deploy/b1099x; echo >deploy/b1099x/y; seq -f deploy/b%g 2000 | xargs touch; "

struct state {
    const char *name, *script;
    bool glanced; /* the commit is told without libgit2   */
    bool clean;   /* and that the whole tree is unchanged */
};

static const struct state states[] = {
    { "as it was committed", "", true, true },
    { "a second commit", "echo c >deploy/c.yaml; old; save 'Second: Grüße'", true, true },
    { "packed", "git gc -q", true, true },
    { "packed refs and a loose commit", "git pack-refs --all", true, true },
    { "no branch", "git checkout -q --detach", true, true },
    { "an origin", "git remote add origin git@forge.example:team/repo.git", true, true },
    { "one other remote", "git remote add up https://forge.example/up", true, true },
    { "two other remotes",
      "git remote add a https://a.example/a; git remote add b "
      "https://b.example/b",
      true, true },
    { "a merge",
      "git checkout -qb side; echo s >s; old; save side; git checkout -q main; "
      "echo m >m; old; save main; git merge -q --no-ff -m merged side; old; "
      "git update-index -q --refresh",
      true, true },
    { "a body", "git commit -q --allow-empty -m subject -m body", true, true },
    { "an empty message", "git commit -q --allow-empty --allow-empty-message -m ''", true, true },
    { "a clone", "cd ..; git clone -q work clone; rm -rf work; mv clone work", true, true },
    { "touched", "touch deploy/a.yaml", true, true },
    { "copied", "cd ..; cp -r work copy; rm -rf work; mv copy work", true, true },
    { "names around a folder",
      "echo x >deploy.yaml; echo x >deploy-a; echo x >deploy0; old; "
      "mkdir -p deploy/a/b; echo y >deploy/a/b/c; echo y >deploy/a.b; old; save names",
      true, true },
    { "an empty folder", "mkdir -p empty/inner", true, true },
    { "an empty folder beside files", "mkdir -p deploy/empty/inner", true, true },
    { "a file beside empty folders", "mkdir -p deploy/e/f deploy/e/g; echo x >deploy/e/g/h", true,
      false },
    { "very many files", MANY "old; save many", true, true },
    { "one of very many changed", MANY "old; save many; echo >deploy/b1700; old", true, false },
    { "renamed", "mv deploy/a.yaml deploy/c.yaml", true, false },
    { "an empty folder instead of a file", "rm deploy/a.yaml; mkdir deploy/a.yaml", true, false },
    { "an empty folder when a file is gone", "rm deploy/a.yaml; mkdir deploy/c", true, false },
    { "a link instead of a file", "mv deploy/a.yaml a; ln -s ../a deploy/a.yaml", true, false },
    { "changed", "echo x >deploy/a.yaml", true, false },
    { "changed, with its old time", "echo x >deploy/a.yaml; old", true, false },
    { "another mode", "chmod +x deploy/a.yaml", true, false },
    { "gone", "rm deploy/b.yaml", true, false },
    { "a folder is gone", "rm -r deploy", true, false },
    { "a file instead of a folder", "rm -r deploy; echo x >deploy", true, false },
    { "a link instead of a folder", "mv deploy other; ln -s other deploy", true, false },
    { "untracked", "echo x >new", true, false },
    { "ignored", "echo new >.gitignore; old; save ignore; echo x >new", true, false },
    { "staged", "echo x >deploy/a.yaml; git add .", true, false },
    { "staged and put back", "echo x >deploy/a.yaml; git add .; echo a >deploy/a.yaml", true,
      false },
    { "assumed unchanged", "git update-index --assume-unchanged tool; echo x >tool", true, false },
    { "left out of the work tree", "git update-index --skip-worktree tool", true, false },
    { "an index of version 4", "git update-index --index-version 4", true, false },
    { "no index", "rm .git/index", true, false },
    { "intended", "echo x >new; git add -N new", true, false },
    { "in a merge",
      "git checkout -qb side; echo s >tool; save side; git checkout -q main; "
      "echo m >tool; save main; git merge -q side >/dev/null || true",
      true, false },
    { "a repository inside", "git init -q inner", true, false },
    { "a submodule",
      "git init -q ../sub; cd ../sub; git commit -q --allow-empty -m s; cd ../work; "
      "git -c protocol.file.allow=always submodule -q add ../sub sub; old; save sub",
      true, false },
    { "two lines in a subject", "git commit -q --allow-empty -m 'one\ntwo'", false, false },
    { "another encoding", "git -c i18n.commitEncoding=latin1 commit -q --allow-empty -m x", false,
      false },
    { "an odd author",
      "git update-ref HEAD $(git cat-file commit HEAD | sed 's/^author .* </author J. R. </' | git "
      "hash-object -t commit -w --stdin)",
      false, false },
    { "includes", "git config include.path /nowhere", false, false },
    { "an extension", "git config extensions.worktreeConfig true", false, false },
    { "another work tree", "git config core.worktree \"$1/work\"", false, false },
    { "an origin in quotes", "git config remote.origin.url 'https://forge.example/a b#c'", false,
      false },
    { "alternates", "cd ..; mv work main; git clone -qs main work", false, false },
    { "a worktree", "cd ..; mv work main; git -C main worktree add -q ../work", false, false },
};

struct answer {
    struct git_source *source;
    struct record_source record;
    bool dirty[3];
};

static void ask(const char *folder, bool of_disk, struct answer *answer)
{
    static const char *const paths[][1] = { { "" }, { "deploy" }, { "tool" } };
    struct git_options options = { .folder = folder, .of_disk = of_disk };
    struct wait wait = minutes(1);
    struct error err = { 0 };
    if (!git_open(&options, &answer->source, &wait, &err))
        fail_msg("%s", err.message);
    answer->record = *git_record(answer->source);
    for (size_t i = 0; i < 3; i++)
        if (!git_dirty(answer->source, paths[i], 1, &answer->dirty[i], &err))
            fail_msg("%s", err.message);
}

#define CHECK_TEXT(name, field)                                                                    \
    do {                                                                                           \
        if (strcmp(glanced.record.field, whole.record.field) != 0)                                 \
            fail_msg("%s: " #field " is \"%s\", libgit2 says \"%s\"", name, glanced.record.field,  \
                     whole.record.field);                                                          \
    } while (0)

/*
 * As git itself tells it, with an index of its own: what is staged does not count. Repositories
 * inside, which git names with a "/", are passed over by libgit2.
 */
static bool git_says_dirty(const char *folder)
{
    AUTO_ARENA arena = arena_new();
    const char *told =
        bash(arena,
             "cd \"$1\"; export GIT_INDEX_FILE=\"$1/../own\"; git read-tree HEAD; "
             "git status --porcelain --untracked-files=all | sed '/\\/$/d'; rm -f \"$1/../own\"",
             folder, NULL);
    return *told;
}

/* A path, its kind and id, and what stands in it, one a line. */
static void describe(struct arena *arena, struct files *files, const struct files_entry *entry,
                     struct buf *out)
{
    struct wait wait = minutes(1);
    struct error err = { 0 };
    struct files_stream *stream;
    struct files_entry *inner, again;
    size_t count, length = 1;
    int64_t size;
    buf_printf(out, "%s %d %s ", entry->path, entry->kind, entry->id ? entry->id : "changed");
    assert_true(files->table->find(files, arena, entry->path, &again, &err));
    assert_int_equal(again.kind, entry->kind);
    if (entry->id)
        assert_string_equal(again.id, entry->id);
    if (entry->kind == FILES_FOLDER || entry->kind == FILES_SUBMODULE) {
        buf_putc(out, '\n');
        if (entry->kind == FILES_SUBMODULE)
            return;
        assert_true(files->table->list(files, arena, entry->path, &inner, &count, &err));
        for (size_t i = 0; i < count; i++)
            describe(arena, files, &inner[i], out);
        return;
    }
    if (!files->table->open(files, entry, &stream, &size, &wait, &err))
        fail_msg("%s", err.message);
    for (char data[64]; length; buf_add(out, data, length))
        assert_true(files->table->read(stream, data, sizeof data, &length, &wait, &err));
    files->table->end(stream);
}

/* What a walk folder by folder finds, in one list. */
static void gather(struct arena *arena, struct files *files, const char *folder,
                   struct files_entry **items, size_t *count, size_t *capacity)
{
    struct error err = { 0 };
    struct files_entry *inner;
    size_t inner_count;
    assert_true(files->table->list(files, arena, folder, &inner, &inner_count, &err));
    for (size_t i = 0; i < inner_count; i++) {
        arena_push(arena, *items, *count, *capacity, inner[i]);
        if (inner[i].kind == FILES_FOLDER)
            gather(arena, files, inner[i].path, items, count, capacity);
    }
}

static int by_path(const void *a, const void *b)
{
    const struct files_entry *one = a, *other = b;
    return strcmp(one->path, other->path);
}

struct expected {
    const struct files_entry *items;
    size_t count, at;
    const char *out; /* a folder of which nothing is wanted */
};

static bool is_next(void *context, const struct files_entry *entry)
{
    struct expected *expected = context;
    const struct files_entry *next;
    size_t length = strlen(expected->out);
    do {
        assert_true(expected->at < expected->count);
        next = &expected->items[expected->at++];
    } while (strncmp(next->path, expected->out, length) == 0 && next->path[length] == '/');
    assert_string_equal(entry->path, next->path);
    assert_int_equal(entry->kind, next->kind);
    assert_string_equal(entry->id, next->id);
    return strcmp(entry->path, expected->out) != 0;
}

/* One by one they come as the walk has them, sorted, whatever folder is passed over. */
static void check_each(struct arena *arena, struct files *files)
{
    static const struct {
        const char *folder, *out;
    } cases[] = { { "", "-" },
                  { "", "deploy" },
                  { "", "deploy/a" },
                  { "deploy", "-" },
                  { "deploy", "deploy/a" } };
    struct error err = { 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases && files->table->each; i++) {
        struct expected expected = { .out = cases[i].out };
        struct files_entry *items = NULL, none;
        size_t capacity = 0;
        if (!files->table->find(files, arena, cases[i].folder, &none, &err))
            continue;
        gather(arena, files, cases[i].folder, &items, &expected.count, &capacity);
        expected.items = items;
        qsort(items, expected.count, sizeof *items, by_path);
        assert_true(files->table->each(files, cases[i].folder, is_next, &expected, &err));
        while (expected.at < expected.count
               && strncmp(items[expected.at].path, expected.out, strlen(expected.out)) == 0)
            expected.at++;
        assert_int_equal(expected.at, expected.count);
    }
}

static const char *all_files(struct arena *arena, struct git_source *source)
{
    AUTO_BUF out = BUF_INIT(BUF_OUTPUT_CEILING);
    struct files *files;
    struct files_entry root, none;
    struct error err = { 0 };
    if (!git_files(source, true, &files, &err)
        || !files->table->find(files, arena, "", &root, &err))
        fail_msg("%s", err.message);
    describe(arena, files, &root, &out);
    check_each(arena, files);
    assert_false(files->table->find(files, arena, "nowhere", &none, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    files->table->close(files);
    return arena_strdup(arena, buf_text(&out));
}

/* The files that an image is built from: those that libgit2 finds, and as they are there. */
static void check_files(const struct state *state, struct git_source *glanced,
                        struct git_source *whole)
{
    AUTO_ARENA arena = arena_new();
    const char *ours = all_files(arena, glanced), *theirs = all_files(arena, whole);
    if (strcmp(ours, theirs) != 0)
        fail_msg("%s: the files are\n%s, libgit2 finds\n%s", state->name, ours, theirs);
    if (state->clean && glanced->repository)
        fail_msg("%s: libgit2 was asked for its files", state->name);
}

static void check(const struct state *state, const char *folder)
{
    struct answer glanced, whole;
    ask(folder, true, &glanced);
    bool known = glanced.source->glance != NULL, clean = known && !glanced.source->repository;
    ask(folder, false, &whole);
    CHECK_TEXT(state->name, origin);
    CHECK_TEXT(state->name, ref);
    CHECK_TEXT(state->name, commit);
    CHECK_TEXT(state->name, subject);
    CHECK_TEXT(state->name, author);
    if (glanced.record.time != whole.record.time)
        fail_msg("%s: another time", state->name);
    for (size_t i = 0; i < 3; i++)
        if (glanced.dirty[i] != whole.dirty[i])
            fail_msg("%s: the glance says %d of path %zu", state->name, glanced.dirty[i], i);
    if (whole.dirty[0] != git_says_dirty(folder))
        fail_msg("%s: dirty %d, git says otherwise", state->name, whole.dirty[0]);
    if (known != state->glanced || clean != state->clean)
        fail_msg("%s: glanced %d, clean %d", state->name, known, clean);
    assert_string_equal(git_root(glanced.source), git_root(whole.source));
    check_files(state, glanced.source, whole.source);
    git_close(glanced.source);
    git_close(whole.source);
}

static void says_what_libgit2_says(void **state)
{
    AUTO_ARENA arena = arena_new();
    char *folder = scratch_start(arena);
    (void)state;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        const char *place = arena_printf(arena, "%s/%zu", folder, i);
        bash(arena, arena_printf(arena, SETUP "%s", states[i].script), place, NULL);
        setenv("HOME", place, 1);
        check(&states[i], arena_printf(arena, "%s/work", place));
    }
    scratch_done(arena, folder);
}

/*
 * What a checkout made of a file is not what the commit holds: it is never given away. As clean
 * the index may still call it.
 */
static void gives_the_commits_bytes(void **state)
{
    AUTO_ARENA arena = arena_new();
    char *folder = scratch_start(arena);
    struct error err = { 0 };
    struct git_source *source;
    struct wait wait = minutes(1);
    (void)state;
    const char *place = arena_printf(arena, "%s/r", folder);
    bash(arena,
         SETUP "echo '*.txt text eol=crlf' >.gitattributes; printf '1\\r\\n2\\r\\n' >two.txt; old; "
               "save lines",
         place, NULL);
    setenv("HOME", place, 1);
    struct git_options options = { .folder = arena_printf(arena, "%s/work", place),
                                   .of_disk = true };
    assert_true(git_open(&options, &source, &wait, &err));
    const char *all = all_files(arena, source);
    assert_non_null(strstr(all, "1\n2\n"));
    assert_non_null(source->repository);
    git_close(source);
    scratch_done(arena, folder);
}

/* A file of more than one buffer is read twice: it may have become another one meanwhile. */
static void finds_a_large_file_changed(void **state)
{
    AUTO_ARENA arena = arena_new();
    char *folder = scratch_start(arena);
    struct error err = { 0 };
    struct wait wait = minutes(1);
    struct git_source *source;
    struct files *files;
    struct files_entry entry;
    struct files_stream *stream;
    char data[4096];
    size_t length = 1;
    int64_t size;
    (void)state;
    const char *place = arena_printf(arena, "%s/r", folder);
    bash(arena, SETUP "head -c 9M /dev/zero >large; old; save large", place, NULL);
    setenv("HOME", place, 1);
    struct git_options options = { .folder = arena_printf(arena, "%s/work", place),
                                   .of_disk = true };
    assert_true(git_open(&options, &source, &wait, &err));
    assert_true(git_files(source, true, &files, &err));
    assert_true(files->table->find(files, arena, "large", &entry, &err));
    assert_true(files->table->open(files, &entry, &stream, &size, &wait, &err));
    assert_int_equal(size, 9 << 20);
    bash(arena, "printf x | dd of=\"$1\"/work/large bs=1 seek=9000000 conv=notrunc status=none",
         place, NULL);
    bool read = true;
    while (read && length)
        read = files->table->read(stream, data, sizeof data, &length, &wait, &err);
    assert_false(read);
    assert_int_equal(err.kind, ERROR_CONFLICT);
    assert_null(source->repository);
    files->table->end(stream);
    files->table->close(files);
    git_close(source);
    scratch_done(arena, folder);
}

/* A later question that needs the whole repository gets its answer. */
static void goes_on_with_libgit2(void **state)
{
    AUTO_ARENA arena = arena_new();
    char *folder = scratch_start(arena);
    struct error err = { 0 };
    enum git_order order;
    struct git_source *source, *other;
    struct wait wait = minutes(1);
    (void)state;
    char *commits = bash(arena,
                         SETUP "for i in 2 3; do git commit -q --allow-empty -m $i; done; "
                               "git rev-parse HEAD HEAD~1 HEAD~2",
                         arena_printf(arena, "%s/r", folder), NULL);
    struct git_options options = { .folder = arena_printf(arena, "%s/r/work", folder),
                                   .of_disk = true };
    assert_true(git_open(&options, &source, &wait, &err));
    static const struct {
        enum git_order order;
        bool whole;
    } cases[] = { { GIT_SAME, false }, { GIT_DESCENDANT, false }, { GIT_DESCENDANT, true } };
    for (size_t i = 0; i < 3; i++) {
        const char *commit = arena_memdup(arena, commits + 41 * i, 40);
        assert_true(git_compare(source, commit, &order, &err));
        assert_int_equal(order, cases[i].order);
        assert_int_equal(source->repository != NULL, cases[i].whole);
    }
    assert_true(git_open_ref(source, "HEAD~1", &other, &wait, &err));
    assert_memory_equal(git_record(other)->commit, commits + 41, 40);
    git_close(source);
    git_close(other);
    scratch_done(arena, folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_libgit2_says),
        cmocka_unit_test(gives_the_commits_bytes),
        cmocka_unit_test(finds_a_large_file_changed),
        cmocka_unit_test(goes_on_with_libgit2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
