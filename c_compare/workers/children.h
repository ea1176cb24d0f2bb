/* Child processes: born, reaped, replaced, killed.
 *
 * Twin: src/workers/children.rs. Man pages: fork(2), waitpid(2), prctl(2).
 */
#ifndef WORKERS_CHILDREN_H
#define WORKERS_CHILDREN_H

#include <sys/types.h>

#include "workers/brake.h"
#include "workers/server.h"

/* Any child of this process. */
enum { ANY = -1 };

/* Room for the path of the kernel's list of children. */
enum { CHILDREN_PATH = 64 };

/* What each child of a pool does. */
typedef void work(struct server *server, size_t worker);

/* Makes a child for one worker: its pid, or -1, errno, and the call. */
typedef pid_t make(struct server *server, size_t worker, void *context,
                   const char **call);

/* The workers of a pool: who is here, and who is missing. */
struct children {
    struct server *server;
    pid_t *here;      /* by worker */
    size_t *missing;  /* a ring, the longest missing first */
    size_t first, absent;
    struct brake brake;
};

/* fork(2); the child outlives neither its work nor its parent. */
pid_t fork_child(void);

/* Reaps `who` when it has ended; with WNOHANG without waiting for it. Its
 * pid, 0 when there is nobody to reap. For a signal handler, too. */
pid_t reap(pid_t who, int flags, int *status);

/* Where the kernel lists the children of this process. */
void list_of_children(char path[static CHILDREN_PATH]);

/* Kills all children of this process. The kernel has the list of them, so
 * the server keeps none; false where it cannot be read, on an old kernel or
 * without a descriptor. For a signal handler: takes no lock, allocates
 * nothing. */
bool kill_all(const char *list);

/* Keeps one child running for each worker until the server is stopping; in a
 * pool, that is all that the parent does. */
void supervise(struct server *server, work *work);

/* The same, without waiting for the last of them. */
void keep_all_here(struct server *server, work *work);

/* All missing as yet. */
struct children children_new(struct server *server);
void children_end(struct children *children);

/* Whether nobody is missing. */
bool all_here(const struct children *children);

/* How long until the next one may be replaced, in seconds. */
double patience(const struct children *children);

/* Reaps a worker and clears away what it held; false when there is nobody to
 * reap. */
bool bury(struct children *children, pid_t who, int flags);

/* Lets `make` replace the one that has been missing longest. */
void replace(struct children *children, make *make, void *context);

#endif
