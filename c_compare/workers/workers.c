/* Which model serves. Twin: src/workers/mod.rs. */
#include "workers/workers.h"

#include "workers/models.h"

static int (*const serve_by[])(struct server *) = {
    [ITERATIVE] = iterative_serve,
    [FORK] = fork_serve,
    [PREFORK] = prefork_serve,
    [PREFORK_FLOCK] = prefork_flock_serve,
    [PREFORK_MUTEX] = prefork_mutex_serve,
    [PREFORK_FDPASS] = prefork_fdpass_serve,
    [THREAD] = thread_serve,
    [PRETHREAD] = prethread_serve,
    [PRETHREAD_MUTEX] = prethread_mutex_serve,
    [POOL] = pool_serve,
    [SELECT] = select_serve,
    [POLL] = poll_serve,
    [EPOLL] = epoll_serve,
    [REUSEPORT] = reuseport_serve,
};

int serve(struct server *server)
{
    if (serve_by[server->options.model](server) != 0)
        return 1;
    server_close(server);
    return 0;
}
