/* prefork-fdpass: the parent accepts, and passes the descriptor to one of N
 * children.
 *
 * A descriptor is a number only in its own process. SCM_RIGHTS carries the
 * open socket itself over an AF_UNIX pair, where it gets a new number; the
 * peer's address goes along as the message. The child sends one byte back
 * when it is free again; its end of the pair closes when it dies. Twin:
 * src/workers/prefork_fdpass.rs. Read prefork first. Man pages: unix(7),
 * cmsg(3), socketpair(2).
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets/errors.h"
#include "sockets/memory.h"
#include "sockets/transfer.h"
#include "workers/children.h"
#include "workers/conversation.h"
#include "workers/event_loop.h"
#include "workers/models.h"
#include "workers/waiter.h"

/* The parent's end of the pair to one child. */
struct channel {
    int socket; /* -1: no child */
    pid_t child;
    bool busy;
    bool ready; /* as poll has found it */
};

/* By worker, and what poll is given. */
struct channels {
    struct channel *at;
    size_t count;
    struct pollfd *watched;
};

/* A peer as a message, as long as Rust's. */
enum { MESSAGE = 24 };
static_assert(sizeof(struct peer) <= MESSAGE, "a peer fits");

static pid_t start(struct server *server, size_t worker, void *context,
                   const char **call);
static void work_of_one(const struct server *server, struct slot *slot,
                        int channel);
static struct channel *free_one(struct channels *channels, size_t most);
static bool wait_for(const struct server *server, struct channels *channels,
                     bool any_free, double time);
static void hear(struct children *children, struct channel *channel);
static void pass_next(struct server *server, struct channel *channel);
static int pass(int channel, int socket, const struct peer *peer);
static int receive(int channel, struct peer *peer);
static void close_all(struct channels *channels);

int prefork_fdpass_serve(struct server *server)
{
    size_t workers = server->board.workers;
    size_t most = server->options.max_peers;
    int status;
    if (most == 0)
        most = workers;
    /* Between poll and accept a peer may leave; accept must not wait then. */
    if (set_nonblocking(server->lab.program, server->listener) != 0)
        return 1;
    struct children children = children_new(server);
    struct channels channels = {.count = workers};
    channels.at = grown(NULL, workers * sizeof *channels.at);
    channels.watched =
        grown(NULL, (workers + 2) * sizeof *channels.watched);
    for (size_t i = 0; i < workers; i++)
        channels.at[i] = (struct channel){.socket = -1};

    while (!is_stopping(&server->board)) {
        if (patience(&children) <= 0)
            replace(&children, start, &channels);
        struct channel *one = free_one(&channels, most);
        double time = all_here(&children) ? -1 : patience(&children);
        bool listener = wait_for(server, &channels, one != NULL, time);
        for (size_t i = 0; i < workers; i++)
            if (channels.at[i].ready)
                hear(&children, &channels.at[i]);
        if (listener)
            pass_next(server, one);
    }

    /* The children see the end of their channel when they are free. */
    close_all(&channels);
    while (reap(ANY, 0, &status) > 0) {
    }
    free(channels.at);
    free(channels.watched);
    children_end(&children);
    return 0;
}

/* Makes a child with a channel to it. */
static pid_t start(struct server *server, size_t worker, void *context,
                   const char **call)
{
    struct channels *channels = context;
    int pair[2];
    *call = "socketpair";
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    int ours = pair[0], theirs = pair[1];
    *call = "fork";
    pid_t child = fork_child();
    if (child == 0) {
        leave_listener(server);
        /* Copies of the parent's ends would keep the channels open. */
        close_all(channels);
        close(ours);
        work_of_one(server, server_slot(server, worker), theirs);
        _exit(0);
    }
    int errnum = errno;
    close(theirs);
    if (child > 0)
        channels->at[worker] =
            (struct channel){.socket = ours, .child = child};
    else
        close(ours);
    errno = errnum;
    return child;
}

