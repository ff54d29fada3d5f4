/*
 * process: other programs (ssh, credential helpers, exec plugins), run with an
 * argument list, never through a shell, with a deadline, and killed with their
 * children when it passes.
 */
#ifndef CMX_BASE_PROCESS_H
#define CMX_BASE_PROCESS_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROCESS_HEARD = 1024 };

/* A running program with both ends of its pipe. */
struct process {
    pid_t pid; /* also its process group */
    int input; /* we write, the program reads; -1 once closed */
    int output;
    int errors;                    /* its stderr, of process_start_heard(); else -1 */
    char heard[PROCESS_HEARD + 1]; /* the end of what it said there */
};

/*
 * Starts `arguments[0]` (looked for on PATH), NULL-terminated. `environment` is
 * added to ours ("NAME=value", NULL-terminated; may be NULL). Its stderr is ours.
 * The caller ends it with process_end().
 */
bool process_start(const char *const *arguments, const char *const *environment,
                   struct process *ret_process, struct error *err)
    __attribute__((warn_unused_result));

/* The same, its stderr going where its stdout does: programs that tell all of their progress there.
 */
bool process_start_joined(const char *const *arguments, const char *const *environment,
                          struct process *ret_process, struct error *err)
    __attribute__((warn_unused_result));

/* The same, its stderr passed on to ours as it comes, and the end of it kept in `heard`. */
bool process_start_heard(const char *const *arguments, const char *const *environment,
                         struct process *ret_process, struct error *err)
    __attribute__((warn_unused_result));

/* One read or write that waits no longer than `wait`; *ret_length 0 at the end of the output. */
bool process_read(struct process *process, void *data, size_t size, size_t *ret_length,
                  const struct wait *wait, struct error *err) __attribute__((warn_unused_result));
bool process_write(struct process *process, const void *data, size_t length,
                   const struct wait *wait, struct error *err) __attribute__((warn_unused_result));

/* Closes the pipes, gives the program a second to leave, kills it, reaps it. Its exit status. */
int process_end(struct process *process);

/*
 * Runs a program to its end: `input` (may be NULL) in, at most `ceiling` bytes
 * out, into the arena. *ret_status is its exit code, 128 + signal when killed.
 */
bool process_run(struct arena *arena, const char *const *arguments, const char *const *environment,
                 const char *input, size_t ceiling, const struct wait *wait, char **ret_output,
                 int *ret_status, struct error *err) __attribute__((warn_unused_result));

#endif
