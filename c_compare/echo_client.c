/* Sends a message and reads it back, in pieces of at most 16 bytes.
 *
 * Twin: src/bin/echo_client.rs. Man pages: getaddrinfo(3), connect(2),
 * recv(2). Try it: `echo_server`, then `echo_client 'This is the message.'`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sockets/address.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/memory.h"
#include "sockets/resolve.h"
#include "sockets/text.h"
#include "sockets/transfer.h"
#include "sockets/usage.h"

#define NAME "echo_client"

static const struct command COMMAND = {
    NAME,
    "Sends a message to an echo server and shows what comes back\n"
    "\n"
    "Usage: echo_client [OPTIONS] <MESSAGE>\n"
    "\n"
    "Arguments:\n"
    "  <MESSAGE>  What to send\n"
    "\n"
    "Options:\n"
    "      --host <HOST>  Whom to connect to [default: localhost]\n"
    "      --port <PORT>  Where it listens: a number or a service "
    "[default: 10000]\n"
    "      --unix <PATH>  Connect to this socket file instead\n"
    "  -h, --help         Print help\n"
    "  -V, --version      Print version\n"
    "\n"
    "Example: echo_client --port 10000 'This is the message.'\n",
};

static const struct option OPTIONS[] = {
    {"host", required_argument, NULL, 'H'},
    {"port", required_argument, NULL, 'P'},
    {"unix", required_argument, NULL, 'U'},
    HELP_AND_VERSION
};

struct cli {
    const char *message, *host, *port, *unix_path;
};

enum { PIECE = 16 };

static int run(const struct cli *cli);
static int connect_any(const char *host, const char *port);
static int connect_unix(const char *path);
static int connect_to(const struct address *address, const char **call);
static const char *converse(int server, struct bytes message,
                            unsigned char *reply, size_t *length);
static void warn_shown(const char *format, struct bytes bytes);

int main(int argc, char **argv)
{
    struct cli cli = {0};
    int letter;
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    if (argc <= 1) {
        print_usage(&COMMAND);
        return EXIT_FAILURE;
    }
    while ((letter = next_option(&COMMAND, argc, argv, "hV", OPTIONS)) != -1)
        switch (letter) {
        case 'H': cli.host = optarg; break;
        case 'P':
            cli.port = service(&COMMAND, "--port <PORT>", optarg);
            break;
        case 'U':
            cli.unix_path = path_of(&COMMAND, "--unix <PATH>", optarg);
            break;
        }
    expect_arguments(&COMMAND, argc, argv, 1, 1);
    if (cli.unix_path != NULL && (cli.host != NULL || cli.port != NULL))
        bad_usage(&COMMAND, "--unix takes the place of --host and --port");
    cli.message = argv[optind];
    cli.host = cli.host != NULL ? cli.host : "localhost";
    cli.port = cli.port != NULL ? cli.port : "10000";
    return run(&cli);
}

static int run(const struct cli *cli)
{
    int server;
    if (cli->unix_path != NULL) {
        warn("connecting to %s", cli->unix_path);
        server = connect_unix(cli->unix_path);
    } else {
        warn("connecting to %s port %s", cli->host, cli->port);
        server = connect_any(cli->host, cli->port);
    }
    if (server < 0)
        return EXIT_FAILURE;
    const unsigned char *text = (const unsigned char *)cli->message;
    struct bytes message = {text, strlen(cli->message)};
    size_t length = 0; /* the last piece may bring more than was asked for */
    unsigned char *reply = grown(NULL, message.length + PIECE + 1);
    const char *failed = converse(server, message, reply, &length);
    int errnum = errno;
    warn("closing socket");
    close(server);
    errno = errnum;
    int result = EXIT_SUCCESS;
    reply[length] = '\n';
    if (failed != NULL) {
        result = fail(NAME, failed, "");
    } else if (length < message.length) {
        char why[80];
        snprintf(why, sizeof why, "the server ended after %zu of %zu bytes",
                 length, message.length);
        result = fail_because(NAME, "recv", why);
    } else if (write_out(reply, length + 1) < 0) {
        result = fail(NAME, "write", "standard output");
    }
    free(reply);
    return result;
}

/* The first address that answers: a name may resolve to `::1` before
 * `127.0.0.1`, where alone somebody listens. */
static int connect_any(const char *host, const char *port)
{
    struct question question = {.kind = SOCK_STREAM};
    struct addrinfo *answers;
    int code = ask(host, port, question, &answers);
    if (code != 0) {
        fail_lookup(NAME, code, "%s:%s", host, port);
        return -1;
    }
    const char *call = "connect";
    char text[ADDRESS_TEXT] = "";
    int server = -1;
    for (struct addrinfo *next = answers; next != NULL && server < 0;
         next = next->ai_next) {
        struct address address = address_of(next);
        server = connect_to(&address, &call);
        address_text(&address, text);
    }
    if (server < 0)
        fail(NAME, call, text);
    freeaddrinfo(answers);
    return server;
}

static int connect_unix(const char *path)
{
    struct address address;
    const char *call = "sockaddr_un";
    int server = -1;
    if (unix_address(path, &address) == 0)
        server = connect_to(&address, &call);
    if (server < 0)
        fail(NAME, call, path);
    return server;
}

/* `call` becomes the one that failed. */
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

/* The whole reply, or less when the server ends early. It is counted in
 * bytes: the stream has no mark where a message ends. Returns the call that
 * failed, or NULL. */
static const char *converse(int server, struct bytes message,
                            unsigned char *reply, size_t *length)
{
    warn_shown("sending \"%s\"", message);
    if (send_all(server, message.at, message.length) < 0)
        return "send";
    while (*length < message.length) {
        unsigned char *piece = reply + *length;
        ssize_t got = recv_some(server, piece, PIECE);
        if (got < 0)
            return "recv";
        if (got == 0)
            break;
        warn_shown("received \"%s\"", (struct bytes){piece, (size_t)got});
        *length += (size_t)got;
    }
    return NULL;
}

static void warn_shown(const char *format, struct bytes bytes)
{
    char *text = shown(bytes);
    warn(format, text);
    free(text);
}
