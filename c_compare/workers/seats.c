/* --max-peers, counted by an eventfd. Twin: src/workers/seats.rs. */
#include "workers/seats.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sockets/errors.h"

/* Enough to let every waiting worker pass. */
static const uint64_t PLENTY = 1 << 20;

static void put_back(const struct seats *seats, uint64_t count);

int seats_new(const char *program, uint32_t most, bool blocking,
              struct seats *seats)
{
    int flags = EFD_CLOEXEC | EFD_SEMAPHORE;
    flags |= blocking ? 0 : EFD_NONBLOCK;
    seats->descriptor = -1;
    if (most == 0)
        return 0;
    seats->descriptor = eventfd(most, flags);
    return seats->descriptor >= 0 ? 0
                                  : fail(program, "eventfd", "--max-peers");
}

bool seats_take(const struct seats *seats, struct slot *slot)
{
    uint64_t count;
    if (seats->descriptor < 0)
        return true;
    while (read(seats->descriptor, &count, sizeof count) < 0)
        if (errno != EINTR)
            return false;
    count_up(&slot->seats, 1);
    return true;
}

void seats_give(const struct seats *seats, struct slot *slot)
{
    if (seats->descriptor >= 0) {
        count_down(&slot->seats, 1);
        put_back(seats, 1);
    }
}

void seats_give_all(const struct seats *seats, struct slot *slot)
{
    uint64_t held =
        atomic_exchange_explicit(&slot->seats, 0, memory_order_relaxed);
    if (seats->descriptor >= 0 && held > 0)
        put_back(seats, held);
}

void seats_open_all(const struct seats *seats)
{
    if (seats->descriptor >= 0)
        put_back(seats, PLENTY);
}

static void put_back(const struct seats *seats, uint64_t count)
{
    /* Fails only when the sum would overflow: then there are plenty. */
    ssize_t written = write(seats->descriptor, &count, sizeof count);
    (void)written;
}
