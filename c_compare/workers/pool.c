/* pool: the main thread accepts, N pthreads take peers from a queue.
 *
 * The queue is bounded: when it is full the main thread stops accepting, and
 * peers wait in the kernel's queue instead of in memory. Twin:
 * src/workers/pool.rs. Read thread first. Try: `knock -p 5000`. Man pages:
 * pthread_mutex_lock(3), pthread_cond_wait(3).
 */
#include "sockets/memory.h"
#include "workers/conversation.h"
#include "workers/models.h"
#include "workers/pthread.h"

struct guest {
    int socket; /* -1: there will be no more */
    struct peer peer;
};

/* Peers that were accepted and wait for a worker. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t some;
    pthread_cond_t room;
    struct guest *guests; /* a ring */
    size_t first, count, longest;
    bool closed;
} queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .some = PTHREAD_COND_INITIALIZER,
    .room = PTHREAD_COND_INITIALIZER,
};

static void *body(void *task);
static void queue_push(const struct guest *guest);
static struct guest queue_pop(void);
static void queue_close(void);

int pool_serve(struct server *server)
{
    size_t created;
    struct guest guest;
    queue.longest = server->board.workers;
    queue.guests = grown(NULL, queue.longest * sizeof *queue.guests);
    struct worker *workers = create_all(server, body, &created);
    if (workers == NULL)
        return 1;
    for (;;) {
        guest.socket =
            next_peer(server, server_slot(server, 0), &guest.peer);
        if (guest.socket < 0)
            break;
        queue_push(&guest);
    }
    queue_close();
    join_all(workers, created);
    free(queue.guests);
    return 0;
}

static void *body(void *task)
{
    struct worker *worker = task;
    struct server *server = worker->server;
    struct guest guest;
    while ((guest = queue_pop()).socket >= 0) {
        converse(server, worker->slot, guest.socket, &guest.peer);
        /* Where next_peer took it. */
        seats_give(&server->seats, server_slot(server, 0));
    }
    return NULL;
}

/* Appends a guest, as soon as there is room. */
static void queue_push(const struct guest *guest)
{
    pthread_mutex_lock(&queue.lock);
    /* In a loop: a condition may have changed again, or never been true, when
     * the wait returns. */
    while (queue.count == queue.longest)
        pthread_cond_wait(&queue.room, &queue.lock);
    queue.guests[(queue.first + queue.count++) % queue.longest] = *guest;
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_signal(&queue.some);
}

/* Takes the first guest. */
static struct guest queue_pop(void)
{
    struct guest guest = {.socket = -1};
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 0 && !queue.closed)
        pthread_cond_wait(&queue.some, &queue.lock);
    if (queue.count > 0) {
        guest = queue.guests[queue.first];
        queue.first = (queue.first + 1) % queue.longest;
        queue.count--;
    }
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_signal(&queue.room);
    return guest;
}

static void queue_close(void)
{
    pthread_mutex_lock(&queue.lock);
    queue.closed = true;
    pthread_mutex_unlock(&queue.lock);
    pthread_cond_broadcast(&queue.some);
}
