/*
 * Repositories behind URLs: https, ssh, git and file, from real servers; the
 * cache, kills in the middle, two processes at once, silent servers.
 *
 * timeout: 400
 */
#include "git_test.h"

#include "net/http.h"

#include <signal.h>
#include <sys/wait.h>

struct fixture {
    struct arena *arena;
    char *folder;
    struct http *http;
    struct process server, daemon, sshd;
    int http_port, https_port, silent_port, git_port, ssh_port;
    bool has_ssh;
};

/* ------------------------------------------------------------------------ servers */

static int free_port(struct arena *arena)
{
    return atoi(bash(arena,
                     "python3 -c 'import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); "
                     "print(s.getsockname()[1])'",
                     NULL, NULL));
}

static void start_http(struct fixture *f)
{
    const char *const arguments[] = { "python3", GIT_TESTS "server.py", f->folder, NULL };
    struct error err;
    struct wait wait = minutes(1);
    char line[256] = "";
    size_t used = 0, length = 1;
    assert_true(process_start(arguments, NULL, &f->server, &err));
    while (length && !strchr(line, '\n')) {
        assert_true(process_read(&f->server, line + used, sizeof line - 1 - used, &length, &wait,
                                 &err));
        used += length;
    }
    assert_int_equal(sscanf(line, "%d %d %d", &f->http_port, &f->https_port, &f->silent_port), 3);
}

static void wait_port(struct fixture *f, int port)
{
    bash(f->arena,
         "for i in $(seq 200); do (: </dev/tcp/127.0.0.1/$1) 2>/dev/null && exit 0; sleep 0.05; "
         "done; exit 1",
         arena_printf(f->arena, "%d", port), NULL);
}

static void start_daemon(struct fixture *f)
{
    struct error err;
    f->git_port = free_port(f->arena);
    const char *const arguments[] = {
        "git", "daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1",
        arena_printf(f->arena, "--port=%d", f->git_port),
        arena_printf(f->arena, "--base-path=%s/repos", f->folder), NULL
    };
    assert_true(process_start(arguments, NULL, &f->daemon, &err));
    wait_port(f, f->git_port);
}

static void start_ssh(struct fixture *f)
{
    struct error err;
    const char *program = bash_line(f->arena, "command -v sshd || ls /usr/sbin/sshd || true",
                                    NULL, NULL);
    if (!*program)
        return;
    f->ssh_port = free_port(f->arena);
    char *configuration = arena_printf(f->arena, "%s/ssh/config", f->folder);
    char *text = arena_printf(f->arena,
                              "Port %d\nListenAddress 127.0.0.1\nHostKey %s/ssh/host\n"
                              "AuthorizedKeysFile %s/ssh/authorized\nStrictModes no\nUsePAM no\n"
                              "PidFile none\nPasswordAuthentication no\n",
                              f->ssh_port, f->folder, f->folder);
    assert_true(file_write(configuration, text, strlen(text), 0600, &err));
    bash(f->arena, "[ $(id -u) != 0 ] || mkdir -p /run/sshd; chmod 600 \"$1/ssh/host\"", f->folder,
         NULL);
    const char *const arguments[] = { program, "-D", "-q", "-f", configuration, NULL };
    assert_true(process_start(arguments, NULL, &f->sshd, &err));
    wait_port(f, f->ssh_port);
    f->has_ssh = true;
    setenv("GIT_SSH_COMMAND",
           arena_printf(f->arena,
                        "ssh -F /dev/null -i '%s/ssh/user' -o IdentitiesOnly=yes "
                        "-o StrictHostKeyChecking=no -o \"UserKnownHostsFile=%s/ssh/known\" "
                        "-o LogLevel=ERROR",
                        f->folder, f->folder),
           1);
}

static int fixture_start(void **state)
{
    struct arena *arena = arena_new();
    struct fixture *f = arena_alloc(arena, sizeof *f);
    f->arena = arena;
    f->folder = scratch_start(arena);
    bash(arena, "bash \"$2\" \"$1\"", f->folder, GIT_TESTS "remotes.sh");
    f->http = http_new();
    start_http(f);
    start_daemon(f);
    start_ssh(f);
    *state = f;
    return 0;
}

static void stop(struct process *process)
{
    kill(-process->pid, SIGTERM);
    process_end(process);
}

static int fixture_done(void **state)
{
    struct fixture *f = *state;
    stop(&f->server);
    stop(&f->daemon);
    if (f->has_ssh)
        stop(&f->sshd);
    http_free(f->http);
    scratch_done(f->arena, f->folder);
    arena_free(f->arena);
    return 0;
}

