/* recv and send as every program here uses them.
 *
 * Twin: src/sockets/transfer.rs. Man pages: recv(2), send(2).
 */
#ifndef SOCKETS_TRANSFER_H
#define SOCKETS_TRANSFER_H

#include <sys/types.h>

/* What the peer sent, at most `room` bytes; 0 at the end of the peer's
 * stream, -1 and errno. Retried when a signal interrupts it. */
ssize_t recv_some(int socket, void *buffer, size_t room);

/* Sends what the kernel takes now, and returns how much that was.
 * MSG_NOSIGNAL: a peer that is gone is an EPIPE, not a death by SIGPIPE. */
ssize_t send_some(int socket, const void *bytes, size_t length);

/* Sends all of it: a short send is normal, the rest goes with the next.
 * 0, or -1 and errno. */
int send_all(int socket, const void *bytes, size_t length);

#endif
