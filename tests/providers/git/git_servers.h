/*
 * git_servers: the servers that the tests of remote repositories start: HTTP with
 * and without TLS, git daemon, sshd, and one that accepts and is silent.
 */
#ifndef CMX_TESTS_GIT_SERVERS_H
#define CMX_TESTS_GIT_SERVERS_H

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
};

/* ------------------------------------------------------------------------ servers */

static inline int free_port(struct arena *arena)
{
    return atoi(bash(arena, "bash \"$1\"", TESTS_FOLDER "/ports.sh", NULL));
}

static inline void start_http(struct fixture *f)
{
    const char *const arguments[] = { "python3", GIT_TESTS "server.py", f->folder, NULL };
    struct error err;
    struct wait wait = minutes(1);
    char line[256] = "";
    size_t used = 0, length = 1;
    assert_true(process_start(arguments, NULL, &f->server, &err));
    while (length && !strchr(line, '\n')) {
        assert_true(
            process_read(&f->server, line + used, sizeof line - 1 - used, &length, &wait, &err));
        used += length;
    }
    assert_int_equal(sscanf(line, "%d %d %d", &f->http_port, &f->https_port, &f->silent_port), 3);
}

static inline void wait_port(struct fixture *f, int port)
{
    bash(f->arena,
         "for i in $(seq 1200); do (: </dev/tcp/127.0.0.1/$1) 2>/dev/null && exit 0; sleep 0.05; "
         "done; exit 1",
         arena_printf(f->arena, "%d", port), NULL);
}

static inline void start_daemon(struct fixture *f)
{
    struct error err;
    f->git_port = free_port(f->arena);
    const char *const arguments[] = { "git",
                                      "daemon",
                                      "--reuseaddr",
                                      "--export-all",
                                      "--listen=127.0.0.1",
                                      arena_printf(f->arena, "--port=%d", f->git_port),
                                      arena_printf(f->arena, "--base-path=%s/repos", f->folder),
                                      NULL };
    assert_true(process_start(arguments, NULL, &f->daemon, &err));
    wait_port(f, f->git_port);
}

static inline void start_ssh(struct fixture *f)
{
    struct error err;
    const char *program =
        bash_line(f->arena, "command -v sshd || ls /usr/sbin/sshd || true", NULL, NULL);
    if (!*program)
        fail_msg("no sshd: scripts/setup check installs it");
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
    setenv("GIT_SSH_COMMAND",
           arena_printf(f->arena,
                        "ssh -F /dev/null -i '%s/ssh/user' -o IdentitiesOnly=yes "
                        "-o StrictHostKeyChecking=no -o \"UserKnownHostsFile=%s/ssh/known\" "
                        "-o LogLevel=ERROR",
                        f->folder, f->folder),
           1);
}

static inline int fixture_start(void **state)
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

static inline void stop(struct process *process)
{
    kill(-process->pid, SIGTERM);
    process_end(process);
}

static inline int fixture_done(void **state)
{
    struct fixture *f = *state;
    stop(&f->server);
    stop(&f->daemon);
    stop(&f->sshd);
    http_free(f->http);
    scratch_done(f->arena, f->folder);
    arena_free(f->arena);
    return 0;
}

/* ------------------------------------------------------------------------- helpers */

static inline struct git_options options_for(struct fixture *f, const char *url)
{
    return (struct git_options){ .url = url,
                                 .http = f->http,
                                 .ca_file = arena_printf(f->arena, "%s/cert.pem", f->folder) };
}

static inline const char *http_url(struct fixture *f, const char *path)
{
    return arena_printf(f->arena, "http://127.0.0.1:%d/%s", f->http_port, path);
}

static inline const char *git_url(struct fixture *f, const char *path)
{
    return arena_printf(f->arena, "git://127.0.0.1:%d/%s", f->git_port, path);
}

static inline void forget_cache(struct fixture *f)
{
    bash(f->arena, "rm -rf \"$1/cache\"; : >\"$1/http.log\"", f->folder, NULL);
}

static inline char *http_log(struct fixture *f)
{
    return bash(f->arena, "cat \"$1/http.log\"; : >\"$1/http.log\"", f->folder, NULL);
}

static inline void reads(struct git_source *source, const char *path, const char *expected)
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
static inline void opens(const struct git_options *options, const char *expected)
{
    struct git_source *source = open_git(options);
    reads(source, "f.yaml", expected);
    assert_null(strchr(git_record(source)->origin, '@'));
    assert_null(git_root(source));
    git_close(source);
}

#endif
