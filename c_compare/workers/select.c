/* select: one thread that waits with select(2), as in 1983.
 *
 * A set is a bit for each descriptor, FD_SETSIZE (1024) of them: FD_SET of a
 * greater one would write beyond the set. So this server stops accepting just
 * before, says so, and goes on when a descriptor is free. Twin:
 * src/workers/select.rs. Read event_loop first. Man page: select(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/select.h>

#include "workers/event_loop.h"
#include "workers/models.h"

int select_serve(struct server *server)
{
    return run_event_loop(server, server_slot(server, 0), server->listener,
                          &select_waiter);
}

/* select(2) overwrites its sets, so each call gets copies of these. */
struct selecting {
    fd_set readers;
    fd_set writers;
    int end;       /* one more than the greatest descriptor watched */
    size_t in_use; /* descriptors open before the first guest came */
};

static bool is_watched(const struct selecting *selecting, int fd);

static int begin(void *state, const char *program)
{
    struct selecting *selecting = state;
    (void)program;
    FD_ZERO(&selecting->readers);
    FD_ZERO(&selecting->writers);
    for (int fd = 0; fd < FD_SETSIZE; fd++)
        selecting->in_use += fcntl(fd, F_GETFD) >= 0;
    return 0;
}

/* The kernel gives the lowest free number, so the next one is too great only
 * when all others are taken. */
static const char *full(const void *state, size_t guests)
{
    const struct selecting *selecting = state;
    bool is_full = selecting->in_use + guests >= FD_SETSIZE;
    return is_full ? "FD_SETSIZE (1024)" : NULL;
}

static void change(void *state, int fd, enum interest interest)
{
    struct selecting *selecting = state;
    if (interest == INTEREST_READ) {
        FD_SET(fd, &selecting->readers);
        FD_CLR(fd, &selecting->writers);
    } else {
        FD_SET(fd, &selecting->writers);
        FD_CLR(fd, &selecting->readers);
    }
}

static int watch(void *state, int fd, enum interest interest)
{
    struct selecting *selecting = state;
    if (fd >= FD_SETSIZE) {
        errno = EMFILE;
        return -1;
    }
    if (selecting->end <= fd)
        selecting->end = fd + 1;
    change(selecting, fd, interest);
    return 0;
}

static void ignore(void *state, int fd)
{
    struct selecting *selecting = state;
    FD_CLR(fd, &selecting->readers);
    FD_CLR(fd, &selecting->writers);
    while (selecting->end > 0 && !is_watched(selecting, selecting->end - 1))
        selecting->end--;
}

static void wait(void *state, double time, struct ready *ready)
{
    const struct selecting *selecting = state;
    fd_set readers = selecting->readers, writers = selecting->writers;
    int millis = timeout_of(time);
    struct timeval timeout = {millis / 1000, millis % 1000 * 1000};
    int left = select(selecting->end, &readers, &writers, NULL,
                      millis < 0 ? NULL : &timeout);
    for (int fd = 0; fd < selecting->end && left > 0; fd++)
        if (FD_ISSET(fd, &readers) || FD_ISSET(fd, &writers)) {
            left--;
            append(ready, fd);
        }
}

const struct waiter select_waiter = {
    .size = sizeof(struct selecting),
    .begin = begin,
    .full = full,
    .watch = watch,
    .change = change,
    .ignore = ignore,
    .gone = ignore,
    .wait = wait,
};

static bool is_watched(const struct selecting *selecting, int fd)
{
    return FD_ISSET(fd, &selecting->readers)
        || FD_ISSET(fd, &selecting->writers);
}