/* ------------------------------------------------------------------------- helpers */

static struct git_options options_for(struct fixture *f, const char *url)
{
    return (struct git_options){ .url = url,
                                 .http = f->http,
                                 .ca_file = arena_printf(f->arena, "%s/cert.pem", f->folder) };
}

static const char *http_url(struct fixture *f, const char *path)
{
    return arena_printf(f->arena, "http://127.0.0.1:%d/%s", f->http_port, path);
}

static const char *git_url(struct fixture *f, const char *path)
{
    return arena_printf(f->arena, "git://127.0.0.1:%d/%s", f->git_port, path);
}

static void forget_cache(struct fixture *f)
{
    bash(f->arena, "rm -rf \"$1/cache\"; : >\"$1/http.log\"", f->folder, NULL);
}

static char *http_log(struct fixture *f)
{
    return bash(f->arena, "cat \"$1/http.log\"; : >\"$1/http.log\"", f->folder, NULL);
}

static void reads(struct git_source *source, const char *path, const char *expected)
{
    AUTO_ARENA arena = arena_new();
    const struct source_reader *reader = git_reader(source);
    struct error err;
    char *data;
    size_t length;
    if (!reader->read(reader->context, arena, path, 1 << 20, &data, &length, &err))
        fail_msg("%s", err.message);
    assert_string_equal(data, expected);
}

/* Opens, reads, and checks that the record does not know a credential. */
static void opens(const struct git_options *options, const char *expected)
{
    struct git_source *source = open_git(options);
    reads(source, "f.yaml", expected);
    assert_null(strchr(git_record(source)->origin, '@'));
    assert_null(git_root(source));
    git_close(source);
}

/* --------------------------------------------------------------------------- tests */

static void every_scheme(void **state)
{
    struct fixture *f = *state;
    const char *urls[] = {
        http_url(f, "open/line.git"),
        arena_printf(f->arena, "https://localhost:%d/open/line.git", f->https_port),
        arena_printf(f->arena, "https://127.0.0.1:%d/open/line.git/", f->https_port),
        http_url(f, "zip/line.git"),
        http_url(f, "moved/line.git"),
        git_url(f, "line.git"),
        arena_printf(f->arena, "file://%s/repos/line.git", f->folder),
        arena_printf(f->arena, "%s/repos/line.git", f->folder),
        arena_printf(f->arena, "%s/line", f->folder),
    };
    static const char *const refs[][2] = { { NULL, "5\n" },        { "other", "2\n" },
                                           { "v1.3.0", "3\n" },    { "semver:<1.4", "3\n" },
                                           { "HEAD~1", "4\n" },    { "refs/pull/7/head", "3\n" },
                                           { "refs/heads/main", "5\n" } };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        for (size_t j = 0; j < sizeof refs / sizeof *refs; j++) {
            struct git_options options = options_for(f, urls[i]);
            options.ref = refs[j][0];
            opens(&options, refs[j][1]);
        }
}

static void over_ssh(void **state)
{
    struct fixture *f = *state;
    if (!f->has_ssh)
        skip();
    const char *user = bash_line(f->arena, "id -un", NULL, NULL);
    const char *base = arena_printf(f->arena, "ssh://%s@127.0.0.1:%d", user, f->ssh_port);
    struct git_options options = options_for(
        f, arena_printf(f->arena, "%s%s/repos/line.git", base, f->folder));
    opens(&options, "5\n");
    options.ref = "v1.1.0";
    opens(&options, "1\n");
    options.ref = NULL;
    options.url = arena_printf(f->arena, "%s%s/repos/it's%%20a%%20repo.git", base, f->folder);
    opens(&options, "5\n");
    options.url = arena_printf(f->arena, "%s%s/nowhere.git", base, f->folder);
    assert_int_equal(open_fails(&options, "git-upload-pack ended with status"), ERROR_NOT_FOUND);
    options.url = arena_printf(f->arena, "ssh://nobody-here@127.0.0.1:%d/x", f->ssh_port);
    assert_int_equal(open_fails(&options, "no connection"), ERROR_UNREACHABLE);
}

