/* --max-peers: at most so many conversations at once, over all processes
 * together.
 *
 * An eventfd made with EFD_SEMAPHORE counts the free seats: `read` takes one
 * or blocks, `write` gives one back, and an event loop can wait for it as for
 * any other descriptor. Children inherit it. Twin: src/workers/seats.rs. Man
 * page: eventfd(2).
 */
#ifndef WORKERS_SEATS_H
#define WORKERS_SEATS_H

#include "workers/board.h"

/* The free seats; without a limit there is always one. */
struct seats {
    int descriptor; /* what an event loop waits for; -1: no limit */
};

/* As many as --max-peers says, 0: no limit. An event loop must not block on
 * them. 0, or 1 after a line on stderr. */
int seats_new(const char *program, uint32_t most, bool blocking,
              struct seats *seats);

/* Takes a seat; false when there is none now. */
bool seats_take(const struct seats *seats, struct slot *slot);

/* Gives one back. */
void seats_give(const struct seats *seats, struct slot *slot);

/* Gives back what a worker held when it died. */
void seats_give_all(const struct seats *seats, struct slot *slot);

/* Lets everybody pass who waits for a seat: there will be no more peers. */
void seats_open_all(const struct seats *seats);

#endif
