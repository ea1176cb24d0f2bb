/* Two people talk in turns: the same loop at both ends of one connection.
 *
 * Twin: src/bin/one_to_one.rs. Man pages: accept(2), recv(2), tcflush(3). Try
 * it: `one_to_one server 5000`, and in another terminal
 * `one_to_one localhost 5000`. Everything blocks, and that is the lesson: who
 * waits for the user does not hear the network.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "sockets/accept.h"
#include "sockets/address.h"
#include "sockets/bind.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/memory.h"
#include "sockets/resolve.h"
#include "sockets/signals.h"
#include "sockets/transfer.h"
#include "sockets/usage.h"

#define NAME "one_to_one"

static const struct command COMMAND = {
    NAME,
    "Two people talk in turns, one line each\n"
    "\n"
    "Usage: one_to_one HOST PORT\n"
    "       one_to_one server PORT\n"
    "\n"
    "Arguments:\n"
    "  <HOST>  Whom to connect to; the word server makes this side the "
    "server\n"
    "  <PORT>  Where it listens: a number or a service\n"
    "\n"
    "Options:\n"
    "  -h, --help     Print help\n"
    "  -V, --version  Print version\n"
    "\n"
    "Example: one_to_one server 5000\n",
};

static const struct option OPTIONS[] = {HELP_AND_VERSION};

/* What the user typed ahead. It waits its turn. */
struct typed {
    char *ahead;
    size_t length, room;
    size_t read; /* of these, the line that was taken last */
};

enum turn { USER, NETWORK };

enum { PIECE = 4096 };

static int visit(const char *host, const char *port);
static int connect_any(const char *host, const char *port);
static int connect_to(const struct address *address, const char **call);
static int serve(const char *port);
static void meet(int client, const struct peer *peer, struct typed *typed);
static int talk(int socket, enum turn first, struct typed *typed);
static int hear(int socket);
static ssize_t line_of(struct typed *typed);
static void make_room(struct typed *typed);
static void forget(struct typed *typed);

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while (next_option(&COMMAND, argc, argv, "hV", OPTIONS) != -1)
        ;
    expect_arguments(&COMMAND, argc, argv, 2, 2);
    const char *host = argv[optind];
    const char *port = service(&COMMAND, "<PORT>", argv[optind + 1]);
    leave_on_signals(NULL);
    return strcmp(host, "server") == 0 ? serve(port) : visit(host, port);
}

/* The client: it reads the user first. */

