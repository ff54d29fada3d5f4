/* process: see process.h. */
#include "base/process.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { LOOK_MS = 100, GRACE_MS = 1000, REAP_MS = 10, UNKNOWN_STATUS = 127 };

static size_t count_strings(const char *const *strings)
{
    size_t count = 0;
    while (strings && strings[count])
        count++;
    return count;
}

/* Ours, then the added ones; a program sees the last of two with one name first, so drop ours. */
static char **merge_environment(struct arena *arena, const char *const *added)
{
    size_t ours = count_strings((const char *const *)environ), extra = count_strings(added);
    char **merged = arena_array(arena, ours + extra + 1, sizeof *merged);
    size_t used = 0;
    for (size_t i = 0; i < ours; i++) {
        size_t name = strcspn(environ[i], "=") + 1;
        bool replaced = false;
        for (size_t j = 0; j < extra; j++)
            replaced |= strncmp(environ[i], added[j], name) == 0;
        if (!replaced)
            merged[used++] = environ[i];
    }
    for (size_t j = 0; j < extra; j++)
        merged[used++] = arena_strdup(arena, added[j]);
    return merged;
}

/* `errors`: where its stderr goes; -1: where ours does. */
static bool spawn(const char *const *arguments, const char *const *environment, int input,
                  int output, int errors, pid_t *ret_pid)
{
    AUTO_ARENA arena = arena_new();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (errors >= 0)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK
                                              | POSIX_SPAWN_SETSIGDEF);
    int failed =
        posix_spawnp(ret_pid, arguments[0], &actions, &attributes,
                     (char *const *)(uintptr_t)arguments, merge_environment(arena, environment));
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    return failed == 0;
}

enum errors_go { ERRORS_ARE_OURS, ERRORS_JOINED, ERRORS_HEARD };

static bool make_pipe(int pair[2], struct error *err)
{
    return pipe2(pair, O_CLOEXEC) == 0 || error_errno(err, ERROR_LOCAL, "cannot make a pipe");
}

static void close_pair(const int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
}

/* Three pipes; of the last one only where it is wanted. */
static bool make_pipes(int to[2], int from[2], int aside[2], bool heard, struct error *err)
{
    if (!make_pipe(to, err))
        return false;
    if (make_pipe(from, err)) {
        if (!heard || make_pipe(aside, err))
            return true;
        close_pair(from);
    }
    close_pair(to);
    return false;
}

static bool start(const char *const *arguments, const char *const *environment,
                  enum errors_go errors, struct process *ret_process, struct error *err)
{
    int to[2], from[2], aside[2] = { -1, -1 };
    if (!make_pipes(to, from, aside, errors == ERRORS_HEARD, err))
        return false;
    struct process process = { .input = to[1], .output = from[0], .errors = aside[0] };
    bool started = spawn(arguments, environment, to[0], from[1],
                         errors == ERRORS_JOINED ? from[1] : aside[1], &process.pid);
    int number = errno;
    close(to[0]);
    close(from[1]);
    if (aside[1] >= 0)
        close(aside[1]);
    if (!started) {
        close_pair((const int[]){ to[1], from[0] });
        close_pair((const int[]){ aside[0], -1 });
        errno = number;
        return error_errno(err, ERROR_LOCAL, "cannot run %s", arguments[0]);
    }
    fcntl(process.input, F_SETFL, O_NONBLOCK);
    fcntl(process.output, F_SETFL, O_NONBLOCK);
    if (process.errors >= 0)
        fcntl(process.errors, F_SETFL, O_NONBLOCK);
    *ret_process = process;
    return true;
}

bool process_start(const char *const *arguments, const char *const *environment,
                   struct process *ret_process, struct error *err)
{
    return start(arguments, environment, ERRORS_ARE_OURS, ret_process, err);
}

bool process_start_joined(const char *const *arguments, const char *const *environment,
                          struct process *ret_process, struct error *err)
{
    return start(arguments, environment, ERRORS_JOINED, ret_process, err);
}

bool process_start_heard(const char *const *arguments, const char *const *environment,
                         struct process *ret_process, struct error *err)
{
    return start(arguments, environment, ERRORS_HEARD, ret_process, err);
}

