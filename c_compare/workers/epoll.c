/* epoll: one thread that waits with epoll(7).
 *
 * The kernel keeps the list of watched descriptors, and returns only those
 * that are ready: the cost does not grow with the number of silent peers.
 * Twin: src/workers/epoll.rs. Read poll first. Man pages: epoll(7),
 * epoll_ctl(2), epoll_wait(2).
 */
#include <sys/epoll.h>
#include <unistd.h>

#include "sockets/errors.h"
#include "workers/event_loop.h"
#include "workers/models.h"

/* As many ready descriptors as one call may return. */
enum { MOST = 256 };

int epoll_serve(struct server *server)
{
    return run_event_loop(server, server_slot(server, 0), server->listener,
                          &epoll_waiter);
}

/* epoll(7), level-triggered: a descriptor that is not read to its end is
 * simply reported again. */
struct epolling {
    int epoll;
    struct epoll_event events[MOST];
};

static int control(const struct epolling *epolling, int operation, int fd,
                   enum interest interest);

static int begin(void *state, const char *program)
{
    struct epolling *epolling = state;
    epolling->epoll = epoll_create1(EPOLL_CLOEXEC);
    return epolling->epoll < 0 ? fail(program, "epoll_create1", "") : 0;
}

static int watch(void *state, int fd, enum interest interest)
{
    return control(state, EPOLL_CTL_ADD, fd, interest);
}

static void change(void *state, int fd, enum interest interest)
{
    control(state, EPOLL_CTL_MOD, fd, interest);
}

static void ignore(void *state, int fd)
{
    control(state, EPOLL_CTL_DEL, fd, INTEREST_READ);
}

/* Nothing to do: `close` takes it off the list. */
static void gone(void *state, int fd)
{
    (void)state;
    (void)fd;
}

static void wait(void *state, double time, struct ready *ready)
{
    struct epolling *epolling = state;
    int count = epoll_wait(epolling->epoll, epolling->events, MOST,
                           timeout_of(time));
    for (int index = 0; index < count; index++)
        append(ready, epolling->events[index].data.fd);
}

static void end(void *state)
{
    const struct epolling *epolling = state;
    close(epolling->epoll);
}

const struct waiter epoll_waiter = {
    .size = sizeof(struct epolling),
    .begin = begin,
    .watch = watch,
    .change = change,
    .ignore = ignore,
    .gone = gone,
    .wait = wait,
    .end = end,
};

static int control(const struct epolling *epolling, int operation, int fd,
                   enum interest interest)
{
    struct epoll_event event = {
        .events = interest == INTEREST_READ ? EPOLLIN : EPOLLOUT,
        .data.fd = fd,
    };
    return epoll_ctl(epolling->epoll, operation, fd, &event);
}