static int visit(const char *host, const char *port)
{
    struct typed typed = {0};
    int server = connect_any(host, port);
    if (server < 0)
        return EXIT_FAILURE;
    int talked = talk(server, USER, &typed);
    free(typed.ahead);
    close(server);
    return talked < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
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

/* The server: it hears the network first. */

static int serve(const char *port)
{
    struct question question = {AI_PASSIVE, 0, SOCK_STREAM};
    struct addrinfo *answers;
    char at[ADDRESS_TEXT];
    int code = ask("0.0.0.0", port, question, &answers);
    if (code != 0)
        return fail_lookup(NAME, code, "0.0.0.0:%s", port);
    struct address address = address_of(answers);
    freeaddrinfo(answers);
    address_text(&address, at);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return fail(NAME, "socket", at);
    int yes = 1;
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        return fail(NAME, "setsockopt", at);
    if (bind_address(listener, &address) < 0)
        return fail(NAME, "bind", at);
    /* The second client connects, and waits in this queue to be accepted. */
    if (listen(listener, 5) < 0)
        return fail(NAME, "listen", at);
    if (own_address(listener, &address) < 0)
        return fail(NAME, "getsockname", at);
    note("listening on %s", address_text(&address, at));

    struct typed typed = {0};
    for (;;) {
        struct peer peer;
        int client = accept_peer(listener, 0, &peer);
        if (client >= 0) {
            meet(client, &peer, &typed);
        } else if (errno != EINTR) {
            fail(NAME, "accept", at);
            /* Most likely short of descriptors or memory: not a spin. */
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        }
    }
}

static void meet(int client, const struct peer *peer, struct typed *typed)
{
    char host[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &peer->host.v4, host, sizeof host);
    note("A Client Connected ('%s', %d)", host, peer->port);
    talk(client, NETWORK, typed);
    close(client);
    /* Before the line that says so: what is typed after it is for the next
     * client. */
    forget(typed);
    note("client gone");
}

/* The conversation: the same at both ends. */

/* Until either side closes; -1 when a call failed, which it says itself. */
static int talk(int socket, enum turn first, struct typed *typed)
{
    int heard = first == NETWORK ? hear(socket) : 1;
    while (heard > 0) {
        ssize_t length = line_of(typed);
        if (length < 0)
            return fail(NAME, "read", "stdin"), -1;
        if (length == 0)
            return 0;
        if (send_all(socket, typed->ahead, (size_t)length) < 0)
            return fail(NAME, "send", ""), -1;
        heard = hear(socket);
    }
    return heard;
}

/* Shows what one recv brings; 0 at the end of the peer's stream. A bare line
 * end is a goodbye, too: some clients of this lab send it. */
static int hear(int socket)
{
    char buffer[PIECE + 1];
    ssize_t got = recv_some(socket, buffer, sizeof buffer - 1);
    if (got < 0)
        return fail(NAME, "recv", ""), -1;
    while (got > 0 && (buffer[got - 1] == '\r' || buffer[got - 1] == '\n'))
        got--;
    if (got == 0)
        return 0;
    buffer[got++] = '\n';
    if (write_out(buffer, (size_t)got) == 0)
        return 1;
    int code = fail(NAME, "write", "standard output");
    return code == EXIT_SUCCESS ? 0 : -1;
}

/* The next line's length, its end made LF, at `ahead`; 0 for a blank one or
 * the end of input. On a terminal Ctrl-D is such an end, and more may follow.
 */
static ssize_t line_of(struct typed *typed)
{
    char *end;
    typed->length -= typed->read;
    if (typed->length > 0)
        memmove(typed->ahead, typed->ahead + typed->read, typed->length);
    typed->read = 0;
    make_room(typed);
    while ((end = memchr(typed->ahead, '\n', typed->length)) == NULL) {
        make_room(typed);
        char *at = typed->ahead + typed->length;
        ssize_t got = read(STDIN_FILENO, at, PIECE);
        if (got < 0 && errno != EINTR)
            return -1;
        if (got == 0) {
            *at = '\n'; /* so ends the last line, or a blank one */
            got = 1;
        }
        typed->length += got > 0 ? (size_t)got : 0;
    }
    typed->read = (size_t)(end - typed->ahead) + 1;
    if (end > typed->ahead && end[-1] == '\r')
        *--end = '\n';
    ssize_t length = end - typed->ahead;
    return length > 0 ? length + 1 : 0;
}

static void make_room(struct typed *typed)
{
    if (typed->room - typed->length >= PIECE)
        return;
    typed->room = typed->room * 2 + PIECE;
    typed->ahead = grown(typed->ahead, typed->room);
}

/* Throws away what was typed and not sent: here, in the terminal, or for a
 * pipe, as much as it holds by now. */
static void forget(struct typed *typed)
{
    typed->length = typed->read = 0;
    if (tcflush(STDIN_FILENO, TCIFLUSH) == 0)
        return;
    int left = 0;
    char buffer[PIECE];
    if (ioctl(STDIN_FILENO, FIONREAD, &left) < 0)
        return;
    while (left > 0) {
        size_t room = left < PIECE ? (size_t)left : PIECE;
        ssize_t got = read(STDIN_FILENO, buffer, room);
        if (got <= 0)
            return;
        left -= (int)got;
    }
}
