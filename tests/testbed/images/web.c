/* The web server of the test images: answers each request with its version.
 *
 *   PORT         where it listens, 8080
 *   VERSION      what it tells, set by the image
 *   REQUIRE      the name of a variable; where that is not set, it says so and exits 1
 *   READY_AFTER  seconds from its start until requests are answered 200, not 503
 *
 * One connection at a time is enough for probes. SIGTERM ends it at once. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL ? value : otherwise;
}

static void end(int signal_number)
{
    _exit(signal_number == SIGTERM || signal_number == SIGINT ? 0 : 1);
}

static void require_variable(void)
{
    const char *name = setting("REQUIRE", NULL);

    if (name != NULL && getenv(name) == NULL) {
        fprintf(stderr, "panic: missing %s\n", name);
        exit(1);
    }
}

static int listen_on(int port)
{
    const int on = 1;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0
        || listen(listener, 64) != 0) {
        perror("web: listen");
        exit(1);
    }
    return listener;
}

static void answer(int connection, const char *version, int ready)
{
    const struct timeval limit = { .tv_sec = 1 };
    char request[4096];

    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (read(connection, request, sizeof request) > 0) {
        dprintf(connection,
                "HTTP/1.0 %s\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nweb %s\n",
                ready ? "200 OK" : "503 Not Ready", version);
    }
    close(connection);
}

int main(void)
{
    const int port = atoi(setting("PORT", "8080"));
    const char *version = setting("VERSION", "unknown");
    const time_t ready_at = time(NULL) + atoi(setting("READY_AFTER", "0"));
    int listener;

    signal(SIGTERM, end);
    signal(SIGINT, end);
    signal(SIGPIPE, SIG_IGN);
    require_variable();
    listener = listen_on(port);
    printf("web %s listens on port %d\n", version, port);
    fflush(stdout);
    for (;;) {
        int connection = accept(listener, NULL, NULL);

        if (connection >= 0) {
            answer(connection, version, time(NULL) >= ready_at);
        }
    }
}
