/* Values as Python shows them. Twin: src/bin/socket_tools/python.rs. */
#include "socket_tools/python.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sockets/text.h"

static char *any_other(const struct sockaddr *address);
static char *made(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

char *python_address(const struct sockaddr *address)
{
    char host[INET6_ADDRSTRLEN];
    const void *at = address;
    const struct sockaddr_in *v4 = at;
    const struct sockaddr_in6 *v6 = at;
    const struct sockaddr_nl *netlink = at;
    const struct sockaddr_ll *link = at;
    const struct sockaddr_vm *vsock = at;
    switch (address->sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        return made("('%s', %d)", host, ntohs(v4->sin_port));
    case AF_INET6:
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        return made("('%s', %d, %u, %u)", host, ntohs(v6->sin6_port),
                    ntohl(v6->sin6_flowinfo), v6->sin6_scope_id);
    case AF_NETLINK:
        return made("(%u, %u)", netlink->nl_pid, netlink->nl_groups);
    case AF_PACKET:
        return made("('', %d, %d, %d, b'')",
                    ntohs(link->sll_protocol), link->sll_pkttype,
                    link->sll_hatype);
    case AF_VSOCK:
        return made("(%u, %u)", vsock->svm_cid, vsock->svm_port);
    default:
        return any_other(address);
    }
}

/* A family that Python does not take apart: its number and 14 bytes. */
static char *any_other(const struct sockaddr *address)
{
    if (address->sa_family == AF_UNIX)
        return NULL;
    const unsigned char *at = (const void *)address->sa_data;
    char *bytes = repr((struct bytes){at, sizeof address->sa_data});
    char *text = made("(%d, %s)", address->sa_family, bytes);
    free(bytes);
    return text;
}

char *python_list(char *const *items, char *(*show)(const char *item))
{
    char *list = made("[");
    for (const char *comma = ""; *items != NULL; items++, comma = ", ") {
        char *item = show(*items);
        char *longer = made("%s%s%s", list, comma, item);
        free(item);
        free(list);
        list = longer;
    }
    char *whole = made("%s]", list);
    free(list);
    return whole;
}

char *python_quoted(const char *text)
{
    const unsigned char *at = (const void *)text;
    char *bytes = repr((struct bytes){at, strlen(text)});
    char *string = made("%s", bytes + 1); /* without the b */
    free(bytes);
    return string;
}

static char *made(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        abort();
    va_end(arguments);
    return text;
}
