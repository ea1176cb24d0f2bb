/* The handout's client: getaddrinfo, socket, connect, send, and recv until
 * the response is complete.
 *
 * The handout took a piece shorter than the buffer for the last one; TCP
 * promises nothing of the kind, so what came is read as HTTP. Twin:
 * src/bin/http_get.rs. Man pages: getaddrinfo(3), connect(2), recv(2). Try
 * it: `python3 -m http.server`, then `http_get localhost 8000`.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocols/http.h"
#include "sockets/address.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/resolve.h"
#include "sockets/transfer.h"
#include "sockets/usage.h"

static const struct command command = {
    "http_get",
    "Fetch one page over HTTP: body to stdout, status and sizes to stderr\n"
    "\n"
    "Usage: http_get <HOST> [PORT] [PATH]\n"
    "\n"
    "Arguments:\n"
    "  <HOST>  A name or an address; IPv6 without brackets\n"
    "  [PORT]  A number or the name of a service [default: 80]\n"
    "  [PATH]  What to ask for, with its query [default: /]\n"
    "\n"
    "Options:\n"
    "  -h, --help     Print help\n"
    "  -V, --version  Print version\n"
    "\n"
    "Example:\n"
    "  python3 -m http.server 8000 &\n"
    "  http_get localhost 8000 /index.html\n"
    "\n"
    "The exit code is 1 for a status of 400 or more, and for a body that "
    "did not\n"
    "come whole.\n",
};

struct args {
    const char *host, *port, *path;
};

static bool is_path(const char *text);
static int get(const struct args *args);
static int connect_to(const char *host, const char *port,
                      struct address *peer);
static int connected(const struct addrinfo *answer, struct address *peer,
                     const char **call);
static char *request(const struct args *args, const struct address *peer);
static const char *receive(int server, struct response *response,
                           enum wrong *wrong);
static void say_status(const struct kept *line);

int main(int argc, char **argv)
{
    static const struct option options[] = {HELP_AND_VERSION};
    struct args args = {.port = "80", .path = "/"};
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while (next_option(&command, argc, argv, "hV", options) != -1)
        ;
    expect_arguments(&command, argc, argv, 1, 3);
    args.host = argv[optind];
    if (optind + 1 < argc)
        args.port = argv[optind + 1];
    if (optind + 2 < argc)
        args.path = argv[optind + 2];
    service(&command, "[PORT]", args.port);
    if (!is_path(args.path))
        bad_usage(&command, "a blank in a path is written %%20");
    return get(&args);
}

/* A blank would end the path, and a line end begin a header. */
static bool is_path(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

static int get(const struct args *args)
{
    struct address at;
    char peer[ADDRESS_TEXT];
    int server = connect_to(args->host, args->port, &at);
    if (server == -1)
        return EXIT_FAILURE;
    address_text(&at, peer);
    char *text = request(args, &at);
    int sent = send_all(server, text, strlen(text));
    free(text);
    if (sent == -1)
        return fail(command.name, "send", peer);

    struct response response = response_begin();
    enum wrong wrong = NOTHING_WRONG;
    const char *failed = receive(server, &response, &wrong);
    int errnum = errno;
    if (response_has_head(&response))
        warn("head: %zu bytes, body: %" PRIu64 " bytes", response.head.size,
             response.body_size);
    errno = errnum;
    int code = response.head.status >= 400 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (wrong != NOTHING_WRONG) {
        char *why = wrong_text(&response, wrong);
        code = fail_because(command.name, failed, why);
        free(why);
    } else if (failed != NULL) {
        bool is_peer = strcmp(failed, "recv") == 0;
        code = fail(command.name, failed, is_peer ? peer : "standard output");
    }
    response_end(&response);
    close(server);
    return code;
}

/* The first stream address that takes the connection. Without a hint the
 * resolver answers for datagrams and raw sockets too, as the handout
 * shows. */
static int connect_to(const char *host, const char *port,
                      struct address *peer)
{
    struct question question = {0};
    struct addrinfo *answers;
    const char *call = NULL;
    int server = -1, code = ask(host, port, question, &answers);
    if (code != 0) {
        fail_lookup(command.name, code, "%s:%s", host, port);
        return -1;
    }
    for (struct addrinfo *at = answers; at != NULL && server == -1;
         at = at->ai_next)
        if (at->ai_socktype == SOCK_STREAM)
            server = connected(at, peer, &call);
    int errnum = errno;
    freeaddrinfo(answers);
    if (server == -1 && call == NULL)
        warn("%s: getaddrinfo: no stream address (%s:%s)", command.name,
             host, port);
    else if (server == -1) {
        char name[ADDRESS_TEXT];
        errno = errnum;
        fail(command.name, call, address_text(peer, name));
    }
    return server;
}

static int connected(const struct addrinfo *answer, struct address *peer,
                     const char **call)
{
    *peer = address_of(answer);
    *call = "socket";
    int server = socket(answer->ai_family, answer->ai_socktype | SOCK_CLOEXEC,
                        answer->ai_protocol);
    if (server == -1)
        return -1;
    *call = "connect";
    /* Interrupted, it goes on connecting; a second call waits for that. */
    while (connect(server, sockaddr_of(peer), peer->length) == -1)
        if (errno != EINTR) {
            int errnum = errno;
            close(server);
            errno = errnum;
            return -1;
        }
    return server;
}

/* The port is part of the host's name, unless it is 80; where the interface
 * is (fe80::1%eth0) is no business of the server's. */
static char *request(const struct args *args, const struct address *peer)
{
    const char *host = args->host, *slash = *args->path == '/' ? "" : "/";
    int length = (int)strcspn(host, "%"), port = address_port(peer);
    bool is_v6 = memchr(host, ':', (size_t)length) != NULL;
    char colon_port[sizeof ":65535"] = "", *text;
    if (port != 80)
        snprintf(colon_port, sizeof colon_port, ":%d", port & 0xffff);
    if (asprintf(&text, "GET %s%s HTTP/1.1\r\nHost: %s%.*s%s%s\r\n"
                 "Connection: close\r\n\r\n", slash, args->path,
                 is_v6 ? "[" : "", length, host, is_v6 ? "]" : "",
                 colon_port) < 0)
        abort();
    return text;
}

/* The body goes out as it comes, in pieces that say nothing. Returns the
 * call that failed, with errno or a `wrong`; or NULL. */
static const char *receive(int server, struct response *response,
                           enum wrong *wrong)
{
    unsigned char buffer[4096];
    struct bytes piece;
    enum step step;
    for (;;) {
        ssize_t got = recv_some(server, buffer, sizeof buffer);
        if (got == -1)
            return "recv";
        if (got == 0) {
            *wrong = response_cut(response);
            return *wrong != NOTHING_WRONG ? "response" : NULL;
        }
        struct bytes input = {buffer, (size_t)got};
        do {
            *wrong = response_next(response, &input, &step, &piece);
            if (*wrong != NOTHING_WRONG)
                return "response";
            if (step == STEP_OVER)
                return NULL;
            if (step == STEP_HEAD)
                say_status(&response->head.status_line);
            if (step == STEP_BODY
                && write_out(piece.at, piece.length) == -1)
                return "write";
        } while (step != STEP_MORE);
    }
}

static void say_status(const struct kept *line)
{
    char *text = shown((struct bytes){line->at, line->length});
    warn("%s", text);
    free(text);
}
