/* Addresses: where a server shall listen, and how one is shown.
 *
 * Twin: src/sockets/address.rs. Man pages: ip(7), unix(7).
 */
#ifndef SOCKETS_ADDRESS_H
#define SOCKETS_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage at;
    socklen_t length;
};

/* Room for the text of any address: sun_path is the longest. */
enum { ADDRESS_TEXT = 112 };

/* Where a server shall listen: the first address of `host`. Returns 0 or the
 * resolver's EAI_… code. */
int local_address(const char *host, uint16_t port, int kind,
                  struct address *address);

/* The address of a socket in the file system; -1 and ENAMETOOLONG: a path
 * has at most 107 bytes. */
int unix_address(const char *path, struct address *address);

/* The address that the kernel gave a socket; as getsockname(2). */
int own_address(int socket, struct address *address);

/* For socket, bind and connect, as the API wants it. */
static inline const struct sockaddr *sockaddr_of(const struct address *from)
{
    return (const struct sockaddr *)&from->at;
}

/* The host without the port; over AF_UNIX the path. Returns `text`. */
char *address_host(const struct address *address,
                   char text[static ADDRESS_TEXT]);

/* The port; -1 where there is none. */
int address_port(const struct address *address);

/* 127.0.0.1:80, [::1]:80, /tmp/knock.sock, @abstract; returns `text`. */
char *address_text(const struct address *address,
                   char text[static ADDRESS_TEXT]);

#endif
