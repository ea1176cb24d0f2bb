/* thread: a pthread per peer.
 *
 * The main thread accepts, a new thread serves. All share one descriptor
 * table, so nobody closes a copy: the thread that serves is the one that
 * closes. Twin: src/workers/thread.rs. Read fork and pthread first, and
 * compare. Try: `strace -f -e trace=network,process echo_server`. Man pages:
 * pthreads(7), pthread_create(3).
 */
#include <errno.h>
#include <unistd.h>

#include "sockets/errors.h"
#include "sockets/memory.h"
#include "workers/conversation.h"
#include "workers/models.h"
#include "workers/pthread.h"

/* What a new thread is given. */
struct visit {
    const struct server *server;
    int socket;
    struct peer peer;
    struct visit *next; /* while it is spare */
};

/* The threads that are running. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t left;
    size_t running;
    /* Used by threads that have ended, for those to come. A thread that
     * called malloc or free would pay for an arena of its own. */
    struct visit *spare;
} crowd = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER
};

static void *body(void *task);
static struct visit *crowd_enter(const struct server *server, int socket,
                                 const struct peer *peer);
static void crowd_leave(struct visit *visit);
static void wait_until_empty(void);

int thread_serve(struct server *server)
{
    struct slot *slot = server_slot(server, 0);
    char who[PEER_TEXT];
    pthread_attr_t stack;
    pthread_t thread;
    struct peer peer;
    int socket;
    if (stack_new(server, &stack) != 0)
        return 1;
    pthread_attr_setdetachstate(&stack, PTHREAD_CREATE_DETACHED);
    while ((socket = next_peer(server, slot, &peer)) >= 0) {
        struct visit *visit = crowd_enter(server, socket, &peer);
        int errnum = pthread_create(&thread, &stack, body, visit);
        if (errnum != 0) {
            server_warn(server, "pthread_create: %s: %s is turned away",
                        symbol(errnum), peer_text(&peer, who));
            close(socket);
            seats_give(&server->seats, slot);
            crowd_leave(visit);
        }
    }
    wait_until_empty();
    pthread_attr_destroy(&stack);
    return 0;
}

static void *body(void *task)
{
    struct visit *visit = task;
    const struct server *server = visit->server;
    struct slot *slot = server_slot(server, 0);
    converse(server, slot, visit->socket, &visit->peer);
    seats_give(&server->seats, slot);
    crowd_leave(visit);
    return NULL;
}

static struct visit *crowd_enter(const struct server *server, int socket,
                                 const struct peer *peer)
{
    pthread_mutex_lock(&crowd.lock);
    crowd.running++;
    struct visit *visit = crowd.spare;
    if (visit != NULL)
        crowd.spare = visit->next;
    pthread_mutex_unlock(&crowd.lock);
    if (visit == NULL)
        visit = grown(NULL, sizeof *visit);
    *visit = (struct visit){server, socket, *peer, NULL};
    return visit;
}

static void crowd_leave(struct visit *visit)
{
    pthread_mutex_lock(&crowd.lock);
    visit->next = crowd.spare;
    crowd.spare = visit;
    if (--crowd.running == 0)
        pthread_cond_broadcast(&crowd.left);
    pthread_mutex_unlock(&crowd.lock);
}

static void wait_until_empty(void)
{
    pthread_mutex_lock(&crowd.lock);
    while (crowd.running > 0)
        pthread_cond_wait(&crowd.left, &crowd.lock);
    pthread_mutex_unlock(&crowd.lock);
}
