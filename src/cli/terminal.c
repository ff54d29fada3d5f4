/* terminal: its size, and questions to whoever sits at it. */
#include "base/cleanup.h"
#include "cli/command.h"

#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { DEFAULT_WIDTH = 80, DEFAULT_HEIGHT = 24, LEAST_WIDTH = 20, WIDEST = 120 };

unsigned terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < LEAST_WIDTH)
        return DEFAULT_WIDTH;
    return size.ws_col > WIDEST ? WIDEST : size.ws_col;
}

unsigned terminal_height(void)
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row
                                                                       : DEFAULT_HEIGHT;
}

bool terminal_can_redraw(void)
{
    const char *kind = getenv("TERM");
    return isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

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

/* Ctrl-C at the question leaves a terminal that shows what is typed. */
const char *terminal_secret(struct arena *arena, const char *question)
{
    struct termios before, hidden;
    if (!terminal_is_interactive() || tcgetattr(STDIN_FILENO, &before) != 0)
        return NULL;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    const char *line = terminal_line(arena, question);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return line;
}

bool terminal_ask(const char *question, const char *expected)
{
    AUTO_ARENA arena = arena_new();
    const char *line = terminal_line(arena, question);
    if (!line)
        return false;
    if (expected)
        return strcmp(line, expected) == 0;
    return strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0;
}
