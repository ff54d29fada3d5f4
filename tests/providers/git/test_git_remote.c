/*
 * Repositories behind https, ssh, git and file URLs of real servers: credentials,
 * redirects, errors, servers that are silent.
 *
 * timeout: 400
 */
#include "git_servers.h"

static void every_scheme(void **state)
{
    struct fixture *f = *state;
    const char *urls[] = {
        http_url(f, "open/line.git"),
        arena_printf(f->arena, "https://localhost:%d/open/line.git", f->https_port),
        arena_printf(f->arena, "https://127.0.0.1:%d/open/line.git/", f->https_port),
        http_url(f, "zip/line.git"),
        http_url(f, "moved/line.git"),
        http_url(f, "busy/line.git"),
        git_url(f, "line.git"),
        arena_printf(f->arena, "file://%s/repos/line.git", f->folder),
        arena_printf(f->arena, "%s/repos/line.git", f->folder),
        arena_printf(f->arena, "%s/line", f->folder),
    };
    static const char *const refs[][2] = { { NULL, "5\n" },
                                           { "other", "2\n" },
                                           { "v1.3.0", "3\n" },
                                           { "semver:<1.4", "3\n" },
                                           { "HEAD~1", "4\n" },
                                           { "refs/pull/7/head", "3\n" },
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
    const char *user = bash_line(f->arena, "id -un", NULL, NULL);
    const char *base = arena_printf(f->arena, "ssh://%s@127.0.0.1:%d", user, f->ssh_port);
    struct git_options options =
        options_for(f, arena_printf(f->arena, "%s%s/repos/line.git", base, f->folder));
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

/* A refused connection is tried four times, a refused key or host once; ssh says both by 255. */
static void ssh_again(void **state)
{
    static const struct {
        const char *says;
        int status;
        enum error_kind kind;
        const char *tries;
    } cases[] = {
        { "ssh: connect to host h port 22: Connection refused", 255, ERROR_UNREACHABLE, "4" },
        { "Connection closed by 192.0.2.1 port 22", 255, ERROR_UNREACHABLE, "4" },
        { "kex_exchange_identification: read: Connection reset by peer", 255, ERROR_UNREACHABLE,
          "4" },
        { "Permission denied (publickey).", 255, ERROR_UNREACHABLE, "1" },
        { "Host key verification failed.\nConnection closed by UNKNOWN port 65535", 255,
          ERROR_UNREACHABLE, "1" },
        { "ssh: Could not resolve hostname h: Name or service not known", 255, ERROR_UNREACHABLE,
          "1" },
        { "ERROR: Repository not found.", 1, ERROR_NOT_FOUND, "1" },
    };
    struct fixture *f = *state;
    AUTO_FREE char *saved = memory_strdup(getenv("GIT_SSH_COMMAND"));
    const char *program = arena_printf(f->arena, "%s/failing-ssh", f->folder);
    struct git_options options = options_for(f, "ssh://h/x.git");
    setenv("GIT_SSH_COMMAND", program, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text =
            arena_printf(f->arena, "#!/bin/bash\necho >>'%s/tries'\necho '%s' >&2\nexit %d\n",
                         f->folder, cases[i].says, cases[i].status);
        struct error err;
        assert_true(file_write(program, text, strlen(text), 0755, &err));
        assert_int_equal(open_fails(&options, "ssh h: "), cases[i].kind);
        assert_string_equal(
            bash_line(f->arena, "wc -l <\"$1/tries\"; rm \"$1/tries\"", f->folder, NULL),
            cases[i].tries);
    }
    if (saved)
        setenv("GIT_SSH_COMMAND", saved, 1);
    else
        unsetenv("GIT_SSH_COMMAND");
}

/* scp's form has no port; the user's ssh configuration gives it. GIT_SSH is one program. */
static void over_ssh_short(void **state)
{
    struct fixture *f = *state;
    AUTO_FREE char *saved = memory_strdup(getenv("GIT_SSH_COMMAND"));
    const char *program = arena_printf(f->arena, "%s/myssh", f->folder);
    const char *text =
        arena_printf(f->arena, "#!/bin/bash\nexec %s -p %d \"$@\"\n", saved, f->ssh_port);
    struct error err;
    assert_true(file_write(program, text, strlen(text), 0755, &err));
    unsetenv("GIT_SSH_COMMAND");
    setenv("GIT_SSH", program, 1);
    const char *user = bash_line(f->arena, "id -un", NULL, NULL);
    struct git_options options =
        options_for(f, arena_printf(f->arena, "%s@127.0.0.1:%s/repos/line.git", user, f->folder));
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
    options = options_for(
        f, arena_printf(arena, "http://ann:s3cret@127.0.0.1:%d/auth/line.git", f->http_port));
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
    bash(arena,
         "git config --global url.\"http://ann:s3cret@127.0.0.1:$1/auth/\".insteadOf "
         "https://git.example/",
         arena_printf(arena, "%d", f->http_port), NULL);
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
        { "limit/x", "HTTP 429 from the git server; it asks to be left alone for 3600 s",
          ERROR_UNREACHABLE },
        { "garbage/x", "bad packet length", ERROR_UNREACHABLE },
        { "short/x", "not git's protocol", ERROR_UNREACHABLE },
        { "giant/x", "cannot fetch from", ERROR_UNREACHABLE },
        { "says/x", "not exported:  [31mred", ERROR_UNREACHABLE },
        { "cut/wide.git", "127.0.0.1", ERROR_UNREACHABLE },
        { "away/line.git", "asks for credentials", ERROR_DENIED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *url =
            arena_printf(f->arena, "http://ann:s3cret@127.0.0.1:%d/%s", f->http_port, cases[i].url);
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
    assert_null(strstr(
        bash(f->arena, "grep 'auth/line' \"$1/http.log\" | tail -1", f->folder, NULL), "Basic"));
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
    assert_int_equal(open_fails(&options, "has no commit yet"), ERROR_USAGE);
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
        assert_false(git_open(&options, &source, &wait, &err));
        int64_t took = clock_now() - start;
        if (err.kind != ERROR_TIMEOUT || took < 1400 || took > 15000
            || !strstr(err.message, "127.0.0.1"))
            fail_msg("%s: after %d ms: %s", url, (int)took, err.message);
        struct cancel cancel = { CANCEL_HARD };
        struct wait cancelled = { .deadline = clock_now() + 60000, .cancel = &cancel };
        assert_false(git_open(&options, &source, &cancelled, &err));
        assert_int_equal(err.kind, ERROR_CANCELLED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme), cmocka_unit_test(over_ssh),
        cmocka_unit_test(ssh_again),    cmocka_unit_test(over_ssh_short),
        cmocka_unit_test(credentials),  cmocka_unit_test(credential_helper),
        cmocka_unit_test(failures),     cmocka_unit_test(silent_servers),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_done);
}
