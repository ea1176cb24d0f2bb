/* The fourteen worker models: who accepts, who serves, and how it ends.
 *
 * A lab's `main` shows `socket`, `bind`, `listen` and calls `serve`; the
 * model's file shows the rest. Read in this order: iterative, fork, thread,
 * then the pools, then event_loop with select, poll, epoll. What all of them
 * share stands in conversation (one peer, blocking), server (accept and its
 * errors), way_out (signals) and board (counters that processes share). Twin:
 * src/workers/mod.rs.
 */
#ifndef WORKERS_WORKERS_H
#define WORKERS_WORKERS_H

#include <stddef.h>

#include "protocols/session.h"
#include "sockets/accept.h"
#include "workers/options.h"

/* What a server program brings: its protocol, and what its handout prints. */
struct lab {
    /* The program's name, as it stands before its errors. */
    const char *program;

    /* One side of one conversation, and what each begins with. */
    const struct protocol *protocol;
    const void *setup;

    /* How many bytes one `recv` asks for. */
    size_t piece;

    /* The rest may be NULL. A connection was accepted. */
    void (*arrived)(const struct peer *peer);

    /* A piece came in. */
    void (*received)(struct bytes piece);

    /* The answer to it went out. */
    void (*sent)(struct bytes piece);

    /* The connection was closed. */
    void (*left)(const struct peer *peer);
};

struct server;

/* Everything a server needs, and the signals that end it: from here on the
 * first of them is an orderly end. NULL after a line that says why. */
struct server *server_open(int listener, const struct options *options,
                           const struct lab *lab);

/* Serves every peer that connects, until a signal ends it. 0, or 1 after a
 * line that says why: only what a server cannot do without, its first
 * worker. */
int serve(struct server *server);

#endif
