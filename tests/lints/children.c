/*
 * Servers that make one mistake with processes each, and their mended twins:
 *
 *     children MISTAKE made|mended
 */

#include "server.h"

#include <pthread.h>
#include <sys/wait.h>

/* A child of its own for a peer, as it should be. */
static pid_t child_for(int listener, int peer)
{
    pid_t child = fork();
    if (child == 0) {
        close(listener);
        echo(peer);
        close(peer);
        _exit(0);
    }
    return child;
}

static void reap_all(int signal)
{
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

static void reap_one(int signal)
{
    (void)signal;
    waitpid(-1, NULL, WNOHANG);
}

static void on_child(void (*reap)(int))
{
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
}

/* Until this child has ended, though nobody has waited for it. */
static void until_dead(pid_t child)
{
    siginfo_t news;
    waitid(P_PID, (id_t)child, &news, WEXITED | WNOWAIT);
}

/* mended: with a handler that waits. */
static void zombies(int listener, bool mended)
{
    if (mended)
        on_child(reap_all);
    for (;;) {
        int peer = next(listener);
        child_for(listener, peer);
        close(peer);
    }
}

/* mended: by SIG_IGN. */
static void ignored_children(int listener, bool mended)
{
    if (mended)
        signal(SIGCHLD, SIG_IGN);
    zombies(listener, false);
}

/* Two children end while SIGCHLD is blocked. */
static void lost_sigchld(int listener, bool mended)
{
    on_child(mended ? reap_all : reap_one);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    pid_t two[2];
    for (int i = 0; i < 2; i++) {
        int peer = next(listener);
        two[i] = child_for(listener, peer);
        close(peer);
    }
    until_dead(two[0]);
    until_dead(two[1]);
    sigprocmask(SIG_UNBLOCK, &children, NULL);
    serve_in_turn(listener);
}

/* mended: waits when it is told of an end. */
static void blocking_wait(int listener, bool mended)
{
    if (mended)
        on_child(reap_all);
    for (;;) {
        int peer = next(listener);
        pid_t child = child_for(listener, peer);
        close(peer);
        if (!mended)
            waitpid(child, NULL, 0);
    }
}

static void *serve_one(void *peer)
{
    echo(*(int *)peer);
    return NULL;
}

/* mended: the thread is gone by then. */
static void fork_in_threads(int listener, bool mended)
{
    on_child(reap_all);
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
        exit(1);
    pthread_t thread;
    pthread_create(&thread, NULL, serve_one, &pair[1]);
    send(pair[0], "!", 1, 0);
    char answer[1];
    recv(pair[0], answer, sizeof answer, 0);
    if (mended) {
        shutdown(pair[0], SHUT_RDWR);
        pthread_join(thread, NULL);
    }
    for (;;) {
        int peer = next(listener);
        child_for(listener, peer);
        close(peer);
    }
}

/* A server that leaves after its first peer. mended: with its child. */
static void orphans(int listener, bool mended)
{
    int first = next(listener);
    pid_t child = fork();
    if (child == 0) {
        close(first);
        int second = next(listener);
        echo(second);
        close(second);
        usleep(200 * 1000);
        _exit(0);
    }
    echo(first);
    close(first);
    if (mended) {
        kill(child, SIGTERM);
        waitpid(child, NULL, 0);
    }
    exit(0);
}

static const struct mistake mistakes[] = {
    {"zombies", zombies},
    {"ignored-children", ignored_children},
    {"lost-sigchld", lost_sigchld},
    {"blocking-wait", blocking_wait},
    {"fork-in-threads", fork_in_threads},
    {"orphans", orphans},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    return serve(argc, argv, mistakes);
}
