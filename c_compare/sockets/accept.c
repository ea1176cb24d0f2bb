/* accept4, with the address of who came. Twin: src/sockets/accept.rs. */
#include "sockets/accept.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

static struct peer peer_of(const struct sockaddr_storage *address,
                           int socket);

long peer_id(const struct peer *peer)
{
    return peer->family == AF_UNIX ? peer->host.pid : peer->port;
}

char *peer_text(const struct peer *peer, char text[static PEER_TEXT])
{
    char host[INET6_ADDRSTRLEN];
    if (peer->family == AF_UNIX) {
        snprintf(text, PEER_TEXT, "pid %d", peer->host.pid);
        return text;
    }
    inet_ntop(peer->family, &peer->host, host, sizeof host);
    const char *form = peer->family == AF_INET6 ? "[%s]:%d" : "%s:%d";
    snprintf(text, PEER_TEXT, form, host, peer->port);
    return text;
}

int accept_peer(int listener, int flags, struct peer *peer)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    int socket = accept4(listener, (struct sockaddr *)&address, &length,
                         SOCK_CLOEXEC | flags);
    if (socket >= 0)
        *peer = peer_of(&address, socket);
    return socket;
}

static struct peer peer_of(const struct sockaddr_storage *address,
                           int socket)
{
    struct peer peer = {.family = address->ss_family};
    if (peer.family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        peer.port = ntohs(v4->sin_port);
        peer.host.v4 = v4->sin_addr;
    } else if (peer.family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;
        peer.port = ntohs(v6->sin6_port);
        peer.host.v6 = v6->sin6_addr;
    } else {
        struct ucred who = {0};
        socklen_t length = sizeof who;
        getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &length);
        peer.family = AF_UNIX;
        peer.host.pid = who.pid;
    }
    return peer;
}
