/* getaddrinfo: a name and a service into addresses to try in turn.
 *
 * Twin: src/sockets/resolve.rs. Man page: getaddrinfo(3).
 */
#ifndef SOCKETS_RESOLVE_H
#define SOCKETS_RESOLVE_H

#include <netdb.h>

#include "sockets/address.h"

/* What is asked of the resolver. */
struct question {
    int flags;   /* AI_PASSIVE, AI_CANONNAME, … */
    int family;  /* AF_…, 0 for any */
    int kind;    /* SOCK_…, 0 for any */
};

/* All addresses of `host` and `service`, in the order to try them, for
 * freeaddrinfo; returns 0 or the resolver's EAI_… code. */
int ask(const char *host, const char *service, struct question question,
        struct addrinfo **answers);

/* One of the resolver's answers, as an address of its own. */
struct address address_of(const struct addrinfo *answer);

#endif
