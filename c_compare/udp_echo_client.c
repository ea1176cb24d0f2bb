/* A request without a connection: it may be lost, and is sent again.
 *
 * Twin: src/bin/udp_echo_client.rs. Read before it: udp_echo_server.c. Man
 * pages: udp(7), connect(2), poll(2), recv(2). Try it: `udp_echo_server`, then
 * `udp_echo_client hello`; and `udp_echo_client --buffer 3 hello`: what a
 * datagram has too much is gone.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sockets/address.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/memory.h"
#include "sockets/resolve.h"
#include "sockets/text.h"
#include "sockets/usage.h"

#define NAME "udp_echo_client"

static const struct command COMMAND = {
    NAME,
    "Sends one datagram and waits for the same one to come back\n"
    "\n"
    "Usage: udp_echo_client [OPTIONS] <MESSAGE>\n"
    "\n"
    "Arguments:\n"
    "  <MESSAGE>  What to send\n"
    "\n"
    "Options:\n"
    "      --host <HOST>        Whom to ask [default: localhost]\n"
    "      --port <PORT>        Where it listens: a number or a "
    "service [default: 10001]\n"
    "      --unix <PATH>        Ask on this socket file instead\n"
    "      --timeout <SECONDS>  How long to wait for an answer "
    "[default: 1]\n"
    "      --retries <N>        How many times to ask again [default: "
    "3]\n"
    "      --buffer <BYTES>     The longest answer to take [default: "
    "4096]\n"
    "  -h, --help               Print help\n"
    "  -V, --version            Print version\n"
    "\n"
    "Example: udp_echo_client --timeout 0.5 'Hello, world'\n",
};

static const struct option OPTIONS[] = {
    {"host", required_argument, NULL, 'H'},
    {"port", required_argument, NULL, 'P'},
    {"unix", required_argument, NULL, 'U'},
    {"timeout", required_argument, NULL, 't'},
    {"retries", required_argument, NULL, 'r'},
    {"buffer", required_argument, NULL, 'b'},
    HELP_AND_VERSION
};

struct cli {
    struct bytes message;
    const char *host, *port, *unix_path;
    double timeout;
    long retries;
    size_t buffer;
};

/* Beside errno, which is 0 when `object` is the whole reason. */
struct failed {
    const char *call;
    char object[ADDRESS_TEXT];
};

/* What `hear` returns in place of a length. */
enum {
    FAILED = -1,
    OTHER = -2 /* late, doubled or foreign: not the answer */
};

static int run(const struct cli *cli, unsigned char *reply);
static ssize_t request_any(const struct cli *cli, unsigned char *reply,
                           struct failed *failed);
static bool is_nobody_there(int errnum);
static ssize_t request(const struct address *address, const struct cli *cli,
                       unsigned char *reply, struct failed *failed);
static ssize_t ask_at(int server, const struct cli *cli,
                      unsigned char *reply, struct failed *failed);
static int connect_to(const struct address *address, const char **call);
static int send_one(int server, struct bytes message);
static double now(void);
static int wait_until(int server, double deadline);
static ssize_t hear(int server, struct bytes message, unsigned char *reply,
                    size_t room);

int main(int argc, char **argv)
{
    struct cli cli = {.timeout = 1, .retries = 3, .buffer = 4096};
    int letter;
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while ((letter = next_option(&COMMAND, argc, argv, "hV", OPTIONS)) != -1)
        switch (letter) {
        case 'H': cli.host = optarg; break;
        case 'P':
            cli.port = service(&COMMAND, "--port <PORT>", optarg);
            break;
        case 'U':
            cli.unix_path = path_of(&COMMAND, "--unix <PATH>", optarg);
            break;
        case 't':
            cli.timeout = seconds(&COMMAND, "--timeout <SECONDS>", optarg);
            break;
        case 'r':
            cli.retries =
                number(&COMMAND, "--retries <N>", optarg, 0, 65535);
            break;
        case 'b':
            cli.buffer = (size_t)number(&COMMAND, "--buffer <BYTES>", optarg,
                                        1, 1048576);
            break;
        }
    expect_arguments(&COMMAND, argc, argv, 1, 1);
    if (cli.unix_path != NULL && (cli.host != NULL || cli.port != NULL))
        bad_usage(&COMMAND, "--unix takes the place of --host and --port");
    cli.message.at = (const unsigned char *)argv[optind];
    cli.message.length = strlen(argv[optind]);
    cli.host = cli.host != NULL ? cli.host : "localhost";
    cli.port = cli.port != NULL ? cli.port : "10001";
    unsigned char *reply = grown(NULL, cli.buffer + 1);
    int result = run(&cli, reply);
    free(reply);
    return result;
}

static int run(const struct cli *cli, unsigned char *reply)
{
    struct failed failed = {"sockaddr_un", ""};
    struct address address;
    ssize_t length = -1;
    if (cli->unix_path == NULL)
        length = request_any(cli, reply, &failed);
    else if (unix_address(cli->unix_path, &address) == 0)
        length = request(&address, cli, reply, &failed);
    else
        return fail(NAME, failed.call, cli->unix_path);
    if (length < 0 && failed.call == NULL)
        return EXIT_FAILURE; /* the resolver's, which has been said */
    if (length < 0 && errno == 0)
        return fail_because(NAME, failed.call, failed.object);
    if (length < 0)
        return fail(NAME, failed.call, failed.object);
    reply[length++] = '\n';
    if (write_out(reply, (size_t)length) < 0)
        return fail(NAME, "write", "standard output");
    return EXIT_SUCCESS;
}

