/* Values as Python shows them.
 *
 * Twin: src/bin/socket_tools/python.rs. Man pages: ip(7), ipv6(7),
 * netlink(7), packet(7), vsock(7). What these return is the caller's to free.
 */
#ifndef SOCKET_TOOLS_PYTHON_H
#define SOCKET_TOOLS_PYTHON_H

#include <sys/socket.h>

/* A socket's address as Python's tuple; NULL where there is none, as for a
 * socket of AF_UNIX that was not bound. */
char *python_address(const struct sockaddr *address);

/* A list, ['127.0.0.1', '10.0.0.1'], of the items up to NULL, each as
 * `show` shows it. */
char *python_list(char *const *items, char *(*show)(const char *item));

/* A string in quotes: 'localhost'. */
char *python_quoted(const char *text);

#endif
