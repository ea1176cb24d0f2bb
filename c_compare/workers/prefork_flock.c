/* prefork-flock: N children, `accept` guarded by a record lock.
 *
 * Only the child that holds the lock waits in `accept`. The kernel releases a
 * record lock when its owner dies, even by SIGKILL. Twin:
 * src/workers/prefork_flock.rs. Read prefork first. Man page: fcntl(2),
 * "Advisory record locking".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sockets/errors.h"
#include "workers/children.h"
#include "workers/conversation.h"
#include "workers/models.h"

static int lock;

static void work_of_one(struct server *server, size_t worker);
static void set_lock(int file, short kind);

int prefork_flock_serve(struct server *server)
{
    /* A file without a name: nothing to clean up. */
    lock = memfd_create("accept lock", MFD_CLOEXEC);
    if (lock < 0)
        return fail(server->lab.program, "memfd_create", "accept lock");
    supervise(server, work_of_one);
    close(lock);
    return 0;
}

static void work_of_one(struct server *server, size_t worker)
{
    struct slot *slot = server_slot(server, worker);
    struct peer peer;
    for (;;) {
        set_lock(lock, F_WRLCK);
        int socket = next_peer(server, slot, &peer);
        set_lock(lock, F_UNLCK);
        if (socket < 0)
            break;
        converse(server, slot, socket, &peer);
        seats_give(&server->seats, slot);
    }
}

/* Locks or unlocks the whole file, whoever must be waited for. */
static void set_lock(int file, short kind)
{
    struct flock whole = {.l_type = kind, .l_whence = SEEK_SET};
    while (fcntl(file, F_SETLKW, &whole) < 0 && errno == EINTR) {
    }
}
