/* Services and ports. Twin: src/bin/socket_tools/services.rs. */
#include "socket_tools/services.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "sockets/console.h"
#include "sockets/errors.h"

static const char PROGRAM[] = "socket_tools";

static const char *name_of(in_port_t port, const char *proto);
static int not_found(const char *call, const char *why, const char *asked,
                     const char *proto);

int print_service(const char *name, const char *proto)
{
    const struct servent *entry = getservbyname(name, proto);
    if (entry == NULL)
        return not_found("getservbyname", "service/proto not found", name,
                         proto);
    return done(PROGRAM, say("%d", ntohs((in_port_t)entry->s_port)));
}

int print_port(in_port_t port, const char *proto)
{
    const char *name = name_of(port, proto);
    if (name == NULL) {
        char asked[sizeof "65535"];
        snprintf(asked, sizeof asked, "%d", port);
        return not_found("getservbyport", "port/proto not found", asked,
                         proto);
    }
    return done(PROGRAM, say("%s", name));
}

int print_services(in_port_t low, in_port_t high)
{
    static const char *const protos[] = {"tcp", "udp"};
    int count = 0;
    /* Open between the questions: /etc/services would be opened and closed
     * for each of them. */
    setservent(1);
    for (int port = low; port <= high; port++) {
        for (int index = 0; index < 2; index++) {
            const char *proto = protos[index];
            const char *name = name_of((in_port_t)port, proto);
            if (name == NULL)
                continue;
            if (say("%d/%s %s", port, proto, name) < 0)
                return fail(PROGRAM, "write", "standard output");
            count++;
        }
    }
    endservent();
    if (count == 0) {
        char ports[sizeof "65535-65535"];
        snprintf(ports, sizeof ports, "%d-%d", low, high);
        return not_found("getservbyport", "no services found", ports, NULL);
    }
    return EXIT_SUCCESS;
}

/* The API has the port in network order, in an int. */
static const char *name_of(in_port_t port, const char *proto)
{
    const struct servent *entry = getservbyport(htons(port), proto);
    return entry != NULL ? entry->s_name : NULL;
}

static int not_found(const char *call, const char *why, const char *asked,
                     const char *proto)
{
    const char *slash = proto != NULL ? "/" : "";
    bool named = *asked != '\0' || proto != NULL;
    warn("socket_tools: %s: %s%s%s%s%s%s", call, why, named ? " (" : "",
         asked, slash, proto != NULL ? proto : "", named ? ")" : "");
    return EXIT_FAILURE;
}
