/* A running server, and `accept`. Twin: src/workers/server.rs. */
#include "workers/server.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/memory.h"
#include "workers/stats.h"
#include "workers/way_out.h"

static enum remedy judge(struct server *server, int errnum);

enum remedy remedy_for(int errnum)
{
    switch (errnum) {
    case EAGAIN:
        return NOBODY;
    case EMFILE: case ENFILE: case ENOBUFS: case ENOMEM:
        return HOLD_BACK;
    case EINVAL: case EBADF: case ENOTSOCK:
        return STOP;
    default:
        /* EINTR, ECONNABORTED, EPROTO, EPERM from a firewall, and errors of
         * the network that Linux hands over from the new connection. */
        return AGAIN;
    }
}

struct server *server_open(int listener, const struct options *options,
                           const struct lab *lab)
{
    static struct server server;
    const char *program = lab->program;
    enum model model = options->model;
    size_t workers = is_pool(model) ? options->workers : 1;
    bool blocking = model != SELECT && model != POLL && model != EPOLL
                 && model != REUSEPORT;
    server.listener = listener;
    server.options = *options;
    server.lab = *lab;
    server.stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server.stop < 0) {
        fail(program, "eventfd", "the way out");
        return NULL;
    }
    if (board_new(program, workers, model, &server.board) != 0
        || seats_new(program, options->max_peers, blocking, &server.seats)
        || way_out_prepare(&server) != 0)
        return NULL;
    return &server;
}

int next_peer(struct server *server, struct slot *slot, struct peer *peer)
{
    enum remedy remedy;
    if (!seats_take(&server->seats, slot))
        return -1;
    do {
        int socket = server_accept(server, server->listener, 0, peer,
                                   &remedy);
        if (socket >= 0)
            return socket;
        if (remedy == HOLD_BACK)
            server_pause(server);
    } while (remedy != STOP);
    seats_give(&server->seats, slot);
    return -1;
}

int server_accept(struct server *server, int listener, int flags,
                  struct peer *peer, enum remedy *remedy)
{
    int socket = accept_peer(listener, flags, peer);
    if (socket < 0)
        *remedy = judge(server, errno);
    return socket;
}

static enum remedy judge(struct server *server, int errnum)
{
    enum remedy remedy = remedy_for(errnum);
    bool stopping = is_stopping(&server->board);
    bool counted = remedy == HOLD_BACK
                || (remedy == AGAIN && errnum != EINTR)
                || (remedy == STOP && !stopping);
    if (counted && errnum < ERRNOS)
        count_up(&server->board.common->accept_errors[errnum], 1);
    if (remedy == HOLD_BACK
        && !atomic_exchange(&server->board.common->reported, true))
        server_warn(server, "accept4: %s: pausing, peers wait in the accept"
                    " queue", symbol(errnum));
    /* AF_UNIX says EAGAIN after shutdown where TCP says EINVAL. */
    return remedy == NOBODY && stopping ? STOP : remedy;
}

void server_pause(const struct server *server)
{
    server_sleep(server, PAUSE);
}

void server_sleep(const struct server *server, double seconds)
{
    struct pollfd stop = {.fd = server->stop, .events = POLLIN};
    poll(&stop, 1, (int)(seconds * 1000));
}

void server_warn(const struct server *server, const char *format, ...)
{
    char text[256], *line = text, *longer = NULL;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t length = (size_t)vsnprintf(text, sizeof text, format, arguments);
    if (length >= sizeof text) {
        line = longer = grown(NULL, length + 1);
        vsnprintf(longer, length + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    warn("%s: %s", server->lab.program, line);
    free(longer);
}

void leave_listener(const struct server *server)
{
    close(server->listener);
}

/* As short as Rust writes it: no zeroes at the end. */
static void put_seconds(double seconds, char text[static 32])
{
    int end = snprintf(text, 32, "%.9f", seconds) - 1;
    while (text[end] == '0')
        end--;
    text[text[end] == '.' ? end : end + 1] = '\0';
}

void server_close(const struct server *server)
{
    char grace[32];
    give_way();
    remove_socket_file();
    uint64_t cut = count_of(&server->board.common->cut);
    put_seconds(server->options.grace, grace);
    if (cut > 0)
        server_warn(server, "%llu conversation%s cut after %s s of grace",
                    (unsigned long long)cut, cut == 1 ? "" : "s", grace);
    if (server->options.stats)
        print_stats(server);
}

double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

struct timeval timeval_of(double seconds)
{
    int64_t micros = (int64_t)(seconds * 1e9 + 0.5) / 1000;
    if (micros == 0)
        micros = 1;
    return (struct timeval){
        .tv_sec = micros / 1000000,
        .tv_usec = micros % 1000000,
    };
}
