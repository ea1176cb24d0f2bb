/* accept4, with the address of who came.
 *
 * Twin: src/sockets/accept.rs. Man page: accept(2).
 */
#ifndef SOCKETS_ACCEPT_H
#define SOCKETS_ACCEPT_H

#include <netinet/in.h>
#include <sys/types.h>

/* Who is at the other end, in the few bytes that are kept of it. */
struct peer {
    sa_family_t family;
    in_port_t port;          /* as a number, not in network order */
    union {
        struct in_addr v4;
        struct in6_addr v6;
        pid_t pid;           /* AF_UNIX: no address there, but a process */
    } host;
};

/* Room for the text of any peer. */
enum { PEER_TEXT = INET6_ADDRSTRLEN + sizeof "[]:65535" };

/* The number a conversation may know it by: the port, or over AF_UNIX the
 * process id. */
long peer_id(const struct peer *peer);

/* 127.0.0.1:80, [::1]:80, pid 123; returns `text`. */
char *peer_text(const struct peer *peer, char text[static PEER_TEXT]);

/* Takes the first connection from the listener's queue: a new descriptor, no
 * new process; -1 and errno, EINTR too. */
int accept_peer(int listener, int flags, struct peer *peer);

#endif
