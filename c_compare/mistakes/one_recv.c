/* A knock-knock server as many write it first, with one mistake: it takes
 * what one recv returns for one line. It is here to be caught.
 *
 * Right: protocols/knock.c and sockets/lines.c. Man pages: recv(2), tcp(7).
 * Try it: `berkeley check knock --only split -- c_compare/build/one_recv
 * {port}`.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void joke(int peer);
static bool hear(int peer, char *line, size_t size);
static void say(int peer, const char *text);

int main(int argc, char **argv)
{
    int port = argc > 1 ? atoi(argv[1]) : 5000;
    struct sockaddr_in at = {
        .sin_family = AF_INET,
        .sin_port = htons((in_port_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int yes = 1;
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 ||
        listen(listener, 5) < 0) {
        perror("one_recv");
        return 1;
    }
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer < 0)
            continue;
        joke(peer);
        close(peer);
    }
}

static void joke(int peer)
{
    char line[281];
    if (!hear(peer, line, sizeof line))
        return;
    if (strcmp(line, "Knock, knock") != 0) {
        say(peer, "I don't understand\n");
        return;
    }
    say(peer, "Who's there?\n");
    if (!hear(peer, line, sizeof line))
        return;
    say(peer, line);
    say(peer, " who?\n");
    if (hear(peer, line, sizeof line))
        say(peer, "Ha, ha, ha!\n");
}

static bool hear(int peer, char *line, size_t size)
{
    ssize_t got = recv(peer, line, size - 1, 0); /* one recv, one line */
    if (got <= 0)
        return false;
    line[got] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static void say(int peer, const char *text)
{
    send(peer, text, strlen(text), 0);
}
