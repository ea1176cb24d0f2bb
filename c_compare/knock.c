/* knock: the knock-knock joke server.
 *
 * Twin: src/bin/knock.rs. Read echo_server first; the calls are the same.
 * Try: `knock -p 5000`, then `nc -C 127.0.0.1 5000` and tell it a joke. Man
 * pages: socket(2), bind(2), listen(2).
 */
#include "protocols/knock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sockets/address.h"
#include "sockets/bind.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/usage.h"
#include "workers/workers.h"

static const char PROGRAM[] = "knock";

static const char HELP[] =
    "Answers knock-knock jokes\n"
    "\n"
    "Usage: knock [OPTIONS]\n"
    "\n"
    "Options:\n"
    "  -p, --port <PORT>             Port to listen on; 0 lets the kernel"
    " choose\n"
    "      --framing <HOW>           What ends a message: \"line\", or"
    " \"recv\" as in the handout [default: line]\n"
    SERVER_OPTIONS_HELP("pool", "4096")
    "\n"
    "Example: knock -p 5000 --model fork\n";

struct command_line {
    int port; /* -1: none was given */
    enum framing framing;
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
        uint16_t port = (uint16_t)options.port;
        int code = local_address(host, port, SOCK_STREAM, &address);
        if (code != 0)
            return fail_lookup(PROGRAM, code, "%s:%u", host, port);
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

    /* Each peer tells one joke. */
    struct lab lab = {
        .program = PROGRAM,
        .protocol = &knock_protocol,
        .setup = &options.framing,
        .piece = LONGEST,
    };
    struct server *server = server_open(listener, &options.server, &lab);
    if (server == NULL)
        return EXIT_FAILURE;
    int port = address_port(&address);
    if (port >= 0)
        note("Running knock, knock server on port %d", port);
    else
        note("Running knock, knock server on %s",
            address_text(&address, text));
    return serve(server);
}

static struct command_line parse(int argc, char **argv)
{
    enum { FRAMING = OPTION_OWN };
    static const struct command command = {PROGRAM, HELP};
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},
        {"framing", required_argument, NULL, FRAMING},
        SERVER_OPTIONS,
        HELP_AND_VERSION
    };
    struct command_line options = {
        .port = -1, .server = default_options(POOL)
    };
    int letter;
    while ((letter = next_option(&command, argc, argv, "p:hV", known))
           != -1) {
        if (letter == 'p')
            options.port = (int)number(&command, "--port <PORT>", optarg, 0,
                                       65535);
        else if (letter == FRAMING && strcmp(optarg, "line") == 0)
            options.framing = FRAMING_LINE;
        else if (letter == FRAMING && strcmp(optarg, "recv") == 0)
            options.framing = FRAMING_RECV;
        else if (letter == FRAMING)
            bad_usage(&command, "invalid value '%s' for '--framing <HOW>'\n"
                      "  [possible values: line, recv]", optarg);
        else
            take_option(&command, letter, &options.server);
    }
    expect_arguments(&command, argc, argv, 0, 0);
    if (options.port < 0 && options.server.unix_path == NULL)
        bad_usage(&command, "the following required arguments were not"
                  " provided:\n  --port <PORT>");
    return options;
}
