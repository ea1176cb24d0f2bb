/* roster_server: exchanges pickled dicts with its clients.
 *
 * Twin: src/bin/roster_server.rs. Read echo_server first; the calls are the
 * same. Try: `roster_server`, then `roster_client --name Alice --username
 * alice --sid 1`. Man pages: socket(2), bind(2), listen(2).
 */
#include "protocols/roster.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "sockets/address.h"
#include "sockets/bind.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/usage.h"
#include "workers/workers.h"

static const char PROGRAM[] = "roster_server";

static const char HELP[] =
    "Exchanges pickled dicts with its clients\n"
    "\n"
    "Usage: roster_server [OPTIONS]\n"
    "\n"
    "Options:\n"
    "  -p, --port <PORT>             Port to listen on; 0 lets the kernel"
    " choose [default: 12000]\n"
    SERVER_OPTIONS_HELP("iterative", "10")
    "\n"
    "Example: roster_server --model thread\n";

struct command_line {
    uint16_t port;
    struct options server;
};

static struct command_line parse(int argc, char **argv);

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

    /* Each peer is a student. */
    struct lab lab = {
        .program = PROGRAM,
        .protocol = &roster_protocol,
        .piece = 4096,
    };
    struct server *server = server_open(listener, &options.server, &lab);
    if (server == NULL)
        return EXIT_FAILURE;
    int port = address_port(&address);
    if (port >= 0)
        note("Listening at %s/%d", address_host(&address, text), port);
    else
        note("Listening at %s", address_text(&address, text));
    return serve(server);
}

static struct command_line parse(int argc, char **argv)
{
    static const struct command command = {PROGRAM, HELP};
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        SERVER_OPTIONS,
        HELP_AND_VERSION
    };
    struct command_line options = {
        .port = 12000, .server = default_options(ITERATIVE)
    };
    options.server.backlog = 10;
    int letter;
    while ((letter = next_option(&command, argc, argv, "p:hV", known))
           != -1) {
        if (letter == 'p')
            options.port = (uint16_t)number(&command, "--port <PORT>",
                                            optarg, 0, 65535);
        else
            take_option(&command, letter, &options.server);
    }
    expect_arguments(&command, argc, argv, 0, 0);
    return options;
}
