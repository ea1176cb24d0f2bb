/*
 * What all planted servers have in common: a listener on a port of the
 * kernel's choice, and an echo.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct mistake {
    const char *name;
    /* Makes it, unless it is mended. */
    void (*make)(int listener, bool mended);
};

static inline int listening(int flags)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | flags, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&any, sizeof any) == -1 ||
        listen(listener, 16) == -1) {
        perror("listener");
        exit(1);
    }
    return listener;
}

/* The next peer. */
static inline int next(int listener)
{
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer != -1)
            return peer;
        if (errno != EINTR) {
            perror("accept");
            exit(1);
        }
    }
}

/* Until the peer says that nothing more will come. */
static inline void echo(int peer)
{
    char bytes[512];
    ssize_t count;
    for (;;) {
        count = recv(peer, bytes, sizeof bytes, 0);
        if (count == -1 && errno == EINTR)
            continue;
        if (count <= 0)
            return;
        send(peer, bytes, (size_t)count, MSG_NOSIGNAL);
    }
}

/* As it should be; the trace ends it by SIGINT. */
static inline _Noreturn void serve_in_turn(int listener)
{
    for (;;) {
        int peer = next(listener);
        echo(peer);
        close(peer);
    }
}

static inline int serve(int argc, char **argv, const struct mistake *all)
{
    if (argc < 3)
        return 2;
    bool mended = strcmp(argv[2], "mended") == 0;
    for (; all->name != NULL; all++) {
        if (strcmp(all->name, argv[1]) == 0) {
            all->make(listening(0), mended);
            return 0;
        }
    }
    return 2;
}