/* scp's form has no port; the user's ssh configuration gives it. GIT_SSH is one program. */
static void over_ssh_short(void **state)
{
    struct fixture *f = *state;
    if (!f->has_ssh)
        skip();
    AUTO_FREE char *saved = memory_strdup(getenv("GIT_SSH_COMMAND"));
    const char *program = arena_printf(f->arena, "%s/myssh", f->folder);
    const char *text = arena_printf(f->arena, "#!/bin/bash\nexec %s -p %d \"$@\"\n", saved,
                                    f->ssh_port);
    struct error err;
    assert_true(file_write(program, text, strlen(text), 0755, &err));
    unsetenv("GIT_SSH_COMMAND");
    setenv("GIT_SSH", program, 1);
    const char *user = bash_line(f->arena, "id -un", NULL, NULL);
    struct git_options options = options_for(
        f, arena_printf(f->arena, "%s@127.0.0.1:%s/repos/line.git", user, f->folder));
    opens(&options, "5\n");
    unsetenv("GIT_SSH");
    bash(f->arena, "git config --global core.sshCommand \"$1\"", program, NULL);
    forget_cache(f);
    opens(&options, "5\n");
    bash(f->arena, "git config --global --unset core.sshCommand", NULL, NULL);
    setenv("GIT_SSH_COMMAND", saved, 1);
}

static void credentials(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    struct error err;
    const char *auth = http_url(f, "auth/line.git"), *token = http_url(f, "token/line.git");
    struct git_options options = options_for(f, auth);
    assert_int_equal(open_fails(&options, "asks for credentials"), ERROR_DENIED);
    options.user = "ann";
    options.token = "s3cret";
    opens(&options, "5\n");
    options.token = "wr0ng";
    assert_int_equal(open_fails(&options, "the credentials were refused"), ERROR_DENIED);
    options = options_for(f, token);
    options.token_file = arena_printf(arena, "%s/token", f->folder);
    assert_true(file_write(options.token_file, "t0ken\n", 6, 0600, &err));
    opens(&options, "5\n");
    options = options_for(f, token);
    setenv("CMX_GIT_TOKEN", "t0ken", 1);
    opens(&options, "5\n");
    unsetenv("CMX_GIT_TOKEN");
    options = options_for(f, arena_printf(arena, "http://ann:s3cret@127.0.0.1:%d/auth/line.git",
                                          f->http_port));
    opens(&options, "5\n");
    bash(arena, "! grep -rq 's3cret\\|t0ken' \"$1/cache\"", f->folder, NULL);
}

static void credential_helper(void **state)
{
    struct fixture *f = *state;
    AUTO_ARENA arena = arena_new();
    bash(arena,
         "printf '#!/bin/sh\\necho $1 >>\"%s/helper.log\"\\n[ $1 = get ] || exit 0\\n"
         "cat >/dev/null\\necho username=ann\\necho password=s3cret\\n' \"$1\" >\"$1/helper\"; "
         "chmod +x \"$1/helper\"; git config --global credential.helper \"$1/helper\"",
         f->folder, NULL);
    struct git_options options = options_for(f, http_url(f, "auth/line.git"));
    opens(&options, "5\n");
    options.url = http_url(f, "token/line.git");
    assert_int_equal(open_fails(&options, "the credentials were refused"), ERROR_DENIED);
    assert_string_equal(bash(arena, "cat \"$1/helper.log\"", f->folder, NULL),
                        "get\nstore\nget\nerase\n");
    bash(arena, "git config --global --unset credential.helper", NULL, NULL);
    bash(arena, "git config --global url.\"http://ann:s3cret@127.0.0.1:$1/auth/\".insteadOf "
                "https://git.example/", arena_printf(arena, "%d", f->http_port), NULL);
    options.url = "https://git.example/line.git";
    struct git_source *source = open_git(&options);
    assert_string_equal(git_record(source)->origin, "https://git.example/line");
    git_close(source);
}

