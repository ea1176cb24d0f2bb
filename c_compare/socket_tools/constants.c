/* The constants of the headers, by name. Twin:
 * src/bin/socket_tools/constants.rs.
 */
#include "socket_tools/constants.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sockets/console.h"
#include "sockets/errors.h"

struct constant {
    int value;
    const char *name;
};

struct table {
    const struct constant *rows;
    size_t count;
};

#define NAMED(name) {name, #name}
#define TABLE(rows) {rows, sizeof (rows) / sizeof *(rows)}

/* Of two names with one value, the first is the one to show. */
static const struct constant families[] = {
    NAMED(AF_UNSPEC), NAMED(AF_UNIX), NAMED(AF_LOCAL), NAMED(AF_FILE),
    NAMED(AF_INET), NAMED(AF_AX25), NAMED(AF_IPX), NAMED(AF_APPLETALK),
    NAMED(AF_NETROM), NAMED(AF_BRIDGE), NAMED(AF_ATMPVC), NAMED(AF_X25),
    NAMED(AF_INET6), NAMED(AF_ROSE), NAMED(AF_DECnet), NAMED(AF_NETBEUI),
    NAMED(AF_SECURITY), NAMED(AF_KEY), NAMED(AF_NETLINK), NAMED(AF_ROUTE),
    NAMED(AF_PACKET), NAMED(AF_ASH), NAMED(AF_ECONET), NAMED(AF_ATMSVC),
    NAMED(AF_RDS), NAMED(AF_SNA), NAMED(AF_IRDA), NAMED(AF_PPPOX),
    NAMED(AF_WANPIPE), NAMED(AF_LLC), NAMED(AF_IB), NAMED(AF_MPLS),
    NAMED(AF_CAN), NAMED(AF_TIPC), NAMED(AF_BLUETOOTH), NAMED(AF_IUCV),
    NAMED(AF_RXRPC), NAMED(AF_ISDN), NAMED(AF_PHONET), NAMED(AF_IEEE802154),
    NAMED(AF_CAIF), NAMED(AF_ALG), NAMED(AF_NFC), NAMED(AF_VSOCK),
    NAMED(AF_KCM), NAMED(AF_QIPCRTR), NAMED(AF_SMC), NAMED(AF_XDP),
    NAMED(AF_MCTP),
};

static const struct constant kinds[] = {
    NAMED(SOCK_STREAM), NAMED(SOCK_DGRAM), NAMED(SOCK_RAW), NAMED(SOCK_RDM),
    NAMED(SOCK_SEQPACKET), NAMED(SOCK_DCCP), NAMED(SOCK_PACKET),
    NAMED(SOCK_NONBLOCK), NAMED(SOCK_CLOEXEC),
};

static const struct constant protocols[] = {
    NAMED(IPPROTO_IP), NAMED(IPPROTO_HOPOPTS), NAMED(IPPROTO_ICMP),
    NAMED(IPPROTO_IGMP), NAMED(IPPROTO_IPIP), NAMED(IPPROTO_TCP),
    NAMED(IPPROTO_EGP), NAMED(IPPROTO_PUP), NAMED(IPPROTO_UDP),
    NAMED(IPPROTO_IDP), NAMED(IPPROTO_TP), NAMED(IPPROTO_DCCP),
    NAMED(IPPROTO_IPV6), NAMED(IPPROTO_ROUTING), NAMED(IPPROTO_FRAGMENT),
    NAMED(IPPROTO_RSVP), NAMED(IPPROTO_GRE), NAMED(IPPROTO_ESP),
    NAMED(IPPROTO_AH), NAMED(IPPROTO_ICMPV6), NAMED(IPPROTO_NONE),
    NAMED(IPPROTO_DSTOPTS), NAMED(IPPROTO_MTP), NAMED(IPPROTO_BEETPH),
    NAMED(IPPROTO_ENCAP), NAMED(IPPROTO_PIM), NAMED(IPPROTO_COMP),
    NAMED(IPPROTO_SCTP), NAMED(IPPROTO_MH), NAMED(IPPROTO_UDPLITE),
    NAMED(IPPROTO_MPLS), NAMED(IPPROTO_ETHERNET), NAMED(IPPROTO_RAW),
    NAMED(IPPROTO_MPTCP),
};

