/* terminal: questions to whoever sits at it. */
#include "base/cleanup.h"
#include "cli/command.h"

#include <string.h>
#include <unistd.h>

bool terminal_is_interactive(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool terminal_ask(const char *question, const char *expected)
{
    AUTO_FREE char *line = NULL;
    size_t size = 0;
    if (!terminal_is_interactive())
        return false;
    fprintf(stderr, "%s ", question);
    fflush(stderr);
    ssize_t length = getline(&line, &size, stdin);
    if (length <= 0)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    if (expected)
        return strcmp(line, expected) == 0;
    return strcmp(line, "y") == 0 || strcmp(line, "yes") == 0;
}
