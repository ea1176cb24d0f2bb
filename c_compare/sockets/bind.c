/* bind, and what AF_UNIX needs beside it. Twin: src/sockets/bind.rs. */
#include "sockets/bind.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stale(int listener, const char *path,
                     const struct address *address);

int bind_address(int listener, const struct address *address)
{
    const struct sockaddr *at = sockaddr_of(address);
    char path[ADDRESS_TEXT];
    int bound = bind(listener, at, address->length);
    if (bound < 0 && errno == EADDRINUSE && at->sa_family == AF_UNIX) {
        if (is_stale(listener, address_text(address, path), address)) {
            unlink(path);
            return bind(listener, at, address->length);
        }
        errno = EADDRINUSE;
    }
    return bound;
}

/* A socket file that refuses a connection has no listener any more. Any
 * other answer, a full queue's EAGAIN too, comes from somebody alive. */
static bool is_stale(int listener, const char *path,
                     const struct address *address)
{
    struct stat file;
    int kind = SOCK_STREAM;
    socklen_t length = sizeof kind;
    bool is_socket = lstat(path, &file) == 0 && S_ISSOCK(file.st_mode);
    getsockopt(listener, SOL_SOCKET, SO_TYPE, &kind, &length);
    int probe = socket(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return false;
    bool refused =
        connect(probe, sockaddr_of(address), address->length) < 0
        && errno == ECONNREFUSED;
    close(probe);
    return is_socket && refused;
}
