/*
 * signals: the first SIGINT or SIGTERM stops at the boundary of an action, the
 * second at once. A third meets no handler: it ends whatever only computes and
 * looks at no flag.
 *
 * The only mutable state outside of functions in the program: a handler can be
 * handed nothing.
 */
#include "cli/command.h"

#include <signal.h>

static struct cancel cancel;
static volatile sig_atomic_t last_signal;

static void on_signal(int number)
{
    int level = atomic_load(&cancel.level);
    last_signal = number;
    atomic_store(&cancel.level, level == CANCEL_NONE ? CANCEL_SOFT : CANCEL_HARD);
    if (level != CANCEL_NONE)
        signal(number, SIG_DFL);
}

struct cancel *signals_install(void)
{
    struct sigaction action = { .sa_handler = on_signal };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler =
        SIG_DFL; /* where it was ignored, the exit codes of programs would be lost */
    sigaction(SIGCHLD, &action, NULL);
    return &cancel;
}

int signals_exit_code(void)
{
    return last_signal ? 128 + last_signal : 0;
}

int signals_answer(enum exit_code code)
{
    int signal_code = signals_exit_code();
    return signal_code && code != EXIT_DONE ? signal_code : (int)code;
}
