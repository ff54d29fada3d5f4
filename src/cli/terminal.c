/* terminal: questions to whoever sits at it. */
#include "base/cleanup.h"
#include "cli/command.h"

#include <string.h>
#include <unistd.h>

bool terminal_is_interactive(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

const char *terminal_line(struct arena *arena, const char *question)
{
    AUTO_FREE char *line = NULL;
    size_t size = 0;
    if (!terminal_is_interactive())
        return NULL;
    fprintf(stderr, "%s ", question);
    fflush(stderr);
    if (getline(&line, &size, stdin) <= 0)
        return NULL;
    return arena_memdup(arena, line, strcspn(line, "\r\n"));
}

bool terminal_ask(const char *question, const char *expected)
{
    AUTO_ARENA arena = arena_new();
    const char *line = terminal_line(arena, question);
    if (!line)
        return false;
    if (expected)
        return strcmp(line, expected) == 0;
    return strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
}
