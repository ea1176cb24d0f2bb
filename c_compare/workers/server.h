/* A running server, and `accept` with everything that can go wrong there.
 *
 * Twin: src/workers/server.rs. Man page: accept(2), whose list of errors is
 * the reason for `remedy_for`.
 */
#ifndef WORKERS_SERVER_H
#define WORKERS_SERVER_H

#include <sys/time.h>

#include "sockets/accept.h"
#include "workers/board.h"
#include "workers/options.h"
#include "workers/seats.h"
#include "workers/workers.h"

/* How long a server without descriptors waits before it tries again, in
 * seconds. */
#define PAUSE 0.050

/* A running server. It lives as long as the process: threads and signal
 * handlers refer to it. */
struct server {
    int listener;
    struct options options;
    struct lab lab;
    struct board board;
    struct seats seats;
    int stop; /* eventfd: readable for ever once stopping */
};

/* What to do about a failed `accept`. */
enum remedy {
    AGAIN,     /* this connection is gone: take the next */
    NOBODY,    /* nobody is there; only a non-blocking listener says so */
    HOLD_BACK, /* out of descriptors or memory. The peer stays in the queue,
                  so the next accept would fail at once: wait, or it becomes
                  a spin */
    STOP       /* the listener was shut down */
};

/* The policy: a server ends only for what it cannot serve without. */
enum remedy remedy_for(int errnum);

/* The next peer, for whoever may block; -1 when the server is stopping.
 * Takes a seat for it. */
int next_peer(struct server *server, struct slot *slot, struct peer *peer);

/* accept4; an error is counted, reported once, and turned into what to do
 * about it. The peer's descriptor, or -1 and the remedy. */
int server_accept(struct server *server, int listener, int flags,
                  struct peer *peer, enum remedy *remedy);

/* Waits a moment, or until the server is stopping. */
void server_pause(const struct server *server);

/* Waits, or until the server is stopping. */
void server_sleep(const struct server *server, double seconds);

/* A line on the server's stderr. */
void server_warn(const struct server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The worker with this number. */
static inline struct slot *server_slot(const struct server *server,
                                       size_t worker)
{
    return &server->board.slots[worker];
}

/* Closes the listener in a process that does not accept. What other
 * processes share of it stays open. */
void leave_listener(const struct server *server);

/* The last words. */
void server_close(const struct server *server);

/* Seconds on the clock that nobody sets; Rust's Instant. */
double now(void);

/* Never zero: to the kernel that would mean no limit at all. */
struct timeval timeval_of(double seconds);

#endif
