/* Echo without a connection: every datagram goes back to where it came from.
 *
 * Twin: src/bin/udp_echo_server.rs. Read after it: udp_echo_client.c. Man
 * pages: udp(7), unix(7), recvfrom(2), sendto(2). Try it: `udp_echo_server`,
 * then `udp_echo_client hello`. One socket serves everybody: no `listen`, no
 * `accept`, nothing to close.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "sockets/address.h"
#include "sockets/bind.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/memory.h"
#include "sockets/signals.h"
#include "sockets/text.h"
#include "sockets/usage.h"

#define NAME "udp_echo_server"

/* No datagram is larger: UDP's have 65507 bytes, those of AF_UNIX what
 * net.core.wmem_default allows. */
enum { LARGEST = 256 * 1024 };

static const struct command COMMAND = {
    NAME,
    "Sends every datagram back to where it came from\n"
    "\n"
    "Usage: udp_echo_server [OPTIONS] [PORT]\n"
    "\n"
    "Arguments:\n"
    "  [PORT]  Where to listen; 0 lets the kernel choose [default: "
    "10001]\n"
    "\n"
    "Options:\n"
    "      --host <HOST>  The address to listen on [default: 127.0.0.1]\n"
    "      --unix <PATH>  Listen on this socket file instead\n"
    "      --quiet        Print the announcement and errors, nothing "
    "else\n"
    "  -h, --help         Print help\n"
    "  -V, --version      Print version\n"
    "\n"
    "Example: udp_echo_server 10001\n",
};

static const struct option OPTIONS[] = {
    {"host", required_argument, NULL, 'H'},
    {"unix", required_argument, NULL, 'U'},
    {"quiet", no_argument, NULL, 'q'},
    HELP_AND_VERSION
};

struct cli {
    const char *host, *unix_path;
    uint16_t port;
    bool quiet;
};

static int run(const struct cli *cli);
_Noreturn static void serve(int server, bool quiet);
static void answer(int server, struct bytes datagram,
                   const struct address *peer, bool quiet);

int main(int argc, char **argv)
{
    struct cli cli = {.port = 10001};
    int letter;
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while ((letter = next_option(&COMMAND, argc, argv, "hV", OPTIONS)) != -1)
        switch (letter) {
        case 'H': cli.host = optarg; break;
        case 'U':
            cli.unix_path = path_of(&COMMAND, "--unix <PATH>", optarg);
            break;
        case 'q': cli.quiet = true; break;
        }
    expect_arguments(&COMMAND, argc, argv, 0, 1);
    if (cli.unix_path != NULL && (cli.host != NULL || argc > optind))
        bad_usage(&COMMAND, "--unix takes the place of host and port");
    if (argc > optind) {
        long port = number(&COMMAND, "[PORT]", argv[optind], 0, 65535);
        cli.port = (uint16_t)port;
    }
    cli.host = cli.host != NULL ? cli.host : "127.0.0.1";
    return run(&cli);
}

static int run(const struct cli *cli)
{
    struct address address;
    char at[ADDRESS_TEXT];
    if (cli->unix_path != NULL) {
        if (unix_address(cli->unix_path, &address) < 0)
            return fail(NAME, "sockaddr_un", cli->unix_path);
    } else {
        int code =
            local_address(cli->host, cli->port, SOCK_DGRAM, &address);
        if (code != 0)
            return fail_lookup(NAME, code, "%s:%u", cli->host, cli->port);
    }
    address_text(&address, at);
    int family = address.at.ss_family;
    int server = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (server < 0)
        return fail(NAME, "socket", at);
    /* No SO_REUSEADDR: UDP has no TIME_WAIT to step over, and the option
     * would let a second server take this one's datagrams. */
    if (bind_address(server, &address) < 0)
        return fail(NAME, "bind", at);
    leave_on_signals(cli->unix_path);
    if (own_address(server, &address) < 0)
        return fail(NAME, "getsockname", at);
    warn("making a UDP server on %s", address_text(&address, at));
    serve(server, cli->quiet);
}

_Noreturn static void serve(int server, bool quiet)
{
    unsigned char *buffer = grown(NULL, LARGEST);
    for (;;) {
        struct address peer = {.length = sizeof peer.at};
        struct sockaddr *from = (struct sockaddr *)&peer.at;
        ssize_t got =
            recvfrom(server, buffer, LARGEST, 0, from, &peer.length);
        if (got >= 0 && peer.length > 0) {
            struct bytes datagram = {buffer, (size_t)got};
            answer(server, datagram, &peer, quiet);
        } else if (got >= 0) {
            /* AF_UNIX only: who has not called bind has no address. */
            warn(NAME ": recvfrom: a datagram without a sender's address");
        } else if (errno != EINTR) {
            fail(NAME, "recvfrom", "");
            /* Short of memory, most likely: not a spin. */
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        }
    }
}

static void answer(int server, struct bytes datagram,
                   const struct address *peer, bool quiet)
{
    char at[ADDRESS_TEXT];
    char *text = quiet ? NULL : shown(datagram);
    address_text(peer, at);
    if (!quiet) {
        warn("datagram - %s", at);
        note("received \"%s\"", text);
    }
    /* A datagram that finds no room is lost, as UDP may: to wait here, for a
     * peer that does not read, would be to let all others wait. */
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    ssize_t sent;
    do
        sent = sendto(server, datagram.at, datagram.length, flags,
                      sockaddr_of(peer), peer->length);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        fail(NAME, "sendto", at);
    else if (!quiet)
        note("sent \"%s\"", text);
    free(text);
}
