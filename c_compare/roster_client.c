/* Registers a student: pickles both ways, as the roster lab's client does.
 *
 * Twin: src/bin/roster_client.rs. Read before it: echo_client.c and
 * protocols/roster.c. Try it: `roster_server`, then `roster_client --name
 * 'Alice Brown' --username abrown --sid 123456789`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocols/buffer.h"
#include "protocols/roster.h"
#include "sockets/address.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/resolve.h"
#include "sockets/transfer.h"
#include "sockets/usage.h"
#include "sockets/utf8.h"

#define NAME "roster_client"

static const struct command COMMAND = {
    NAME,
    "Registers a student with a roster server\n"
    "\n"
    "Usage: roster_client [OPTIONS] --name <NAME> --username "
    "<USERNAME> --sid <SID>\n"
    "\n"
    "Options:\n"
    "      --host <HOST>          Whom to connect to [default: "
    "127.0.0.1]\n"
    "      --port <PORT>          Where it listens: a number or a "
    "service [default: 12000]\n"
    "      --unix <PATH>          Connect to this socket file instead\n"
    "      --name <NAME>          The student's name\n"
    "      --username <USERNAME>  The student's GitHub username\n"
    "      --sid <SID>            The student's number; sent as an int "
    "when it is one\n"
    "  -h, --help                 Print help\n"
    "  -V, --version              Print version\n"
    "\n"
    "Example: roster_client --name 'Alice Brown' --username abrown "
    "--sid 123456789\n",
};

static const struct option OPTIONS[] = {
    {"host", required_argument, NULL, 'H'},
    {"port", required_argument, NULL, 'P'},
    {"unix", required_argument, NULL, 'U'},
    {"name", required_argument, NULL, 'n'},
    {"username", required_argument, NULL, 'u'},
    {"sid", required_argument, NULL, 's'},
    HELP_AND_VERSION
};

struct cli {
    const char *host, *port, *unix_path, *name, *username, *sid;
};

/* What the server sent, and how much of it has been read. */
struct stream {
    struct buffer bytes;
    size_t read;
};

static int run(const struct cli *cli);
static int register_at(int server, const char *name, struct bytes student);
static int connect_any(const char *host, const char *port);
static int connect_unix(const char *path);
static int connect_to(const struct address *address, const char **call);
static int recv_pickle(int server, struct stream *stream,
                       struct bytes *pickle);
static int refused(const char *what, enum refused why);
static const char *text_of(const char *option, const char *text);

int main(int argc, char **argv)
{
    struct cli cli = {0};
    int letter;
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while ((letter = next_option(&COMMAND, argc, argv, "hV", OPTIONS)) != -1)
        switch (letter) {
        case 'H': cli.host = text_of("--host", optarg); break;
        case 'P':
            cli.port = service(&COMMAND, "--port <PORT>", optarg);
            break;
        case 'U':
            cli.unix_path = path_of(&COMMAND, "--unix <PATH>", optarg);
            break;
        case 'n': cli.name = text_of("--name", optarg); break;
        case 'u': cli.username = text_of("--username", optarg); break;
        case 's': cli.sid = text_of("--sid", optarg); break;
        }
    expect_arguments(&COMMAND, argc, argv, 0, 0);
    if (cli.name == NULL || cli.username == NULL || cli.sid == NULL)
        bad_usage(&COMMAND, "--name, --username and --sid are required");
    if (cli.unix_path != NULL && (cli.host != NULL || cli.port != NULL))
        bad_usage(&COMMAND, "--unix takes the place of --host and --port");
    cli.host = cli.host != NULL ? cli.host : "127.0.0.1";
    cli.port = cli.port != NULL ? cli.port : "12000";
    return run(&cli);
}

static int run(const struct cli *cli)
{
    struct buffer student = {0};
    if (!encode_student(&student, cli->name, cli->username, cli->sid))
        return fail_because(NAME, "student", "too long to be sent");
    char name[512];
    int server;
    if (cli->unix_path != NULL) {
        server = connect_unix(cli->unix_path);
        snprintf(name, sizeof name, "%s", cli->unix_path);
    } else {
        server = connect_any(cli->host, cli->port);
        snprintf(name, sizeof name, "%s/%s", cli->host, cli->port);
    }
    int registered = EXIT_FAILURE;
    struct bytes bytes = {student.at, student.length};
    if (server >= 0) {
        registered = register_at(server, name, bytes);
        close(server);
    }
    buffer_free(&student);
    return registered;
}

static int register_at(int server, const char *name, struct bytes student)
{
    struct stream stream = {0};
    struct buffer text = {0};
    struct bytes pickle;
    bool is_one = false;
    enum refused why;
    int result = EXIT_FAILURE;
    if (recv_pickle(server, &stream, &pickle) < 0)
        goto end;
    if ((why = roster_greeted(pickle, &text)) != REFUSED_NOT) {
        refused("greeting", why);
        goto end;
    }
    if (say("%.*s has successfully connected to %s", (int)text.length,
            (const char *)text.at, name) < 0) {
        result = fail(NAME, "write", "standard output");
        goto end;
    }

    if (send_all(server, student.at, student.length) < 0) {
        fail(NAME, "send", "");
        goto end;
    }
    if (recv_pickle(server, &stream, &pickle) < 0)
        goto end;
    if ((why = roster_is_acknowledgement(pickle, &is_one)) != REFUSED_NOT) {
        refused("acknowledgement", why);
        goto end;
    }
    if (!is_one) {
        fail_because(NAME, "acknowledgement", "not the integer 1");
        goto end;
    }
    result = done(NAME, say("Data acknowledged by server and you passed the"
                            " test"));
end:
    buffer_free(&text);
    buffer_free(&stream.bytes);
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

/* The next whole pickle, good until the next call. It has no length in front,
 * and recv knows nothing of where it ends; what came behind it stays in
 * `stream`. */
static int recv_pickle(int server, struct stream *stream,
                       struct bytes *pickle)
{
    struct scanner scanner = {0};
    struct buffer *all = &stream->bytes;
    unsigned char piece[4096];
    all->length -= stream->read;
    if (all->length > 0)
        memmove(all->at, all->at + stream->read, all->length);
    stream->read = 0;
    for (;;) {
        struct bytes bytes = {all->at, all->length};
        size_t length = 0;
        enum refused why = pickle_scan(&scanner, bytes, &length);
        if (why != REFUSED_NOT)
            return refused("recv", why);
        if (length > 0) {
            *pickle = (struct bytes){bytes.at, length};
            stream->read = length;
            return 0;
        }
        ssize_t got = recv_some(server, piece, sizeof piece);
        if (got < 0)
            fail(NAME, "recv", "");
        if (got == 0)
            fail_because(NAME, "recv", "the server ended early");
        if (got <= 0)
            return -1;
        if (!buffer_add(all, piece, (size_t)got))
            abort();
    }
}

static int refused(const char *what, enum refused why)
{
    char text[128];
    snprintf(text, sizeof text, "refused a pickle: %s", refused_text(why));
    fail_because(NAME, what, text);
    return -1;
}

/* A str is Unicode, so its pickle is UTF-8. */
static const char *text_of(const char *option, const char *text)
{
    struct bytes bytes = {(const unsigned char *)text, strlen(text)};
    if (!utf8_is_valid(bytes))
        bad_usage(&COMMAND, "invalid UTF-8 was detected in %s", option);
    return text;
}
