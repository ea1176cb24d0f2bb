/* getaddrinfo: a name and a service into addresses.
 *
 * Twin: src/sockets/resolve.rs.
 */
#include "sockets/resolve.h"

#include <string.h>

int ask(const char *host, const char *service, struct question question,
        struct addrinfo **answers)
{
    struct addrinfo hints = {
        .ai_flags = question.flags,
        .ai_family = question.family,
        .ai_socktype = question.kind,
    };
    return getaddrinfo(host, service, &hints, answers);
}

struct address address_of(const struct addrinfo *answer)
{
    struct address address = {.length = answer->ai_addrlen};
    memcpy(&address.at, answer->ai_addr, answer->ai_addrlen);
    return address;
}
