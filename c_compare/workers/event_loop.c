/* One thread, many peers. Twin: src/workers/event_loop.rs. */
#include "workers/event_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets/errors.h"
#include "sockets/transfer.h"
#include "workers/conversation.h"
#include "workers/guest.h"

/* Whether new peers are let in. */
enum door {
    OPEN,
    PAUSED,  /* out of descriptors or memory for a moment */
    NO_SEAT, /* as many peers as --max-peers allows */
    FULL,    /* as many descriptors as the waiter can watch */
    CLOSED
};

/* The loop's state. */
struct event_loop {
    struct server *server;
    struct slot *slot;
    int listener;
    const struct waiter *waiter;
    void *state; /* the waiter's */
    enum door door;
    double reopening; /* when PAUSED ends */
    /* By descriptor. The kernel gives the lowest free number: it is dense. */
    struct guest **guests;
    size_t room, present;
    unsigned char *buffer;
    size_t large; /* its size, at least a piece */
    double next_deadline; /* no deadline is earlier; INFINITY: none */
    bool said_full;
};

static void run(struct event_loop *loop);
static double patience(const struct event_loop *loop);
static void welcome(struct event_loop *loop);
static void seat_is_free(struct event_loop *loop);
static void open_door(struct event_loop *loop);
static void shut_door(struct event_loop *loop, enum door why);
static void close_door(struct event_loop *loop);
static void admit(struct event_loop *loop, int fd, const struct peer *peer);
static void attend(struct event_loop *loop, int fd);
static void settle(struct event_loop *loop, struct guest *guest, int done);
static void look_at(struct event_loop *loop, double time);
static void dismiss(struct event_loop *loop, struct guest *guest);
static void expire(struct event_loop *loop);

int run_event_loop(struct server *server, struct slot *slot, int listener,
                   const struct waiter *waiter)
{
    const char *program = server->lab.program;
    if (set_nonblocking(program, listener) != 0)
        return 1;
    void *state = grown(NULL, waiter->size);
    memset(state, 0, waiter->size);
    if (waiter->begin != NULL && waiter->begin(state, program) != 0)
        return 1;
    if (waiter->watch(state, server->stop, INTEREST_READ) < 0)
        return fail(program, "watch", "the way out");
    if (waiter->watch(state, listener, INTEREST_READ) < 0)
        return fail(program, "watch", "the listener");
    size_t piece = server->lab.piece, large = piece > SMALL ? piece : SMALL;
    struct event_loop loop = {
        .server = server, .slot = slot, .listener = listener,
        .waiter = waiter, .state = state, .door = OPEN,
        .buffer = grown(NULL, large), .large = large,
        .next_deadline = INFINITY,
    };
    run(&loop);
    if (waiter->end != NULL)
        waiter->end(state);
    free(state);
    free(loop.guests);
    free(loop.buffer);
    return 0;
}

int set_nonblocking(const char *program, int socket)
{
    int flags = fcntl(socket, F_GETFL);
    if (flags < 0)
        return fail(program, "fcntl", "F_GETFL");
    if (fcntl(socket, F_SETFL, flags | O_NONBLOCK) < 0)
        return fail(program, "fcntl", "O_NONBLOCK");
    return 0;
}

static void run(struct event_loop *loop)
{
    struct ready ready = {0};
    while (loop->door != CLOSED
           || (loop->present > 0 && !is_cutting(&loop->server->board))) {
        ready.count = 0;
        loop->waiter->wait(loop->state, patience(loop), &ready);
        for (size_t index = 0; index < ready.count; index++) {
            int fd = ready.at[index];
            if (fd == loop->listener)
                welcome(loop);
            else if (fd == loop->server->stop)
                close_door(loop);
            else if (fd == loop->server->seats.descriptor)
                seat_is_free(loop);
            else
                attend(loop, fd);
        }
        expire(loop);
    }
    free(ready.at);
    /* The grace is over. To wait for those who were cut will not do: select
     * does not say that an AF_UNIX peer who takes nothing was. */
    for (size_t place = 0; place < loop->room; place++)
        if (loop->guests[place] != NULL)
            dismiss(loop, loop->guests[place]);
}

/* How long nothing will be due. */
static double patience(const struct event_loop *loop)
{
    double due = loop->next_deadline;
    if (loop->door == PAUSED && loop->reopening < due)
        due = loop->reopening;
    if (isinf(due))
        return -1;
    double left = due - now();
    return left > 0 ? left : 0;
}

/* The door. */

/* The listener is readable. */
static void welcome(struct event_loop *loop)
{
    struct server *server = loop->server;
    const struct waiter *waiter = loop->waiter;
    struct peer peer;
    enum remedy remedy;
    if (loop->door != OPEN)
        return;
    const char *limit = waiter->full == NULL
        ? NULL : waiter->full(loop->state, loop->present);
    if (limit != NULL) {
        shut_door(loop, FULL);
        if (!loop->said_full)
            server_warn(server, "%s reached: peers wait in the accept queue",
                        limit);
        loop->said_full = true;
        return;
    }
    if (!seats_take(&server->seats, loop->slot)) {
        shut_door(loop, NO_SEAT);
        if (waiter->watch(loop->state, server->seats.descriptor,
                          INTEREST_READ) < 0)
            shut_door(loop, PAUSED);
        return;
    }
    /* At the end there is a seat for everybody, and a listener of this
     * worker's own is still open. */
    if (is_stopping(&server->board)) {
        seats_give(&server->seats, loop->slot);
        close_door(loop);
        return;
    }
    int socket = server_accept(server, loop->listener, SOCK_NONBLOCK, &peer,
                               &remedy);
    if (socket >= 0) {
        admit(loop, socket, &peer);
        return;
    }
    if (remedy == HOLD_BACK) {
        shut_door(loop, PAUSED);
    } else if (remedy == STOP) {
        close_door(loop);
    }
    seats_give(&server->seats, loop->slot);
}

