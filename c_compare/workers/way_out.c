/* How a server ends: one way out for all models.
 *
 * First signal: set a flag and shut the listener down. `accept` returns
 * EINVAL in every thread and process that shares it, conversations go on.
 * After the grace a timer cuts what is still open. Second signal: kill the
 * children, reap them, exit 130.
 *
 * A thread of its own waits for the signals. It takes no lock here, since
 * `fork` may copy it in mid-step. All threads block them, and so do the
 * children, who inherit the mask: a terminal's Ctrl-C reaches the whole
 * process group, but only this thread decides. Twin: src/workers/way_out.rs,
 * where ctrlc makes that thread. Man pages: signal(7), sigwait(3),
 * shutdown(2), setitimer(2).
 */
#include "workers/way_out.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "sockets/errors.h"
#include "workers/children.h"

/* What the signals need to know. Only the process that was started uses it. */
static struct server *server;
static char children[CHILDREN_PATH];
static sigset_t signals;
static sem_t awake; /* the thread has come as far as waiting for signals */
static atomic_bool leaving; /* the second signal has come */

static void *wait_for_signals(void *unused);
static void leave(void);
static _Noreturn void leave_at_once(void);
static void cut(int signal);
static void set_alarm(double grace);

int way_out_prepare(struct server *the_server)
{
    const char *program = the_server->lab.program;
    struct sigaction on_alarm = {.sa_handler = cut, .sa_flags = SA_RESTART};
    struct sigaction by_default = {.sa_handler = SIG_DFL}, hangup;
    pthread_attr_t detached;
    pthread_t thread;
    server = the_server;
    list_of_children(children);
    if (sigaction(SIGALRM, &on_alarm, NULL) < 0)
        return fail(program, "sigaction", "SIGALRM");
    /* Who ignores it has no children to wait for: the kernel keeps none.
     * That is inherited. */
    if (has_children(the_server->options.model)
        && sigaction(SIGCHLD, &by_default, NULL) < 0)
        return fail(program, "sigaction", "SIGCHLD");

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaction(SIGHUP, NULL, &hangup);
    if (hangup.sa_handler != SIG_IGN) /* or nohup(1) wants it so */
        sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    /* A shell ignores SIGINT for its background jobs, and what is ignored
     * does not even wait. */
    sigaction(SIGINT, &by_default, NULL);
    sigaction(SIGTERM, &by_default, NULL);

    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    sem_init(&awake, 0, 0);
    errno = pthread_create(&thread, &detached, wait_for_signals, NULL);
    pthread_attr_destroy(&detached);
    if (errno != 0)
        return fail(program, "pthread_create", "signals");
    /* A thread that is still starting may hold a lock of the C library, and
     * a child would inherit it locked for ever. */
    while (sem_wait(&awake) < 0) {
    }
    return 0;
}

static void *wait_for_signals(void *unused)
{
    int signal;
    sem_post(&awake);
    for (;;)
        if (sigwait(&signals, &signal) == 0)
            leave();
    return unused;
}

/* A signal has come. */
static void leave(void)
{
    if (atomic_exchange(&server->board.common->stopping, true))
        leave_at_once();
    shutdown(server->listener, SHUT_RDWR);
    ssize_t written =
        write(server->stop, &(uint64_t){1}, sizeof(uint64_t));
    (void)written; /* the first one always has room */
    seats_open_all(&server->seats);
    set_alarm(server->options.grace);
}

/* Another one has. */
static _Noreturn void leave_at_once(void)
{
    int status;
    atomic_store(&leaving, true);
    if (has_children(server->options.model)) {
        /* Again after each death, since the list shifts under its reader.
         * Without a list, PR_SET_PDEATHSIG ends them with us. */
        while (kill_all(children) && reap(ANY, 0, &status) > 0) {
        }
    }
    remove_socket_file();
    _exit(130);
}

void give_way(void)
{
    while (atomic_load(&leaving))
        pause();
}

/* The grace is over: ends what is still open, so that everybody who waits for
 * it can go home. For a signal handler. */
static void cut(int signal)
{
    int errnum = errno;
    struct common *common = server->board.common;
    (void)signal;
    uint64_t open = board_total(&server->board, offsetof(struct slot, open));
    if (!atomic_exchange(&common->cutting, true))
        atomic_store(&common->cut, open);
    if (!has_children(server->options.model)) {
        board_cut_all(&server->board);
    } else if (!kill_all(children)) {
        /* Whom to wait for is not known; they end with us, by
         * PR_SET_PDEATHSIG. */
        remove_socket_file();
        _exit(0);
    }
    errno = errnum;
}

/* SIGALRM after `grace`, and again until the process has ended: the list of
 * children shifts under its reader while others reap, so that one pass may
 * miss some. */
static void set_alarm(double grace)
{
    struct itimerval timer = {
        .it_value = timeval_of(grace), .it_interval = {.tv_usec = 50000}
    };
    setitimer(ITIMER_REAL, &timer, NULL);
}

void remove_socket_file(void)
{
    if (server->options.unix_path != NULL)
        unlink(server->options.unix_path);
}
