/* One thread, many peers: the loop that select, poll and epoll share.
 *
 * They differ only in how they wait. Every descriptor is non-blocking; a peer
 * with unsent bytes is not read, which is the back-pressure: its own window
 * closes, and nobody else notices. Twin: src/workers/event_loop.rs. Read
 * conversation first: this is the same, turned inside out.
 */
#ifndef WORKERS_EVENT_LOOP_H
#define WORKERS_EVENT_LOOP_H

#include "workers/server.h"
#include "workers/waiter.h"

/* Serves the peers of `listener` until the server is stopping and the last of
 * them has left. 0, or 1 after a line that says why it could not begin. */
int run_event_loop(struct server *server, struct slot *slot, int listener,
                   const struct waiter *waiter);

/* O_NONBLOCK belongs to the open socket, not to the descriptor: all processes
 * that share it see the change. 0, or 1 after a line on stderr. */
int set_nonblocking(const char *program, int socket);

#endif
