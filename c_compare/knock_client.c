/* Tells one knock, knock joke, and shows both sides of it.
 *
 * Twin: src/bin/knock_client.rs. Read before it: echo_client.c. Try it:
 * `knock -p 5000`, then `knock_client 127.0.0.1 5000`.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocols/knock.h"
#include "sockets/address.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/memory.h"
#include "sockets/resolve.h"
#include "sockets/text.h"
#include "sockets/transfer.h"
#include "sockets/usage.h"

#define NAME "knock_client"

static const struct command COMMAND = {
    NAME,
    "Tells a knock, knock joke to a server\n"
    "\n"
    "Usage: knock_client HOST PORT [WORD PUNCHLINE]\n"
    "       knock_client --unix PATH [WORD PUNCHLINE]\n"
    "\n"
    "Arguments:\n"
    "  [WORDS]...  Where the server listens, and the joke\n"
    "\n"
    "Options:\n"
    "      --unix <PATH>  Connect to this socket file instead of HOST "
    "and PORT\n"
    "  -h, --help         Print help\n"
    "  -V, --version      Print version\n"
    "\n"
    "Example: knock_client 127.0.0.1 5000 Spell 'Okay, S-P-E-L-L'\n",
};

static const struct option OPTIONS[] = {
    {"unix", required_argument, NULL, 'U'},
    HELP_AND_VERSION
};

/* What the server has said and we have not read. */
struct heard {
    unsigned char at[3 * LONGEST];
    size_t length, read;
};

static int connect_any(const char *host, const char *port);
static int connect_unix(const char *path);
static int connect_to(const struct address *address, const char **call);
static int tell(int server, const char *word, const char *punchline);
static int tell_line(int server, struct heard *heard, const char *line,
                     const char *expected);
static int hear(int server, struct heard *heard, struct bytes *line);
static void print(struct bytes line);

int main(int argc, char **argv)
{
    const char *path = NULL, *host = NULL, *port = NULL;
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while (next_option(&COMMAND, argc, argv, "hV", OPTIONS) != -1)
        path = path_of(&COMMAND, "--unix <PATH>", optarg);
    int words = argc - optind;
    char **joke = argv + optind;
    if (path == NULL && words < 2)
        bad_usage(&COMMAND, "HOST and PORT are required");
    if (path == NULL) {
        host = joke[0];
        port = service(&COMMAND, "PORT", joke[1]);
        joke += 2;
        words -= 2;
    }
    if (words != 0 && words != 2)
        bad_usage(&COMMAND, "a joke is a WORD and a PUNCHLINE");
    const char *word = words > 0 ? joke[0] : "Spell";
    const char *punchline = words > 0 ? joke[1] : "Okay, S-P-E-L-L";
    if (strchr(word, '\n') != NULL || strchr(punchline, '\n') != NULL)
        bad_usage(&COMMAND, "a line has no line end inside");
    int server =
        path != NULL ? connect_unix(path) : connect_any(host, port);
    if (server < 0 || tell(server, word, punchline) < 0)
        return EXIT_FAILURE;
    close(server);
    return EXIT_SUCCESS;
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

/* Three lines each way: the next one goes when the answer to the last one is
 * there. */
static int tell(int server, const char *word, const char *punchline)
{
    struct heard heard = {.length = 0};
    size_t room = strlen(word) + sizeof " who?";
    char *who = grown(NULL, room);
    snprintf(who, room, "%s who?", word);
    int told = tell_line(server, &heard, "Knock, knock", "Who's there?");
    if (told == 0)
        told = tell_line(server, &heard, word, who);
    if (told == 0)
        told = tell_line(server, &heard, punchline, "Ha, ha, ha!");
    free(who);
    return told;
}

static int tell_line(int server, struct heard *heard, const char *text,
                     const char *expected)
{
    struct bytes said = {(const unsigned char *)text, strlen(text)}, answer;
    struct bytes right = {(const unsigned char *)expected, strlen(expected)};
    char *line = grown(NULL, said.length + 2);
    sprintf(line, "%s\n", text);
    int sent = send_all(server, line, said.length + 1);
    free(line);
    if (sent < 0) {
        fail(NAME, "send", "");
        return -1;
    }
    print(said);
    if (hear(server, heard, &answer) < 0)
        return -1;
    print(answer);
    if (answer.length == right.length
        && memcmp(answer.at, right.at, right.length) == 0)
        return 0;
    char *should = shown(right), *is = shown(answer);
    warn(NAME ": the answer should be: \"%s\", not \"%s\"", should, is);
    free(should);
    free(is);
    return -1;
}

/* The server's next line, without its end; good until the next call. What
 * came behind it stays in `heard`. */
static int hear(int server, struct heard *heard, struct bytes *line)
{
    heard->length -= heard->read;
    memmove(heard->at, heard->at + heard->read, heard->length);
    heard->read = 0;
    unsigned char *end;
    while ((end = memchr(heard->at, '\n', heard->length)) == NULL) {
        if (heard->length > 2 * LONGEST) {
            fail_because(NAME, "recv", "the answer has no end");
            return -1;
        }
        ssize_t got = recv_some(server, heard->at + heard->length, LONGEST);
        if (got < 0)
            fail(NAME, "recv", "");
        if (got == 0)
            fail_because(NAME, "recv", "the server ended early");
        if (got <= 0)
            return -1;
        heard->length += (size_t)got;
    }
    *line = (struct bytes){heard->at, (size_t)(end - heard->at)};
    heard->read = line->length + 1;
    if (line->length > 0 && end[-1] == '\r')
        line->length--;
    return 0;
}

/* A line and its end. */
static void print(struct bytes line)
{
    unsigned char *text = grown(NULL, line.length + 1);
    if (line.length > 0)
        memcpy(text, line.at, line.length);
    text[line.length] = '\n';
    int written = write_out(text, line.length + 1);
    if (written < 0)
        exit(fail(NAME, "write", "standard output"));
    free(text);
}
