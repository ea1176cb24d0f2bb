/* The first client anyone reads: it connects, says `hello`, and goes.
 *
 * Twin: src/bin/simple_client.rs. Man pages: socket(2), connect(2), send(2).
 * Try it: `simple_server`, then `simple_client` in another terminal.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "sockets/address.h"
#include "sockets/errors.h"
#include "sockets/resolve.h"
#include "sockets/usage.h"

#define NAME "simple_client"

static const struct command COMMAND = {
    NAME,
    "Says a few words to a server and goes\n"
    "\n"
    "Usage: simple_client [HOST] [PORT] [TEXT]\n"
    "\n"
    "Arguments:\n"
    "  [HOST]  Whom to connect to: an IPv4 address or a name [default: "
    "127.0.0.1]\n"
    "  [PORT]  Where it listens [default: 50017]\n"
    "  [TEXT]  What to say [default: hello]\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: simple_client 127.0.0.1 50017 hello\n",
};

static const struct option OPTIONS[] = {HELP_ONLY};

static int run(const char *host, const char *port, const char *text);

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while (next_option(&COMMAND, argc, argv, "h", OPTIONS) != -1)
        ;
    expect_arguments(&COMMAND, argc, argv, 0, 3);
    const char *host = argc > optind ? argv[optind] : "127.0.0.1";
    const char *port = argc > optind + 1 ? argv[optind + 1] : "50017";
    const char *text = argc > optind + 2 ? argv[optind + 2] : "hello";
    return run(host, service(&COMMAND, "[PORT]", port), text);
}

static int run(const char *host, const char *port, const char *text)
{
    struct question question = {0, AF_INET, SOCK_STREAM};
    struct addrinfo *answers;
    char at[ADDRESS_TEXT];
    int code = ask(host, port, question, &answers);
    if (code != 0)
        return fail_lookup(NAME, code, "%s:%s", host, port);
    struct address address = address_of(answers);
    freeaddrinfo(answers);
    address_text(&address, at);

    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0)
        return fail(NAME, "socket", at);
    if (connect(server, sockaddr_of(&address), address.length) < 0)
        return fail(NAME, "connect", at);

    size_t left = strlen(text);
    while (left > 0) {
        /* The kernel may take less than all. MSG_NOSIGNAL: a server that is
         * gone is an EPIPE, not a death by SIGPIPE. */
        ssize_t sent = send(server, text, left, MSG_NOSIGNAL);
        if (sent >= 0) {
            text += sent;
            left -= (size_t)sent;
        } else if (errno != EINTR) {
            return fail(NAME, "send", at);
        }
    }
    close(server);
    return 0;
}
