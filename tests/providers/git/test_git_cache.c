/*
 * The cache of remote repositories: what costs an exchange, kills in the middle, two
 * processes at once, damage.
 *
 * timeout: 400
 */
#include "git_servers.h"

/* One exchange for a remote without news; what changed, moved or went is followed. */
static void unchanged_and_changed(void **state)
{
    struct fixture *f = *state;
    forget_cache(f);
    bash(f->arena, "cp -a \"$1/repos/line.git\" \"$1/repos/moving.git\"", f->folder, NULL);
    struct git_options options = options_for(f, http_url(f, "open/moving.git"));
    opens(&options, "5\n");
    assert_non_null(strstr(http_log(f), "POST"));
    opens(&options, "5\n");
    assert_string_equal(http_log(f), "GET /open/moving.git/info/refs?service=git-upload-pack -\n");
    bash(f->arena,
         "cd \"$1\"; git clone -q repos/moving.git m; cd m; echo 6 >f.yaml; git commit -qam 6; "
         "git push -q origin main; git push -q origin :other; git tag -f v1.1.0; "
         "git push -qf origin v1.1.0",
         f->folder, NULL);
    opens(&options, "6\n");
    options.ref = "v1.1.0";
    opens(&options, "6\n");
    options.ref = "other";
    assert_int_equal(open_fails(&options, "no branch, tag or commit other"), ERROR_USAGE);
    bash(f->arena,
         "cd \"$1/m\"; git reset -q --hard HEAD~3; git push -qf origin main; "
         "git -C ../repos/moving.git symbolic-ref HEAD refs/heads/next; "
         "git push -q origin HEAD~1:refs/heads/next",
         f->folder, NULL);
    options.ref = NULL;
    struct git_source *source = open_git(&options);
    assert_string_equal(git_record(source)->ref, "next");
    reads(source, "f.yaml", "2\n");
    struct git_source *other = NULL;
    struct wait wait = minutes(1);
    struct error err;
    http_log(f);
    assert_true(git_open_ref(source, "main", &other, &wait, &err));
    assert_string_equal(http_log(f), "");
    reads(other, "f.yaml", "3\n");
    enum git_order order;
    assert_true(git_compare(other, git_record(source)->commit, &order, &err));
    assert_int_equal(order, GIT_DESCENDANT);
    git_close(source);
    git_close(other);
    bash(f->arena,
         "cd \"$1/repos/moving.git\"; git update-ref --no-deref HEAD v1.4.0; "
         "git for-each-ref",
         f->folder, NULL);
    opens(&options, "4\n");
}

/* Opens in a process of its own (with its own I/O thread). */
static pid_t open_aside(const char *url)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child != 0)
        return child;
    struct git_options options = { .url = url };
    struct wait wait = minutes(2);
    struct error err = { 0 };
    struct git_source *source = NULL;
    bool open = git_open(&options, &source, &wait, &err);
    if (!open)
        fprintf(stderr, "aside: %s\n", err.message);
    if (open)
        git_close(source);
    _exit(open ? 0 : 1);
}

static void check_cache(struct fixture *f)
{
    bash(f->arena,
         "for d in \"$1\"/cache/cmx-reconcile/git/*/; do git -C $d fsck --full --strict 2>&1; "
         "! ls $d/objects/pack | grep -v '^pack-'; done",
         f->folder, NULL);
}

static void killed_in_the_middle(void **state)
{
    struct fixture *f = *state;
    const char *url = git_url(f, "wide.git");
    int killed = 0;
    unsigned seed = 7;
    for (int i = 0; i < 20; i++) {
        int status;
        if (i % 4 == 0)
            forget_cache(f);
        pid_t child = open_aside(url);
        struct wait wait = minutes(1);
        wait_sleep(&wait, 2 + rand_r(&seed) % 70);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        killed += WIFSIGNALED(status);
    }
    assert_true(killed > 5);
    struct git_options options = options_for(f, url);
    struct git_source *source = open_git(&options);
    const struct source_reader *reader = git_reader(source);
    AUTO_ARENA arena = arena_new();
    struct source_entry *entries;
    size_t count;
    struct error err;
    assert_true(reader->list(reader->context, arena, "d", &entries, &count, &err));
    assert_int_equal(count, 400);
    git_close(source);
    check_cache(f);
}

