/* Child processes: born, reaped, replaced, killed. Twin:
 * src/workers/children.rs.
 */
#include "workers/children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sockets/errors.h"
#include "sockets/memory.h"

static void die_with(pid_t parent);

pid_t fork_child(void)
{
    pid_t parent = getpid();
    /* `_Fork` and not `fork`: in a process with two threads, and the one that
     * waits for signals is the second, `fork` takes every lock of malloc and
     * stdio, and then both parent and child must copy the pages that it
     * wrote: a fifth of the connection rate. Those locks guard against a
     * thread that holds one while another forks; ours takes none. */
    pid_t child = _Fork();
    if (child == 0)
        die_with(parent);
    return child;
}

/* A child that does its work and exits, without running what the parent has
 * registered for its own exit. `context` is what to do. */
static pid_t spawn(struct server *server, size_t worker, void *context,
                   const char **call)
{
    work **what = context;
    *call = "fork";
    pid_t child = fork_child();
    if (child == 0) {
        (*what)(server, worker);
        _exit(0);
    }
    return child;
}

/* The kernel kills this process when its parent dies, however it dies. */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it was dead before we asked */
}

pid_t reap(pid_t who, int flags, int *status)
{
    pid_t pid;
    do
        pid = waitpid(who, status, flags);
    while (pid < 0 && errno == EINTR);
    return pid > 0 ? pid : 0;
}

void list_of_children(char path[static CHILDREN_PATH])
{
    snprintf(path, CHILDREN_PATH, "/proc/self/task/%d/children", getpid());
}

bool kill_all(const char *list)
{
    char text[512];
    ssize_t length;
    pid_t pid = 0;
    int file = open(list, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    while ((length = read(file, text, sizeof text)) > 0) {
        for (ssize_t i = 0; i < length; i++) {
            if (text[i] >= '0' && text[i] <= '9') {
                pid = pid * 10 + (text[i] - '0');
            } else if (pid > 0) {
                /* It may have been reaped since; but numbers are dealt out
                 * in turn, so this one is nobody else's for a long time. */
                kill(pid, SIGKILL);
                pid = 0;
            }
        }
    }
    close(file);
    return true;
}

void supervise(struct server *server, work *work_of_one)
{
    int status;
    keep_all_here(server, work_of_one);
    while (reap(ANY, 0, &status) > 0) {
    }
}

void keep_all_here(struct server *server, work *work_of_one)
{
    struct children children = children_new(server);
    while (!is_stopping(&server->board)) {
        /* With nobody missing there is nothing to do but wait for a death. */
        int flags = all_here(&children) ? 0 : WNOHANG;
        if (bury(&children, ANY, flags))
            continue;
        server_sleep(server, patience(&children));
        if (!is_stopping(&server->board))
            replace(&children, spawn, &work_of_one);
    }
    children_end(&children);
}

struct children children_new(struct server *server)
{
    size_t workers = server->board.workers;
    struct children children = {
        .server = server,
        .here = grown(NULL, workers * sizeof *children.here),
        .missing = grown(NULL, workers * sizeof *children.missing),
        .absent = workers,
        .brake = brake_released(),
    };
    memset(children.here, 0, workers * sizeof *children.here);
    for (size_t worker = 0; worker < workers; worker++)
        children.missing[worker] = worker;
    return children;
}

void children_end(struct children *children)
{
    free(children->here);
    free(children->missing);
}

bool all_here(const struct children *children)
{
    return children->absent == 0;
}

double patience(const struct children *children)
{
    return brake_left(&children->brake);
}

bool bury(struct children *children, pid_t who, int flags)
{
    struct server *server = children->server;
    size_t workers = server->board.workers, worker = 0;
    int status;
    pid_t pid = reap(who, flags, &status);
    if (pid == 0)
        return false;
    while (worker < workers && children->here[worker] != pid)
        worker++;
    if (worker == workers)
        return true;
    struct slot *slot = server_slot(server, worker);
    children->here[worker] = 0;
    atomic_store_explicit(&slot->open, 0, memory_order_relaxed);
    seats_give_all(&server->seats, slot);
    children->missing[(children->first + children->absent++) % workers] =
        worker;
    brake_death(&children->brake);
    if (!is_stopping(&server->board)) {
        bool killed = WIFSIGNALED(status);
        server_warn(server, "worker %d %s %d: replacing it", pid,
                    killed ? "was killed by signal" : "exited with",
                    killed ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    return true;
}

void replace(struct children *children, make *make_one, void *context)
{
    struct server *server = children->server;
    if (children->absent == 0)
        return;
    size_t worker = children->missing[children->first];
    const char *call;
    pid_t pid = make_one(server, worker, context, &call);
    if (pid > 0) {
        children->here[worker] = pid;
        children->first = (children->first + 1) % server->board.workers;
        children->absent--;
        brake_release(&children->brake);
    } else {
        server_warn(server, "%s: %s: a worker is missing", call,
                    symbol(errno));
        brake_slow_down(&children->brake);
    }
}
