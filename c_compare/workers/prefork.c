/* prefork: N children, all blocked in `accept` on one listener.
 *
 * No fork between a peer's arrival and its service. Linux wakes one of the
 * waiting children for each connection, so no lock is needed here; compare
 * prefork_flock and prefork_mutex, from the days when all woke up. Twin:
 * src/workers/prefork.rs. Read fork and children first. Try:
 * `echo_server --model prefork --workers 4 --stats`.
 */
#include "workers/children.h"
#include "workers/conversation.h"
#include "workers/models.h"

static void work_of_one(struct server *server, size_t worker);

int prefork_serve(struct server *server)
{
    supervise(server, work_of_one);
    return 0;
}

static void work_of_one(struct server *server, size_t worker)
{
    struct slot *slot = server_slot(server, worker);
    struct peer peer;
    int socket;
    while ((socket = next_peer(server, slot, &peer)) >= 0) {
        converse(server, slot, socket, &peer);
        seats_give(&server->seats, slot);
    }
}
