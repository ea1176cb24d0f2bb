/* bind, and what AF_UNIX needs beside it.
 *
 * A server that was killed leaves its socket file behind, and the next one's
 * bind says EADDRINUSE, whether anybody listens there or not. Only connect
 * can tell. Twin: src/sockets/bind.rs. Man pages: bind(2), unix(7).
 */
#ifndef SOCKETS_BIND_H
#define SOCKETS_BIND_H

#include "sockets/address.h"

/* Gives the socket its address: 0, or -1 and errno. A stale socket file is
 * replaced; a socket on which somebody listens, or a file that is none, never
 * is. */
int bind_address(int listener, const struct address *address);

#endif
