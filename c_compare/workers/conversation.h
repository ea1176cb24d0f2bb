/* One conversation from its first byte to its end, by whoever may block.
 *
 * This is the loop of every sockets course: `recv`, answer, `send`, until
 * `recv` returns 0. Twin: src/workers/conversation.rs. Man pages: recv(2),
 * send(2), shutdown(2), socket(7) for SO_RCVTIMEO.
 */
#ifndef WORKERS_CONVERSATION_H
#define WORKERS_CONVERSATION_H

#include "workers/server.h"

/* How long a graceful end waits for the peer's FIN, in seconds. */
#define LINGER 2.0

/* Pieces up to this size lie on the stack. A graceful end reads no smaller
 * ones, whatever the lab asks for: a peer may still be sending megabytes. */
enum { SMALL = 4096 };

/* Serves one peer in this process or thread, and closes the connection. */
void converse(const struct server *server, struct slot *slot, int socket,
              const struct peer *peer);

/* The conversation itself. The caller closes. */
void hold(const struct server *server, struct slot *slot, int socket,
          const struct peer *peer);

/* What the session has for the console. */
void tell(const struct server *server, const struct peer *peer,
          void *session);

/* Ends a conversation that is over on this side: FIN, then read and throw
 * away until the peer's FIN. `close` with unread bytes would send an RST,
 * which may destroy the last answer on its way. */
void end_gracefully(int socket, void *buffer, size_t room);

#endif
