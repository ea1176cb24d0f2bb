/* One conversation, by whoever may block. Twin: src/workers/conversation.rs.
 */
#include "workers/conversation.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets/console.h"
#include "sockets/memory.h"
#include "sockets/transfer.h"

enum end { END_OF_FILE, OVER, SILENCE, FAILED };

static enum end exchange(const struct server *server, struct slot *slot,
                         int socket, const struct peer *peer, void *buffer);
static enum end talk(const struct server *server, struct slot *slot,
                     int socket, const struct peer *peer, void *buffer,
                     void *session);
static void limit_silence(int socket, double limit);

void converse(const struct server *server, struct slot *slot, int socket,
              const struct peer *peer)
{
    struct talking talking = board_enter(&server->board, slot, socket);
    hold(server, slot, socket, peer);
    board_leave(&talking);
    close(socket); /* and with it the FIN */
    if (server->lab.left != NULL)
        server->lab.left(peer);
}

void hold(const struct server *server, struct slot *slot, int socket,
          const struct peer *peer)
{
    /* Left uninitialised: as long as the peer is silent, no page of it
     * exists. */
    unsigned char small[SMALL];
    size_t piece = server->lab.piece;
    unsigned char *large = piece > SMALL ? grown(NULL, piece) : NULL;
    unsigned char *buffer = large != NULL ? large : small;
    if (server->options.idle_timeout >= 0)
        limit_silence(socket, server->options.idle_timeout);
    count_up(&slot->peers, 1);
    if (server->lab.arrived != NULL)
        server->lab.arrived(peer);
    enum end end = exchange(server, slot, socket, peer, buffer);
    /* EAGAIN: SO_SNDTIMEO. The peer takes nothing, but may be sending. */
    if (end == OVER || (end == FAILED && errno == EAGAIN))
        end_gracefully(socket, buffer, piece > SMALL ? piece : SMALL);
    /* Else the peer has left, or been silent for too long, or is gone:
     * ECONNRESET, EPIPE, … */
    free(large);
}

static enum end exchange(const struct server *server, struct slot *slot,
                         int socket, const struct peer *peer, void *buffer)
{
    const struct protocol *protocol = server->lab.protocol;
    /* On the stack: a thread that called malloc would pay for an arena. */
    max_align_t session[protocol->size / sizeof(max_align_t) + 1];
    if (protocol->begin != NULL)
        protocol->begin(session, server->lab.setup, peer_id(peer));
    enum end end = talk(server, slot, socket, peer, buffer, session);
    int errnum = errno;
    if (protocol->end != NULL)
        protocol->end(session);
    errno = errnum;
    return end;
}

static int say_to(struct slot *slot, int socket, struct bytes bytes)
{
    if (send_all(socket, bytes.at, bytes.length) < 0)
        return -1;
    count_up(&slot->bytes_out, bytes.length);
    return 0;
}

static enum end talk(const struct server *server, struct slot *slot,
                     int socket, const struct peer *peer, void *buffer,
                     void *session)
{
    const struct lab *lab = &server->lab;
    const struct protocol *protocol = lab->protocol;
    if (protocol->greeting != NULL
        && say_to(slot, socket, protocol->greeting(session)) < 0)
        return FAILED;
    while (protocol->is_over == NULL || !protocol->is_over(session)) {
        ssize_t got = recv_some(socket, buffer, lab->piece);
        if (got == 0)
            return END_OF_FILE;
        if (got < 0)
            return errno == EAGAIN ? SILENCE : FAILED; /* SO_RCVTIMEO */
        struct bytes input = {buffer, (size_t)got};
        count_up(&slot->bytes_in, input.length);
        if (lab->received != NULL)
            lab->received(input);
        struct bytes answer = protocol->answer(session, input);
        if (say_to(slot, socket, answer) < 0)
            return FAILED;
        if (lab->sent != NULL)
            lab->sent(answer);
        tell(server, peer, session);
    }
    return OVER;
}

void tell(const struct server *server, const struct peer *peer,
          void *session)
{
    const struct protocol *protocol = server->lab.protocol;
    char who[PEER_TEXT];
    struct notice notice;
    if (protocol->notice == NULL)
        return;
    while (protocol->notice(session, &notice)) {
        if (notice.kind == WRONG)
            server_warn(server, "%s: %s", peer_text(peer, who), notice.text);
        else if (!server->options.quiet)
            note("%s", notice.text);
        free(notice.text);
    }
}

/* SO_RCVTIMEO and SO_SNDTIMEO: `recv` from a silent peer, and `send` to one
 * that takes nothing, return EAGAIN. */
static void limit_silence(int socket, double limit)
{
    struct timeval time = timeval_of(limit);
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

void end_gracefully(int socket, void *buffer, size_t room)
{
    if (shutdown(socket, SHUT_WR) < 0)
        return;
    double end = now() + LINGER;
    for (;;) {
        double left = end - now();
        struct pollfd peer = {.fd = socket, .events = POLLIN};
        int ready = poll(&peer, 1, left > 0 ? (int)(left * 1000) : 0);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0 || recv_some(socket, buffer, room) <= 0)
            return;
    }
}
