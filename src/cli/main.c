/* main: hands the arguments to the table of commands. */
#include "base/cleanup.h"
#include "cli/command.h"
#include "manifest/shape.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MOST_COMMANDS = 32 };

static int unknown_command(const char *name)
{
    const char *names[MOST_COMMANDS];
    size_t count = 0;
    for (const struct command *command = commands; command->name; command++)
        names[count++] = command->name;
    const char *meant = suggest(name, names, count);
    fprintf(stderr, "cmx-reconcile: there is no command \"%s\"", name);
    if (meant)
        fprintf(stderr, " (did you mean %s?)", meant);
    fprintf(stderr, "\nSee cmx-reconcile help.\n");
    return EXIT_USAGE;
}

static int run(const struct command *command, int count, char **arguments)
{
    AUTO_ARENA arena = arena_new();
    struct error error = { 0 };
    struct invocation invocation = { .arena = arena, .command = command };
    invocation.cancel = signals_install();
    invocation.wait = (struct wait){ INT64_MAX, invocation.cancel, true };
    if (!invocation_parse(&invocation, count, arguments, &error))
        return command_fail(&error);
    enum exit_code code = invocation.command->run(&invocation);
    int signal_code = signals_exit_code();
    return signal_code && code != EXIT_DONE ? signal_code : (int)code;
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

int main(int count, char **arguments)
{
    if (!open_descriptors())
        return EXIT_INTERNAL;
    if (count < 2)
        return run(command_find("help"), 1, arguments), EXIT_USAGE;
    const char *name = arguments[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *command = command_find(name);
    return command ? run(command, count - 1, arguments + 1) : unknown_command(name);
}