/* What a child does. */
static void work_of_one(const struct server *server, struct slot *slot,
                        int channel)
{
    struct peer peer;
    int socket;
    while ((socket = receive(channel, &peer)) >= 0) {
        converse(server, slot, socket, &peer);
        if (send_all(channel, "f", 1) < 0)
            break;
    }
}

/* A child that waits for a peer; NULL: none, or `most` are busy. */
static struct channel *free_one(struct channels *channels, size_t most)
{
    struct channel *first = NULL;
    size_t busy = 0;
    for (size_t i = channels->count; i-- > 0;) {
        struct channel *channel = &channels->at[i];
        if (channel->socket >= 0 && channel->busy)
            busy++;
        else if (channel->socket >= 0)
            first = channel;
    }
    return busy < most ? first : NULL;
}

/* Waits until there is something to do: which channels are readable, and
 * whether the listener is. Nobody looks at it while no child is free. */
static bool wait_for(const struct server *server, struct channels *channels,
                     bool any_free, double time)
{
    struct pollfd *watched = channels->watched;
    nfds_t count = 0;
    watched[count++] = (struct pollfd){.fd = server->stop, .events = POLLIN};
    for (size_t i = 0; i < channels->count; i++)
        if (channels->at[i].socket >= 0)
            watched[count++] = (struct pollfd){
                .fd = channels->at[i].socket, .events = POLLIN
            };
    if (any_free)
        watched[count++] =
            (struct pollfd){.fd = server->listener, .events = POLLIN};
    bool any = poll(watched, count, timeout_of(time)) > 0;
    const struct pollfd *next = &watched[1];
    for (size_t i = 0; i < channels->count; i++) {
        struct channel *channel = &channels->at[i];
        channel->ready =
            channel->socket >= 0 && next++->revents != 0 && any;
    }
    return any && any_free && watched[count - 1].revents != 0;
}

/* A child is free again, or dead. */
static void hear(struct children *children, struct channel *channel)
{
    char byte;
    if (recv_some(channel->socket, &byte, 1) > 0) {
        channel->busy = false;
    } else {
        bury(children, channel->child, 0);
        close(channel->socket);
        channel->socket = -1;
    }
}

/* Accepts a peer and passes it on. */
static void pass_next(struct server *server, struct channel *channel)
{
    char text[PEER_TEXT];
    enum remedy remedy;
    struct peer peer;
    if (channel->socket < 0)
        return;
    int socket = server_accept(server, server->listener, 0, &peer, &remedy);
    if (socket >= 0) {
        /* Should the child be dead, its peer is lost with it; the end of the
         * channel will say so. */
        channel->busy = pass(channel->socket, socket, &peer) >= 0;
        if (!channel->busy)
            server_warn(server, "sendmsg: %s: %s is turned away",
                        symbol(errno), peer_text(&peer, text));
        close(socket); /* the child has its own copy */
    } else if (remedy == HOLD_BACK) {
        server_pause(server);
    }
}

/* Room for one descriptor beside a message. */
union control {
    char room[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
};

/* Sends a descriptor, with the peer's address as the message. */
static int pass(int channel, int socket, const struct peer *peer)
{
    char bytes[MESSAGE] = {0};
    memcpy(bytes, peer, sizeof *peer);
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    union control control = {.room = {0}};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.room,
        .msg_controllen = sizeof control.room,
    };
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof socket);
    memcpy(CMSG_DATA(rights), &socket, sizeof socket);
    return sendmsg(channel, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Receives what `pass` has sent; -1 at the end of the channel. */
static int receive(int channel, struct peer *peer)
{
    char bytes[MESSAGE];
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    union control control;
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.room,
        .msg_controllen = sizeof control.room,
    };
    ssize_t got;
    int socket;
    do
        got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    struct cmsghdr *rights = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (rights == NULL || rights->cmsg_type != SCM_RIGHTS)
        return -1;
    memcpy(peer, bytes, sizeof *peer);
    memcpy(&socket, CMSG_DATA(rights), sizeof socket);
    return socket;
}

static void close_all(struct channels *channels)
{
    for (size_t i = 0; i < channels->count; i++)
        if (channels->at[i].socket >= 0)
            close(channels->at[i].socket);
}
