/* fork: a child per peer.
 *
 * The child is a copy, descriptors too. The parent must close the connection
 * that it handed on, or the peer never sees a FIN and the parent runs out of
 * descriptors; the child closes the listener it does not serve. A child that
 * has ended stays as a zombie until it is waited for: SIGCHLD says when.
 * Twin: src/workers/fork.rs. Read iterative first. Try:
 * `strace -f -e trace=network,process echo_server --model fork`. Man pages:
 * fork(2), wait(2), sigaction(2).
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sockets/errors.h"
#include "workers/children.h"
#include "workers/conversation.h"
#include "workers/models.h"

/* What SIGCHLD needs: whose conversations end, whose seats become free. */
static struct slot *slot;
static const struct seats *seats;

static void children_ended(int signal);
static void child_ended(void);

int fork_serve(struct server *server)
{
    struct sigaction on_end = {
        .sa_handler = children_ended, .sa_flags = SA_RESTART
    };
    char who[PEER_TEXT];
    struct peer peer;
    int socket, status;
    slot = server_slot(server, 0);
    seats = &server->seats;
    if (sigaction(SIGCHLD, &on_end, NULL) < 0)
        return fail(server->lab.program, "sigaction", "SIGCHLD");

    while ((socket = next_peer(server, slot, &peer)) >= 0) {
        count_up(&slot->open, 1);
        pid_t child = fork_child();
        if (child == 0) {
            leave_listener(server);
            hold(server, slot, socket, &peer);
            close(socket); /* and with it the FIN */
            if (server->lab.left != NULL)
                server->lab.left(&peer);
            _exit(0);
        }
        if (child < 0) {
            int errnum = errno;
            child_ended();
            server_warn(server, "fork: %s: %s is turned away",
                        symbol(errnum), peer_text(&peer, who));
        }
        close(socket); /* the child has its own copy */
    }

    while (reap(ANY, 0, &status) > 0)
        child_ended();
    return 0;
}

/* SIGCHLD: one signal may stand for several children. */
static void children_ended(int signal)
{
    int errnum = errno, status;
    (void)signal;
    while (reap(ANY, WNOHANG, &status) > 0)
        child_ended();
    errno = errnum;
}

static void child_ended(void)
{
    count_down(&slot->open, 1);
    seats_give(seats, slot);
}
