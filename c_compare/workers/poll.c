/* poll: one thread that waits with poll(2).
 *
 * The whole list of descriptors goes into the kernel and comes back with each
 * call: the cost grows with every peer, silent or not. There is no upper
 * limit but `ulimit -n`. Twin: src/workers/poll.rs. Read select first, then
 * event_loop. Man page: poll(2).
 */
#include <poll.h>

#include "workers/event_loop.h"
#include "workers/models.h"

int poll_serve(struct server *server)
{
    return run_event_loop(server, server_slot(server, 0), server->listener,
                          &poll_waiter);
}

/* poll(2), with the array it wants always at hand. */
struct polling {
    struct pollfd *watched;
    size_t count, room;
    size_t *places; /* by descriptor: its place in `watched` */
    size_t numbers;
};

static void change(void *state, int fd, enum interest interest)
{
    struct polling *polling = state;
    polling->watched[polling->places[fd]].events =
        interest == INTEREST_READ ? POLLIN : POLLOUT;
}

static int watch(void *state, int fd, enum interest interest)
{
    struct polling *polling = state;
    if (polling->numbers <= (size_t)fd) {
        polling->numbers = 2 * (size_t)fd + 1;
        polling->places = grown(polling->places, polling->numbers
                                * sizeof *polling->places);
    }
    if (polling->count == polling->room) {
        polling->room = 2 * polling->room + 8;
        polling->watched = grown(polling->watched, polling->room
                                 * sizeof *polling->watched);
    }
    polling->places[fd] = polling->count;
    polling->watched[polling->count++] = (struct pollfd){.fd = fd};
    change(polling, fd, interest);
    return 0;
}

/* The last one takes its place. */
static void ignore(void *state, int fd)
{
    struct polling *polling = state;
    size_t place = polling->places[fd];
    struct pollfd moved = polling->watched[--polling->count];
    polling->watched[place] = moved;
    polling->places[moved.fd] = place;
}

static void wait(void *state, double time, struct ready *ready)
{
    const struct polling *polling = state;
    int left = poll(polling->watched, polling->count, timeout_of(time));
    for (size_t place = 0; place < polling->count && left > 0; place++)
        if (polling->watched[place].revents != 0) {
            left--;
            append(ready, polling->watched[place].fd);
        }
}

static void end(void *state)
{
    struct polling *polling = state;
    free(polling->watched);
    free(polling->places);
}

const struct waiter poll_waiter = {
    .size = sizeof(struct polling),
    .watch = watch,
    .change = change,
    .ignore = ignore,
    .gone = ignore,
    .wait = wait,
    .end = end,
};
