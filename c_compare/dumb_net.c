/* A telnet that says one line and then only listens.
 *
 * Twin: src/bin/dumb_net.rs. Man pages: getaddrinfo(3), connect(2), read(2),
 * recv(2). Try it: `knock -p 5000`, then
 * `echo hello | dumb_net localhost 5000`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sockets/address.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/memory.h"
#include "sockets/resolve.h"
#include "sockets/transfer.h"
#include "sockets/usage.h"

#define NAME "dumb_net"

static const struct command COMMAND = {
    NAME,
    "Sends one line of standard input and shows everything that comes "
    "back\n"
    "\n"
    "Usage: dumb_net <HOST> <PORT>\n"
    "\n"
    "Arguments:\n"
    "  <HOST>  Whom to connect to\n"
    "  <PORT>  Where it listens: a number or a service\n"
    "\n"
    "Options:\n"
    "  -h, --help     Print help\n"
    "  -V, --version  Print version\n"
    "\n"
    "Example: echo hello | dumb_net localhost 5000\n",
};

static const struct option OPTIONS[] = {HELP_AND_VERSION};

static int run(const char *host, const char *port);
static int connect_any(const char *host, const char *port,
                       const char *name);
static int connect_to(const struct address *address, const char **call);
static ssize_t read_line(char **line);
static int copy(int server, const char *name);

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while (next_option(&COMMAND, argc, argv, "hV", OPTIONS) != -1)
        ;
    expect_arguments(&COMMAND, argc, argv, 2, 2);
    const char *port = service(&COMMAND, "<PORT>", argv[optind + 1]);
    return run(argv[optind], port);
}

static int run(const char *host, const char *port)
{
    char name[512], *line;
    snprintf(name, sizeof name, "%s:%s", host, port);
    int server = connect_any(host, port, name);
    if (server < 0)
        return EXIT_FAILURE;
    ssize_t length = read_line(&line);
    if (length < 0)
        return fail(NAME, "read", "standard input");
    /* A server may speak and leave without listening: what it said is shown
     * all the same. */
    int sent = send_all(server, line, (size_t)length), errnum = errno;
    free(line);
    if (copy(server, name) < 0)
        return EXIT_FAILURE;
    errno = errnum;
    if (sent < 0)
        return fail(NAME, "send", name);
    close(server);
    return EXIT_SUCCESS;
}

/* The first address that answers: a name may resolve to `::1` before
 * `127.0.0.1`, where alone somebody listens. */
static int connect_any(const char *host, const char *port,
                       const char *name)
{
    struct question question = {.kind = SOCK_STREAM};
    struct addrinfo *answers;
    int code = ask(host, port, question, &answers);
    if (code != 0) {
        fail_lookup(NAME, code, "%s:%s", host, port);
        return -1;
    }
    const char *call = "connect";
    int server = -1;
    for (struct addrinfo *next = answers; next != NULL && server < 0;
         next = next->ai_next) {
        struct address address = address_of(next);
        server = connect_to(&address, &call);
    }
    if (server < 0)
        fail(NAME, call, name);
    freeaddrinfo(answers);
    return server;
}

static int connect_to(const struct address *address, const char **call)
{
    int family = address->at.ss_family;
    *call = "socket";
    int server = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0)
        return -1;
    *call = "connect";
    if (connect(server, sockaddr_of(address), address->length) < 0) {
        int errnum = errno;
        close(server);
        errno = errnum;
        return -1;
    }
    return server;
}

/* One line, its end made CR LF; of no length where the input ends without
 * one.
 *
 * Byte for byte: whatever stands behind the line is left for the next program
 * that reads this standard input. */
static ssize_t read_line(char **line)
{
    size_t length = 0, room = 0;
    char byte = 0;
    *line = NULL;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || (got == 0 && length == 0))
            return got;
        if (length + 2 >= room)
            *line = grown(*line, room = room * 2 + 128);
        if (got == 0 || byte == '\n')
            break;
        (*line)[length++] = byte;
    }
    if (byte == '\n' && length > 0 && (*line)[length - 1] == '\r')
        length--;
    (*line)[length++] = '\r';
    (*line)[length++] = '\n';
    return (ssize_t)length;
}

/* Shows each piece as it comes, until the server's end of the stream. Our
 * side stays open: a server may take its end for our goodbye. */
static int copy(int server, const char *name)
{
    char buffer[4096];
    for (;;) {
        ssize_t got = recv_some(server, buffer, sizeof buffer);
        if (got < 0) {
            fail(NAME, "recv", name);
            return -1;
        }
        if (got == 0)
            return 0;
        if (write_out(buffer, (size_t)got) < 0)
            exit(fail(NAME, "write", "standard output"));
    }
}
