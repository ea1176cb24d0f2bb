/* What the handout asks Python's `socket` module, one question a run, and
 * the same answers.
 *
 * Twin: src/bin/socket_tools/main.rs. Man pages: getservbyname(3),
 * gethostbyname(3), getaddrinfo(3), socket(2). Try it:
 * `socket_tools addrinfo localhost http`.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sockets/usage.h"
#include "socket_tools/constants.h"
#include "socket_tools/help.h"
#include "socket_tools/hosts.h"
#include "socket_tools/services.h"
#include "socket_tools/sockets.h"

/* Each is given as many arguments as its question may have, NULL for those
 * that were not there. */
static int ask_service(char **arguments);
static int ask_port(char **arguments);
static int ask_services(char **arguments);
static int ask_hostname(char **arguments);
static int ask_host(char **arguments);
static int ask_host_ex(char **arguments);
static int ask_constants(char **arguments);
static int ask_addrinfo(char **arguments);
static int ask_socket(char **arguments);

static const struct {
    const char *name;
    const struct command *command;
    int least, most;
    int (*answer)(char **arguments);
} questions[] = {
    {"service", &help_service, 1, 2, ask_service},
    {"port", &help_port, 1, 2, ask_port},
    {"services", &help_services, 0, 2, ask_services},
    {"hostname", &help_hostname, 0, 0, ask_hostname},
    {"host", &help_host, 1, 1, ask_host},
    {"host-ex", &help_host_ex, 1, 1, ask_host_ex},
    {"constants", &help_constants, 1, 1, ask_constants},
    {"addrinfo", &help_addrinfo, 1, 2, ask_addrinfo},
    {"socket", &help_socket, 0, 3, ask_socket},
};

static int known(bool is_known, int value, const char *why);
static in_port_t port(const struct command *command, const char *what,
                      const char *text);
static int answer(int argc, char **argv, size_t index);

int main(int argc, char **argv)
{
    static const struct option options[] = {HELP_AND_VERSION};
    const size_t count = sizeof questions / sizeof *questions;
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    if (argc < 2) {
        fputs(socket_tools.help, stderr);
        return 2;
    }
    for (size_t index = 0; index < count; index++)
        if (strcmp(argv[1], questions[index].name) == 0)
            return answer(argc - 1, argv + 1, index);
    if (*argv[1] == '-')
        while (next_option(&socket_tools, argc, argv, "hV", options) != -1)
            ;
    bad_usage(&socket_tools, "unrecognized subcommand '%s'", argv[1]);
}

static int answer(int argc, char **argv, size_t index)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const struct command *command = questions[index].command;
    int least = questions[index].least, most = questions[index].most;
    while (next_option(command, argc, argv, "h", options) != -1)
        ;
    expect_arguments(command, argc, argv, least, most);
    char *arguments[3] = {NULL};
    for (int given = 0; given < argc - optind; given++)
        arguments[given] = argv[optind + given];
    return questions[index].answer(arguments);
}

static int ask_service(char **arguments)
{
    return print_service(arguments[0], arguments[1]);
}

static int ask_port(char **arguments)
{
    in_port_t at = port(&help_port, "<NUMBER>", arguments[0]);
    return print_port(at, arguments[1]);
}

/* The well-known ports, or all from LOW on when it is above them. */
static int ask_services(char **arguments)
{
    in_port_t low = 0;
    if (arguments[0] != NULL)
        low = port(&help_services, "[LOW]", arguments[0]);
    in_port_t high = low <= 1023 ? 1023 : 65535;
    if (arguments[1] != NULL)
        high = port(&help_services, "[HIGH]", arguments[1]);
    if (low > high)
        bad_usage(&help_services, "LOW is more than HIGH");
    return print_services(low, high);
}

static int ask_hostname(char **arguments)
{
    (void)arguments;
    return print_hostname();
}

static int ask_host(char **arguments)
{
    return print_host(arguments[0]);
}

static int ask_host_ex(char **arguments)
{
    return print_host_ex(arguments[0]);
}

static int ask_constants(char **arguments)
{
    return print_constants(arguments[0]);
}

static int ask_addrinfo(char **arguments)
{
    return print_addrinfo(arguments[0], arguments[1]);
}

static int ask_socket(char **arguments)
{
    int family = AF_INET, kind = SOCK_STREAM, protocol = 0;
    bool good = arguments[0] == NULL || family_of(arguments[0], &family);
    family = known(good, family, "no such family");
    good = arguments[1] == NULL || kind_of(arguments[1], &kind);
    kind = known(good, kind, "no such type");
    good = arguments[2] == NULL || protocol_of(arguments[2], &protocol);
    protocol = known(good, protocol, "no such protocol");
    return print_socket(family, kind, protocol);
}

static int known(bool is_known, int value, const char *why)
{
    if (!is_known)
        bad_usage(&help_socket, "%s", why);
    return value;
}

static in_port_t port(const struct command *command, const char *what,
                      const char *text)
{
    return (in_port_t)number(command, what, text, 0, 65535);
}