static void many_at_once(void **state)
{
    struct fixture *f = *state;
    pid_t children[6];
    forget_cache(f);
    for (size_t i = 0; i < 6; i++)
        children[i] = open_aside(git_url(f, i % 2 ? "wide.git" : "line.git"));
    for (size_t i = 0; i < 6; i++) {
        int status;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    check_cache(f);
}

/* Another one holds the lock: we wait, and say for what when the time is over. */
static void lock_is_awaited(void **state)
{
    struct fixture *f = *state;
    struct git_options options = options_for(f, git_url(f, "line.git"));
    git_close(open_git(&options));
    const char *const holder[] = {
        "bash", "-c",
        "for l in \"$0\"/cache/cmx-reconcile/git/*.lock; do exec {n}>$l; flock $n; done; "
        "echo held; sleep 60",
        f->folder, NULL
    };
    struct process process;
    struct error err = { 0 };
    struct wait wait = minutes(1), brief;
    char line[16];
    size_t length;
    struct git_source *source;
    assert_true(process_start(holder, NULL, &process, &err));
    assert_true(process_read(&process, line, sizeof line, &length, &wait, &err));
    brief = wait_for(3000, NULL);
    assert_false(git_open(&options, &source, &brief, &err));
    stop(&process);
    assert_int_equal(err.kind, ERROR_TIMEOUT);
    assert_non_null(strstr(err.message, "another run"));
    git_close(open_git(&options));
}

static void damaged_cache(void **state)
{
    struct fixture *f = *state;
    struct git_options options = options_for(f, git_url(f, "line.git"));
    static const char *const damages[] = {
        "rm -rf objects",
        "rm cmx-url",
        "echo broken >config",
        "rm HEAD",
        ": >HEAD",
        "touch packed-refs.lock HEAD.lock config.lock objects/pack/tmp_x",
        "rm packed-refs",
        "rm -f objects/pack/*.idx",
        "rm -f objects/pack/*.pack",
        "chmod +w objects/pack/*; for p in objects/pack/*.pack; do : >$p; done",
        "chmod +w objects/pack/*; for p in objects/pack/*.pack; do truncate -s 99 $p; done",
        "chmod +w objects/pack/*; for p in objects/pack/*.idx; do truncate -s 99 $p; done",
        "chmod +w objects/pack/*; for p in objects/pack/*.pack; do "
        "head -c 90 /dev/zero | dd of=$p bs=1 seek=20 conv=notrunc status=none; done",
        "head -c 60 packed-refs >x; mv x packed-refs",
        "echo garbage >packed-refs",
        "echo ref: refs/heads/nowhere >HEAD",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        forget_cache(f);
        git_close(open_git(&options));
        bash(f->arena, "cd \"$1\"/cache/cmx-reconcile/git/*/; eval \"$2\"", f->folder, damages[i]);
        opens(&options, "5\n");
    }
}

/* Each fetch with news is a pack: they are joined, but not while somebody reads them. */
static void packs_are_joined(void **state)
{
    struct fixture *f = *state;
    static const char count[] = "ls \"$1\"/cache/cmx-reconcile/git/*/objects/pack/*.pack | wc -l";
    forget_cache(f);
    bash(f->arena, "cd \"$1\"; cp -a repos/line.git repos/busy.git; git clone -q repos/busy.git b",
         f->folder, NULL);
    struct git_options options = options_for(f, git_url(f, "busy.git"));
    struct git_source *reader = open_git(&options);
    for (int i = 0; i < 30; i++) {
        bash(f->arena, "cd \"$1/b\"; echo $2 >f.yaml; git commit -qam x; git push -q", f->folder,
             arena_printf(f->arena, "%d", i));
        opens(&options, arena_printf(f->arena, "%d\n", i));
    }
    assert_int_equal(atoi(bash(f->arena, count, f->folder, NULL)), 31);
    reads(reader, "f.yaml", "5\n");
    git_close(reader);
    opens(&options, "29\n");
    assert_in_range(atoi(bash(f->arena, count, f->folder, NULL)), 1, 11);
    check_cache(f);
    options.ref = "HEAD~30";
    opens(&options, "5\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unchanged_and_changed), cmocka_unit_test(killed_in_the_middle),
        cmocka_unit_test(many_at_once),          cmocka_unit_test(lock_is_awaited),
        cmocka_unit_test(damaged_cache),         cmocka_unit_test(packs_are_joined),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_done);
}
