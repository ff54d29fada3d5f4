/* The first process of each pod of the test cluster: it holds the pod's namespaces
 * open, takes in orphans, and ends on SIGTERM. */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

int main(void)
{
    sigset_t wanted;
    int signal_number = 0;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGCHLD);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    while (sigwait(&wanted, &signal_number) == 0 && signal_number == SIGCHLD) {
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
    return 0;
}
