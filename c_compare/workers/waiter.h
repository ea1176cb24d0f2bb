/* The ways to wait for many descriptors at once, behind one set of names.
 *
 * Twin: src/workers/waiter.rs. Implemented by `select`, `poll` and `epoll`,
 * used by `event_loop`.
 */
#ifndef WORKERS_WAITER_H
#define WORKERS_WAITER_H

#include <limits.h>
#include <stddef.h>

#include "sockets/memory.h"

/* What a descriptor is watched for. */
enum interest { INTEREST_READ, INTEREST_WRITE };

/* Descriptors that are ready; Rust's Vec. */
struct ready {
    int *at;
    size_t count, room;
};

/* One of the ways to wait for many descriptors at once. */
struct waiter {
    /* Of its state, which begins as zeroes. */
    size_t size;

    /* 0, or 1 and a line that says why; Rust's `new`. NULL: zeroes do. */
    int (*begin)(void *state, const char *program);

    /* What is full, when not one more guest can be watched. NULL: nothing
     * ever is. */
    const char *(*full)(const void *state, size_t guests);

    /* Watches one more descriptor: 0, or -1 and errno. */
    int (*watch)(void *state, int fd, enum interest interest);

    /* Watches it for something else. */
    void (*change)(void *state, int fd, enum interest interest);

    /* Watches it no longer. It stays open. */
    void (*ignore)(void *state, int fd);

    /* It is about to be closed. */
    void (*gone)(void *state, int fd);

    /* Waits so many seconds, below 0 for ever, and appends the descriptors
     * that are ready. */
    void (*wait)(void *state, double time, struct ready *ready);

    /* Frees what it holds; Rust's Drop. NULL: it holds nothing. */
    void (*end)(void *state);
};

extern const struct waiter select_waiter, poll_waiter, epoll_waiter;

/* Whole milliseconds, rounded up: a wait that ends too early would only be
 * repeated. */
static inline int timeout_of(double time)
{
    if (time < 0)
        return -1;
    if (time >= INT_MAX / 1000)
        return INT_MAX;
    int millis = (int)(time * 1000);
    return millis < time * 1000 ? millis + 1 : millis;
}

static inline void append(struct ready *ready, int fd)
{
    if (ready->count == ready->room) {
        ready->room = ready->room > 0 ? 2 * ready->room : 64;
        ready->at = grown(ready->at, ready->room * sizeof *ready->at);
    }
    ready->at[ready->count++] = fd;
}

#endif
