/* prethread-mutex: N pthreads, `accept` guarded by a mutex.
 *
 * Twin: src/workers/prethread_mutex.rs. Read prethread first, and compare
 * prefork_mutex: between threads a plain mutex will do.
 */
#include "workers/conversation.h"
#include "workers/models.h"
#include "workers/pthread.h"

/* Held by the one thread that waits in `accept`. */
static pthread_mutex_t accepting = PTHREAD_MUTEX_INITIALIZER;

static void *body(void *task);

int prethread_mutex_serve(struct server *server)
{
    size_t created;
    struct worker *workers = create_all(server, body, &created);
    if (workers == NULL)
        return 1;
    join_all(workers, created);
    return 0;
}

static void *body(void *task)
{
    struct worker *worker = task;
    struct server *server = worker->server;
    struct slot *slot = worker->slot;
    struct peer peer;
    for (;;) {
        pthread_mutex_lock(&accepting);
        int socket = next_peer(server, slot, &peer);
        pthread_mutex_unlock(&accepting);
        if (socket < 0)
            break;
        converse(server, slot, socket, &peer);
        seats_give(&server->seats, slot);
    }
    return NULL;
}
