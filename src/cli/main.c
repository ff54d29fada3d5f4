/* main: hands the arguments to the table of commands. */
#include "base/cleanup.h"
#include "cli/command.h"

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

static int run(const struct command *command, int count, char **arguments)
{
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    struct invocation invocation = { .arena = arena, .command = command };
    invocation.cancel = signals_install();
    invocation.wait = (struct wait){ INT64_MAX, invocation.cancel, true };
    if (!command)
        return command_unknown(&invocation, arguments[0]);
    if (!invocation_parse(&invocation, count, arguments, &error))
        return command_fail(&invocation, &error);
    enum exit_code code;
    if (command_read_pull_secrets(&invocation, &code))
        code = invocation.command->run(&invocation);
    return signals_answer(code);
}

/*
 * A standard descriptor that was closed would be taken by the next file or
 * connection, and what is printed would go there. In its place comes one that
 * fails for what it is used for.
 */
static bool open_descriptors(void)
{
    for (int descriptor = 0; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0
            && open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) != descriptor)
            return false;
    return true;
}

/* What threads allocate lives in our arenas: heaps of their own would only keep what is free. */
enum { HEAPS = 2 };

int main(int count, char **arguments)
{
    mallopt(M_ARENA_MAX, HEAPS);
    if (!open_descriptors())
        return EXIT_INTERNAL;
    if (count < 2)
        return run(command_find("help"), 1, arguments), EXIT_USAGE;
    const char *name = arguments[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    return run(command_find(name), count - 1, arguments + 1);
}
