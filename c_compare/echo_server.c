/* echo_server: sends back whatever it receives.
 *
 * Here are socket, setsockopt, bind and listen; the worker model in workers/
 * does the rest. Twin: src/bin/echo_server.rs. Read simple_server first. Try:
 * `echo_server`, then `nc 127.0.0.1 10000`. Man pages: socket(2), bind(2),
 * listen(2), socket(7).
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "protocols/echo.h"
#include "sockets/address.h"
#include "sockets/bind.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/text.h"
#include "sockets/usage.h"
#include "workers/workers.h"

static const char PROGRAM[] = "echo_server";

static const char HELP[] =
    "Sends back whatever it receives\n"
    "\n"
    "Usage: echo_server [OPTIONS] [PORT]\n"
    "\n"
    "Arguments:\n"
    "  [PORT]  Port to listen on; 0 lets the kernel choose"
    " [default: 10000]\n"
    "\n"
    "Options:\n"
    "      --buffer <BYTES>          Bytes that one recv asks for"
    " [default: 4096]\n"
    SERVER_OPTIONS_HELP("thread", "4096")
    "\n"
    "Example: echo_server --model fork 10000\n";

struct command_line {
    uint16_t port;
    size_t buffer;
    struct options server;
};

static struct command_line parse(int argc, char **argv);
static struct lab echo_lab(const struct command_line *options);

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

    struct lab lab = echo_lab(&options);
    struct server *server = server_open(listener, &options.server, &lab);
    if (server == NULL)
        return EXIT_FAILURE;
    warn("making a server on %s", address_text(&address, text));
    if (!options.server.quiet)
        warn("waiting for a connection");
    if (serve(server) != 0)
        return EXIT_FAILURE;
    if (!options.server.quiet)
        warn("quitting echo server");
    return EXIT_SUCCESS;
}

static struct command_line parse(int argc, char **argv)
{
    enum { BUFFER = OPTION_OWN };
    static const struct command command = {PROGRAM, HELP};
    static const struct option known[] = {
        {"buffer", required_argument, NULL, BUFFER},
        SERVER_OPTIONS,
        HELP_AND_VERSION
    };
    struct command_line options = {
        .port = 10000, .buffer = 4096, .server = default_options(THREAD)
    };
    int letter;
    while ((letter = next_option(&command, argc, argv, "hV", known)) != -1) {
        if (letter == BUFFER)
            options.buffer = (size_t)number(&command, "--buffer <BYTES>",
                                            optarg, 1, 16777216);
        else
            take_option(&command, letter, &options.server);
    }
    expect_arguments(&command, argc, argv, 0, 1);
    if (optind < argc)
        options.port =
            (uint16_t)number(&command, "[PORT]", argv[optind], 0, 65535);
    return options;
}

/* What the handout's server prints. */

static void arrived(const struct peer *peer)
{
    char who[PEER_TEXT];
    warn("connection - %s", peer_text(peer, who));
}

static void received(struct bytes piece)
{
    char *text = shown(piece);
    note("received \"%s\"", text);
    free(text);
}

static void sent(struct bytes piece)
{
    char *text = shown(piece);
    note("sent \"%s\"", text);
    free(text);
}

static void left(const struct peer *peer)
{
    (void)peer;
    warn("echo complete, client connection closed");
}

static struct lab echo_lab(const struct command_line *options)
{
    struct lab lab = {
        .program = PROGRAM,
        .protocol = &echo_protocol,
        .piece = options->buffer,
    };
    if (!options->server.quiet) {
        lab.arrived = arrived;
        lab.received = received;
        lab.sent = sent;
        lab.left = left;
    }
    return lab;
}
