/* Hosts and addresses. Twin: src/bin/socket_tools/hosts.rs. */
#include "socket_tools/hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/resolve.h"
#include "socket_tools/constants.h"
#include "socket_tools/python.h"

static const char PROGRAM[] = "socket_tools";

static char *ipv4(const char *address);
static const char *h_errno_symbol(void);
static int print_answer(const struct addrinfo *answer);

int print_hostname(void)
{
    char name[1024] = "";
    if (gethostname(name, sizeof name) == -1)
        return fail(PROGRAM, "gethostname", "");
    return done(PROGRAM, say("%s", name));
}

int print_host(const char *name)
{
    struct question question = {.family = AF_INET};
    struct addrinfo *answers;
    char text[INET_ADDRSTRLEN];
    if (*name == '\0')
        name = "0.0.0.0";
    if (strcmp(name, "<broadcast>") == 0)
        name = "255.255.255.255";
    int code = ask(name, NULL, question, &answers);
    if (code != 0)
        return fail_lookup(PROGRAM, code, "%s", name);
    const struct sockaddr_in *at = (const void *)answers->ai_addr;
    inet_ntop(AF_INET, &at->sin_addr, text, sizeof text);
    freeaddrinfo(answers);
    return done(PROGRAM, say("%s", text));
}

int print_host_ex(const char *host)
{
    const struct hostent *entry = gethostbyname(host);
    if (entry == NULL) {
        const char *open = *host ? " (" : "", *close = *host ? ")" : "";
        warn("%s: gethostbyname: %s: %s%s%s%s", PROGRAM, h_errno_symbol(),
             hstrerror(h_errno), open, host, close);
        return EXIT_FAILURE;
    }
    char *name = python_quoted(entry->h_name);
    char *aliases = python_list(entry->h_aliases, python_quoted);
    char *addresses = python_list(entry->h_addr_list, ipv4);
    int code = done(PROGRAM, say("(%s, %s, %s)", name, aliases, addresses));
    free(name);
    free(aliases);
    free(addresses);
    return code;
}

/* gethostbyname answers with IPv4 addresses, four bytes each. */
static char *ipv4(const char *address)
{
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, address, text, sizeof text);
    return python_quoted(text);
}

/* This call is older than errno is for names, and keeps one of its own. */
static const char *h_errno_symbol(void)
{
    switch (h_errno) {
    case HOST_NOT_FOUND: return "HOST_NOT_FOUND";
    case TRY_AGAIN: return "TRY_AGAIN";
    case NO_RECOVERY: return "NO_RECOVERY";
    case NO_DATA: return "NO_DATA";
    default: return "NETDB_INTERNAL";
    }
}

int print_addrinfo(const char *host, const char *service)
{
    struct question question = {0};
    struct addrinfo *answers;
    int code = ask(host, service, question, &answers);
    if (code != 0)
        return fail_lookup(PROGRAM, code, "%s:%s", host,
                           service != NULL ? service : "*");
    int printed = 0;
    struct addrinfo *at = answers;
    for (; at != NULL && printed == 0; at = at->ai_next)
        printed = print_answer(at);
    code = done(PROGRAM, printed);
    freeaddrinfo(answers);
    return code;
}

static int print_answer(const struct addrinfo *answer)
{
    char name[NAME_TEXT];
    const char *canonical = answer->ai_canonname;
    char *address = python_address(answer->ai_addr);
    bool printed =
        say("family: %s", family_name(answer->ai_family, name)) == 0
        && say("type: %s", kind_name(answer->ai_socktype, name)) == 0
        && say("protocol: %s", protocol_name(answer->ai_protocol, name)) == 0
        && say("canonical name: %s", canonical != NULL ? canonical : "") == 0
        && say("socket address: %s", address != NULL ? address : "") == 0
        && say("%s", "") == 0;
    int errnum = errno;
    free(address);
    errno = errnum;
    return printed ? 0 : -1;
}
