/* A pthread for each worker.
 *
 * Rust needs a wrapper to make pthread_create safe; here it is the call
 * itself. Twin: src/workers/pthread.rs. Man pages: pthread_create(3),
 * pthread_attr_setstacksize(3).
 */
#ifndef WORKERS_PTHREAD_H
#define WORKERS_PTHREAD_H

#include <pthread.h>

#include "workers/server.h"

/* What a thread of a pool is given. */
struct worker {
    struct server *server;
    struct slot *slot;
    pthread_t thread;
};

/* Attributes of threads with stacks of --stack KiB. Address space, not
 * memory: a page costs nothing before it is touched. 0, or 1 after a line on
 * stderr. */
int stack_new(const struct server *server, pthread_attr_t *stack);

/* A thread for each worker of a pool, which gets a struct worker; only the
 * first one is indispensable: NULL after a line on stderr without it. */
struct worker *create_all(struct server *server, void *(*body)(void *),
                          size_t *created);

/* Waits until all of them have ended. */
void join_all(struct worker *workers, size_t created);

#endif