/* The first address where somebody listens. Unlike TCP's, this connect
 * always succeeds; the refusal comes after the first datagram. */
static ssize_t request_any(const struct cli *cli, unsigned char *reply,
                           struct failed *failed)
{
    struct question question = {.kind = SOCK_DGRAM};
    struct addrinfo *answers;
    int code = ask(cli->host, cli->port, question, &answers);
    if (code != 0) {
        fail_lookup(NAME, code, "%s:%s", cli->host, cli->port);
        failed->call = NULL;
        return -1;
    }
    ssize_t length = -1;
    struct addrinfo *next = answers;
    for (; next != NULL; next = next->ai_next) {
        struct address address = address_of(next);
        length = request(&address, cli, reply, failed);
        if (length >= 0 || !is_nobody_there(errno))
            break;
    }
    int errnum = errno;
    freeaddrinfo(answers);
    errno = errnum;
    return length;
}

static bool is_nobody_there(int errnum)
{
    return errnum == EADDRNOTAVAIL || errnum == EAFNOSUPPORT
        || errnum == ECONNREFUSED || errnum == ENETUNREACH;
}

/* Asks until the answer is there, once and `retries` times more. */
static ssize_t request(const struct address *address, const struct cli *cli,
                       unsigned char *reply, struct failed *failed)
{
    address_text(address, failed->object);
    int server = connect_to(address, &failed->call);
    if (server < 0)
        return -1;
    ssize_t length = ask_at(server, cli, reply, failed);
    int errnum = errno;
    close(server);
    errno = errnum;
    return length;
}

static ssize_t ask_at(int server, const struct cli *cli,
                      unsigned char *reply, struct failed *failed)
{
    for (long asked = 0; asked <= cli->retries; asked++) {
        failed->call = "send";
        if (send_one(server, cli->message) < 0)
            return -1;
        double deadline = now() + cli->timeout;
        int ready;
        failed->call = "poll";
        while ((ready = wait_until(server, deadline)) > 0) {
            failed->call = "recv";
            ssize_t length = hear(server, cli->message, reply, cli->buffer);
            if (length == FAILED)
                return -1;
            if (length > (ssize_t)cli->buffer) {
                failed->call = "truncated";
                snprintf(failed->object, sizeof failed->object,
                         "%zu of %zd bytes", cli->buffer, length);
                errno = 0;
                return -1;
            }
            if (length != OTHER)
                return length;
        }
        if (ready < 0)
            return -1;
    }
    failed->call = "recv";
    errno = ETIMEDOUT;
    return -1;
}

/* A connected datagram socket takes datagrams from that address only, and
 * hears of it when nobody listens there: ECONNREFUSED. `call` becomes the one
 * that failed. */
static int connect_to(const struct address *address, const char **call)
{
    int family = address->at.ss_family;
    *call = "socket";
    int server = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (server < 0)
        return -1;
    /* Unlike UDP, AF_UNIX gives no address by itself to answer to. An empty
     * one asks the kernel for an abstract name. */
    struct sockaddr unnamed = {.sa_family = AF_UNIX};
    *call = "bind";
    bool bound = family != AF_UNIX
        || bind(server, &unnamed, sizeof unnamed.sa_family) == 0;
    if (bound)
        *call = "connect";
    if (bound && connect(server, sockaddr_of(address), address->length) == 0)
        return server;
    int errnum = errno;
    close(server);
    errno = errnum;
    return -1;
}

static int send_one(int server, struct bytes message)
{
    ssize_t sent;
    do
        sent = send(server, message.at, message.length, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0; /* All or nothing. */
}

static double now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 0 when the time is over and nothing came. */
static int wait_until(int server, double deadline)
{
    struct pollfd wanted = {.fd = server, .events = POLLIN};
    int ready;
    do {
        double left = deadline - now();
        /* Rounded up: not to spin through the last millisecond. */
        int millis = left > 0 ? (int)(left * 1e3) + 1 : 0;
        ready = poll(&wanted, 1, millis);
    } while (ready < 0 && errno == EINTR);
    return ready;
}

/* One datagram: its length, OTHER when it is not the answer, or FAILED. What
 * does not fit is gone, but with MSG_TRUNC the kernel says how long it was. */
static ssize_t hear(int server, struct bytes message, unsigned char *reply,
                    size_t room)
{
    int flags = MSG_TRUNC | MSG_DONTWAIT;
    ssize_t length = recv(server, reply, room, flags);
    /* A datagram with a bad checksum wakes poll, and is not there. */
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return OTHER;
    if (length < 0)
        return FAILED;
    size_t got = (size_t)length < room ? (size_t)length : room;
    if ((size_t)length != message.length
        || memcmp(reply, message.at, got) != 0)
        return OTHER;
    return length;
}
