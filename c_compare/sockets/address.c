/* Where a server shall listen, and how an address is shown.
 *
 * Twin: src/sockets/address.rs.
 */
#include "sockets/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "sockets/resolve.h"

int local_address(const char *host, uint16_t port, int kind,
                  struct address *address)
{
    struct question question = {.flags = AI_PASSIVE, .kind = kind};
    struct addrinfo *answers;
    char service[sizeof "65535"];
    snprintf(service, sizeof service, "%u", port);
    int code = ask(host, service, question, &answers);
    if (code != 0)
        return code;
    *address = address_of(answers);
    freeaddrinfo(answers);
    return 0;
}

int unix_address(const char *path, struct address *address)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(at.sun_path, path, length);
    *address = (struct address){0};
    memcpy(&address->at, &at, sizeof at);
    length += offsetof(struct sockaddr_un, sun_path);
    address->length = (socklen_t)length;
    return 0;
}

int own_address(int socket, struct address *address)
{
    *address = (struct address){.length = sizeof address->at};
    struct sockaddr *at = (struct sockaddr *)&address->at;
    return getsockname(socket, at, &address->length);
}

char *address_host(const struct address *address,
                   char text[static ADDRESS_TEXT])
{
    const struct sockaddr_in *v4 = (const void *)&address->at;
    const struct sockaddr_in6 *v6 = (const void *)&address->at;
    switch (address->at.ss_family) {
    case AF_INET:
        inet_ntop(AF_INET, &v4->sin_addr, text, ADDRESS_TEXT);
        return text;
    case AF_INET6:
        inet_ntop(AF_INET6, &v6->sin6_addr, text, ADDRESS_TEXT);
        return text;
    default:
        return address_text(address, text);
    }
}

int address_port(const struct address *address)
{
    const struct sockaddr_in *v4 = (const void *)&address->at;
    const struct sockaddr_in6 *v6 = (const void *)&address->at;
    switch (address->at.ss_family) {
    case AF_INET: return ntohs(v4->sin_port);
    case AF_INET6: return ntohs(v6->sin6_port);
    default: return -1;
    }
}

char *address_text(const struct address *address,
                   char text[static ADDRESS_TEXT])
{
    char host[ADDRESS_TEXT];
    int port = address_port(address);
    if (port < 0) {
        /* A path that fills sun_path has no NUL behind it. */
        const struct sockaddr_un *at = (const void *)&address->at;
        size_t before = offsetof(struct sockaddr_un, sun_path);
        size_t room = address->length > before ? address->length - before : 0;
        const char *name = at->sun_path;
        if (room > 1 && *name == '\0') /* abstract: no file, no NUL */
            snprintf(text, ADDRESS_TEXT, "@%.*s", (int)room - 1, name + 1);
        else
            snprintf(text, ADDRESS_TEXT, "%.*s", (int)room, name);
        return text;
    }
    const char *form =
        address->at.ss_family == AF_INET6 ? "[%.64s]:%d" : "%.64s:%d";
    snprintf(text, ADDRESS_TEXT, form, address_host(address, host), port);
    return text;
}
