/* A socket of any family, type and protocol, and how Python shows it.
 *
 * Twin: src/bin/socket_tools/sockets.rs. Man pages: socket(2),
 * getsockname(2), getpeername(2).
 */
#ifndef SOCKET_TOOLS_SOCKETS_H
#define SOCKET_TOOLS_SOCKETS_H

#include <sys/socket.h>

/* Creates a socket, as socket.socket, and shows it, as repr does. Returns
 * what main shall return. */
int print_socket(int family, int kind, int protocol);

#endif
