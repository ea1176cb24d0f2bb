/* The first server anyone reads: one peer at a time, what it says is shown.
 *
 * Twin: src/bin/simple_server.rs. Man pages: socket(2), bind(2), listen(2),
 * accept(2), recv(2), ip(7). Try it: `simple_server`, then `simple_client` in
 * another terminal; Ctrl-C ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sockets/address.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/resolve.h"
#include "sockets/text.h"
#include "sockets/usage.h"

#define NAME "simple_server"

static const struct command COMMAND = {
    NAME,
    "Shows what one peer after the other says\n"
    "\n"
    "Usage: simple_server [HOST] [PORT]\n"
    "\n"
    "Arguments:\n"
    "  [HOST]  Where to listen: an IPv4 address or a name [default: "
    "127.0.0.1]\n"
    "  [PORT]  Where to listen [default: 50017]\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: simple_server 127.0.0.1 50017\n",
};

static const struct option OPTIONS[] = {HELP_ONLY};

static int run(const char *host, const char *port);
static int accept_one(int listener);
static int show(int peer);

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while (next_option(&COMMAND, argc, argv, "h", OPTIONS) != -1)
        ;
    expect_arguments(&COMMAND, argc, argv, 0, 2);
    const char *host = argc > optind ? argv[optind] : "127.0.0.1";
    const char *port = argc > optind + 1 ? argv[optind + 1] : "50017";
    number(&COMMAND, "[PORT]", port, 0, 65535);
    return run(host, port);
}

static int run(const char *host, const char *port)
{
    struct question question = {AI_PASSIVE, AF_INET, SOCK_STREAM};
    struct addrinfo *answers;
    char at[ADDRESS_TEXT];
    int code = ask(host, port, question, &answers);
    if (code != 0)
        return fail_lookup(NAME, code, "%s:%s", host, port);
    struct address address = address_of(answers);
    freeaddrinfo(answers);
    address_text(&address, at);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return fail(NAME, "socket", at);
    /* Without it, the last connection's TIME_WAIT holds the port for a
     * minute. */
    int yes = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        return fail(NAME, "setsockopt", at);
    if (bind(listener, sockaddr_of(&address), address.length) < 0)
        return fail(NAME, "bind", at);
    if (listen(listener, 1) < 0)
        return fail(NAME, "listen", at);

    for (;;) {
        int peer = accept_one(listener);
        if (peer < 0) {
            fail(NAME, "accept", "");
            /* Most likely short of descriptors or memory: not a spin. */
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
            continue;
        }
        /* What happens to one peer does not concern the next. */
        if (show(peer) < 0)
            fail(NAME, "recv", "");
        close(peer);
    }
}

static int accept_one(int listener)
{
    struct sockaddr_in at = {0};
    socklen_t length = sizeof at;
    int peer = accept4(listener, (struct sockaddr *)&at, &length,
                       SOCK_CLOEXEC);
    if (peer < 0)
        return -1;
    note("A Client Connected ('%s', %u)", inet_ntoa(at.sin_addr),
        ntohs(at.sin_port));
    return peer;
}

static int show(int peer)
{
    unsigned char buffer[4096];
    for (;;) {
        ssize_t got = recv(peer, buffer, sizeof buffer, 0);
        if (got == 0)
            return 0;
        if (got > 0) {
            char *text = repr((struct bytes){buffer, (size_t)got});
            note("%s", text);
            free(text);
        } else if (errno != EINTR) {
            return -1;
        }
    }
}
