/* A socket as Python shows it. Twin: src/bin/socket_tools/sockets.rs. */
#include "socket_tools/sockets.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sockets/address.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "socket_tools/constants.h"
#include "socket_tools/python.h"

enum { CLASS_TEXT = NAME_TEXT + sizeof "AddressFamily." };

static char *of_class(const char *class, const char *name, char *text);
static char *tuple_of(int result, const struct address *address);

int print_socket(int family, int kind, int protocol)
{
    char family_text[NAME_TEXT], kind_text[NAME_TEXT];
    char protocol_text[NAME_TEXT], asked[3 * NAME_TEXT + sizeof ", , "];
    family_name(family, family_text);
    kind_name(kind, kind_text);
    protocol_name(protocol, protocol_text);
    snprintf(asked, sizeof asked, "%s, %s, %s", family_text, kind_text,
             protocol_text);
    int created = socket(family, kind | SOCK_CLOEXEC, protocol);
    if (created == -1)
        return fail("socket_tools", "socket", asked);

    /* The two flags are the descriptor's, and no part of the socket's
     * type. */
    kind_name(kind & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), kind_text);
    char class[CLASS_TEXT], kind_class[CLASS_TEXT];
    of_class("AddressFamily", family_text, class);
    of_class("SocketKind", kind_text, kind_class);
    struct address here = {.length = sizeof here.at}, there = here;
    /* A family without such addresses just shows none. */
    int has_name =
        getsockname(created, (struct sockaddr *)&here.at, &here.length);
    /* Not connected, most have no peer; but netlink's is the kernel. */
    int has_peer =
        getpeername(created, (struct sockaddr *)&there.at, &there.length);
    char *laddr = tuple_of(has_name, &here);
    char *raddr = tuple_of(has_peer, &there);
    int code = done("socket_tools", say(
        "<socket.socket fd=%d, family=%s, type=%s, proto=%d%s%s%s%s>",
        created, class, kind_class, protocol, laddr != NULL ? ", laddr=" : "",
        laddr != NULL ? laddr : "", raddr != NULL ? ", raddr=" : "",
        raddr != NULL ? raddr : ""));
    free(laddr);
    free(raddr);
    close(created);
    return code;
}

/* A name belongs to one of Python's classes, a bare number does not. */
static char *of_class(const char *class, const char *name, char *text)
{
    if (isdigit((unsigned char)*name))
        snprintf(text, CLASS_TEXT, "%s", name);
    else
        snprintf(text, CLASS_TEXT, "%s.%s", class, name);
    return text;
}

static char *tuple_of(int result, const struct address *address)
{
    if (result == -1 || address->length < sizeof (sa_family_t))
        return NULL;
    return python_address(sockaddr_of(address));
}
