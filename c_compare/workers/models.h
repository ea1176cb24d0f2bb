/* One function a model: serves until the server is stopping. 0, or 1 after a
 * line on stderr: it could not even begin. Twin: the modules that
 * src/workers/mod.rs lists.
 */
#ifndef WORKERS_MODELS_H
#define WORKERS_MODELS_H

#include "workers/server.h"

int iterative_serve(struct server *server);
int fork_serve(struct server *server);
int prefork_serve(struct server *server);
int prefork_flock_serve(struct server *server);
int prefork_mutex_serve(struct server *server);
int prefork_fdpass_serve(struct server *server);
int thread_serve(struct server *server);
int prethread_serve(struct server *server);
int prethread_mutex_serve(struct server *server);
int pool_serve(struct server *server);
int select_serve(struct server *server);
int poll_serve(struct server *server);
int epoll_serve(struct server *server);
int reuseport_serve(struct server *server);

#endif
