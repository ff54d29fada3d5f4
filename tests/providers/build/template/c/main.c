#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    static const char said[] = "HTTP/1.0 200 OK\r\n\r\nc first";
    struct sockaddr_in address = { .sin_family = AF_INET };
    char request[4096];
    int yes = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((unsigned short)atoi(getenv("PORT")));
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 16))
        return 1;
    for (;;) {
        int client = accept(server, NULL, NULL);
        if (read(client, request, sizeof request) >= 0 && write(client, said, sizeof said - 1) < 0)
            return 1;
        close(client);
    }
}
