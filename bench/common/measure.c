/*
 * measure: runs a program and writes one line of what it took to a file:
 * microseconds of wall, user and system time, KiB of peak memory, exit code.
 *
 *     measure FILE PROGRAM ARGUMENT...
 *
 * A child begins with the peak of who forked it: this program is small, a script's
 * interpreter is not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long microseconds(const struct timeval *time)
{
    return time->tv_sec * 1000000L + time->tv_usec;
}

int main(int count, char **arguments)
{
    struct timespec start, end;
    struct rusage usage;
    int status;
    if (count < 3)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = vfork();
    if (child == 0) {
        execvp(arguments[2], arguments + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    FILE *out = fopen(arguments[1], "w");
    if (!out)
        return 1;
    fprintf(out, "%ld %ld %ld %ld %d\n",
            (end.tv_sec - start.tv_sec) * 1000000L + (end.tv_nsec - start.tv_nsec) / 1000,
            microseconds(&usage.ru_utime), microseconds(&usage.ru_stime), usage.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return fclose(out) == 0 ? 0 : 1;
}
