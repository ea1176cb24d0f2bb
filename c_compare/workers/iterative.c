/* iterative: one process, one peer at a time.
 *
 * The second client's `connect` succeeds, since the kernel completes the
 * handshake; then it waits in the accept queue until the first one leaves.
 * Twin: src/workers/iterative.rs. Read server and conversation first. Try:
 * `echo_server --model iterative`.
 */
#include "workers/conversation.h"
#include "workers/models.h"

int iterative_serve(struct server *server)
{
    struct slot *slot = server_slot(server, 0);
    struct peer peer;
    int socket;
    while ((socket = next_peer(server, slot, &peer)) >= 0) {
        converse(server, slot, socket, &peer);
        seats_give(&server->seats, slot);
    }
    return 0;
}
