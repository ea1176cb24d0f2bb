/* How a server ends: one way out for all models. Twin: src/workers/way_out.rs.
 */
#ifndef WORKERS_WAY_OUT_H
#define WORKERS_WAY_OUT_H

#include "workers/server.h"

/* Makes SIGINT, SIGTERM and SIGHUP end this server: 0, or 1 after a line on
 * stderr. */
int way_out_prepare(struct server *server);

/* Leaves the end to the second signal, when it has come: with its children
 * killed, the main thread would otherwise go on as if they had finished. */
void give_way(void);

/* A server's socket file goes with it. */
void remove_socket_file(void);

#endif