static const struct table FAMILIES = TABLE(families);
static const struct table KINDS = TABLE(kinds);
static const struct table PROTOCOLS = TABLE(protocols);

static size_t find(struct table table, const char *prefix,
                   struct constant *found);
static int by_value(const void *left, const void *right);
static bool value(struct table table, const char *text, int *result);
static bool number(const char *text, int *result);
static char *name(struct table table, int wanted, char *text);

int print_constants(const char *prefix)
{
    struct constant found[sizeof families / sizeof *families
                          + sizeof kinds / sizeof *kinds
                          + sizeof protocols / sizeof *protocols];
    size_t count = find(FAMILIES, prefix, found);
    count += find(KINDS, prefix, found + count);
    count += find(PROTOCOLS, prefix, found + count);
    qsort(found, count, sizeof *found, by_value);
    for (size_t index = 0; index < count; index++)
        if (say("%d %s", found[index].value, found[index].name) < 0)
            return fail("socket_tools", "write", "standard output");
    if (count == 0) {
        warn("socket_tools: constants: no constant begins with '%s'",
             prefix);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static size_t find(struct table table, const char *prefix,
                   struct constant *found)
{
    size_t count = 0;
    for (size_t index = 0; index < table.count; index++)
        if (strncmp(table.rows[index].name, prefix, strlen(prefix)) == 0)
            found[count++] = table.rows[index];
    return count;
}

static int by_value(const void *left, const void *right)
{
    const struct constant *one = left, *other = right;
    if (one->value != other->value)
        return one->value < other->value ? -1 : 1;
    return strcmp(one->name, other->name);
}

bool family_of(const char *text, int *family)
{
    return value(FAMILIES, text, family);
}

bool kind_of(const char *text, int *kind)
{
    *kind = 0;
    for (;;) {
        char part[NAME_TEXT];
        int bits;
        text += strspn(text, " ");
        size_t length = strcspn(text, "|"), end = length;
        while (end > 0 && text[end - 1] == ' ')
            end--;
        if (end >= sizeof part)
            return false;
        memcpy(part, text, end);
        part[end] = '\0';
        if (!value(KINDS, part, &bits))
            return false;
        *kind |= bits;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

bool protocol_of(const char *text, int *protocol)
{
    return value(PROTOCOLS, text, protocol);
}

char *family_name(int family, char text[static NAME_TEXT])
{
    return name(FAMILIES, family, text);
}

char *kind_name(int kind, char text[static NAME_TEXT])
{
    return name(KINDS, kind, text);
}

char *protocol_name(int protocol, char text[static NAME_TEXT])
{
    return name(PROTOCOLS, protocol, text);
}

static bool value(struct table table, const char *text, int *result)
{
    for (size_t index = 0; index < table.count; index++)
        if (strcmp(table.rows[index].name, text) == 0) {
            *result = table.rows[index].value;
            return true;
        }
    return number(text, result);
}

/* Digits and nothing else, not even a sign. */
static bool number(const char *text, int *result)
{
    errno = 0;
    long found = strtol(text, NULL, 10);
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return false;
    if (errno != 0 || found > INT_MAX)
        return false;
    *result = (int)found;
    return true;
}

static char *name(struct table table, int wanted, char *text)
{
    snprintf(text, NAME_TEXT, "%d", wanted);
    for (size_t index = 0; index < table.count; index++)
        if (table.rows[index].value == wanted) {
            snprintf(text, NAME_TEXT, "%s", table.rows[index].name);
            break;
        }
    return text;
}
