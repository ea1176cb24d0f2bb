/* recv and send as every program here uses them.
 *
 * Twin: src/sockets/transfer.rs.
 */
#include "sockets/transfer.h"

#include <errno.h>
#include <sys/socket.h>

ssize_t recv_some(int socket, void *buffer, size_t room)
{
    ssize_t got;
    do
        got = recv(socket, buffer, room, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

ssize_t send_some(int socket, const void *bytes, size_t length)
{
    ssize_t sent;
    do
        sent = send(socket, bytes, length, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

int send_all(int socket, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t sent = send_some(socket, at, length);
        if (sent < 0)
            return -1;
        at += sent;
        length -= (size_t)sent;
    }
    return 0;
}
