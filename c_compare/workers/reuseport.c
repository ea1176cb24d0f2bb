/* reuseport: N processes, each with its own listener and epoll loop.
 *
 * With SO_REUSEPORT several sockets listen on one address, and the kernel
 * deals out the connections by a hash of their addresses: no lock, and no
 * process wakes in vain. The parent makes all listeners, so that peers who
 * wait in the queue of a worker that died are served by its successor.
 * AF_UNIX has no SO_REUSEPORT: there all share one listener. Twin:
 * src/workers/reuseport.rs. Read prefork and epoll first. Man page:
 * socket(7).
 */
#include <sys/socket.h>

#include "sockets/address.h"
#include "sockets/errors.h"
#include "sockets/memory.h"
#include "workers/children.h"
#include "workers/event_loop.h"
#include "workers/models.h"

/* By worker. The children inherit it. */
static int *listeners;

static void serve_own(struct server *server, size_t worker);
static int another(const struct server *server,
                   const struct address *address, int *listener);

int reuseport_serve(struct server *server)
{
    size_t workers = server->board.workers;
    struct address address;
    if (own_address(server->listener, &address) < 0)
        return fail(server->lab.program, "getsockname", "");
    listeners = grown(NULL, workers * sizeof *listeners);
    listeners[0] = server->listener;
    for (size_t worker = 1; worker < workers; worker++) {
        listeners[worker] = server->listener;
        if (address.at.ss_family != AF_UNIX
            && another(server, &address, &listeners[worker]) != 0)
            return 1;
    }
    keep_all_here(server, serve_own);
    /* Those of workers who were not here at the end: nobody else closes
     * them. */
    for (size_t worker = 1; worker < workers; worker++)
        shutdown(listeners[worker], SHUT_RDWR);
    int status;
    while (reap(ANY, 0, &status) > 0) {
    }
    return 0;
}

static void serve_own(struct server *server, size_t worker)
{
    run_event_loop(server, server_slot(server, worker), listeners[worker],
                   &epoll_waiter);
}

/* One more listener at the same address: 0, or 1 after a line on stderr. */
static int another(const struct server *server,
                   const struct address *address, int *listener)
{
    const char *program = server->lab.program;
    const struct sockaddr *at = sockaddr_of(address);
    char text[ADDRESS_TEXT];
    address_text(address, text);
    *listener = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*listener < 0)
        return fail(program, "socket", text);
    int on = 1;
    if (setsockopt(*listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return fail(program, "setsockopt", text);
    if (setsockopt(*listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0)
        return fail(program, "setsockopt", text);
    if (bind(*listener, at, address->length) < 0)
        return fail(program, "bind", text);
    if (listen(*listener, server->options.backlog) < 0)
        return fail(program, "listen", text);
    return 0;
}