/* Unless the door was closed in the same round. */
static void seat_is_free(struct event_loop *loop)
{
    if (loop->door != NO_SEAT)
        return;
    loop->waiter->ignore(loop->state, loop->server->seats.descriptor);
    open_door(loop);
}

static void open_door(struct event_loop *loop)
{
    if (loop->door == CLOSED)
        return;
    if (loop->waiter->watch(loop->state, loop->listener, INTEREST_READ) == 0)
        loop->door = OPEN;
    else
        shut_door(loop, PAUSED);
}

/* The queue stays readable, so the listener must not be watched. */
static void shut_door(struct event_loop *loop, enum door why)
{
    if (loop->door == OPEN)
        loop->waiter->ignore(loop->state, loop->listener);
    loop->door = why;
    loop->reopening = now() + PAUSE;
}

/* For good. */
static void close_door(struct event_loop *loop)
{
    if (loop->door == CLOSED)
        return;
    if (loop->door == NO_SEAT)
        loop->waiter->ignore(loop->state, loop->server->seats.descriptor);
    shut_door(loop, CLOSED);
    loop->waiter->ignore(loop->state, loop->server->stop);
    shutdown(loop->listener, SHUT_RDWR);
}

/* The guests. */

static void admit(struct event_loop *loop, int fd, const struct peer *peer)
{
    struct server *server = loop->server;
    const struct lab *lab = &server->lab;
    count_up(&loop->slot->peers, 1);
    if (lab->arrived != NULL)
        lab->arrived(peer);
    if (loop->waiter->watch(loop->state, fd, INTEREST_READ) < 0) {
        close(fd); /* out of kernel memory */
        if (lab->left != NULL)
            lab->left(peer);
        seats_give(&server->seats, loop->slot);
        return;
    }
    if (loop->room <= (size_t)fd) {
        size_t room = 2 * (size_t)fd + 1;
        loop->guests = grown(loop->guests, room * sizeof *loop->guests);
        while (loop->room < room)
            loop->guests[loop->room++] = NULL;
    }
    struct talking talking = board_enter(&server->board, loop->slot, fd);
    struct guest *guest = guest_new(server, fd, talking, peer);
    loop->guests[fd] = guest;
    loop->present++;
    settle(loop, guest, guest_greet(server, loop->slot, guest));
}

/* A guest is readable, or takes more of its answer. */
static void attend(struct event_loop *loop, int fd)
{
    struct guest *guest = (size_t)fd < loop->room ? loop->guests[fd] : NULL;
    if (guest == NULL)
        return;
    if (guest_has_unsent(guest)) {
        settle(loop, guest, guest_say_more(loop->slot, guest));
        return;
    }
    size_t room = guest->ending ? loop->large : loop->server->lab.piece;
    ssize_t got = recv_some(fd, loop->buffer, room);
    struct bytes input = {loop->buffer, (size_t)got};
    if (got == 0)
        dismiss(loop, guest);
    else if (got < 0)
        settle(loop, guest, -1);
    else if (!guest->ending)
        settle(loop, guest,
               guest_answer(loop->server, loop->slot, guest, input));
}

/* What to wait for next, and how long. */
static void settle(struct event_loop *loop, struct guest *guest, int done)
{
    if (done < 0 && errno != EAGAIN)
        dismiss(loop, guest); /* the peer is gone */
    if (done < 0)
        return;
    enum interest interest =
        guest_has_unsent(guest) ? INTEREST_WRITE : INTEREST_READ;
    if (guest->interest != interest)
        loop->waiter->change(loop->state, guest->socket, interest);
    guest->interest = interest;
    double time = loop->server->options.idle_timeout;
    if (guest_is_done(loop->server, guest)) {
        /* A graceful end, as in conversation. */
        guest->ending = true;
        time = LINGER;
        if (shutdown(guest->socket, SHUT_WR) < 0) {
            dismiss(loop, guest);
            return;
        }
    }
    if (time >= 0) {
        guest->deadline = now() + time;
        look_at(loop, guest->deadline);
    }
}

/* There will be something to do then, or earlier. */
static void look_at(struct event_loop *loop, double time)
{
    if (loop->next_deadline > time)
        loop->next_deadline = time;
}

/* Closes the connection. */
static void dismiss(struct event_loop *loop, struct guest *guest)
{
    const struct lab *lab = &loop->server->lab;
    loop->guests[guest->socket] = NULL;
    loop->present--;
    loop->waiter->gone(loop->state, guest->socket);
    board_leave(&guest->talking);
    close(guest->socket);
    if (lab->left != NULL)
        lab->left(&guest->peer);
    seats_give(&loop->server->seats, loop->slot);
    if (loop->door == FULL)
        open_door(loop);
    guest_free(loop->server, guest);
}

/* Does what has become due. */
static void expire(struct event_loop *loop)
{
    if (loop->door == PAUSED && now() >= loop->reopening)
        open_door(loop);
    if (isinf(loop->next_deadline))
        return;
    double time = now();
    if (time < loop->next_deadline)
        return;
    loop->next_deadline = INFINITY;
    for (size_t place = 0; place < loop->room; place++) {
        struct guest *guest = loop->guests[place];
        if (guest == NULL)
            continue;
        if (guest->deadline > time) {
            look_at(loop, guest->deadline);
        } else if (guest_has_unsent(guest)) {
            /* It takes nothing, but it may be sending. A graceful end lets
             * it finish; close at once would send an RST. */
            guest_give_up(guest);
            settle(loop, guest, 0);
        } else {
            dismiss(loop, guest);
        }
    }
}
