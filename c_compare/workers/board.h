/* What all processes of a server share: counters. And, where threads serve,
 * which descriptors carry a conversation.
 *
 * Anonymous memory mapped MAP_SHARED stays one and the same after `fork`,
 * where all other memory becomes a copy. Twin: src/workers/board.rs. Man
 * pages: mmap(2), fork(2).
 */
#ifndef WORKERS_BOARD_H
#define WORKERS_BOARD_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workers/options.h"

/* Errnos are smaller. */
enum { ERRNOS = 134 };

typedef _Atomic uint64_t counter;

/* What is true of the whole server. */
struct common {
    atomic_bool stopping;          /* a signal has come: no more peers */
    atomic_bool cutting;           /* the grace is over */
    counter cut;                   /* conversations still open then */
    atomic_bool reported;          /* trouble with accept; once is enough */
    counter accept_errors[ERRNOS]; /* how often, by errno */
};

/* What one worker has done. A cache line of its own, so that workers on two
 * CPUs do not pull it to and fro. */
struct slot {
    alignas(64) counter peers; /* connections accepted */
    counter bytes_in;
    counter bytes_out;
    counter open;              /* conversations going on */
    counter seats;             /* seats taken (--max-peers) */
};

/* The shared memory. */
struct board {
    struct common *common;
    struct slot *slots;
    size_t workers;
    /* A bit for each descriptor that carries a conversation; none where
     * children do that: their numbers are their own, and the kernel can end
     * them. */
    counter *talking;
    size_t words;
};

/* A conversation that is going on. */
struct talking {
    struct slot *slot;
    counter *word; /* NULL: a descriptor beyond the board */
    uint64_t bit;
};

/* A board with a slot for each of `workers`: 0, or 1 after a line on stderr
 * that says why not. */
int board_new(const char *program, size_t workers, enum model model,
              struct board *board);

static inline bool is_stopping(const struct board *board)
{
    return atomic_load_explicit(&board->common->stopping,
                                memory_order_relaxed);
}

static inline bool is_cutting(const struct board *board)
{
    return atomic_load(&board->common->cutting);
}

/* Counters need no order among each other. */
static inline void count_up(counter *which, uint64_t by)
{
    atomic_fetch_add_explicit(which, by, memory_order_relaxed);
}

static inline void count_down(counter *which, uint64_t by)
{
    atomic_fetch_sub_explicit(which, by, memory_order_relaxed);
}

static inline uint64_t count_of(const counter *which)
{
    return atomic_load_explicit(which, memory_order_relaxed);
}

/* The sum of one counter over all workers; `which` is its offset in struct
 * slot. */
uint64_t board_total(const struct board *board, size_t which);

/* Counts a conversation as open, and makes its descriptor known to
 * board_cut_all until board_leave, which must come before close. */
struct talking board_enter(const struct board *board, struct slot *slot,
                           int socket);
void board_leave(const struct talking *talking);

/* Ends every conversation of this process: its `recv` returns 0, its `send`
 * EPIPE, and whoever was blocked there goes home. For a signal handler: takes
 * no lock, allocates nothing. */
void board_cut_all(const struct board *board);

#endif