static void close_once(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

/* `length`: at most PROCESS_HEARD. */
static void keep_heard(struct process *process, const char *text, size_t length)
{
    size_t had = strlen(process->heard);
    size_t over = had + length > PROCESS_HEARD ? had + length - PROCESS_HEARD : 0;
    memmove(process->heard, process->heard + over, had - over);
    memcpy(process->heard + had - over, text, length);
    process->heard[had - over + length] = '\0';
}

/* What has come on its stderr goes to ours. Never waits. */
static void pass_on(struct process *process)
{
    char chunk[PROCESS_HEARD];
    ssize_t length = -1;
    while (process->errors >= 0 && (length = read(process->errors, chunk, sizeof chunk)) > 0) {
        fwrite(chunk, 1, (size_t)length, stderr);
        fflush(stderr);
        keep_heard(process, chunk, (size_t)length);
    }
    if (length == 0)
        close_once(&process->errors);
}

static bool wait_ready(struct process *process, int descriptor, short events,
                       const struct wait *wait, const char *what, struct error *err)
{
    for (;;) {
        struct pollfd ready[] = { { .fd = descriptor, .events = events },
                                  { .fd = process->errors, .events = POLLIN } };
        if (!wait_check(wait, what, err))
            return false;
        if (poll(ready, 2, LOOK_MS) <= 0)
            continue;
        if (ready[1].revents)
            pass_on(process);
        if (ready[0].revents)
            return true;
    }
}

bool process_read(struct process *process, void *data, size_t size, size_t *ret_length,
                  const struct wait *wait, struct error *err)
{
    for (;;) {
        ssize_t length = read(process->output, data, size);
        if (length >= 0) {
            *ret_length = (size_t)length;
            return true;
        }
        if (errno != EAGAIN && errno != EINTR)
            return error_errno(err, ERROR_LOCAL, "cannot read from a program");
        if (!wait_ready(process, process->output, POLLIN, wait, "waiting for a program's output",
                        err))
            return false;
    }
}

/* write() without a SIGPIPE when the program has closed its end. */
static ssize_t write_quietly(int descriptor, const void *data, size_t length)
{
    sigset_t pipe_signal, old;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &old);
    ssize_t written = write(descriptor, data, length);
    int number = errno;
    if (written < 0 && number == EPIPE) {
        struct timespec now = { 0, 0 };
        sigtimedwait(&pipe_signal, NULL, &now);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = number;
    return written;
}

bool process_write(struct process *process, const void *data, size_t length,
                   const struct wait *wait, struct error *err)
{
    const char *at = data;
    while (length) {
        ssize_t written = write_quietly(process->input, at, length);
        if (written >= 0) {
            at += written;
            length -= (size_t)written;
        } else if (errno != EAGAIN && errno != EINTR) {
            return error_errno(err, ERROR_LOCAL, "cannot write to a program");
        } else if (!wait_ready(process, process->input, POLLOUT, wait, "writing to a program",
                               err)) {
            return false;
        }
    }
    return true;
}

/* True: it has ended. What somebody else has reaped has not succeeded for all that we know. */
static bool reap(pid_t pid, int flags, int *status)
{
    pid_t ended;
    do
        ended = waitpid(pid, status, flags);
    while (ended < 0 && errno == EINTR);
    if (ended < 0)
        *status = W_EXITCODE(UNKNOWN_STATUS, 0);
    return ended != 0;
}

static bool reap_within(pid_t pid, int64_t milliseconds, int *status)
{
    struct wait wait = wait_for(milliseconds, NULL);
    while (!reap(pid, WNOHANG, status))
        if (!wait_sleep(&wait, REAP_MS))
            return false;
    return true;
}

int process_end(struct process *process)
{
    int status = 0;
    close_once(&process->input);
    close_once(&process->output);
    if (!reap_within(process->pid, GRACE_MS, &status)) {
        kill(-process->pid, SIGKILL);
        reap(process->pid, 0, &status);
    }
    pass_on(process);
    close_once(&process->errors);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool read_output(struct process *process, struct buf *output, const struct wait *wait,
                        const char *name, struct error *err)
{
    char chunk[4096];
    for (;;) {
        size_t length;
        if (!process_read(process, chunk, sizeof chunk, &length, wait, err))
            return false;
        if (length == 0)
            return true;
        if (!buf_add(output, chunk, length))
            return error_set(err, ERROR_INPUT, "%s printed more than %zu bytes", name,
                             output->ceiling);
    }
}

bool process_run(struct arena *arena, const char *const *arguments, const char *const *environment,
                 const char *input, size_t ceiling, const struct wait *wait, char **ret_output,
                 int *ret_status, struct error *err)
{
    struct process process;
    if (!process_start(arguments, environment, &process, err))
        return false;
    AUTO_BUF output = BUF_INIT(ceiling);
    struct error ignored;
    /* A program that does not read its input may still answer. */
    if (input && !process_write(&process, input, strlen(input), wait, &ignored)
        && ignored.kind != ERROR_LOCAL)
        *err = ignored;
    close_once(&process.input);
    bool done = read_output(&process, &output, wait, arguments[0], err);
    if (!done)
        kill(-process.pid, SIGKILL);
    int status = process_end(&process);
    if (!done)
        return error_prefix(err, "%s", arguments[0]);
    *ret_output = arena_memdup(arena, buf_text(&output), output.length);
    *ret_status = status;
    return true;
}
