/* supply_server: sends as many bytes as a line asks for.
 *
 * Twin: src/bin/supply_server.rs. Read echo_server first; the calls are the
 * same. Try: `supply_server`, then `nc 127.0.0.1 10030` and type 70. Man
 * pages: socket(2), bind(2), listen(2).
 */
#include "protocols/supply.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "sockets/address.h"
#include "sockets/bind.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/usage.h"
#include "workers/workers.h"

static const char PROGRAM[] = "supply_server";

static const char HELP[] =
    "Sends as many bytes as a line asks for\n"
    "\n"
    "Usage: supply_server [OPTIONS] [PORT]\n"
    "\n"
    "Arguments:\n"
    "  [PORT]  Port to listen on; 0 lets the kernel choose"
    " [default: 10030]\n"
    "\n"
    "Options:\n"
    SERVER_OPTIONS_HELP("iterative", "4096")
    "\n"
    "Example: supply_server --model prefork\n";

struct command_line {
    uint16_t port;
    struct options server;
};

static struct command_line parse(int argc, char **argv);
static void arrived(const struct peer *peer);

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    struct command_line options = parse(argc, argv);
    const char *host = options.server.host;
    const char *path = options.server.unix_path;
    struct address address;
    char text[ADDRESS_TEXT];
    if (path != NULL) {
        if (unix_address(path, &address) < 0)
            return fail(PROGRAM, "sockaddr_un", path);
    } else {
        int code = local_address(host, options.port, SOCK_STREAM, &address);
        if (code != 0)
            return fail_lookup(PROGRAM, code, "%s:%u", host, options.port);
    }
    const char *at = address_text(&address, text);
    int family = address.at.ss_family, on = 1;

    int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return fail(PROGRAM, "socket", at);
    /* A restart must not wait until the TIME_WAIT of old connections is
     * over. */
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return fail(PROGRAM, "setsockopt", at);
    if (options.server.model == REUSEPORT && family != AF_UNIX
        && setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0)
        return fail(PROGRAM, "setsockopt", at);
    if (bind_address(listener, &address) < 0)
        return fail(PROGRAM, "bind", at);
    if (listen(listener, options.server.backlog) < 0)
        return fail(PROGRAM, "listen", at);
    if (own_address(listener, &address) < 0)
        return fail(PROGRAM, "getsockname", at);

    /* Each peer asks as often as it likes. */
    struct lab lab = {
        .program = PROGRAM,
        .protocol = &supply_protocol,
        .piece = SUPPLY_PIECE,
        .arrived = options.server.quiet ? NULL : arrived,
    };
    struct server *server = server_open(listener, &options.server, &lab);
    if (server == NULL)
        return EXIT_FAILURE;
    note("Supplying bytes on %s", address_text(&address, text));
    return serve(server);
}

static struct command_line parse(int argc, char **argv)
{
    static const struct command command = {PROGRAM, HELP};
    static const struct option known[] = {
        SERVER_OPTIONS,
        HELP_AND_VERSION
    };
    struct command_line options = {
        .port = 10030, .server = default_options(ITERATIVE)
    };
    int letter;
    while ((letter = next_option(&command, argc, argv, "hV", known)) != -1)
        take_option(&command, letter, &options.server);
    expect_arguments(&command, argc, argv, 0, 1);
    if (optind < argc)
        options.port =
            (uint16_t)number(&command, "[PORT]", argv[optind], 0, 65535);
    return options;
}

static void arrived(const struct peer *peer)
{
    char who[PEER_TEXT];
    note("connection - %s", peer_text(peer, who));
}
