/* Signals that end a program which has nothing to finish.
 *
 * Twin: src/sockets/signals.rs. The servers that have conversations to finish
 * go by workers/way_out.c, in a thread of its own; here a handler will do. Man
 * pages: signal(7), signal-safety(7), nohup(1).
 */
#include "sockets/signals.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static const char *socket_file;

static void leave(int signal);

void leave_on_signals(const char *file)
{
    struct sigaction ended = {.sa_handler = leave}, hangup;
    socket_file = file;
    sigaction(SIGINT, &ended, NULL);
    sigaction(SIGTERM, &ended, NULL);
    sigaction(SIGHUP, NULL, &hangup);
    if (hangup.sa_handler != SIG_IGN) /* or nohup(1) wants it so */
        sigaction(SIGHUP, &ended, NULL);
}

static void leave(int signal)
{
    (void)signal;
    if (socket_file != NULL)
        unlink(socket_file);
    _exit(EXIT_SUCCESS);
}