/* Every error names the place, none the credential. */
static void failures(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *url, *part;
        enum error_kind kind;
    } cases[] = {
        { "open/nowhere.git", "no such repository", ERROR_NOT_FOUND },
        { "404/x", "no such repository", ERROR_NOT_FOUND },
        { "403/x", "refused (HTTP 403)", ERROR_DENIED },
        { "500/x", "HTTP 500", ERROR_UNREACHABLE },
        { "page/x", "no git server", ERROR_UNREACHABLE },
        { "around/x", "redirects", ERROR_UNREACHABLE },
        { "cut/wide.git", "127.0.0.1", ERROR_UNREACHABLE },
        { "away/line.git", "asks for credentials", ERROR_DENIED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *url = arena_printf(f->arena, "http://ann:s3cret@127.0.0.1:%d/%s", f->http_port,
                                       cases[i].url);
        struct git_options options = options_for(f, url);
        struct wait wait = minutes(1);
        struct error err = { 0 };
        struct git_source *source;
        assert_false(git_open(&options, &source, &wait, &err));
        if (!strstr(err.message, cases[i].part) || strstr(err.message, "s3cret"))
            fail_msg("%s: expected \"%s\" in: %s", cases[i].url, cases[i].part, err.message);
        if (err.kind != cases[i].kind)
            fail_msg("%s: kind %d, expected %d: %s", cases[i].url, err.kind, cases[i].kind,
                     err.message);
    }
    /* the other host of the redirect never saw the credential */
    assert_null(strstr(bash(f->arena, "grep 'auth/line' \"$1/http.log\" | tail -1", f->folder,
                            NULL), "Basic"));
    struct git_options options = options_for(
        f, arena_printf(f->arena, "https://localhost:%d/downgrade/line.git", f->https_port));
    assert_int_equal(open_fails(&options, "is not encrypted"), ERROR_REFUSED);
    options.ca_file = NULL;
    options.url = arena_printf(f->arena, "https://localhost:%d/open/line.git", f->https_port);
    assert_int_equal(open_fails(&options, "certificate"), ERROR_UNREACHABLE);
    options.url = git_url(f, "nowhere.git");
    open_fails(&options, "git://127.0.0.1");
    options.url = "git://127.0.0.1:1/x";
    assert_int_equal(open_fails(&options, "refused"), ERROR_UNREACHABLE);
    options.url = git_url(f, "empty.git");
    assert_int_equal(open_fails(&options, "has no commit yet"), ERROR_NOT_FOUND);
}

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
    assert_int_equal(open_fails(&options, "no branch, tag or commit other"), ERROR_NOT_FOUND);
    bash(f->arena, "cd \"$1/m\"; git reset -q --hard HEAD~3; git push -qf origin main; "
                   "git -C ../repos/moving.git symbolic-ref HEAD refs/heads/next; "
                   "git push -q origin HEAD~1:refs/heads/next", f->folder, NULL);
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
    bash(f->arena, "cd \"$1/repos/moving.git\"; git update-ref --no-deref HEAD v1.4.0; "
                   "git for-each-ref", f->folder, NULL);
    opens(&options, "4\n");
}

/* Accepts and never answers: an error once the time is over, not before, not much later. */
static void silent_servers(void **state)
{
    struct fixture *f = *state;
    static const char *const forms[] = { "http://127.0.0.1:%d/x", "https://127.0.0.1:%d/x",
                                         "git://127.0.0.1:%d/x", "ssh://127.0.0.1:%d/x" };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        AUTO_FREE char *url = NULL;
        assert_true(asprintf(&url, forms[i], f->silent_port) > 0);
        struct git_options options = options_for(f, url);
        int64_t start = clock_now();
        struct wait wait = wait_for(1500, NULL);
        struct error err = { 0 };
        struct git_source *source;
        if (i == 3 && !f->has_ssh)
            continue;
        assert_false(git_open(&options, &source, &wait, &err));
        int64_t took = clock_now() - start;
        if (err.kind != ERROR_TIMEOUT || took < 1400 || took > 5000 || !strstr(err.message, "127.0.0.1"))
            fail_msg("%s: after %d ms: %s", url, (int)took, err.message);
        struct cancel cancel = { CANCEL_HARD };
        struct wait cancelled = { .deadline = clock_now() + 60000, .cancel = &cancel };
        assert_false(git_open(&options, &source, &cancelled, &err));
        assert_int_equal(err.kind, ERROR_CANCELLED);
    }
}

/* ------------------------------------------------------------ other processes */

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
    brief = wait_for(400, NULL);
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
        "rm -rf objects", "rm cmx-url", "echo broken >config", "rm HEAD", ": >HEAD",
        "touch packed-refs.lock HEAD.lock config.lock objects/pack/tmp_x", "rm packed-refs",
        "rm -f objects/pack/*.idx", "rm -f objects/pack/*.pack",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        forget_cache(f);
        git_close(open_git(&options));
        bash(f->arena, "cd \"$1\"/cache/cmx-reconcile/git/*/; eval \"$2\"", f->folder, damages[i]);
        opens(&options, "5\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme),          cmocka_unit_test(over_ssh),
        cmocka_unit_test(over_ssh_short),        cmocka_unit_test(credentials),
        cmocka_unit_test(credential_helper),     cmocka_unit_test(failures),
        cmocka_unit_test(unchanged_and_changed), cmocka_unit_test(silent_servers),
        cmocka_unit_test(killed_in_the_middle),  cmocka_unit_test(many_at_once),
        cmocka_unit_test(lock_is_awaited),       cmocka_unit_test(damaged_cache),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_done);
}
