/* prethread: N pthreads, all blocked in `accept` on one listener.
 *
 * Twin: src/workers/prethread.rs. Read thread first, and compare prefork.
 * Try: `echo_server --model prethread --workers 4 --stats`.
 */
#include "workers/conversation.h"
#include "workers/models.h"
#include "workers/pthread.h"

static void *body(void *task);

int prethread_serve(struct server *server)
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
    int socket;
    while ((socket = next_peer(server, slot, &peer)) >= 0) {
        converse(server, slot, socket, &peer);
        seats_give(&server->seats, slot);
    }
    return NULL;
}
