/* Signals that end a program which has nothing to finish. */
#ifndef SOCKETS_SIGNALS_H
#define SOCKETS_SIGNALS_H

/* SIGINT, SIGTERM and SIGHUP end this program with exit code 0, and take its
 * socket file away, when it has one. */
void leave_on_signals(const char *file);

#endif
