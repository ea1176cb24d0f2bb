/* --stats: what the server did, as one line of JSON.
 *
 * Twin: src/workers/stats.rs. Man page: getrusage(2).
 */
#ifndef WORKERS_STATS_H
#define WORKERS_STATS_H

#include "workers/server.h"

/* Prints the line. Every child has been reaped, so it is counted. */
void print_stats(const struct server *server);

#endif
